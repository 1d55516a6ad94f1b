#include "cli/mqadmin.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/command.hpp"
#include "cli/help.hpp"
#include "client/client.hpp"
#include "json/writer.hpp"

namespace tern::cli {
namespace {

constexpr std::array common_options{
    Option{"h", "help", Takes::nothing, Need::may, "print this help"},
    Option{"n", "namesrvAddr", Takes::text, Need::may,
           "NameServers, 'host:port;host:port'; else those of the variable NAMESRV_ADDR"},
    Option{"", "json", Takes::nothing, Need::may, "print one JSON document instead of text"},
};

// What a person may do about a failure; empty when its words say it all.
std::string_view advice_for(Errc error) {
    switch (error) {
        case Errc::connection_closed:
        case Errc::deadline_exceeded:
            return "Check the address, and that the server runs and can be reached from here.";
        case Errc::topic_not_exist:
            return "The topics that exist are listed by: mqadmin topicList";
        case Errc::group_not_exist:
            return "The groups that exist are listed by: mqadmin consumerProgress";
        case Errc::consumer_not_online:
            return "No member of the group is connected: start one, then ask again.";
        case Errc::no_permission:
            return "The server does not allow it: check the permission of the broker and of the topic, and "
                   "where you ask "
                   "from.";
        case Errc::busy:
        case Errc::service_not_available:
            return "Try again in a moment; mqadmin clusterList shows which brokers take messages.";
        case Errc::not_supported:
            return "The server is older than the command, or does not serve it: check its version with "
                   "mqadmin "
                   "clusterList.";
        default:
            return "";
    }
}

int fail_usage(CliEnvironment& environment, const std::string& words, const Command* command) {
    environment.err << words << '\n';
    if (command != nullptr) environment.err << help_of(*command);
    return exit_usage;
}

int fail(const Command& command, const Error& error, CliEnvironment& environment) {
    environment.err << "mqadmin " << command.name << ": " << error.detail << '\n';
    if (const auto advice = advice_for(error.code); !advice.empty()) environment.err << advice << '\n';
    return exit_failed;
}

// What a command came to that went on without those that did not answer: it has failed, and says who they
// are.
Result<> with_silent(Result<> result, const std::map<std::string, Error>& silent) {
    for (const auto& [address, error] : silent) {
        if (result) {
            result = std::unexpected{error};
        } else if (!result.error().detail.contains(error.detail)) {
            result.error().detail += "; " + error.detail;
        }
    }
    return result;
}

Result<std::vector<std::string>> find_name_servers(const Arguments& arguments,
                                                   const CliEnvironment& environment) {
    auto list = arguments.optional_text("namesrvAddr");
    if (!list) list = environment.variable("NAMESRV_ADDR");
    if (list && !list->empty()) return client::parse_name_servers(*list);
    if (arguments.has("brokerAddr")) return std::vector<std::string>{};  // It is asked directly.
    return failure(Errc::invalid_argument,
                   "No NameServer is known: name one with -n host:port, or in the variable NAMESRV_ADDR");
}

int carry_out(const Command& command, const Arguments& arguments, std::vector<std::string> name_servers,
              CliEnvironment& environment) {
    const auto& clock = environment.runtime.clock;
    client::Client client{
        environment.runtime,
        environment.transport,
        {.name_servers = std::move(name_servers),
         .client_id = fmt::format("{}@{}#{}", environment.address.address_text(), environment.process,
                                  clock.now().time_since_epoch().count()),
         .address = environment.address,
         .process = environment.process}};
    admin::Admin admin{client};
    Invocation invocation{arguments,
                          admin,
                          environment.runtime,
                          environment.out,
                          environment.write_file,
                          environment.read_file};
    const auto result =
        with_silent(admin::wait_for(command.run(invocation), environment.run_until), admin.silent());
    client.close();
    environment.run_until([&client] { return client.is_closed(); });
    environment.out.flush();
    if (result) return exit_ok;
    return fail(command, result.error(), environment);
}

}  // namespace

std::vector<Option> options_of(const Command& command) {
    std::vector<Option> options{command.options.begin(), command.options.end()};
    options.insert(options.end(), common_options.begin(), common_options.end());
    return options;
}

void Invocation::print(const json::Value& document) const {
    out << json::write(document, {.pretty = true}) << '\n';
}

int run_mqadmin(std::span<const std::string_view> args, CliEnvironment& environment) {
    const bool asks_help = !args.empty() && args[0] == "help";
    if (asks_help) args = args.subspan(1);
    if (args.empty() || args[0] == "-h" || args[0] == "--help") {
        environment.out << list_of_commands();
        return exit_ok;
    }
    const auto* command = find_command(args[0]);
    if (command == nullptr)
        return fail_usage(environment, fmt::format("The sub command {} not exist.", args[0]), nullptr);
    const auto words = args.subspan(1);
    const auto is_help = [](std::string_view word) { return word == "-h" || word == "--help"; };
    if (asks_help || std::ranges::any_of(words, is_help)) {
        environment.out << help_of(*command);
        return exit_ok;
    }
    if (!command->not_served.empty())
        return fail(*command, {Errc::refused, std::string{command->not_served}}, environment);
    const auto arguments = Arguments::parse(options_of(*command), words);
    if (!arguments) return fail_usage(environment, arguments.error().detail, command);
    auto name_servers = find_name_servers(*arguments, environment);
    if (!name_servers) return fail_usage(environment, name_servers.error().detail, nullptr);
    return carry_out(*command, *arguments, std::move(*name_servers), environment);
}

}  // namespace tern::cli
