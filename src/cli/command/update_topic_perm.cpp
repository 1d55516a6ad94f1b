// updateTopicPerm: whether a topic may be read and written; its other settings stay.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/topics.hpp"
#include "cli/commands.hpp"
#include "cli/rocketmq_text.hpp"
#include "cli/targets.hpp"
#include "json/fields.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"b", "brokerAddr", Takes::text, Need::one_of, "address of one broker"},
    Option{"c", "clusterName", Takes::text, Need::one_of, "all masters of this cluster"},
    Option{"p", "perm", Takes::number, Need::must, "2: write, 4: read, 6: both"},
    Option{"t", "topic", Takes::text, Need::must, "name of the topic"},
};

admin::Task<Result<>> run(Invocation& in) {
    const auto perm = *in.arguments.number("perm");
    if (perm < 0 || perm > 7)
        co_return failure(Errc::invalid_argument, "perm must be 2, 4 or 6: " + std::to_string(perm));
    const auto targets = co_await targets_of(in, Slaves::no);
    if (!targets) co_return std::unexpected{targets.error()};
    json::Array changed;
    for (const auto& target : *targets) {
        auto config = co_await admin::topic_config(in.admin, target.address, in.arguments.text("topic"));
        if (!config) co_return std::unexpected{config.error()};
        const auto before = std::exchange(config->perm, static_cast<std::int32_t>(perm));
        if (before == perm) {
            if (!in.wants_json()) in.out << "new perm equals to the old one!\n";
            continue;
        }
        const auto put = co_await admin::put_topic(in.admin, target.address, *config, {});
        if (!put) co_return put;
        changed.emplace_back(target.address);
        if (!in.wants_json())
            fmt::print(in.out, "update topic perm from {} to {} in {} success.\n{}.\n", before, perm,
                       target.address, topic_config_text(*config));
    }
    if (in.wants_json()) in.print(json::Object{{"changed", std::move(changed)}, {"perm", perm}});
    co_return {};
}

}  // namespace

constinit const Command update_topic_perm{
    "updateTopicPerm",
    "Change whether a topic may be read and written.",
    options,
    {"updateTopicPerm -c DefaultCluster -t OrderTopic -p 4 -n 127.0.0.1:9876",
     "updateTopicPerm -b 127.0.0.1:10911 -t OrderTopic -p 6"},
    run};

}  // namespace tern::cli::commands
