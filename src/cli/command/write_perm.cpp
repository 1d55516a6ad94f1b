// wipeWritePerm, addWritePerm: whether producers find a broker.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/settings.hpp"
#include "cli/commands.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"b", "brokerName", Takes::text, Need::must, "name of the broker"},
};

using Change = admin::Task<std::vector<admin::NameServerResult>> (*)(admin::Admin&, std::string);

admin::Task<Result<>> change(Invocation& in, std::string_view verb, Change change_permission) {
    const auto broker_name = in.arguments.text("brokerName");
    const auto results = co_await change_permission(in.admin, broker_name);
    json::Object by_name_server;
    Result<> outcome;
    for (const auto& [name_server, topics] : results) {
        if (!topics) outcome = std::unexpected{topics.error()};
        if (in.wants_json()) {
            by_name_server.push_back(
                {name_server, topics ? json::Value{*topics} : json::Value{topics.error().detail}});
        } else {
            fmt::print(in.out, "{} write perm of broker[{}] in name server[{}] {}\n", verb, broker_name,
                       name_server, topics ? fmt::format("OK, {}", *topics) : "Failed");
        }
    }
    if (in.wants_json()) in.print(std::move(by_name_server));
    co_return outcome;
}

admin::Task<Result<>> run_wipe(Invocation& in) {
    return change(in, "wipe", admin::wipe_write_permission);
}
admin::Task<Result<>> run_add(Invocation& in) {
    return change(in, "add", admin::add_write_permission);
}

}  // namespace

constinit const Command wipe_write_perm{
    "wipeWritePerm",
    "Let producers no longer find a broker, on every NameServer, until it registers a change.",
    options,
    {"wipeWritePerm -b broker-a -n 127.0.0.1:9876",
     "wipeWritePerm -b broker-a -n '127.0.0.1:9876;127.0.0.1:9877'"},
    run_wipe};

constinit const Command add_write_perm{"addWritePerm",
                                       "Let producers find a broker again, on every NameServer.",
                                       options,
                                       {"addWritePerm -b broker-a -n 127.0.0.1:9876",
                                        "addWritePerm -b broker-a -n '127.0.0.1:9876;127.0.0.1:9877'"},
                                       run_add};

}  // namespace tern::cli::commands
