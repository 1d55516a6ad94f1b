// What a broker is told at its start: RocketMQ's names, our defaults where they are RocketMQ's too. The rows
// are the parser, the listing and docs/reference/broker-settings.md.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/settings.hpp"
#include "model/delay_level.hpp"
#include "model/permission.hpp"

namespace tern::broker {

enum class BrokerRole { async_master, sync_master, slave };
constexpr std::array<std::string_view, 3> enum_names(BrokerRole) {
    return {"ASYNC_MASTER", "SYNC_MASTER", "SLAVE"};
}

enum class FlushDiskType { async_flush, sync_flush };
constexpr std::array<std::string_view, 2> enum_names(FlushDiskType) {
    return {"ASYNC_FLUSH", "SYNC_FLUSH"};
}

// What a majority of a Raft group must have done with a message before it is acknowledged.
enum class QuorumDurability { disk, memory };
constexpr std::array<std::string_view, 2> enum_names(QuorumDurability) {
    return {"DISK", "MEMORY"};
}

struct BrokerConfig {
    // Who it is.
    std::string cluster_name{"DefaultCluster"};
    std::string broker_name;  // Empty: the host's name.
    std::int64_t broker_id{0};
    BrokerRole role{BrokerRole::async_master};
    std::int32_t listen_port{10911};
    std::string broker_ip1;  // Empty: the first address of this host that is not loopback.
    std::string broker_ip2;
    std::int32_t ha_listen_port{0};  // 0: listenPort + 1.
    std::string ha_master_address;   // Empty: as the NameServers say.
    std::int32_t in_sync_replicas{2};
    std::int32_t min_in_sync_replicas{1};
    bool adapts_in_sync_replicas{false};
    bool all_in_sync{false};
    std::int64_t slave_timeout_ms{3'000};
    std::int64_t slave_lag_max{256 * 1024 * 1024};
    bool ha_flow_control{false};
    std::int64_t lost_tail_timeout_ms{5'000};
    std::int64_t ha_bytes_per_s_max{100 * 1024 * 1024};
    std::int64_t catch_up_lag{32 * 1024 * 1024};
    std::int64_t scrub_bytes_per_s{16 * 1024 * 1024};
    std::int64_t scrub_interval_ms{24 * 3'600'000};
    bool slave_read{false};
    std::int32_t memory_ratio_max{40};
    std::string namesrv_addr;
    std::string bind_address{"0.0.0.0"};
    std::int32_t connection_idle_max_s{120};
    std::string rocketmq_home;
    bool dials_tls{false};  // What the settings of TLS come to.

    // The Raft group it is a member of.
    bool raft_group{false};
    std::string raft_group_name;  // Empty: brokerName.
    std::string raft_peers;
    std::string raft_self;
    std::string raft_preferred;
    QuorumDurability quorum_durability{QuorumDurability::disk};
    std::int64_t heartbeat_interval_ms{100};
    std::int64_t election_timeout_min_ms{300};
    std::int64_t election_timeout_max_ms{600};
    std::int64_t link_silence_max_ms{1'500};
    std::int64_t link_redial_max_ms{500};
    std::int64_t forward_timeout_ms{2'500};
    std::int64_t drain_on_stop_ms{35'000};
    std::string cluster_secret;

    // What it may do.
    std::int32_t permission{model::permission::read | model::permission::write};
    bool auto_create_topic{true};
    std::int32_t default_topic_queues{8};
    bool cluster_topic{true};
    bool broker_topic{true};
    bool auto_create_group{true};
    bool trace_topic{false};
    std::string trace_topic_name{"RMQ_SYS_TRACE_TOPIC"};
    bool trace_on{true};
    std::string region_id{"DefaultRegion"};
    bool long_polling{true};
    std::int64_t short_polling_ms{1'000};
    bool detail_stat{true};
    bool server_side_reset{true};
    bool notify_consumer_ids_changed{true};
    std::int64_t channel_expired_ms{120'000};
    std::int64_t register_period_ms{30'000};
    std::int64_t register_timeout_ms{24'000};
    std::int64_t not_active_timeout_ms{10'000};

    // Its store.
    std::string store_root;        // Empty: $HOME/store.
    std::string store_commit_log;  // Empty: <root>/commitlog.
    std::string dledger_log;
    FlushDiskType flush_disk_type{FlushDiskType::async_flush};
    std::int64_t segment_size{1'073'741'824};
    // No settings:
    std::int64_t checksum_block_bytes{65'536};
    // So close to the log's end messages are read without a thread of their own.
    std::int64_t hot_bytes{1024 * 1024 * 1024};
    std::int64_t memory_bytes{std::int64_t{16} << 30};  // Of the machine.
    std::int64_t consume_queue_file_size{6'000'000};
    bool message_index{true};
    std::int32_t index_slots{5'000'000};
    std::int32_t index_entries{20'000'000};
    bool check_crc_on_recover{true};
    std::int32_t message_size_max{4'194'304};
    std::string delay_levels{model::default_delay_levels};
    std::int64_t sync_flush_timeout_ms{5'000};
    std::int64_t disk_stall_limit_ms{1'000};
    std::int64_t flush_interval_ms{500};
    std::int64_t flush_offset_interval_ms{5'000};
    std::string delete_when{"04"};
    std::int32_t file_reserved_hours{72};
    std::int64_t clean_interval_ms{10'000};
    std::int32_t disk_used_max{75};
    std::int32_t disk_clean_forcibly{85};
    std::int32_t disk_warning{90};
    bool clean_forcibly{true};
    std::int32_t query_max{32};
    std::int32_t transfer_bytes_in_memory{262'144};
    std::int32_t transfer_count_in_memory{32};
    std::int32_t transfer_bytes_on_disk{65'536};
    std::int32_t transfer_count_on_disk{8};

    // Its settings themselves.
    LogLevel log_level{LogLevel::info};
    std::string config_path;  // Empty: <root>/tern/broker.properties.
    std::string config_black_list{"configBlackList;brokerConfigPath"};

    // So close to the log's end messages are taken to be in memory; for some that is so much less of it.
    std::int64_t bytes_in_memory(std::int32_t less_percent = 0) const {
        return memory_bytes / 100 * std::max(0, memory_ratio_max - less_percent);
    }

    static constexpr auto settings() {
        using C = BrokerConfig;
        const auto port = between<std::int32_t>(1, 65'535);
        return list_of(
            setting("brokerClusterName", &C::cluster_name, Apply::at_restart,
                    "The cluster that the broker belongs to."),
            setting("brokerName", &C::broker_name, Apply::at_restart,
                    "The broker group's name; the same for a master and its slaves. Empty: the host's name."),
            setting("brokerId", &C::broker_id, at_least<std::int64_t>(-1), Apply::at_restart,
                    "0 for a master, above 0 for a slave."),
            setting("brokerRole", &C::role, Apply::at_restart, "ASYNC_MASTER, SYNC_MASTER or SLAVE."),
            setting("listenPort", &C::listen_port, port, Apply::at_restart,
                    "The port that clients use; the fast channel is two below, the HA port one above."),
            setting("brokerIP1", &C::broker_ip1, Apply::at_restart,
                    "The address that clients are told. Empty: this host's first one that is not loopback."),
            setting("brokerIP2", &C::broker_ip2, Apply::at_restart,
                    "The address that slaves are told. Empty: brokerIP1."),
            setting("haListenPort", &C::ha_listen_port, between<std::int32_t>(0, 65'535), Apply::at_restart,
                    "The port for slaves; 0: listenPort + 1."),
            setting("haMasterAddress", &C::ha_master_address, Apply::at_restart,
                    "Where a slave finds its master's port for slaves. Empty: the NameServers say."),
            setting("inSyncReplicas", &C::in_sync_replicas, between<std::int32_t>(1, 64), Apply::at_once,
                    "So many copies, the master's among them, a message of a SYNC_MASTER has before it is "
                    "acknowledged; RocketMQ 5 has 1 when nothing is set, and waits for none."),
            setting(
                "minInSyncReplicas", &C::min_in_sync_replicas, between<std::int32_t>(1, 64), Apply::at_once,
                "With fewer brokers in sync, the master among them, a SYNC_MASTER accepts no message, and "
                "acknowledges none that fewer have."),
            setting("enableAutoInSyncReplicas", &C::adapts_in_sync_replicas, Apply::at_once,
                    "With fewer in sync than inSyncReplicas those that are do."),
            setting("allAckInSyncStateSet", &C::all_in_sync, Apply::at_once,
                    "A message of a SYNC_MASTER has to be on every slave that is in sync and has caught up."),
            setting("slaveTimeout", &C::slave_timeout_ms, between<std::int64_t>(100, 60'000), Apply::at_once,
                    "After this long without a slave that has it a send to a SYNC_MASTER is answered "
                    "FLUSH_SLAVE_TIMEOUT.",
                    "ms"),
            setting("lostTailTimeout", &C::lost_tail_timeout_ms, between<std::int64_t>(0, 600'000),
                    Apply::at_once,
                    "A master whose machine died with messages that were not flushed waits so long for its "
                    "slaves, to "
                    "get those back, before it accepts anything.",
                    "ms"),
            setting("catchUpLag", &C::catch_up_lag, at_least<std::int64_t>(0), Apply::at_once,
                    "A slave or a member of a Raft group that lags further behind is being brought up: what "
                    "it is "
                    "sent is read from the disk ahead of its use.",
                    "bytes"),
            setting("scrubBytesPerSecond", &C::scrub_bytes_per_s, at_least<std::int64_t>(0), Apply::at_once,
                    "So fast the commit log is read, to find what the disk has changed; a member of a group "
                    "gets that anew from the others. 0: it is not read.",
                    "bytes"),
            setting("scrubInterval", &C::scrub_interval_ms, at_least<std::int64_t>(1'000), Apply::at_once,
                    "Between the begins of two rounds through the commit log.", "ms"),
            setting("haFlowControlEnable", &C::ha_flow_control, Apply::at_once,
                    "Slaves and members of a Raft group that are being brought up get no more than "
                    "maxHaTransferByteInSecond. Without one of those that would make a majority nobody is "
                    "held back, and what was written last never is."),
            setting("maxHaTransferByteInSecond", &C::ha_bytes_per_s_max, at_least<std::int64_t>(65'536),
                    Apply::at_once,
                    "Bytes in a second that all of them together get of snapshots, and of the log further "
                    "back than catchUpLag from its end.",
                    "bytes"),
            setting("haSlaveFallbehindMax", &C::slave_lag_max, at_least<std::int64_t>(1'024), Apply::at_once,
                    "A slave further behind counts as missing: SLAVE_NOT_AVAILABLE.", "bytes"),
            setting(
                "slaveReadEnable", &C::slave_read, Apply::at_once,
                "Readers of messages that are no more in the master's memory are sent to a slave that has "
                "them (whichBrokerWhenConsumeSlowly of their group; 0: not), and others to the member that "
                "brokerId of their group names."),
            setting("accessMessageInMemoryMaxRatio", &C::memory_ratio_max, between<std::int32_t>(0, 100),
                    Apply::at_once,
                    "Messages are taken to be in memory up to that share of it from the log's end, for "
                    "readers of a "
                    "slave ten less; further back a pull gets what maxTransferBytesOnMessageInDisk and "
                    "maxTransferCountOnMessageInDisk allow. A new group begins a queue that lies in memory "
                    "as a whole with its first message.",
                    "%"),
            setting("namesrvAddr", &C::namesrv_addr, Apply::at_restart,
                    "The NameServers, host:port separated by ';'."),
            setting("bindAddress", &C::bind_address, Apply::at_restart,
                    "The address that the ports are opened on."),
            setting("serverChannelMaxIdleTimeSeconds", &C::connection_idle_max_s, at_least(1),
                    Apply::at_restart,
                    "How long a connection may be silent in both directions before it is closed.", "s"),
            setting("rocketmqHome", &C::rocketmq_home, Apply::at_restart,
                    "Where configuration files and logs are found."),
            setting("enableDLegerCommitLog", &C::raft_group, Apply::at_restart,
                    "The broker is a member of a Raft group, which elects its leader by itself."),
            setting("dLegerGroup", &C::raft_group_name, Apply::at_restart,
                    "The Raft group's name. Empty: brokerName."),
            setting(
                "dLegerPeers", &C::raft_peers, Apply::at_restart,
                "The group's members: n0-host:port;n1-host:port, the same list for all; the ports are those "
                "that members use among themselves."),
            setting("dLegerSelfId", &C::raft_self, Apply::at_restart,
                    "Which of dLegerPeers this broker is: n0."),
            setting(
                "preferredLeaderId", &C::raft_preferred, Apply::at_restart,
                "Members that are handed the leadership to once they have caught up, separated by ';'. Not "
                "to one that handed it over itself, for a minute or until it was started again."),
            setting("quorumDurability", &C::quorum_durability, Apply::at_restart,
                    "DISK acknowledges what a majority of a Raft group has on disk, MEMORY what it has in "
                    "memory; "
                    "the same for all members."),
            setting("heartBeatTimeIntervalMs", &C::heartbeat_interval_ms, between<std::int64_t>(10, 5'000),
                    Apply::at_once,
                    "Between heartbeats of a Raft leader; at most a third of minElectTimeIntervalMs is used.",
                    "ms"),
            setting("minElectTimeIntervalMs", &C::election_timeout_min_ms, between<std::int64_t>(50, 30'000),
                    Apply::at_once, "A member that has heard no leader for a time drawn between this", "ms"),
            setting("maxElectTimeIntervalMs", &C::election_timeout_max_ms, between<std::int64_t>(60, 60'000),
                    Apply::at_once,
                    "and this asks for votes. A closed connection to the leader is enough, too.", "ms"),
            setting(
                "linkSilenceMaxMs", &C::link_silence_max_ms, between<std::int64_t>(300, 60'000),
                Apply::at_once,
                "A link between members over which nothing came for so long is closed; each is told three "
                "times as often that the other is there. The same for all members.",
                "ms"),
            setting("linkRedialMaxMs", &C::link_redial_max_ms, between<std::int64_t>(20, 60'000),
                    Apply::at_once, "Attempts to reach a member are at most so far apart.", "ms"),
            setting(
                "forwardTimeoutMs", &C::forward_timeout_ms, between<std::int64_t>(100, 60'000),
                Apply::at_once,
                "So long a member holds a request that it passes on to its leader, or that waits for one; "
                "clients wait 3 s.",
                "ms"),
            setting(
                "drainOnStopMs", &C::drain_on_stop_ms, between<std::int64_t>(0, 600'000), Apply::at_once,
                "So long after it led a member of a Raft group that is told to stop (SIGTERM) goes on "
                "passing on what clients send it: stock clients ask for routes every 30 s. Over when the "
                "last client has left; SIGINT or a second signal ends it at once. Not where something holds "
                "the listening sockets. Whatever stops the process has to wait longer, as TimeoutStopSec of "
                "the units.",
                "ms"),
            setting(
                "clusterSecret", &C::cluster_secret, Secret{}, Apply::at_restart,
                "What members of a group prove to each other to know. Empty: a member that is configured by "
                "an "
                "IP address has to come from there; one by a host name, and any slave at a master, is let in "
                "wherever it comes from. Set it, to the same at all members, unless nobody else reaches "
                "their "
                "ports."),
            setting("brokerPermission", &C::permission, between<std::int32_t>(0, 7), Apply::at_once,
                    "What the whole broker may do: 4 read, 2 write, 6 both."),
            setting("autoCreateTopicEnable", &C::auto_create_topic, Apply::at_once,
                    "Unknown topics are made from TBW102 when somebody sends to them."),
            setting("defaultTopicQueueNums", &C::default_topic_queues, between<std::int32_t>(1, 65'536),
                    Apply::at_restart,
                    "Queues of TBW102, and so the most that an automatically created topic gets."),
            setting("clusterTopicEnable", &C::cluster_topic, Apply::at_restart,
                    "The topic named after the cluster may be read and written."),
            setting("brokerTopicEnable", &C::broker_topic, Apply::at_restart,
                    "The topic named after the broker may be read and written."),
            setting("autoCreateSubscriptionGroup", &C::auto_create_group, Apply::at_once,
                    "Unknown consumer groups are made when they first appear."),
            setting("traceTopicEnable", &C::trace_topic, Apply::at_restart,
                    "The trace topic is made at start."),
            setting("msgTraceTopicName", &C::trace_topic_name, Apply::at_restart, "The trace topic's name."),
            setting("traceOn", &C::trace_on, Apply::at_once, "Clients are told to send traces."),
            setting("regionId", &C::region_id, Apply::at_restart, "The region that clients are told."),
            setting("longPollingEnable", &C::long_polling, Apply::at_once,
                    "Pulls that find nothing wait as long as they ask for."),
            setting("shortPollingTimeMills", &C::short_polling_ms, between<std::int64_t>(1, 30'000),
                    Apply::at_once, "How long they wait otherwise.", "ms"),
            setting(
                "useServerSideResetOffset", &C::server_side_reset, Apply::at_once,
                "Offsets that are reset are the broker's, and members go there with their next pull; else "
                "those who are online are told to go there themselves."),
            setting(
                "enableDetailStat", &C::detail_stat, Apply::at_restart,
                "Statistics of single queues are kept, too: QUEUE_PUT_NUMS, TOPIC_PUT_LATENCY and the like."),
            setting("notifyConsumerIdsChangedEnable", &C::notify_consumer_ids_changed, Apply::at_once,
                    "Members of a group are told when others join or leave."),
            setting("channelExpiredTimeout", &C::channel_expired_ms, between<std::int64_t>(1'000, 3'600'000),
                    Apply::at_once, "A client that is silent this long is gone.", "ms"),
            setting("registerNameServerPeriod", &C::register_period_ms, between<std::int64_t>(10'000, 60'000),
                    Apply::at_once, "Between registrations at the NameServers.", "ms"),
            setting("registerBrokerTimeoutMills", &C::register_timeout_ms,
                    between<std::int64_t>(100, 120'000), Apply::at_once, "How long a registration may take.",
                    "ms"),
            setting("brokerNotActiveTimeoutMillis", &C::not_active_timeout_ms,
                    between<std::int64_t>(1'000, 600'000), Apply::at_once,
                    "After this long in silence a NameServer takes the broker for dead.", "ms"),
            setting("storePathRootDir", &C::store_root, Apply::at_restart,
                    "The store's directory. Empty: $HOME/store."),
            setting("storePathCommitLog", &C::store_commit_log, Apply::at_restart,
                    "The commit log's directory. Empty: commitlog under storePathRootDir."),
            setting("storePathDLedgerCommitLog", &C::dledger_log, Apply::at_restart,
                    "Where RocketMQ keeps the log of a DLedger group, with commas between. It is not read "
                    "here: where there is one, nothing starts."),
            setting("flushDiskType", &C::flush_disk_type, Apply::at_restart,
                    "ASYNC_FLUSH answers when a message survives the process, SYNC_FLUSH when it survives "
                    "the machine. In a Raft group quorumDurability says it."),
            setting("mappedFileSizeCommitLog", &C::segment_size, between<std::int64_t>(65'536, 2'147'483'647),
                    Apply::at_restart, "Bytes of one commit-log segment; part of the store's format.",
                    "bytes"),
            setting("mappedFileSizeConsumeQueue", &C::consume_queue_file_size,
                    between<std::int64_t>(20, 2'147'483'640), Apply::at_restart,
                    "Bytes of one consume-queue file, rounded up to a multiple of 20; part of the format.",
                    "bytes"),
            setting("messageIndexEnable", &C::message_index, Apply::at_restart,
                    "Messages can be found by key."),
            setting("maxHashSlotNum", &C::index_slots, between<std::int32_t>(1'000, 100'000'000),
                    Apply::at_restart, "Hash slots of one index file; part of the format."),
            setting("maxIndexNum", &C::index_entries, between<std::int32_t>(1'000, 100'000'000),
                    Apply::at_restart, "Entries of one index file; part of the format."),
            setting("checkCRCOnRecover", &C::check_crc_on_recover, Apply::at_restart,
                    "Recovery compares every body with its checksum."),
            setting("maxMessageSize", &C::message_size_max, between<std::int32_t>(1'024, 16'000'000),
                    Apply::at_once, "Bytes of the largest body that a producer may send.", "bytes"),
            setting("messageDelayLevel", &C::delay_levels, delay_shape, Apply::at_restart,
                    "The delays that a message may ask for by level, level 1 first."),
            setting("syncFlushTimeout", &C::sync_flush_timeout_ms, between<std::int64_t>(100, 60'000),
                    Apply::at_once,
                    "After this long without the flush a send is answered FLUSH_DISK_TIMEOUT.", "ms"),
            setting("diskStallLimitMs", &C::disk_stall_limit_ms, between<std::int64_t>(50, 60'000),
                    Apply::at_once,
                    "When one flush takes longer, the leader of a Raft group gives the leadership to a "
                    "member whose "
                    "disk is well.",
                    "ms"),
            setting("flushIntervalCommitLog", &C::flush_interval_ms, between<std::int64_t>(10, 60'000),
                    Apply::at_once, "Between flushes with ASYNC_FLUSH.", "ms"),
            setting("flushConsumerOffsetInterval", &C::flush_offset_interval_ms,
                    between<std::int64_t>(100, 600'000), Apply::at_once,
                    "Between writes of the JSON files under config.", "ms"),
            setting("deleteWhen", &C::delete_when, hours_shape, Apply::at_once,
                    "Hours of the day in which expired segments go."),
            setting("fileReservedTime", &C::file_reserved_hours, at_least<std::int32_t>(1), Apply::at_once,
                    "How long a segment is kept after its last write.", "h"),
            setting("cleanResourceInterval", &C::clean_interval_ms, between<std::int64_t>(100, 3'600'000),
                    Apply::at_once, "Between looks for segments that may go.", "ms"),
            setting("diskMaxUsedSpaceRatio", &C::disk_used_max, between<std::int32_t>(10, 95), Apply::at_once,
                    "Above this use of the disk expired segments go at any hour.", "%"),
            setting("diskSpaceCleanForciblyRatio", &C::disk_clean_forcibly, between<std::int32_t>(30, 95),
                    Apply::at_once, "Above it they go whatever their age, if cleanFileForciblyEnable.", "%"),
            setting("diskSpaceWarningLevelRatio", &C::disk_warning, between<std::int32_t>(35, 99),
                    Apply::at_once, "Above it nothing is written.", "%"),
            setting("cleanFileForciblyEnable", &C::clean_forcibly, Apply::at_once,
                    "Segments that are not expired may go when the disk is nearly full."),
            setting("defaultQueryMaxNum", &C::query_max, between<std::int32_t>(1, 1'000), Apply::at_once,
                    "Messages that a query by unique key looks at."),
            setting("maxTransferBytesOnMessageInMemory", &C::transfer_bytes_in_memory,
                    between<std::int32_t>(1'024, 16'000'000), Apply::at_once,
                    "Bytes that one pull gets of messages near the log's end.", "bytes"),
            setting("maxTransferCountOnMessageInMemory", &C::transfer_count_in_memory,
                    between<std::int32_t>(1, 1'024), Apply::at_once,
                    "Messages that one pull gets near the log's end."),
            setting("maxTransferBytesOnMessageInDisk", &C::transfer_bytes_on_disk,
                    between<std::int32_t>(1'024, 16'000'000), Apply::at_once,
                    "The same for messages that lie far back.", "bytes"),
            setting("maxTransferCountOnMessageInDisk", &C::transfer_count_on_disk,
                    between<std::int32_t>(1, 1'024), Apply::at_once,
                    "The same for messages that lie far back."),
            setting("logLevel", &C::log_level, Apply::at_once, "What is below it is not written to the log."),
            setting("brokerConfigPath", &C::config_path, Apply::at_restart,
                    "The file that keeps settings changed at run time: the one given with -c. Empty: "
                    "tern/broker.properties under storePathRootDir, which a start without -c reads."),
            setting(
                "configBlackList", &C::config_black_list, Apply::at_restart,
                "Settings that may not be changed at run time even if they could, with semicolons between."));
    }

private:
    static bool are_hours(std::string_view text);

    static constexpr Shape hours_shape{are_hours, "hours of the day with semicolons between, such as 04;16"};
    static constexpr Shape delay_shape{
        [](std::string_view text) { return model::DelayLevels::parse(text).has_value(); },
        "numbers with s, m, h or d, between blanks, such as 1s 5s 10m"};
};

// Which keeps what is changed at run time.
inline std::string settings_file(const BrokerConfig& config) {
    return config.config_path.empty() ? config.store_root + "/tern/broker.properties" : config.config_path;
}

inline bool BrokerConfig::are_hours(std::string_view text) {
    return std::ranges::all_of(split(text, ';'), [](std::string_view hour) {
        const auto number = parse_number<int>(trim(hour));
        return number && *number >= 0 && *number <= 23;
    });
}

}  // namespace tern::broker
