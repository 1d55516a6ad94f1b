#include "bench/load/options.hpp"

#include <CLI/CLI.hpp>

namespace tern::bench {
namespace {

constexpr auto footer = R"(Examples:
  tern bench send --namesrv 127.0.0.1:9876 --seconds 10 --warmup 2
  tern bench send --address 127.0.0.1:10911 --rate 20000 --seconds 30     open loop: latency from the intended time
  tern bench batch --namesrv 127.0.0.1:9876 --batch-size 32
  tern bench pull --namesrv 127.0.0.1:9876                                every queue once, from offset 0 to its end
  tern bench mixed --namesrv 127.0.0.1:9876 --rate 20000                  with the way from producer to consumer
Ctrl-C ends a run early, and what was measured until then is printed.)";

void add_target(CLI::App& mode, Options& options) {
    auto* address = mode.add_option("--address", options.address, "HOST:PORT of a broker");
    auto* namesrv =
        mode.add_option("--namesrv", options.namesrv, "HOST:PORT of a NameServer that knows the broker");
    address->excludes(namesrv);
    mode.add_option("--topic", options.topic, "topic; created where messages are sent")
        ->capture_default_str();
    mode.add_flag("--json", options.json, "print the results as one line of JSON");
    mode.callback([&options] {
        if (options.address.empty() && options.namesrv.empty())
            throw CLI::RequiredError{"--address or --namesrv"};
    });
}

void add_load(CLI::App& mode, Options& options) {
    const auto some = CLI::Range(1, 1'000'000);
    mode.add_option("--group", options.group, "name of the producer's or consumer's group")
        ->capture_default_str();
    mode.add_option("--queues", options.queues, "queues of the topic")
        ->check(CLI::Range(1, 4096))
        ->capture_default_str();
    mode.add_option("--connections", options.connections, "connections")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
    mode.add_option("--outstanding", options.outstanding, "requests under way on each connection")
        ->check(some)
        ->capture_default_str();
    mode.add_option_function<std::string>(
            "--header",
            [&options](const std::string& name) {
                if (name == "binary") options.header = remoting::HeaderEncoding::binary;
            },
            "encoding of headers: json, unless said otherwise, or binary")
        ->check(CLI::IsMember({"json", "binary"}));
    mode.add_option("--warmup", options.warmup_s, "seconds before anything counts")
        ->check(CLI::NonNegativeNumber);
    mode.add_option("--seconds", options.seconds, "seconds that count")->check(CLI::PositiveNumber);
    mode.add_option("--messages", options.messages, "messages that count; then the run ends")
        ->check(CLI::PositiveNumber);
    mode.add_option("--patience", options.patience_s, "seconds without an answer that end the run")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    mode.add_flag("--verify", options.verify, "decode and check every answer");
    mode.add_flag("--by-second", options.by_second,
                  "with --json: the figures of each second that counts, too");
    mode.add_option("--histogram", options.histogram_file, "write the latency's distribution there");
    mode.add_option("--server-pid", options.server_pids,
                    "processes whose CPU time is measured over the same window, together")
        ->check(some);
}

void add_sending(CLI::App& mode, Options& options) {
    mode.add_option("--size", options.size, "bytes of a body")
        ->check(CLI::Range(1, 4'194'304))
        ->capture_default_str();
    mode.add_option("--rate", options.rate,
                    "messages a second whatever the server does; else as fast as answers come")
        ->check(CLI::PositiveNumber);
    mode.add_flag("--give-up", options.gives_up,
                  "with --rate: what is due while all requests are under way is not sent later, but counted");
}

void add_pulling(CLI::App& mode, Options& options) {
    mode.add_option("--pull-max", options.pull_max, "messages asked for at a time")
        ->check(CLI::Range(1, 1024))
        ->capture_default_str();
}

// What can only be said once all is known.
std::string contradiction(const Options& options) {
    if (options.messages && options.warmup_s > 0) return "--messages counts from the start: no --warmup";
    if (options.mode == Mode::first_send && options.namesrv.empty()) return "first-send: goes by --namesrv";
    if (options.gives_up && options.rate == 0) return "--give-up: of an open loop, with --rate";
    if (options.mode == Mode::mixed && options.size < 8)
        return "mixed: --size must have room for a time stamp: 8";
    if (options.mode == Mode::mixed && options.messages) return "mixed: ends by --seconds";
    return {};
}

}  // namespace

std::string_view mode_name(Mode mode) {
    constexpr std::string_view names[]{"send", "batch", "pull", "mixed", "first-send"};
    return names[static_cast<std::size_t>(mode)];
}

ParsedOptions parse_options(int argc, char** argv) {
    Options options;
    CLI::App app{"Load for a broker, and what it makes of it.", "tern bench"};
    app.require_subcommand(1);
    app.footer(footer);
    app.get_formatter()->column_width(28);
    const auto add_mode = [&](Mode mode, const char* meaning) {
        auto* const command = app.add_subcommand(std::string{mode_name(mode)}, meaning);
        add_target(*command, options);
        command->parse_complete_callback([&options, mode] { options.mode = mode; });
        return command;
    };
    auto* const send = add_mode(Mode::send, "send messages one by one");
    auto* const batch = add_mode(Mode::batch, "send batches of messages");
    auto* const pull = add_mode(Mode::pull, "pull queues from their beginning");
    auto* const mixed = add_mode(Mode::mixed, "send, and pull what was sent as it comes");
    auto* const first =
        add_mode(Mode::first_send, "wait for a broker to appear and accept a message; prints when it did");
    for (auto* const mode : {send, batch, pull, mixed}) add_load(*mode, options);
    for (auto* const mode : {send, batch, mixed}) add_sending(*mode, options);
    for (auto* const mode : {pull, mixed}) add_pulling(*mode, options);
    batch->add_option("--batch-size", options.batch_size, "messages of a batch")
        ->check(CLI::Range(1, 1024))
        ->capture_default_str();
    first->add_option("--patience", options.patience_s, "seconds to wait")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return {.options = {}, .exit_status = app.exit(error)};
    }
    if (options.mode == Mode::pull && pull->count("--outstanding") == 0) options.outstanding = 1;
    if (options.mode == Mode::pull && pull->count("--connections") == 0) options.connections = options.queues;
    if (const auto wrong = contradiction(options); !wrong.empty()) {
        std::fprintf(stderr, "tern bench: %s\n", wrong.c_str());
        return {.options = {}, .exit_status = 2};
    }
    const bool ends_by_itself = options.mode == Mode::pull || options.messages;
    if (!ends_by_itself && !options.seconds) options.seconds = 10;
    return {.options = options, .exit_status = 0};
}

}  // namespace tern::bench
