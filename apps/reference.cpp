// tern reference: prints the pages of docs/reference from the rows that the program itself runs on.
#include <cstdio>

#include "broker/broker_config.hpp"
#include "broker/foreign_settings.hpp"
#include "nameserver/config.hpp"
#include "nameserver/foreign_settings.hpp"
#include "programs.hpp"

namespace tern::apps {

int run_reference(const std::string& page) {
    if (page == "broker-settings") {
        broker::BrokerConfig config;
        std::printf("# Settings of the broker\n\n%s",
                    Settings{broker::foreign_settings, config}.reference().c_str());
    } else if (page == "namesrv-settings") {
        nameserver::NameServerConfig config;
        std::printf("# Settings of the NameServer\n\n%s",
                    Settings{nameserver::foreign_settings, config}.reference().c_str());
    } else {
        std::fprintf(stderr, "there is no page %s\n", page.c_str());
        return exit_usage;
    }
    return 0;
}

}  // namespace tern::apps
