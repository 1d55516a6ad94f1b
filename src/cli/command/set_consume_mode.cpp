// setConsumeMode: how a consumer group gets the messages of a topic.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include <limits>

#include "admin/groups.hpp"
#include "cli/commands.hpp"
#include "cli/targets.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"b", "brokerAddr", Takes::text, Need::one_of, "address of one broker"},
    Option{"c", "clusterName", Takes::text, Need::one_of, "all masters of this cluster"},
    Option{"g", "groupName", Takes::text, Need::must, "name of the consumer group"},
    Option{"m", "mode", Takes::text, Need::must, "PULL or POP"},
    Option{
        "q", "popShareQueueNum", Takes::number, Need::may,
        "of so many members after it a member takes the queues, too, when it pops; 0, the default: of all"},
    Option{"t", "topicName", Takes::text, Need::must, "name of the topic"},
};

Result<remoting::MessageRequestModeBody> mode_of(const Arguments& arguments) {
    const auto mode = parse_enum<remoting::MessageRequestMode>(arguments.text("mode"));
    if (!mode) return failure(Errc::invalid_argument, "mode must be PULL or POP: " + arguments.text("mode"));
    const auto share = arguments.number("popShareQueueNum").value_or(0);
    if (!std::in_range<std::int32_t>(share))
        return failure(Errc::invalid_argument, fmt::format("popShareQueueNum is too large: {}", share));
    return remoting::MessageRequestModeBody{.consumer_group = arguments.text("groupName"),
                                            .mode = *mode,
                                            .pop_share_queue_num = static_cast<std::int32_t>(share),
                                            .topic = arguments.text("topicName")};
}

admin::Task<Result<>> run(Invocation& in) {
    const auto mode = mode_of(in.arguments);
    if (!mode) co_return std::unexpected{mode.error()};
    const auto targets = co_await targets_of(in, Slaves::no);
    if (!targets) co_return std::unexpected{targets.error()};
    const auto put = co_await at_each(
        in, *targets, "setAt",
        [&](const std::string& address) { return admin::put_request_mode(in.admin, address, *mode); },
        [](const std::string& address) { return fmt::format("set consume mode to {} success.", address); });
    if (put && !in.wants_json())
        fmt::print(in.out, "topic[{}] group[{}] consume mode[{}] popShareQueueNum[{}]\n", mode->topic,
                   mode->consumer_group, enum_name(mode->mode), mode->pop_share_queue_num);
    co_return put;
}

}  // namespace

constinit const Command set_consume_mode{
    "setConsumeMode",
    "Whether the members of a group pull the messages of a topic or pop them.",
    options,
    {"setConsumeMode -c DefaultCluster -t OrderTopic -g OrderGroup -m PULL -n 127.0.0.1:9876",
     "setConsumeMode -b 127.0.0.1:10911 -t OrderTopic -g OrderGroup -m PULL"},
    run};

}  // namespace tern::cli::commands
