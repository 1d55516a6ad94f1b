// tern reference: prints the pages of docs/reference from the rows that the program itself runs on, and of
// request codes what its servers answer to each.
#include <cstdio>

#include "broker/broker.hpp"
#include "broker/broker_config.hpp"
#include "broker/foreign_settings.hpp"
#include "cli/help.hpp"
#include "io/memory_file_system.hpp"
#include "io/simulated_loop.hpp"
#include "nameserver/config.hpp"
#include "nameserver/foreign_settings.hpp"
#include "nameserver/name_server.hpp"
#include "programs.hpp"
#include "remoting/request_code.hpp"
#include "remoting/response_code.hpp"

namespace tern::apps {
namespace {

constexpr std::int32_t request_code_end = 300'100;  // Ours are the last, from 300,001 on.

// A connection to a server in this process. It keeps what the server answers, and goes nowhere.
class AskingConnection final : public remoting::Connection {
public:
    AskingConnection() : Connection{1} {}
    const model::Host& peer() const override { return host_; }
    const model::Host& local() const override { return host_; }
    bool is_open() const override { return true; }
    Buffer& output() override { return output_; }
    std::size_t unsent_bytes() const override { return output_.size(); }
    void close(std::string_view) override {}

private:
    model::Host host_{*model::Host::parse("127.0.0.1:1")};
    Buffer output_;
};

// Keeps who would be called for a connection to a port, and connects to nobody.
class AskingTransport final : public remoting::Transport {
public:
    Result<std::unique_ptr<remoting::Listener>> listen(const model::Host& address,
                                                       remoting::ConnectionHandler& handler) override {
        if (address.port() == port) main_handler = &handler;
        return std::make_unique<Place>(address);
    }
    Ref<remoting::Connection> connect(const std::string&, remoting::ConnectionHandler&) override {
        return make_counted<AskingConnection>();
    }

    Result<std::unique_ptr<remoting::Listener>> listen_stream(const model::Host& address,
                                                              Ref<remoting::StreamHandler>) override {
        return std::make_unique<Place>(address);
    }

    static constexpr std::uint16_t port = 10911;
    remoting::ConnectionHandler* main_handler{nullptr};

private:
    struct Place final : remoting::Listener {
        explicit Place(const model::Host& at) : bound{at} {}
        model::Host address() const override { return bound; }
        model::Host bound;
    };
};

// Whether anything but "not supported" comes back for an empty request; an answer may also come later.
bool is_served(remoting::ConnectionHandler& server, remoting::RequestCode code) {
    const auto connection = make_counted<AskingConnection>();
    remoting::Command request;
    request.code = static_cast<std::int32_t>(code);
    server.on_command(connection, request);
    const auto frame = remoting::cut_frame(connection->output().view());
    TERN_ASSERT(frame);
    if (!*frame) return true;
    remoting::CommandDecoder decoder;
    const auto answer = decoder.decode(**frame);
    TERN_ASSERT(answer);
    return answer->code != static_cast<std::int32_t>(remoting::ResponseCode::request_code_not_supported);
}

struct NobodyOwns final : broker::BrokerOwner {
    void on_broker_failed(const Error&) override {}
};

// Asks a NameServer and a broker on a disk in memory for every code that RocketMQ names.
Result<> print_request_codes() {
    io::SimulatedLoop loop;
    io::MemoryFileSystem files{loop.runtime()};
    AskingTransport transport;
    NobodyOwns owner;
    auto name_server = nameserver::NameServer::start({}, loop.runtime(), files);
    if (!name_server) return std::unexpected(name_server.error());
    broker::BrokerConfig config;
    config.broker_name = "broker-a";
    config.broker_ip1 = "127.0.0.1";
    config.listen_port = AskingTransport::port;
    config.store_root = "/store";
    config.store_commit_log = "/store/commitlog";
    broker::Broker broker{config, loop.runtime(), files, transport, owner, {}};
    if (auto started = broker.start(); !started) return started;
    loop.advance(10ms);

    std::printf(
        "# Request codes\n\n"
        "What the NameServer and the broker serve, of all that RocketMQ names, and from 300001 on of what is "
        "TernMQ's own.\nEvery other code is answered with 3, `REQUEST_CODE_NOT_SUPPORTED`. The fast channel "
        "(`listenPort` − 2) serves\nwhat the broker serves, without pulls.\n\n"
        "| Code | Name | NameServer | Broker |\n|---|---|---|---|\n");
    for (std::int32_t number = 0; number < request_code_end; ++number) {
        const auto code = static_cast<remoting::RequestCode>(number);
        const auto name = remoting::request_code_name(code);
        if (name == "UNKNOWN") continue;
        const bool by_name_server = is_served(**name_server, code);
        const bool by_broker = is_served(*transport.main_handler, code);
        if (!by_name_server && !by_broker) continue;
        std::printf("| %d | `%s` | %s | %s |\n", number, std::string{name}.c_str(),
                    by_name_server ? "yes" : "", by_broker ? "yes" : "");
    }
    return {};
}

}  // namespace

int run_reference(const std::string& page) {
    if (page == "broker-settings") {
        broker::BrokerConfig config;
        std::printf("# Settings of the broker\n\n%s",
                    Settings{broker::foreign_settings, config}.reference().c_str());
    } else if (page == "namesrv-settings") {
        nameserver::NameServerConfig config;
        std::printf("# Settings of the NameServer\n\n%s",
                    Settings{nameserver::foreign_settings, config}.reference().c_str());
    } else if (page == "tls-settings") {
        net::TlsConfig config;
        std::printf("# Settings of TLS\n\n%s", Settings{ForeignSettings{}, config}.reference().c_str());
    } else if (page == "mqadmin") {
        std::fputs(cli::mqadmin_reference().c_str(), stdout);
    } else if (page == "request-codes") {
        if (auto printed = print_request_codes(); !printed) {
            std::fprintf(stderr, "%s\n", printed.error().detail.c_str());
            return exit_start_failed;
        }
    } else {
        std::fprintf(
            stderr,
            "there is no page %s; there are broker-settings, namesrv-settings, tls-settings, mqadmin "
            "and request-codes\n",
            page.c_str());
        return exit_usage;
    }
    return 0;
}

}  // namespace tern::apps
