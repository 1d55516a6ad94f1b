// tern namesrv: a NameServer process.
#include <cstdio>

#include "nameserver/foreign_settings.hpp"
#include "nameserver/name_server.hpp"
#include "programs.hpp"

namespace tern::apps {

int run_namesrv(const ServerArguments& arguments) {
    nameserver::NameServerConfig config;
    net::TlsConfig tls;
    Settings settings{nameserver::foreign_settings, config, tls};
    std::string home;
    if (const char* from_environment = std::getenv("ROCKETMQ_HOME"); from_environment != nullptr)
        home = from_environment;
    if (arguments.home) {
        home = *arguments.home;
        config.kv_config_path = home + "/kvConfig.json";
        config.config_store_path = home + "/namesrv.properties";
    }
    config.rocketmq_home = home;
    nameserver::expand_home(config, home_directory());
    const bool is_given = !arguments.config_file.empty();
    const std::string file = is_given ? absolute_path(arguments.config_file) : config.config_store_path;
    if (is_given || may_exist(file)) {
        if (!apply_file(settings, file)) return exit_start_failed;
        std::printf("load config properties file OK, %s\n", file.c_str());
    }
    if (is_given) config.config_store_path = file;
    if (arguments.port) {
        const Property port{"listenPort", *arguments.port, 0};
        if (auto set = settings.apply("command line", {&port, 1}); !set) {
            std::fprintf(stderr, "%s\n", set.error().detail.c_str());
            return exit_usage;
        }
    }
    nameserver::expand_home(config, home_directory());  // Of what the file said.
    if (!complete(tls, arguments.tls, TlsReader::server)) return exit_start_failed;
    if (arguments.print_settings) {
        std::fputs(settings.text().c_str(), stdout);
        return 0;
    }

    auto process =
        ServerProcess::open_server(arguments.home.value_or(std::string{}), "namesrv", config.log_level,
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
    auto server = nameserver::NameServer::start(config, world.runtime(), world.files());
    if (!server) {
        std::fprintf(stderr, "%s\n", server.error().detail.c_str());
        return exit_start_failed;
    }
    const auto address = model::Host::parse(config.bind_address + ":" + std::to_string(config.listen_port));
    auto listener = address ? world.transport().listen(*address, **server)
                            : Result<std::unique_ptr<remoting::Listener>>{std::unexpected(address.error())};
    if (!listener) {
        std::fprintf(stderr, "%s\n", listener.error().detail.c_str());
        return exit_start_failed;
    }
    (*server)->metrics().add_probe(world.transport().probe());
    world.log().info("started", {{"address", (*listener)->address().text()}});
    std::printf("The Name Server boot success. serializeType=JSON, address %s\n",
                (*listener)->address().text().c_str());
    std::fflush(stdout);
    world.is_ready();
    world.loop().on_signal({SIGTERM, SIGINT}, [&world](int signal) {
        world.log().info("stopping", {{"signal", signal}});
        world.is_stopping();
        world.loop().stop();
    });
    world.loop().run();
    return 0;
}

}  // namespace tern::apps
