// producer: all producers that a broker knows, by group.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/groups.hpp"
#include "cli/commands.hpp"
#include "json/fields.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"b", "broker", Takes::text, Need::must, "address of the broker"},
};

admin::Task<Result<>> run(Invocation& in) {
    const auto producers = co_await admin::all_producers(in.admin, in.arguments.text("broker"));
    if (!producers) co_return std::unexpected{producers.error()};
    if (in.wants_json()) {
        in.print(json::to_value(producers->data));
        co_return {};
    }
    for (const auto& [group, members] : producers->data) {
        if (members.empty()) fmt::print(in.out, "producer group ({}) instances are empty\n", group);
        for (const auto& member : members)
            fmt::print(in.out,
                       "producer group ({}) instance : clientId={},remoteIP={}, language={}, version={}, "
                       "lastUpdateTimestamp={}\n",
                       group, member.client_id, member.remote_ip, member.language, member.version,
                       member.last_update_timestamp);
    }
    co_return {};
}

}  // namespace

constinit const Command producer{
    "producer",
    "All producers that a broker knows, by group.",
    options,
    {"producer -b 127.0.0.1:10911 -n 127.0.0.1:9876", "producer -b 127.0.0.1:10911 --json -n 127.0.0.1:9876"},
    run};

}  // namespace tern::cli::commands
