#include "broker_settings.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace tern::apps {

int read_broker_settings(const ServerArguments& arguments, Settings& settings, broker::BrokerConfig& config) {
    if (const char* home = std::getenv("ROCKETMQ_HOME"); home != nullptr) config.rocketmq_home = home;
    if (const char* servers = std::getenv("NAMESRV_ADDR"); servers != nullptr) config.namesrv_addr = servers;
    if (arguments.home) {
        config.rocketmq_home = *arguments.home;
        config.store_root = *arguments.home + "/store";
    }
    if (config.store_root.empty()) config.store_root = home_directory() + "/store";
    const std::string file =
        arguments.config_file.empty() ? broker::settings_file(config) : absolute_path(arguments.config_file);
    const bool is_there = !arguments.config_file.empty() || may_exist(file);
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
    return 0;
}

bool complete_broker_settings(broker::BrokerConfig& config) {
    // As RocketMQ: a master is 0 whatever the file says.
    if (config.raft_group || config.role != broker::BrokerRole::slave) config.broker_id = 0;
    if (config.broker_name.empty()) config.broker_name = host_name();
    if (config.broker_ip1.empty()) config.broker_ip1 = first_address();
    if (config.store_commit_log.empty()) config.store_commit_log = config.store_root + "/commitlog";
    config.memory_bytes = static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
    if (config.listen_port < 3) {
        std::fprintf(stderr, "listenPort=%d leaves no port for the fast channel two below it\n",
                     config.listen_port);
        return false;
    }
    return true;
}

}  // namespace tern::apps
