// tern broker: a broker process.
#include <cstdio>
#include <filesystem>

#include "broker/broker.hpp"
#include "broker/foreign_settings.hpp"
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

bool complete(broker::BrokerConfig& config) {
    // As RocketMQ: a master is 0 whatever the file says.
    if (config.raft_group || config.role != broker::BrokerRole::slave) config.broker_id = 0;
    if (config.broker_name.empty()) config.broker_name = host_name();
    if (config.broker_ip1.empty()) config.broker_ip1 = first_address();
    if (config.store_commit_log.empty()) config.store_commit_log = config.store_root + "/commitlog";
    if (config.listen_port < 3) {
        std::fprintf(stderr, "listenPort=%d leaves no port for the fast channel two below it\n",
                     config.listen_port);
        return false;
    }
    return true;
}

}  // namespace

int run_broker(const ServerArguments& arguments) {
    broker::BrokerConfig config;
    Settings settings{broker::foreign_settings, config};
    if (const char* home = std::getenv("ROCKETMQ_HOME"); home != nullptr) config.rocketmq_home = home;
    if (const char* servers = std::getenv("NAMESRV_ADDR"); servers != nullptr) config.namesrv_addr = servers;
    if (arguments.home) {
        config.rocketmq_home = *arguments.home;
        config.store_root = *arguments.home + "/store";
    }
    if (config.store_root.empty()) config.store_root = home_directory() + "/store";
    const std::string file =
        arguments.config_file.empty() ? broker::settings_file(config) : absolute_path(arguments.config_file);
    const bool is_there = !arguments.config_file.empty() || std::filesystem::exists(file);
    if (is_there && !apply_file(settings, file)) return exit_start_failed;
    config.config_path = file;
    if (arguments.port) {
        const Property port{"listenPort", *arguments.port, 0};
        if (auto set = settings.apply("command line", {&port, 1}); !set) {
            std::fprintf(stderr, "%s\n", set.error().detail.c_str());
            return exit_usage;
        }
    }
    if (!arguments.name_servers.empty()) config.namesrv_addr = arguments.name_servers;
    if (arguments.print_settings || arguments.print_important) {
        std::fputs(settings.text().c_str(), stdout);
        return 0;
    }
    if (!complete(config)) return exit_start_failed;

    auto process = ServerProcess::open(arguments.home.value_or(std::string{}), "broker", config.log_level);
    if (!process) {
        std::fprintf(stderr, "%s\n", process.error().detail.c_str());
        return exit_start_failed;
    }
    auto& world = **process;
    Owner owner{world};
    broker::Broker broker{config, world.runtime(), world.files(), world.transport(), owner, boot_id()};
    if (auto started = broker.start(); !started) {
        std::fprintf(stderr, "%s\n", started.error().detail.c_str());
        return exit_start_failed;
    }
    world.log().info("started", {{"broker", config.broker_name}, {"address", broker.address()}});
    std::printf("The broker[%s, %s] boot success. serializeType=JSON", config.broker_name.c_str(),
                broker.address().c_str());
    if (!config.namesrv_addr.empty()) std::printf(" and name server is %s", config.namesrv_addr.c_str());
    std::printf("\n");
    std::fflush(stdout);
    world.is_ready();

    bool stopping = false;
    world.loop().on_signal({SIGTERM, SIGINT}, [&](int signal) {
        if (std::exchange(stopping, true)) return;
        world.log().info("stopping", {{"signal", signal}});
        world.is_stopping();
        broker.stop([&](Result<> stopped) {
            if (!stopped) {
                std::fprintf(stderr, "%s\n", stopped.error().detail.c_str());
                owner.status = exit_store_failed;
            }
            // The last answers are in the connections' buffers; they leave before the loop ends.
            world.loop().after(50ms, [&] { world.loop().stop(); });
        });
    });
    world.loop().run();
    return owner.status;
}

}  // namespace tern::apps
