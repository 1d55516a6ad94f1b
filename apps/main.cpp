// tern: one binary that is NameServer, broker and command line. Reads the arguments and hands them to the
// program.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "bench/load/run_bench.hpp"
#include "check.hpp"
#include "programs.hpp"
#include "recover_group.hpp"
#include "verify.hpp"

namespace {

using tern::apps::ServerArguments;

// RocketMQ's flags: with an argument -p is the port and -h the home; alone they print settings and help.
struct ServerOptions {
    ServerArguments arguments;
    std::vector<std::string> port;
    std::vector<std::string> home;
    CLI::Option* port_option{nullptr};
    CLI::Option* home_option{nullptr};

    void add_to(CLI::App& command) {
        command.set_help_flag("--help", "Print this help and exit");
        command.add_option("-c,--configFile", arguments.config_file, "Property file, as RocketMQ's")
            ->check(CLI::ExistingFile);
        port_option = command
                          .add_option("-p,--port,--printConfigItem", port,
                                      "Port to listen on; alone: print all settings")
                          ->expected(0, 1);
        home_option =
            command.add_option("-h,--home", home, "Directory for data and logs; alone: print this help")
                ->expected(0, 1);
        command.add_option("-n,--namesrvAddr", arguments.name_servers, "NameServers: host:port;host:port");
        command.add_flag("-m,--printImportantConfig", arguments.print_important,
                         "Print the settings and exit");
    }
    // False: help was asked for.
    bool settle() {
        if (is_alone(*home_option, home)) return false;
        if (!home.empty()) arguments.home = home.front();
        arguments.print_settings = is_alone(*port_option, port);
        if (!port.empty() && !arguments.print_settings) arguments.port = port.front();
        return true;
    }
    // Given without an argument; some versions of CLI11 hand over an empty one then.
    static bool is_alone(const CLI::Option& option, const std::vector<std::string>& values) {
        return option.count() > 0 && (values.empty() || values.front().empty());
    }
};

int run_server(CLI::App& command, ServerOptions& options, int (*run)(const ServerArguments&)) {
    if (options.settle()) return run(options.arguments);
    std::fputs(command.help().c_str(), stdout);
    return 0;
}

}  // namespace

int main(int argument_count, char** arguments) {
    std::vector<char*> words{arguments, arguments + argument_count};
    const auto tls_arguments = tern::apps::take_tls_arguments(words);
    const int argc = static_cast<int>(words.size());
    words.push_back(nullptr);
    char** const argv = words.data();
    // These have commands, options and help of their own.
    const std::string_view program = argc > 1 ? argv[1] : "";
    if (program == "admin") return tern::apps::run_admin({argv + 2, argv + argc}, tls_arguments);
    if (program == "bench") return tern::bench::run_bench(argc - 1, argv + 1);
#ifdef TERN_SIMULATION
    if (program == "sim") return tern::apps::run_sim({argv + 2, argv + argc});
#endif

    CLI::App app{
        "TernMQ: a message queue that speaks RocketMQ's protocol. One program is NameServer, broker and "
        "command line.",
        "tern"};
    app.set_version_flag("--version", "tern " TERN_VERSION);
    app.require_subcommand(1);
    app.footer(
        "Examples:\n  tern namesrv -p 9876 -h /data/namesrv\n  tern broker -c broker.conf -n 127.0.0.1:9876\n"
        "  tern admin clusterList -n 127.0.0.1:9876\n"
        "All programs but bench take RocketMQ's settings of TLS: -Dtls.enable=true (docs/tls.md).");

    ServerOptions namesrv_options;
    auto* namesrv = app.add_subcommand("namesrv", "Run a NameServer");
    namesrv_options.add_to(*namesrv);
    ServerOptions broker_options;
    auto* broker = app.add_subcommand("broker", "Run a broker");
    broker_options.add_to(*broker);
    app.add_subcommand("admin", "mqadmin: look at and change a cluster")->prefix_command();
    app.add_subcommand("bench", "Put load on a broker and measure")->prefix_command();
#ifdef TERN_SIMULATION
    app.add_subcommand("sim", "Run clusters in virtual time, with faults, and check what clients saw")
        ->prefix_command();
#endif
    tern::apps::CheckArguments check_arguments;
    auto* check =
        app.add_subcommand("check", "Send messages, read them back, and prove that none was lost or changed");
    check->add_option("-n,--namesrvAddr", check_arguments.name_servers, "NameServers: host:port;host:port")
        ->required();
    check->add_option("-t,--topic", check_arguments.topic, "An existing topic")->capture_default_str();
    check->add_option("--messages", check_arguments.messages, "How many")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    check->add_option("--size", check_arguments.size, "Bytes of each body")
        ->capture_default_str()
        ->check(CLI::Range(64, 4'000'000));
    check->add_option("--outstanding", check_arguments.outstanding, "Sends under way in one queue")
        ->capture_default_str();
    check->add_option("--kill-at-half", check_arguments.kill_at_half, "A process to kill (SIGKILL) half-way");
    check->add_flag("--quiet", check_arguments.quiet, "No progress bar");
    tern::apps::VerifyArguments verify_arguments;
    auto* verify = app.add_subcommand(
        "verify", "Keep a group busy, kill or stop members on request, and give an account of every send");
    verify
        ->add_option("-n,--namesrv,--namesrvAddr", verify_arguments.name_servers,
                     "NameServers: host:port;host:port")
        ->required();
    verify->add_option("--broker-name", verify_arguments.broker_name,
                       "The group; without it the only one that the NameServers know");
    verify->add_option("--minutes", verify_arguments.minutes, "How long")
        ->capture_default_str()
        ->check(CLI::Range(0.01, 100'000.0));
    verify
        ->add_option(
            "--kill", verify_arguments.kill,
            "leader (SIGKILL; it is yours to start it again), pause (SIGSTOP of the leader for 1 to 3 s), "
            "partition (its links to the others are cut for 1 to 3 s, by iptables, as root) or none; one "
            "member at a time, only while the group is whole")
        ->capture_default_str();
    verify->add_option(
        "--pids", verify_arguments.pids,
        "Processes of the members, n0=4711,n1=4712,n2=4713; without it this machine's that listen "
        "at the members' addresses");
    verify->add_option("--rate", verify_arguments.rate, "Sends in a second")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000));
    verify->add_option("--size", verify_arguments.size, "Bytes of each body")
        ->capture_default_str()
        ->check(CLI::Range(64, 4'000'000));
    verify->add_option("--queues", verify_arguments.queues, "Queues of the topic that is made for it")
        ->capture_default_str()
        ->check(CLI::Range(1, 1024));
    verify->add_flag("--json", verify_arguments.json, "One JSON document instead of the table");
    verify->footer(
        "Exits with 0 only when nothing acknowledged is lost.\nExamples:\n"
        "  tern verify -n \"10.0.0.1:9876;10.0.0.2:9876\" --broker-name broker-a --minutes 5\n"
        "  tern verify -n 127.0.0.1:9876 --kill pause --rate 200 --json\n"
        "  sudo tern verify -n 127.0.0.1:9876 --kill partition");
    tern::apps::RecoverGroupArguments recover_arguments;
    auto* recover = app.add_subcommand(
        "recover-group",
        "Go on from one member of a Raft group that has lost a majority of its members for good");
    recover
        ->add_option("-c,--configFile", recover_arguments.config_file,
                     "The member's property file; its dLegerPeers names only those that are left")
        ->required()
        ->check(CLI::ExistingFile);
    recover->add_flag("--show", recover_arguments.only_shows, "Say what is left, and change nothing");
    recover->add_flag("--yes", recover_arguments.is_confirmed, "Do not ask for the group's name");
    recover->add_flag("--json", recover_arguments.json, "One JSON document instead of the table");
    recover->footer(
        "On one survivor only, while its broker is stopped; docs/recover-group.md says what it costs.\n"
        "Exits with 0 when it is done or shown, 1 for wrong settings, 2 when it was not "
        "confirmed, "
        "3 when the store cannot be had or is damaged.\nExamples:\n"
        "  tern recover-group -c broker.conf --show\n"
        "  tern recover-group -c broker.conf\n"
        "  tern recover-group -c broker.conf --yes --json");
    std::string page;
    auto* reference = app.add_subcommand("reference", "Print a page of docs/reference");
    reference
        ->add_option("page", page,
                     "namesrv-settings, broker-settings, tls-settings, mqadmin or request-codes")
        ->required();

    CLI11_PARSE(app, argc, argv);
    namesrv_options.arguments.tls = broker_options.arguments.tls = tls_arguments;
    check_arguments.tls = verify_arguments.tls = tls_arguments;
    if (namesrv->parsed()) return run_server(*namesrv, namesrv_options, tern::apps::run_namesrv);
    if (broker->parsed()) return run_server(*broker, broker_options, tern::apps::run_broker);
    if (check->parsed()) return tern::apps::run_check(check_arguments);
    if (verify->parsed()) return tern::apps::run_verify(verify_arguments);
    if (recover->parsed()) return tern::apps::run_recover_group(recover_arguments);
    return tern::apps::run_reference(page);
}
