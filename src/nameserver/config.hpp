// What can be set about a NameServer: RocketMQ's names and defaults (spec config 3), as far as they mean
// something here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/settings.hpp"

namespace tern::nameserver {

inline constexpr std::int64_t broker_timeout_max_ms = 86'400'000;  // Ours.

struct NameServerConfig {
    std::string bind_address{"0.0.0.0"};
    std::int32_t listen_port{9876};
    std::int32_t connection_idle_max_s{120};
    std::string rocketmq_home{};
    std::string kv_config_path{"~/namesrv/kvConfig.json"};
    std::string config_store_path{"~/namesrv/namesrv.properties"};
    std::int64_t scan_interval_ms{5'000};
    std::int64_t broker_timeout_ms{120'000};
    bool order_message_enable{false};
    bool return_order_config_to_broker{true};
    bool support_acting_master{false};
    bool enable_all_topic_list{true};
    bool enable_topic_list{true};
    bool delete_missing_topics{false};
    bool wait_for_brokers{false};
    std::int32_t wait_for_brokers_s{45};
    LogLevel log_level{LogLevel::info};
    std::string config_black_list{"configBlackList;configStorePath;kvConfigPath"};

    static constexpr auto settings() {
        using C = NameServerConfig;
        return list_of(
            setting("bindAddress", &C::bind_address, Apply::at_restart,
                    "The local address that is listened on."),
            setting("listenPort", &C::listen_port, between(0, 65'535), Apply::at_restart,
                    "The port that is listened on; 0 takes one that is free."),
            setting("serverChannelMaxIdleTimeSeconds", &C::connection_idle_max_s, at_least(1),
                    Apply::at_restart,
                    "How long a connection may be silent in both directions before it is closed.", "s"),
            setting("rocketmqHome", &C::rocketmq_home, Apply::at_restart,
                    "The directory of the installation; nothing of it is needed."),
            setting("kvConfigPath", &C::kv_config_path, Apply::at_restart,
                    "The file that keeps the key-value configuration; a leading ~ is the home directory."),
            setting(
                "configStorePath", &C::config_store_path, Apply::at_restart,
                "The file that keeps settings changed at run time; the one given with -c, if there is one."),
            setting("scanNotActiveBrokerInterval", &C::scan_interval_ms, between<std::int64_t>(10, 600'000),
                    Apply::at_once, "How often at least we look for brokers that have fallen silent.", "ms"),
            setting("brokerChannelExpiredTime", &C::broker_timeout_ms,
                    between<std::int64_t>(100, broker_timeout_max_ms), Apply::at_once,
                    "How long a broker may be silent that does not say so itself when it registers.", "ms"),
            setting("orderMessageEnable", &C::order_message_enable, Apply::at_once,
                    "Routes carry the order of their topic, where the namespace ORDER_TOPIC_CONFIG has it."),
            setting("returnOrderTopicConfigToBroker", &C::return_order_config_to_broker, Apply::at_once,
                    "Answers to registrations carry the namespace ORDER_TOPIC_CONFIG."),
            setting(
                "supportActingMaster", &C::support_acting_master, Apply::at_once,
                "Routes show the lowest replica as master of a group that has lost its own and allows it."),
            setting("enableAllTopicList", &C::enable_all_topic_list, Apply::at_once,
                    "The list of all topics may be asked for."),
            setting("enableTopicList", &C::enable_topic_list, Apply::at_once,
                    "Lists of topics by cluster and by unit may be asked for."),
            setting("deleteTopicWithBrokerRegistration", &C::delete_missing_topics, Apply::at_once,
                    "A registration takes away the topics of its group that it does not name."),
            setting("needWaitForService", &C::wait_for_brokers, Apply::at_restart,
                    "Routes are refused after the start, until brokers have had time to register."),
            setting("waitSecondsForService", &C::wait_for_brokers_s, between(0, 3'600), Apply::at_once,
                    "That time.", "s"),
            setting("logLevel", &C::log_level, Apply::at_once, "What is below it is not written to the log."),
            setting(
                "configBlackList", &C::config_black_list, Apply::at_restart,
                "Settings that may not be changed at run time even if they could, with semicolons between."));
    }
};

// Settings come from text, where ~ stands for the home directory.
inline void expand_home(NameServerConfig& config, std::string_view home) {
    for (auto* path : {&config.kv_config_path, &config.config_store_path})
        if (path->starts_with("~/")) path->replace(0, 1, home);
}

}  // namespace tern::nameserver
