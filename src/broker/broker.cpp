#include "broker/broker.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/text.hpp"
#include "broker/broker_parts.hpp"
#include "broker/foreign_settings.hpp"
#include "broker/former_members.hpp"

namespace tern::broker {
namespace {

// Another number on another day.
std::int32_t local_day(WallMillis now) {
    const auto seconds = static_cast<std::time_t>(now / 1000);
    std::tm local{};
    ::localtime_r(&seconds, &local);
    return local.tm_year * 366 + local.tm_yday;
}

constexpr Duration hand_over_timeout = 1500ms;
constexpr Duration drain_interval = 10ms;
// For slaves to hear of a stopping master's last flush, and for answers to what was passed on.
constexpr Duration last_words_timeout = 500ms;

store::StoreConfig store_config(const BrokerConfig& config, const GroupSetup& setup, std::string boot_id) {
    store::StoreConfig store;
    store.root = config.store_root;
    store.commit_log_path = config.store_commit_log;
    store.segment_size = config.segment_size;
    store.checksum_block_bytes = config.checksum_block_bytes;
    store.hot_bytes = config.hot_bytes;
    store.consume_queue_file_size = config.consume_queue_file_size;
    store.sync_flush = setup.raft.quorum == raft::QuorumPolicy::durable;
    store.index_enabled = config.message_index;
    store.index_slots = config.index_slots;
    store.index_entries = config.index_entries;
    store.check_crc_on_recover = config.check_crc_on_recover;
    store.boot_id = std::move(boot_id);
    if (auto levels = model::DelayLevels::parse(config.delay_levels)) store.delay_levels = std::move(*levels);
    return store;
}

replication::GroupConfig group_config(const BrokerConfig& config, const GroupSetup& setup,
                                      const model::Host& store_host) {
    replication::GroupConfig group;
    group.directory = config.store_root + "/tern";
    group.config_directory = config.store_root + "/config";
    group.store_host = store_host;
    group.name = setup.name;
    group.self = setup.self;
    group.members = setup.members;
    group.raft = setup.raft;
    group.replicas = setup.replicas;
    group.slave_timeout = std::chrono::milliseconds{config.slave_timeout_ms};
    group.slave_lag_max = config.slave_lag_max;
    group.flush_timeout = std::chrono::milliseconds{config.sync_flush_timeout_ms};
    group.disk_stall_limit = std::chrono::milliseconds{config.disk_stall_limit_ms};
    group.flush_interval = std::chrono::milliseconds{config.flush_interval_ms};
    group.table_interval = std::chrono::milliseconds{config.flush_offset_interval_ms};
    group.lost_tail_timeout = std::chrono::milliseconds{config.lost_tail_timeout_ms};
    group.scrub = {.bytes_per_s = config.scrub_bytes_per_s,
                   .interval = std::chrono::milliseconds{config.scrub_interval_ms}};
    group.catch_up_lag = config.catch_up_lag;
    group.catch_up_bytes_per_s = config.ha_flow_control ? config.ha_bytes_per_s_max : 0;
    return group;
}

Result<> refuse_dledger_log(const std::string& path) {
    return failure(Errc::invalid_argument,
                   path +
                       ": the log of a Java DLedger group, which is not read here. Let its messages be "
                       "consumed there, or give this broker another storePathRootDir and no "
                       "storePathDLedgerCommitLog");
}

// Java's DLedger keeps its log in entries of its own format, under the root or where it is told to.
Result<> refuse_dledger_store(io::FileSystem& files, const BrokerConfig& config) {
    for (const auto part : split(config.dledger_log, ',')) {
        const std::string path{trim(part)};
        if (path.empty() || !files.exists(path)) continue;
        const auto entries = files.list(path);
        if (!entries) return std::unexpected(entries.error());
        if (!entries->empty()) return refuse_dledger_log(path);
    }
    if (!files.exists(config.store_root)) return {};
    const auto entries = files.list(config.store_root);
    if (!entries) return std::unexpected(entries.error());
    for (const auto& entry : *entries) {
        const std::string path = config.store_root + "/" + entry.name;
        if (entry.name.starts_with("dledger-") && files.exists(path + "/data"))
            return refuse_dledger_log(path);
    }
    return {};
}

Result<> check_former_members(io::FileSystem& files, const BrokerConfig& config, const GroupSetup& setup) {
    const auto former = former_members(files, config.store_root);
    if (!former) return std::unexpected(former.error());
    if (!*former) return {};
    const auto peers = parse_peers(**former);
    if (!peers) return failure(Errc::corrupt, config.store_root + "/tern/members: " + peers.error().detail);
    std::vector<raft::MemberId> before;
    std::vector<raft::MemberId> now;
    for (const auto& peer : *peers) before.push_back(peer.member);
    for (const auto& member : setup.members) now.push_back(member.id);
    if (!leaves_a_majority_out(before, now)) return {};
    return failure(
        Errc::invalid_argument,
        "dLegerPeers=" + config.raft_peers + ": leaves out so many of " + **former +
            ", with whom this store was in a group, that they could have agreed on messages without "
            "those that stay. If they are lost for good: tern recover-group -c FILE");
}

}  // namespace

Broker::Broker(BrokerConfig config, Runtime runtime, io::FileSystem& files, remoting::Transport& transport,
               BrokerOwner& owner, std::string boot_id)
    : parts_{
          std::make_unique<Parts>(std::move(config), runtime, files, transport, owner, std::move(boot_id))} {}

Broker::~Broker() = default;

const BrokerConfig& Broker::config() const {
    return parts_->config;
}

std::string Broker::address() const {
    return parts_->store_host.text();
}

metrics::Registry& Broker::metrics() {
    return parts_->metrics;
}

std::optional<Broker::Inside> Broker::inside() const {
    if (!parts_->forwarder) return std::nullopt;
    return Inside{*parts_->group, *parts_->store, *parts_->forwarder};
}

Result<> Broker::start() {
    return parts_->start();
}

void Broker::stop(InplaceFunction<void(Result<>), 64> stopped) {
    parts_->stop(std::move(stopped));
}

void Broker::stop_draining() {
    parts_->is_hurried = true;
}

Broker::Parts::Parts(BrokerConfig given, Runtime given_runtime, io::FileSystem& given_files,
                     remoting::Transport& given_transport, BrokerOwner& given_owner,
                     std::string given_boot_id)
    : config{std::move(given)},
      runtime{given_runtime},
      files{given_files},
      transport{given_transport},
      owner{given_owner},
      boot_id{std::move(given_boot_id)},
      traffic{{.cluster = config.cluster_name,
               .by_queue = config.detail_stat,
               .is_system = [this](std::string_view topic) { return topics.is_system(topic); }},
              runtime.clock.now()},
      caller{runtime.timers},
      main_door{*this, false},
      fast_door{*this, true} {}

Result<> Broker::Parts::start() {
    const auto host = model::Host::parse(config.broker_ip1 + ":" + std::to_string(config.listen_port));
    if (!host) return failure(host.error().code, "brokerIP1: " + host.error().detail);
    store_host = *host;
    auto parsed = model::DelayLevels::parse(config.delay_levels);
    if (!parsed) return std::unexpected(parsed.error());
    delays = std::move(*parsed);
    auto found = group_setup(config);
    if (!found) return std::unexpected(found.error());
    setup = std::move(*found);
    if (auto known = refuse_dledger_store(files, config); !known) return known;
    auto of_store = store_config(config, setup, boot_id);
    // Where others have a say in the log, or are asked about it, the group knows what is committed.
    const auto vote = replication::VoteFile::look(files, config.store_root + "/tern/vote");
    if (auto loaded = kept_offsets_file.load(); !loaded) return loaded;
    of_store.dispatch_at_open = setup.members.size() == 1 && !(vote && vote->slaves > 0);
    auto opened = store::MessageStore::open(std::move(of_store), files, runtime);
    if (!opened) return std::unexpected(opened.error());
    store = std::move(*opened);
    if (auto made = io::create_directories_durably(files, config.store_root + "/config"); !made) return made;

    group = std::make_unique<replication::Group>(
        group_config(config, setup, store_host), runtime, files, *store,
        std::vector<replication::Table*>{&topic_table, &group_table, &offsets, &progress, &lock_table},
        *this);
    build_services();
    topics.attach(*group);
    groups.attach(*group);
    commits.attach(*group);
    group->attach([this](raft::MemberId to, const replication::GroupFrame& frame) {
        if (links == nullptr || !links->send(to, frame)) return false;
        if (group->leader() == to) replication->told_leader();
        return true;
    });
    if (setup.is_raft) {
        if (auto known = check_former_members(files, config, setup); !known) return known;
    }
    if (auto begun = group->start(); !begun) return begun;
    if (setup.is_raft) {
        if (auto kept = remember_members(files, config.store_root, config.raft_peers); !kept) return kept;
    }
    if (auto listening = listen(); !listening) return listening;
    begin_to_ask_for_consumers();
    if (auto linked = start_links(); !linked) return linked;
    stats.started_at = runtime.clock.wall_ms();
    retention->start();
    expose_metrics();
    tick();
    return {};
}

// The leader's duties begin. The system topics are to be in its first registration: a NameServer refuses a
// first one with a single topic.
void Broker::Parts::on_reign_began() {
    // Before anybody asks: what this member told as a slave stands.
    hand_over_offsets();
    locks.attach(*group);
    scheduled->start(*group);
    auto proposed = topics.propose_system_topics();
    if (proposed) proposed = groups.propose_system_groups();
    if (!proposed) runtime.log.error("system_topics_missing", {{"why", proposed.error().detail}});
    topics.when_committed([this] { registration->start(); });
    forwarder->leader_changed();
}

void Broker::Parts::on_reign_ended() {
    reign_ended_at = runtime.clock.now();
    scheduled->stop();
    commits.drop();
    registration->reign_ended();
    forwarder->leader_changed();
}

// No messages come here: consumers find the leader by the time that a pull would have waited for them.
void Broker::Parts::on_cut_off() {
    pull->refuse_held();
    forwarder->refuse_repeatable();
}

// The master of slaves waits for none of them: there may be none.
void Broker::Parts::begin_to_ask_for_consumers() {
    std::vector<raft::MemberId> others;
    if (setup.is_raft)
        for (const auto& peer : setup.peers) others.push_back(peer.member);
    clients->peers().start(others);
}

Result<> Broker::Parts::start_links() {
    if (setup.link_port == 0 && setup.peers.empty()) return {};
    replication::MemberLinksConfig link;
    link.identity.group = group->group_id();
    link.identity.level_needed = group->level();
    link.identity.group_name = setup.name;
    link.identity.self = setup.self;
    link.identity.incarnation = group->incarnation();
    link.identity.secret = config.cluster_secret;
    link.identity.client_address = store_host.text();
    link.admits_others = setup.admits_slaves;
    if (setup.link_port != 0) {
        const auto at = model::Host::parse(config.bind_address + ":" + std::to_string(setup.link_port));
        if (!at) return failure(at.error().code, "bindAddress: " + at.error().detail);
        link.listen = *at;
    }
    link.times = link_times(config);
    for (const auto& peer : setup.peers) link.peers.push_back({peer.member, peer.address});
    const bool asks_name_servers = !setup.peers.empty() && setup.peers.front().address.empty();
    if (asks_name_servers)
        registration->when_master_is_heard([this](const std::string& address) {
            links->learned_address(setup.peers.front().member, address);
        });
    links = std::make_unique<replication::MemberLinks>(std::move(link), runtime, transport, *this);
    if (auto started = links->start(); !started)
        return failure(started.error().code,
                       (setup.is_raft ? "the own port of dLegerPeers: " : "haListenPort, for slaves: ") +
                           started.error().detail);
    return {};
}

void Broker::Parts::on_link_up(const replication::LinkPeer& peer) {
    forwarder->member_is_at(peer.member, peer.client_address);
    clients->peers().member_is_at(peer.member, peer.client_address);
    if (setup.admits_slaves) group->add_learner(peer.member);
    group->on_link_up(peer.member, peer.group, peer.level);
    forwarder->leader_changed();
}

void Broker::Parts::on_link_down(raft::MemberId peer, std::string_view) {
    group->on_link_down(peer);
}

void Broker::Parts::on_message(raft::MemberId from, const replication::GroupFrame& frame) {
    if (group->leader() == from) replication->heard_leader();
    group->on_message(from, frame);
    if (kept_offsets.size() > 0) [[unlikely]]
        hand_over_offsets();
    if (leader_known == group->leader()) return;
    leader_known = group->leader();
    forwarder->leader_changed();
}

// What any member knows from its own part of the log, or from its own clients.
bool Broker::Parts::serves_here(const remoting::Command& command) const {
    using enum remoting::RequestCode;
    if (group->accepts()) [[likely]]
        return true;
    // A store that failed refuses by itself; nobody else is going to take the request.
    if (group->is_poisoned() && setup.peers.empty()) return true;
    switch (static_cast<remoting::RequestCode>(command.code)) {
        case heart_beat:
        case unregister_client:
        case check_client_config:
        case get_consumer_running_info:
        case consume_message_directly:
        case invoke_broker_to_get_consumer_status:
        case query_subscription_by_consumer:
        case get_consumer_connection_list:
        case get_producer_connection_list:
        case get_all_producer_info:
        case query_consume_queue:
        case delete_expired_commitlog:
        case clean_expired_consumequeue:
        case query_message:
        case view_message_by_id:
        case get_broker_runtime_info:
        case get_broker_config:
        case update_broker_config:
        case get_broker_ha_status:
        case get_metrics:
        case get_consumers:
            return true;
        case get_consumer_list_by_group:  // Who consumes since it has left the route does not tell it so.
            return !is_going;
        // Without a leader what this member has is the best answer there is, though it may be an old one.
        case get_all_topic_config:
        case get_min_offset:
        case get_earliest_msg_storetime:
        case get_all_consumer_offset:
        case get_all_delay_offset:
        case get_all_subscriptiongroup_config:
        case get_topic_stats_info:
        case get_consume_stats:
        case query_topic_consume_by_who:
        case query_consume_time_span:
        case get_system_topic_list_from_broker:
        case query_correction_offset:
        case view_broker_stats_data:
        case get_broker_consume_stats:
        case query_topics_by_consumer:
        case get_topic_config:
        case get_subscriptiongroup_config:
            return setup.is_slave() ? !group->leader_is_alive() : group->is_cut_off();
        // Where another member may lead already, only it knows.
        case get_max_offset:
        case search_offset_by_timestamp:
            return setup.is_slave() && !group->leader_is_alive();
        // Kept until the leader is back. In a group that elects another one a question may wait for it.
        case update_consumer_offset:
            return !group->leader_is_alive();
        case query_consumer_offset: {
            if (!setup.is_slave()) return false;
            if (!group->leader_is_alive()) return true;
            if (kept_offsets.size() == 0) return false;  // What is kept the master may not have yet.
            const auto header = remoting::decode_fields<remoting::QueryConsumerOffsetRequest>(command);
            return header && kept_offsets.find(header->consumer_group, header->topic, header->queue_id);
        }
        case pull_message:
        case lite_pull_message: {
            const auto header = remoting::decode_fields<remoting::PullMessageRequest>(command);
            // Without its master a slave is the one that knows of the next message first.
            const bool leader_is_away = setup.is_slave() && !group->leader_is_alive();
            return header && pull->can_serve_as_follower(*header, leader_is_away);
        }
        default:
            return false;
    }
}

Result<> Broker::Parts::listen() {
    const auto open = [this](std::int32_t port, remoting::ConnectionHandler& handler,
                             std::unique_ptr<remoting::Listener>& listener) -> Result<> {
        const auto address = model::Host::parse(config.bind_address + ":" + std::to_string(port));
        if (!address) return failure(address.error().code, "bindAddress: " + address.error().detail);
        auto listening = transport.listen(*address, handler);
        if (!listening) return std::unexpected(listening.error());
        listener = std::move(*listening);
        return {};
    };
    if (auto main = open(config.listen_port, main_door, main_listener); !main) return main;
    if (auto fast = open(config.listen_port - 2, fast_door, fast_listener); !fast) return fast;
    clients_may_wait = main_listener->outlives_process();
    return {};
}

void Broker::Parts::build_services() {
    Registration::Identity identity{store_host.text(), {}, setup.follower_id, {}};
    const std::string ha_ip = config.broker_ip2.empty() ? config.broker_ip1 : config.broker_ip2;
    const std::int32_t ha_port = config.ha_listen_port > 0 ? config.ha_listen_port : config.listen_port + 1;
    identity.ha_address = ha_ip + ":" + std::to_string(ha_port);
    for (const auto server : split(config.namesrv_addr, ';'))
        identity.name_servers.emplace_back(trim(server));
    registration =
        std::make_unique<Registration>(runtime, config, topic_table, *group, transport, std::move(identity));
    registration->when_order_is_heard([this](const std::map<std::string, std::string>& queues_by_topic) {
        if (group->leads()) topics.put_in_order(queues_by_topic);
    });
    forwarder = std::make_unique<Forwarder>(
        runtime, *group, transport,
        [this](const Ref<remoting::Connection>& connection, const remoting::Command& command) {
            serve(connection, command);
        },
        [this](std::span<LostSend> sends, PhysicalOffset to) { send->settle(sends, to); });
    forwarder->set_timeout(std::chrono::milliseconds{config.forward_timeout_ms});
    clients = std::make_unique<ClientService>(
        runtime,
        ClientService::Parts{config, topics, groups, locks, *registration, caller, transport, *group});
    send = std::make_unique<SendService>(
        runtime,
        SendService::Parts{config, topics, groups, locks, clients->registry(), *registration, delays, *store,
                           *group, stats, traffic},
        store_host);
    reply = std::make_unique<ReplyService>(
        runtime, ReplyService::Parts{config, clients->registry(), caller, *send}, store_host);
    pull = std::make_unique<PullService>(
        runtime, PullService::Parts{config, topics, groups, clients->registry(), commits, *store, stats,
                                    traffic, *group, setup});
    retry = std::make_unique<RetryService>(
        runtime, RetryService::Parts{config, topics, groups, *registration, delays, *store, *group, traffic},
        store_host);
    scheduled = std::make_unique<ScheduledMessages>(runtime, progress, delays, *store, traffic);
    retention = std::make_unique<Retention>(runtime, config, files, *store, *group);
    offset_service = std::make_unique<OffsetService>(
        OffsetService::Parts{config, topics, groups, offsets, commits, *store, *group, kept_offsets,
                             clients->registry(), pull->held(), caller});
    query = std::make_unique<QueryService>(config, *store, clients->registry());
    topic_admin = std::make_unique<TopicAdminService>(
        TopicAdminService::Parts{config, topics, groups, offsets, *registration, *store});
    replication = std::make_unique<ReplicationService>(
        runtime, ReplicationService::Parts{config, *group, *store, *forwarder});
    stats_service = std::make_unique<StatsService>(
        runtime,
        StatsService::Parts{config, topics, groups, offsets, progress, *scheduled, clients->registry(),
                            *store, *group, stats, traffic, files, *replication, *forwarder});
    cleaning = std::make_unique<CleaningService>(runtime, CleaningService::Parts{topics, *retention, *store});
    config_service = std::make_unique<ConfigService>(
        runtime, config, settings, files,
        [this](std::span<const SettingChange> changes) { apply_settings(changes); });
    client_calls = std::make_unique<ClientCallService>(
        ClientCallService::Parts{config, topics, groups, clients->registry(), *store, caller});
    leadership = std::make_unique<LeadershipService>(runtime, *group, commits);
    add_routes();
}

void Broker::Parts::add_routes() {
    using enum remoting::RequestCode;
    router.on(send_message, *send, &SendService::send);
    router.on(send_message_v2, *send, &SendService::send_v2);
    router.on(send_batch_message, *send, &SendService::send_v2);
    router.on(send_reply_message, *reply, &ReplyService::reply);
    router.on(send_reply_message_v2, *reply, &ReplyService::reply_v2);
    router.on(consumer_send_msg_back, *retry, &RetryService::send_back);
    router.on(pull_message, *pull, &PullService::pull);
    router.on(lite_pull_message, *pull, &PullService::pull);
    router.on(query_message, *query, &QueryService::query);
    router.on(view_message_by_id, *query, &QueryService::view);
    router.on(query_consume_queue, *query, &QueryService::queue_entries);

    router.on(query_consumer_offset, *offset_service, &OffsetService::query);
    router.on(update_consumer_offset, *offset_service, &OffsetService::update);
    router.on(invoke_broker_to_reset_offset, *offset_service, &OffsetService::reset);
    router.on(clone_group_offset, *offset_service, &OffsetService::clone);
    router.on(query_correction_offset, *offset_service, &OffsetService::correction);
    router.on(search_offset_by_timestamp, *offset_service, &OffsetService::search);
    router.on(get_max_offset, *offset_service, &OffsetService::max);
    router.on(get_min_offset, *offset_service, &OffsetService::min);
    router.on(get_earliest_msg_storetime, *offset_service, &OffsetService::earliest_time);

    router.on(heart_beat, *clients, &ClientService::heartbeat);
    router.on(unregister_client, *clients, &ClientService::unregister);
    router.on(get_consumer_list_by_group, *clients, &ClientService::consumer_list);
    router.on(*clients, &ClientService::consumers);
    router.on(check_client_config, *clients, &ClientService::check_client);
    router.on(lock_batch_mq, *clients, &ClientService::lock_queues);
    router.on(unlock_batch_mq, *clients, &ClientService::unlock_queues);
    router.on(get_consumer_running_info, *client_calls, &ClientCallService::running_info);
    router.on(consume_message_directly, *client_calls, &ClientCallService::consume);
    router.on(invoke_broker_to_get_consumer_status, *client_calls, &ClientCallService::consumer_status);

    router.on(update_and_create_topic, *topic_admin, &TopicAdminService::put_topic);
    router.on(update_and_create_topic_list, *topic_admin, &TopicAdminService::put_topics);
    router.on(delete_topic_in_broker, *topic_admin, &TopicAdminService::delete_topic);
    router.on(get_topic_config, *topic_admin, &TopicAdminService::get_topic);
    router.on(get_all_topic_config, *topic_admin, &TopicAdminService::all_topics);
    router.on(update_and_create_subscriptiongroup, *topic_admin, &TopicAdminService::put_group);
    router.on(update_and_create_subscriptiongroup_list, *topic_admin, &TopicAdminService::put_groups);
    router.on(set_message_request_mode, *topic_admin, &TopicAdminService::set_request_mode);
    router.on(delete_subscriptiongroup, *topic_admin, &TopicAdminService::delete_group);
    router.on(get_subscriptiongroup_config, *topic_admin, &TopicAdminService::get_group);
    router.on(get_all_subscriptiongroup_config, *topic_admin, &TopicAdminService::all_groups);
    router.on(update_and_get_group_forbidden, *topic_admin, &TopicAdminService::forbid);

    router.on(get_broker_runtime_info, *stats_service, &StatsService::runtime_info);
    router.on(delete_expired_commitlog, *cleaning, &CleaningService::expired_segments);
    router.on(clean_expired_consumequeue, *cleaning, &CleaningService::expired_entries);
    router.on(clean_unused_topic, *cleaning, &CleaningService::unused_topics);
    router.on(get_broker_config, *config_service, &ConfigService::list);
    router.on(update_broker_config, *config_service, &ConfigService::update);
    router.on(get_broker_ha_status, *replication, &ReplicationService::ha_status);
    router.on(get_topic_stats_info, *stats_service, &StatsService::topic_stats);
    router.on(get_consume_stats, *stats_service, &StatsService::consume_stats);
    router.on(get_consumer_connection_list, *stats_service, &StatsService::consumer_connections);
    router.on(get_producer_connection_list, *stats_service, &StatsService::producer_connections);
    router.on(get_all_producer_info, *stats_service, &StatsService::all_producers);
    router.on(get_broker_consume_stats, *stats_service, &StatsService::broker_consume_stats);
    router.on(query_topic_consume_by_who, *stats_service, &StatsService::groups_of_topic);
    router.on(query_topics_by_consumer, *stats_service, &StatsService::topics_of_group);
    router.on(query_subscription_by_consumer, *stats_service, &StatsService::subscription);
    router.on(query_consume_time_span, *stats_service, &StatsService::consume_times);
    router.on(view_broker_stats_data, *stats_service, &StatsService::broker_stats);
    router.on(get_system_topic_list_from_broker, *stats_service, &StatsService::system_topics);
    router.on(get_all_consumer_offset, *stats_service, &StatsService::all_consumer_offsets);
    router.on(*leadership, &LeadershipService::transfer);
    router.on(get_metrics, metrics_service, &remoting::MetricsService::list);
    router.on(get_all_delay_offset, *stats_service, &StatsService::all_delay_offsets);
}

// Once a second.
void Broker::Parts::tick() {
    tick_timer = runtime.timers.after(1s, [this] {
        stats.tick(local_day(runtime.clock.wall_ms()));
        replication->tick();
        if (links) links->learned_group(group->group_id(), group->level());
        hand_over_offsets();
        kept_offsets_file.write_if_changed();
        // Who follows is a slave to the NameServers, once there is somebody to follow.
        // A slave asks them where its master is.
        const bool follows = group->leader() || setup.is_slave();
        if (follows && !group->leads() && !registration->is_started()) registration->start();
        if (++ticks % 10 == 0) {
            clients->registry().expire(std::chrono::milliseconds{config.channel_expired_ms});
            count_traffic();
        }
        tick();
    });
}

void Broker::Parts::count_traffic() {
    traffic.sample(runtime.clock.now());
    if (ticks % 600 != 0) return;
    traffic.keep([this](std::string_view topic, std::string_view reader) {
        return topic_table.find(topic) != nullptr && (reader.empty() || group_table.find(reader) != nullptr);
    });
}

// To the leader that is there again, or to this member's own log when it has become the leader. The table
// shows what has arrived only after a while.
void Broker::Parts::hand_over_offsets() {
    if (kept_offsets.size() == 0 || !(group->accepts() || group->leader_is_alive())) return;
    const Instant now = runtime.clock.now();
    if (now < hands_over_again_at) return;
    hands_over_again_at = now + OffsetCommits::coalesce_interval;
    kept_offsets.hand_over([this](const KeptOffsets::Kept& kept) {
        if (!group->accepts())
            return forwarder->tell(remoting::UpdateConsumerOffsetRequest{kept.offset, kept.group, kept.queue,
                                                                         kept.topic, kept.since});
        if (commits.moves_on(kept.group, kept.topic, kept.queue, kept.since, kept.offset))
            commits.commit(kept.group, kept.topic, kept.queue, kept.offset);
        return true;
    });
}

// All that is not read where it is used: it does no harm to set again what has not changed.
void Broker::Parts::apply_settings(std::span<const SettingChange> changes) {
    runtime.log.set_level(config.log_level);
    setup.raft = raft_config(config);
    setup.replicas = replica_policy(config);
    if (auto configured = group->configure(group_config(config, setup, store_host)); !configured)
        runtime.log.error("settings_not_applied", {{"why", configured.error().detail}});
    if (links) links->set_times(link_times(config));
    forwarder->set_timeout(std::chrono::milliseconds{config.forward_timeout_ms});
    retention->stop();
    retention->start();
    const auto has = [&](std::string_view name) {
        return std::ranges::find(changes, name, &SettingChange::name) != changes.end();
    };
    if (group->accepts() && has("autoCreateTopicEnable")) {
        if (auto proposed = topics.propose_system_topics(); !proposed)
            runtime.log.error("system_topics_missing", {{"why", proposed.error().detail}});
    }
    // NameServers take what a broker says of topics that they know only with a newer version of the topics.
    if (group->accepts() && has("brokerPermission")) {
        if (auto proposed = topics.propose_new_version(); !proposed)
            runtime.log.error("permission_not_registered", {{"why", proposed.error().detail}});
    }
    if (registration->is_started()) registration->register_now([] {});
}

// A leader gives the leadership away before it goes: what comes meanwhile is passed on.
void Broker::Parts::stop(InplaceFunction<void(Result<>), 64> stopped) {
    on_stopped = std::move(stopped);
    hand_over(&Parts::go_down);
}

void Broker::Parts::hand_over(void (Parts::*next)()) {
    if (setup.peers.empty()) return (this->*next)();
    leadership->give_away();
    await_hand_over(runtime.clock.now() + hand_over_timeout, next);
}

void Broker::Parts::await_hand_over(Instant deadline, void (Parts::*next)()) {
    const bool is_over = !group->leads() && group->waiting() == 0 && !forwarder->has_unrepeatable();
    if (is_over || runtime.clock.now() >= deadline) return (this->*next)();
    stop_timer = runtime.timers.after(5ms, [this, deadline, next] { await_hand_over(deadline, next); });
}

// Until the NameServers know that it goes clients are sent here, and served: what this member does not lead
// is passed on.
void Broker::Parts::go_down() {
    is_going = true;
    const bool drains =
        setup.is_raft && !clients_may_wait && time_to_drain() > Duration::zero() && has_clients();
    if (!drains) stop_listening();
    if (drains) runtime.log.info("draining", {{"at_most_ms", time_to_drain() / 1ms}});
    registration->stop([this, drains] { drains ? drain() : leave(); });
}

bool Broker::Parts::has_clients() const {
    return main_door.has_clients() || fast_door.has_clients();
}

// Clients ask for routes now and then; until then they send to the one that they know to lead.
Duration Broker::Parts::time_to_drain() const {
    if (is_hurried || !reign_ended_at) return {};
    return *reign_ended_at + std::chrono::milliseconds{config.drain_on_stop_ms} - runtime.clock.now();
}

// One that leads again is told to nobody, so it hands over again; but not for ever, as all members may be
// about to go.
void Broker::Parts::drain() {
    if (group->leads() && hand_overs_left > 0) {
        --hand_overs_left;
        return hand_over(&Parts::drain);
    }
    const bool another_leads = !group->leads() && group->leader_is_alive();
    leaderless_for = another_leads ? Duration{} : leaderless_for + drain_interval;
    const Duration election = 3 * std::chrono::milliseconds{config.election_timeout_max_ms};
    const bool may_pass_on = leaderless_for < std::max<Duration>(hand_over_timeout, election);
    if (!may_pass_on || !has_clients() || time_to_drain() <= Duration::zero()) return leave();
    stop_timer = runtime.timers.after(drain_interval, [this] { drain(); });
}

void Broker::Parts::leave() {
    stop_listening();
    if (clients_may_wait) return send_clients_away(runtime.clock.now() + last_words_timeout, false);
    pull->serve_held();
    forwarder->refuse_repeatable();
    end_serving();
}

void Broker::Parts::stop_listening() {
    runtime.timers.cancel(std::exchange(tick_timer, 0));
    main_listener.reset();
    fast_listener.reset();
}

// Who is refused tries again at once, and has no try left when the next process is there. Where a new
// connection waits for that, the one that is there is closed, at a moment when nobody waits on it: stock
// clients do not always notice the end of a connection that they wait on. Pulls are refused before, which
// makes their clients pause.
void Broker::Parts::send_clients_away(Instant deadline, bool answers_have_left) {
    const bool is_quiet = group->waiting() == 0 && !forwarder->has_unrepeatable();
    const bool is_late = runtime.clock.now() >= deadline;
    if ((is_quiet || is_late) && answers_have_left) {
        main_door.close_connections();
        fast_door.close_connections();
        return end_serving();
    }
    const bool is_next_the_end = is_quiet || is_late;
    if (is_next_the_end) {
        pull->refuse_held();
        forwarder->refuse_repeatable();
    }
    stop_timer = runtime.timers.after(is_next_the_end ? 0ms : 1ms, [this, deadline, is_next_the_end] {
        send_clients_away(deadline, is_next_the_end);
    });
}

void Broker::Parts::end_serving() {
    stopping = true;
    scheduled->stop();
    retention->stop();
    // Slaves show what their master says that it has on its disk: when it does not come back, they are asked.
    const bool has_last_words = setup.admits_slaves && group->leads() && group->flush_for_stop();
    say_last_words(has_last_words, runtime.clock.now() + last_words_timeout);
}

void Broker::Parts::say_last_words(bool to_slaves, Instant deadline) {
    const bool all_said = !forwarder->has_unrepeatable() && (!to_slaves || group->all_know_all());
    if (all_said || runtime.clock.now() >= deadline) return end_group();
    stop_timer =
        runtime.timers.after(5ms, [this, to_slaves, deadline] { say_last_words(to_slaves, deadline); });
}

// What was proposed before is settled and answered by the group's own stop.
void Broker::Parts::end_group() {
    if (links) links->stop();
    (void)kept_offsets_file.write_now();  // The log tells of a failure.
    on_stopped(group->stop());
}

void Broker::Parts::on_committed(const store::Dispatched& dispatched) {
    if (pull == nullptr) return;  // Recovery's own: nobody waits yet.
    if (dispatched.record != nullptr && replication::is_internal(*dispatched.record))
        return on_state_changed();
    const auto* const queue = dispatched.queue;
    if (queue == nullptr) return;
    if (queue->topic() == model::topic::schedule) scheduled->on_arrival(queue->id());
    pull->held().on_arrival(queue->topic(), queue->id(), dispatched.queue_at, dispatched.tag_code);
}

// A deleted topic's queues go with it, those of messages that came after its deletion stay.
Result<> Broker::Parts::on_change(const replication::InternalRecord& change,
                                  const replication::AppliedAt& at) {
    if (change.epoch_start) forwarder->epoch_committed(at.epoch, at.offset);
    commits.forget(change);
    locks.forget(change);
    for (const auto& topic : change.deleted_topics.value_or(std::vector<std::string>{})) {
        if (auto deleted = store->delete_topic(topic, at.offset); !deleted) return deleted;
    }
    return {};
}

// A change of the topics goes to the NameServers as soon as it is committed, whoever made it.
void Broker::Parts::on_state_changed() {
    if (registered_version == topic_table.version()) return;
    registered_version = topic_table.version();
    runtime.executor.post([this] { registration->register_now([] {}); });
}

// The others need not wait for a silence: a closed connection is enough for an election.
void Broker::Parts::on_poisoned(const Error& error) {
    if (links) links->stop();
    owner.on_broker_failed(error);
}

void Broker::Door::on_command(const Ref<remoting::Connection>& connection, const remoting::Command& command) {
    if (command.is_response()) {
        (void)parts_.caller.on_answer(connection, command);
        return;
    }
    if (parts_.stopping) {
        remoting::Responder responder{connection, command};
        return responder.answer(remoting::ResponseCode::service_not_available, "the broker is stopping");
    }
    // The fast channel is for what must not wait behind pulls: RocketMQ serves none there.
    const auto code = static_cast<remoting::RequestCode>(command.code);
    const bool is_pull =
        code == remoting::RequestCode::pull_message || code == remoting::RequestCode::lite_pull_message;
    if (is_fast_ && is_pull) {
        remoting::Responder responder{connection, command};
        return responder.answer(remoting::ResponseCode::request_code_not_supported,
                                " request type " + std::to_string(command.code) + " not supported");
    }
    // Also when no other member is linked yet: a slave may reach a master that was started anew before its
    // link does.
    const auto& group = *parts_.group;
    const auto term = Forwarder::forwarded_in(command);
    if (term || code == remoting::RequestCode::get_consumers) is_members(*connection);
    if (term && !(group.accepts() && group.epoch() == *term))
        return Forwarder::refuse_forwarded(connection, command);
    if (!parts_.serves_here(command)) return parts_.forwarder->take(connection, command);
    // What a member without its leader answers for itself is no newest offset.
    if (group.accepts() && !parts_.setup.peers.empty() && Forwarder::is_to_be_confirmed(command))
        return parts_.forwarder->confirm(connection, command);
    parts_.serve(connection, command);
    parts_.group->end_batch_if_large();
}

void Broker::Door::on_opened(const Ref<remoting::Connection>& connection) {
    connections_.emplace(connection->id(), Guest{connection});
}

void Broker::Door::close_connections() {
    for (const auto& [id, guest] : std::exchange(connections_, {}))
        guest.connection->close("this broker is stopping, and the next one is waited for");
}

void Broker::Door::is_members(const remoting::Connection& connection) {
    if (const auto found = connections_.find(connection.id()); found != connections_.end())
        found->second.is_members = true;
}

bool Broker::Door::has_clients() const {
    return std::ranges::any_of(connections_, [](const auto& entry) { return !entry.second.is_members; });
}

void Broker::Door::on_closed(const Ref<remoting::Connection>& connection, std::string_view) {
    connections_.erase(connection->id());
    parts_.caller.on_closed(connection);
    parts_.clients->registry().on_closed(*connection);
    parts_.pull->held().on_closed(*connection);
}

}  // namespace tern::broker
