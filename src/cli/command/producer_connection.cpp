// producerConnection: the members of a producer group.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/groups.hpp"
#include "cli/commands.hpp"
#include "cli/rocketmq_text.hpp"
#include "json/fields.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"g", "producerGroup", Takes::text, Need::must, "the producer group"},
    Option{"t", "topic", Takes::text, Need::must, "a topic that it sends to"},
};

admin::Task<Result<>> run(Invocation& in) {
    const auto members = co_await admin::producer_connection(in.admin, in.arguments.text("producerGroup"),
                                                             in.arguments.text("topic"));
    if (!members) co_return std::unexpected{members.error()};
    if (in.wants_json()) {
        in.print(json::to_value(*members));
        co_return {};
    }
    int number = 0;
    for (const auto& member : members->connection_set)
        fmt::print(in.out, "{:04}  {:<32} {:<22} {:<8} {}\n", ++number, member.client_id, member.client_addr,
                   member.language, version_text(member.version));
    co_return {};
}

}  // namespace

constinit const Command producer_connection{
    "producerConnection",
    "Members of a producer group: their addresses and versions.",
    options,
    {"producerConnection -g OrderProducers -t OrderTopic -n 127.0.0.1:9876",
     "producerConnection -g OrderProducers -t OrderTopic --json -n 127.0.0.1:9876"},
    run};

}  // namespace tern::cli::commands
