// tern broker: a broker process.
#include <chrono>
#include <cstdio>
#include <thread>

#include "broker/broker.hpp"
#include "broker/foreign_settings.hpp"
#include "broker_settings.hpp"
#include "metrics/registry.hpp"
#include "programs.hpp"

namespace tern::apps {
namespace {

constexpr int exit_store_failed = 3;

// Ends the process when the store can acknowledge nothing more: at once, so that a supervisor can act.
class Owner final : public broker::BrokerOwner {
public:
    explicit Owner(ServerProcess& world) : world_{world} {}
    void on_broker_failed(const Error& why) override {
        std::fprintf(stderr, "the store failed, nothing further is acknowledged: %s\n", why.detail.c_str());
        status = exit_store_failed;
        // What was decided before the failure may still leave.
        world_.loop().after(100ms, [this] { world_.loop().stop(); });
    }
    int status{0};

private:
    ServerProcess& world_;
};

// Whoever stops a broker and starts it again need not look when the one before has ended: it may drain, or
// flush. One that does not end in that time is another broker of the same store.
void wait_for_store(ServerProcess& world, const broker::BrokerConfig& config) {
    const std::string path = config.store_root + "/lock";
    const auto is_taken = [&] {
        if (!world.files().exists(path)) return false;
        const auto lock = world.files().lock(path);
        return !lock && lock.error().code == Errc::busy;
    };
    if (!is_taken()) return;
    const auto limit = (config.raft_group ? std::chrono::milliseconds{config.drain_on_stop_ms} : 0ms) + 10s;
    std::fprintf(stderr, "%s: locked by another broker; waiting for its end, %lld s at most\n", path.c_str(),
                 static_cast<long long>(limit / 1s));
    world.log().info("waiting_for_store", {{"lock", path}, {"at_most_ms", limit / 1ms}});
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (is_taken() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(50ms);
}

}  // namespace

int run_broker(const ServerArguments& arguments) {
    broker::BrokerConfig config;
    net::TlsConfig tls;
    Settings settings{broker::foreign_settings, config, tls};
    if (const int status = read_broker_settings(arguments, settings, config); status != 0) return status;
    if (!complete(tls, arguments.tls, TlsReader::server)) return exit_start_failed;
    if (arguments.print_settings || arguments.print_important) {
        std::fputs(settings.text().c_str(), stdout);
        return 0;
    }
    if (!complete_broker_settings(config)) return exit_start_failed;

    auto process =
        ServerProcess::open_server(arguments.home.value_or(std::string{}), "broker", config.log_level,
                                   {.idle_time_max = std::chrono::seconds{config.connection_idle_max_s}});
    if (!process) {
        std::fprintf(stderr, "%s\n", process.error().detail.c_str());
        return exit_start_failed;
    }
    auto& world = **process;
    log_notes(world.log(), settings.notes());
    if (auto secured = world.secure_server(tls); !secured) {
        std::fprintf(stderr, "%s\n", secured.error().detail.c_str());
        return exit_start_failed;
    }
    config.dials_tls = world.dials_tls();
    wait_for_store(world, config);
    Owner owner{world};
    broker::Broker broker{config, world.runtime(), world.files(), world.transport(), owner, boot_id()};
    if (auto started = broker.start(); !started) {
        std::fprintf(stderr, "%s\n", started.error().detail.c_str());
        return exit_start_failed;
    }
    broker.metrics().add_probe(world.transport().probe());
    world.log().info("started", {{"broker", config.broker_name}, {"address", broker.address()}});
    std::printf("The broker[%s, %s] boot success. serializeType=JSON", config.broker_name.c_str(),
                broker.address().c_str());
    if (!config.namesrv_addr.empty()) std::printf(" and name server is %s", config.namesrv_addr.c_str());
    std::printf("\n");
    std::fflush(stdout);
    world.is_ready();

    bool stopping = false;
    world.loop().on_signal({SIGTERM, SIGINT}, [&](int signal) {
        if (std::exchange(stopping, true)) return broker.stop_draining();
        world.log().info("stopping", {{"signal", signal}});
        world.is_stopping();
        if (signal == SIGINT) broker.stop_draining();  // Somebody sits there and waits.
        broker.stop([&](Result<> stopped) {
            if (!stopped) {
                std::fprintf(stderr, "%s\n", stopped.error().detail.c_str());
                owner.status = exit_store_failed;
            }
            // The last answers are in the connections' buffers; they leave before the loop ends. What came
            // when nobody reads any more would hang until the process is gone, and longer: stock clients do
            // not always notice that end.
            world.loop().after(50ms, [&] {
                world.transport().close();
                world.loop().stop();
            });
        });
    });
    world.loop().run();
    return owner.status;
}

}  // namespace tern::apps
