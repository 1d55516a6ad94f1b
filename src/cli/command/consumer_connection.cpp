// consumerConnection: the members of a consumer group and what they subscribe to.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/groups.hpp"
#include "cli/commands.hpp"
#include "cli/rocketmq_text.hpp"
#include "json/fields.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"b", "brokerAddr", Takes::text, Need::may, "the broker to ask; else one from the group's route"},
    Option{"g", "consumerGroup", Takes::text, Need::must, "the consumer group"},
};

admin::Task<Result<>> run(Invocation& in) {
    const auto members = co_await admin::consumer_connection(in.admin, in.arguments.text("consumerGroup"),
                                                             in.arguments.optional_text("brokerAddr"));
    if (!members) co_return std::unexpected{members.error()};
    if (in.wants_json()) {
        in.print(json::to_value(*members));
        co_return {};
    }
    fmt::print(in.out, "{:<36} {:<22} {:<10} {}\n", "#ClientId", "#ClientAddr", "#Language", "#Version");
    for (const auto& member : members->connection_set)
        fmt::print(in.out, "{:<36} {:<22} {:<10} {}\n", member.client_id, member.client_addr, member.language,
                   version_text(member.version));
    fmt::print(in.out, "\nBelow is subscription:\n{:<20} {}\n", "#Topic", "#SubExpression");
    for (const auto& [topic, subscription] : members->subscription_table)
        fmt::print(in.out, "{:<20} {}\n", subscription.topic, subscription.sub_string);
    fmt::print(in.out, "\nConsumeType: {}\nMessageModel: {}\nConsumeFromWhere: {}\n",
               enum_name(members->consume_type), enum_name(members->message_model),
               enum_name(members->consume_from_where));
    co_return {};
}

}  // namespace

constinit const Command consumer_connection{
    "consumerConnection",
    "Members of a consumer group: their addresses, versions and subscriptions.",
    options,
    {"consumerConnection -g OrderGroup -n 127.0.0.1:9876",
     "consumerConnection -g OrderGroup -b 127.0.0.1:10911"},
    run};

}  // namespace tern::cli::commands
