// getConsumerConfig: the settings of a consumer group, broker by broker.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/cluster.hpp"
#include "admin/groups.hpp"
#include "cli/commands.hpp"
#include "json/fields.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"g", "groupName", Takes::text, Need::must, "name of the consumer group"},
};

void print_text(Invocation& in, const admin::Member& at, const json::Object& config) {
    constexpr std::string_view bar = "=============================";
    fmt::print(in.out, "{}{}:{}{}\n", bar, at.cluster, at.broker_name, bar);
    for (const auto& [name, value] : config) {
        const auto* text = value.string();
        fmt::print(in.out, "{:<40}=  {}\n", *name.string(), text != nullptr ? *text : json::write(value));
    }
    in.out << '\n';
}

admin::Task<Result<>> run(Invocation& in) {
    const auto group = in.arguments.text("groupName");
    const auto info = co_await admin::cluster_info(in.admin);
    if (!info) co_return std::unexpected{info.error()};
    std::map<std::string, admin::Member> masters;  // By address.
    std::vector<std::string> addresses;
    for (auto& member : admin::members_of(*info)) {
        if (!member.is_master()) continue;
        addresses.push_back(member.address);
        masters.emplace(member.address, std::move(member));
    }
    using Config = std::optional<model::SubscriptionGroupConfig>;
    const auto answers = co_await admin::answers_of<std::pair<std::string, Config>>(
        in.admin, std::move(addresses), [&](const std::string& address) {
            return admin::with_address(address, admin::group_config(in.admin, address, group));
        });
    if (!answers) co_return std::unexpected{answers.error()};
    json::Object by_broker;
    for (const auto& [address, config] : *answers) {
        if (!config) continue;
        const auto& member = masters.at(address);
        auto document = json::to_value(*config);
        if (!in.wants_json()) print_text(in, member, *document.object());
        by_broker.push_back({member.broker_name, std::move(document)});
    }
    if (by_broker.empty()) co_return failure(Errc::group_not_exist, "no broker has consumer group " + group);
    if (in.wants_json()) in.print(std::move(by_broker));
    co_return {};
}

}  // namespace

constinit const Command get_consumer_config{"getConsumerConfig",
                                            "The settings of a consumer group, broker by broker.",
                                            options,
                                            {"getConsumerConfig -g OrderGroup -n 127.0.0.1:9876",
                                             "getConsumerConfig -g OrderGroup --json -n 127.0.0.1:9876"},
                                            run};

}  // namespace tern::cli::commands
