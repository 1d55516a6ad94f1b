// A member of a broker group: its replica of the one log, the epochs, and the tables that are folds over it.
// Every write of the broker takes this one path: propose, append, durable, committed, dispatched, answered
// (docs/decisions/0002-one-append-path.md). Who leads and what is committed is raft::Node's to say; this is
// its host. A broker alone is a group with one voter; a master with slaves is one, too, and its slaves are
// learners.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/byte_rate.hpp"
#include "base/inplace_function.hpp"
#include "base/result.hpp"
#include "base/ring.hpp"
#include "base/runtime.hpp"
#include "raft/node.hpp"
#include "replication/catch_up_reads.hpp"
#include "replication/epoch_table.hpp"
#include "replication/group_level.hpp"
#include "replication/installation.hpp"
#include "replication/internal_record.hpp"
#include "replication/member_link.hpp"
#include "replication/snapshot.hpp"
#include "replication/table.hpp"
#include "replication/vote_file.hpp"
#include "store/message_store.hpp"

namespace tern::replication {

// Where a message went: known at the append, true for clients once settled.
struct Appended {
    PhysicalOffset record_at;  // Of a batch: the first one's,
    PhysicalOffset end;        // and the last one's end.
    QueueOffset queue_at;
    std::int64_t store_timestamp{};
};

// How the wait for an appended message ended.
enum class Outcome {
    promised,       // As durable as the mode says.
    flush_timeout,  // In the log, and not flushed or agreed within the time that clients are told (code 10).
    slave_timeout,  // In the master's log, and no slave has it within that time (code 12).
    slave_missing,  // In the master's log, and there are fewer slaves than it waits for (code 11).
    unknown,        // Another leader's log has it or not, or the store failed: nobody here can say.
};

enum class WaitFor {
    promise,  // What the mode asks for.
    written,  // Only that it survives the process: WAIT=false of a producer.
};

using Settled = InplaceFunction<void(Outcome), 160>;

// How many copies a message has to have before it is acknowledged, the master's among them: SYNC_MASTER. In
// sync are the master and the slaves that are linked and not too far behind.
struct ReplicaPolicy {
    int wanted{1};       // inSyncReplicas.
    bool adapts{false};  // Fewer do when fewer are in sync: enableAutoInSyncReplicas,
    int least{1};  // but with fewer than these nothing is accepted, nor acknowledged: minInSyncReplicas.
    bool all_in_sync{false};  // All slaves that are in sync and have caught up once: allAckInSyncStateSet.

    int needed(int in_sync) const { return std::max(adapts ? std::min(wanted, in_sync) : wanted, least); }
    bool waits() const { return wanted > 1 || least > 1 || all_in_sync; }
};

using WhenConfirmed = InplaceFunction<void(Result<>), 96>;

struct GroupConfig {
    std::string directory;         // <root>/tern: epochs and snapshots.
    std::string config_directory;  // <root>/config: the JSON files of Java.
    model::Host store_host;        // As registered; goes into internal records.
    std::string name;              // Of the group: brokerName.
    raft::MemberId self;
    std::int32_t feature_level{replication::feature_level};  // That this member knows.
    std::vector<raft::Member> members{{}};  // Those that are configured, this one among them.
    raft::Config raft;  // Its quorum policy is durable for SYNC_FLUSH, written for ASYNC_FLUSH.
    ReplicaPolicy replicas;
    // How long a master waits for its slaves before it leads, when its machine took with it what was not
    // flushed: they may have that.
    Duration lost_tail_timeout{5s};
    std::int64_t slave_lag_max{256 * 1024 * 1024};  // One further behind counts as missing;
                                                    // haSlaveFallbehindMax.
    Duration slave_timeout{3s};                     // syncFlushTimeout of RocketMQ 4, slaveTimeout of 5.
    Duration leaderless_timeout{1s};  // So long an answer waits for the next leader to settle it.
    Duration flush_timeout{5s};       // syncFlushTimeout.
    Duration disk_stall_limit{1s};   // Of one flush; after it a leader that elects gives the leadership away.
    Duration flush_interval{500ms};  // Between flushes in the background; flushIntervalCommitLog.
    Duration checkpoint_interval{1s};
    Duration table_interval{5s};  // Between writes of changed JSON files; flushConsumerOffsetInterval.
    Duration snapshot_interval{30s};
    std::int64_t snapshot_bytes{64 * 1024 * 1024};  // Of log, after which a snapshot is taken sooner.
    std::size_t snapshot_part_bytes{std::size_t{256} * 1024};  // In which it goes to another member.
    std::int64_t uncommitted_bytes_max{64 * 1024 * 1024};      // Beyond it senders are told to come back.
    store::ScrubConfig scrub;
    // A member that lags further behind is brought up: the log is read ahead for it, beside the loop,
    std::int64_t catch_up_lag{32 * 1024 * 1024};
    // and all who are get no more than this together, of snapshots and of the log. 0: no limit.
    std::int64_t catch_up_bytes_per_s{0};
};

// Counted where it happens.
struct GroupProbe {
    std::uint64_t proposals{0};
    std::uint64_t refused_for_bound{0};
    std::uint64_t changes_too_long{0};  // Of the state; refused.
    std::uint64_t flush_timeouts{0};
    std::uint64_t snapshots{0};
    std::uint64_t internal_records{0};
    std::uint64_t confirmations{0};  // Rounds that only asked whether this member still leads.
    std::uint64_t elections{0};      // That this member stood for,
    std::uint64_t reigns{0};         // and that it won.
    std::uint64_t cuts{0};           // Of a tail that differed from the leader's.
    std::uint64_t ranges_sent{0};
    std::uint64_t bytes_sent{0};
    std::uint64_t ranges_taken{0};
    std::uint64_t bytes_taken{0};
    std::uint64_t ranges_refused{0};     // Whose bytes do not follow the own ones.
    std::uint64_t members_refused{0};    // That are configured otherwise.
    std::uint64_t damaged_forgotten{0};  // Entries of this log that were others than the leader's.
    std::uint64_t blocks_damaged{0};     // Of this log, by its disk,
    std::uint64_t blocks_mended{0};      // and made good by other members.
    std::uint64_t disk_stalls{0};        // Flushes that took longer than disk_stall_limit,
    std::uint64_t given_away_for_disk{
        0};  // and times that this member gave the leadership away for its disk.
    std::uint64_t tail_bytes_taken_back{0};  // From slaves, of what this machine had lost.
    std::uint64_t tails_given_up{0};         // Before all slaves had been asked for it.
    std::uint64_t catch_up_bytes_sent{0};    // Of log that was old, and of snapshots,
    std::uint64_t catch_up_bytes_read{0};    // of log that was read ahead,
    std::uint64_t catch_ups_held_back{0};    // and times that they had to wait for catch_up_bytes_per_s.
    std::uint64_t snapshots_needed{0};       // Of members whose log ends before this one begins,
    std::uint64_t snapshot_bytes_sent{0};
    std::uint64_t snapshots_installed{0};  // and of this one.

    template <class Visit>
    void metrics(Visit visit) const {
        visit("replication_proposed_records_total", "Messages proposed to the group.", proposals);
        visit("replication_refused_proposals_total", "Proposals refused because too much is uncommitted.",
              refused_for_bound);
        visit("replication_refused_changes_total",
              "Changes of state refused because they are longer than a record takes.", changes_too_long);
        visit("replication_flush_timeouts_total", "Answers given because a flush took too long.",
              flush_timeouts);
        visit("replication_snapshots_total", "Snapshots of the tables written.", snapshots);
        visit("replication_internal_records_total", "Changes of state written to the log.", internal_records);
        visit("replication_confirmations_total", "Rounds that only asked whether this member still leads.",
              confirmations);
        visit("replication_elections_total", "Elections that this member stood for.", elections);
        visit("replication_reigns_total", "Elections that it won.", reigns);
        visit("replication_cuts_total", "Tails cut because they differed from the leader's.", cuts);
        visit("replication_sent_ranges_total", "Ranges of the log sent to members.", ranges_sent);
        visit("replication_sent_bytes_total", "Their bytes.", bytes_sent);
        visit("replication_taken_ranges_total", "Ranges of the log taken from the leader.", ranges_taken);
        visit("replication_taken_bytes_total", "Their bytes.", bytes_taken);
        visit("replication_refused_ranges_total", "Ranges whose bytes do not follow the own ones.",
              ranges_refused);
        visit("replication_refused_members_total",
              "Links to members whose dLegerPeers or quorumDurability differ from the own ones.",
              members_refused);
        visit("replication_forgotten_damages_total",
              "Entries of this log that were others than the leader's.", damaged_forgotten);
        visit("replication_damaged_blocks_total", "Blocks of this log that the disk has changed.",
              blocks_damaged);
        visit("replication_mended_blocks_total", "Those made good by other members.", blocks_mended);
        visit("replication_disk_stalls_total", "Flushes that took longer than diskStallLimitMs.",
              disk_stalls);
        visit("replication_given_away_total", "Times that this member gave the leadership away for its disk.",
              given_away_for_disk);
        visit("replication_taken_back_bytes_total",
              "Bytes that slaves gave back of what this machine had lost.", tail_bytes_taken_back);
        visit("replication_given_up_tails_total", "Lost tails for which not all slaves were asked.",
              tails_given_up);
        visit("replication_catch_up_sent_bytes_total", "Bytes of old log and of snapshots sent.",
              catch_up_bytes_sent);
        visit("replication_catch_up_read_bytes_total", "Bytes of log read ahead for members that lag.",
              catch_up_bytes_read);
        visit("replication_catch_up_waits_total",
              "Times that a member that lags had to wait for maxHaTransferByteInSecond.",
              catch_ups_held_back);
        visit("replication_needed_snapshots_total", "Members whose log ends before this one begins.",
              snapshots_needed);
        visit("replication_snapshot_sent_bytes_total", "Bytes of snapshots sent.", snapshot_bytes_sent);
        visit("replication_installed_snapshots_total", "Snapshots that this member installed.",
              snapshots_installed);
    }
};

// A member as the leader sees it.
struct MemberStatus {
    raft::MemberId id;
    raft::MemberKind kind{};
    bool linked{false};
    PhysicalOffset matched;
    PhysicalOffset written;
    PhysicalOffset durable;
    PhysicalOffset next;  // What it is sent from here.
};

// Owned by one loop. The store, the tables and the runtime outlive it.
class Group {
public:
    // To another member; false when there is no link.
    using SendToMember = InplaceFunction<bool(raft::MemberId, const GroupFrame&), 32>;

    // The watcher hears of every committed record, in order, after queues and tables have it.
    struct Watcher {
        virtual ~Watcher() = default;
        virtual void on_committed(const store::Dispatched& record) = 0;
        // And of every change of state once the tables have it, in a replay too. An error ends the start or
        // the reign.
        virtual Result<> on_change(const InternalRecord& change, const AppliedAt& at) = 0;
        // This member leads, the tables have all that was committed before, and may_propose() holds. Within
        // start() when there is nobody to ask.
        virtual void on_reign_began() = 0;
        // It led, as on_reign_began() said, and does not any more.
        virtual void on_reign_ended() = 0;
        // It reaches no majority; said again while that lasts.
        virtual void on_cut_off() = 0;
        // The log can take nothing more: stop acknowledging, stop the process.
        virtual void on_poisoned(const Error& error) = 0;
    };

    Group(GroupConfig config, Runtime runtime, io::FileSystem& files, store::MessageStore& store,
          std::vector<Table*> tables, Watcher& watcher);
    ~Group();
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;

    // Restores the tables (snapshot and replay, or Java's files). The only voter of a group then leads: it
    // begins a new epoch and appends its start. Any other member waits for a leader, or becomes one later.
    // Waits for the disk.
    Result<> start();
    // Of a group with more than one member: how it reaches them, before start().
    void attach(SendToMember send) { send_ = std::move(send); }
    // What the links tell; group_member.cpp.
    // says: the id of the group, as the peer said in the handshake; none where it knows none. level: the
    // highest that both know.
    void on_link_up(raft::MemberId peer, GroupId says = {}, std::int32_t level = base_level);
    // A slave that nobody configured follows from now on.
    void add_learner(raft::MemberId id) { node_.add_learner(id, runtime_.clock.now()); }
    void on_link_down(raft::MemberId peer);
    void on_message(raft::MemberId from, const GroupFrame& frame);
    // The begin of a stop: all that was appended is written and flushed, and goes to the members. Nothing may
    // be proposed any more. Waits for the disk.
    Result<> flush_for_stop();
    // Whether those that follow and are linked have all of a leader's log and know it to be committed; asked
    // until they do, or as long as one likes to wait for them. After flush_for_stop().
    bool all_know_all();
    // Ends the reign: flushes, checkpoints, snapshots, writes the JSON files. Nothing may be proposed any
    // more.
    Result<> stop();

    // Not any more when its store has failed.
    bool leads() const { return reigning_; }
    // Its machine took acknowledged bytes with it that were in memory only; it is not counted until it has
    // caught up.
    bool recovering() const { return node_.recovering(); }
    // Whether anything may be proposed here: it leads, and does not hand the leadership over just now.
    bool accepts() const { return reigning_ && !stopped_ && !node_.is_transferring(); }
    raft::Term term() const { return node_.term(); }
    raft::Role role() const { return node_.role(); }
    std::optional<raft::MemberId> leader() const { return node_.leader(); }
    bool leader_is_alive() const { return node_.leader_is_alive(runtime_.clock.now()); }
    bool is_cut_off() const { return node_.is_cut_off(runtime_.clock.now()); }
    const GroupConfig& config() const { return config_; }
    raft::Incarnation incarnation() const { return node_.incarnation(); }
    GroupId group_id() const { return vote_file_->state().group; }
    // The feature level that the log needs, and the one that all known members have: a leader's change may
    // need that much. Whoever was not linked since this process began is taken to know no more than the log
    // needs.
    std::int32_t level() const { return level_.value(); }
    std::int32_t level_of_all() const;
    std::vector<MemberStatus> members() const;
    // Another member takes over; the best one when none is named.
    Result<> transfer_leadership(std::optional<raft::MemberId> to);
    // Takes over what may change at any time: raft but its quorum policy, and what is between replicas and
    // table_interval. An error names what is out of bounds, and nothing has changed.
    Result<> configure(const GroupConfig& config);

    // Appends a message, or the messages of a batch: consecutive offsets of one queue, in one segment. The
    // drafts' bytes are copied. An error means that nothing of it is in the log.
    Result<Appended> propose(std::span<const model::RecordDraft> drafts, store::QueueRef queue);
    Result<Appended> propose(const model::RecordDraft& draft, store::QueueRef queue) {
        return propose({&draft, 1}, queue);
    }
    // What a turn of the loop brings is written, flushed and answered together, but no more than this: a
    // larger batch has left the processor's cache when it is written. To be asked between requests.
    static constexpr std::int64_t batch_bytes_max = std::int64_t{512} * 1024;
    void end_batch_if_large();
    // Appends a change of state. The tables have it once it has settled as promised.
    Result<Appended> propose(const InternalRecord& change);
    // To be called, if at all, right after the propose() that gave appended: settled runs once, later, from
    // the executor, whatever happens.
    template <std::invocable<Outcome> F>
    void when_settled(const Appended& appended, WaitFor wait, F&& settled) {
        TERN_ASSERT(appended.end == store_.commit_log().end());
        when_log_settled(wait, std::forward<F>(settled));
    }
    // The same of all that the log has.
    template <std::invocable<Outcome> F>
    void when_log_settled(WaitFor wait, F&& settled) {
        Waiting& last = (wait == WaitFor::promise ? promised_waiting_ : written_waiting_).push_slot();
        last.end = store_.commit_log().end();
        last.since = batch_.began;
        last.settled = std::forward<F>(settled);
    }

    // Within settled: how long it took since the batch began.
    Duration settling_took() const { return settling_at_ - settling_since_; }

    // Runs done once this member is known to have led after the call, so that no other can have acknowledged
    // what it does not have: at once where nobody else could lead, otherwise after a round of heartbeats that
    // a majority answers; calls of one turn share it. Errc::service_not_available when it does not lead or
    // does not any more, which it knows within an election time-out.
    void when_confirmed(WhenConfirmed done);

    // Whether anything may be written: not when the disk is full. Refusals say why.
    // Another member of a Raft group is asked to lead then; one that is closed, too, does not.
    void close_for_writes(std::string why);
    void open_for_writes();
    // What begins here has to stay in the log: the older of the kept snapshots is replayed from there.
    PhysicalOffset needed_from() const;

    // Whether the disk is known to have changed something there, and nobody has made it good yet.
    bool is_damaged(PhysicalOffset from, PhysicalOffset to) const;
    // Whether there is somebody who may have what this member's disk has changed there.
    bool may_be_mended(PhysicalOffset at) const;
    std::size_t damaged_blocks() const { return damaged_.size(); }

    // The tables as they are at committed(), or ahead of it, where a snapshot was installed.
    Snapshot capture() const;

    // Of this member's reign, or of the newest bytes of its log.
    Epoch epoch() const { return reigning_ ? epoch_ : epochs_.last(); }
    PhysicalOffset committed() const { return committed_; }
    // Appended, and not settled yet.
    std::size_t waiting() const { return promised_waiting_.size() + written_waiting_.size(); }
    bool is_poisoned() const { return poisoned_; }
    const GroupProbe& probe() const { return probe_; }
    const EpochTable& epochs() const { return epochs_; }

private:
    struct Waiting {
        PhysicalOffset end;
        Instant since{};
        Settled settled;
    };

    // An installation on its way to another member; without content it is tried again at given_up_at.
    struct Sending {
        std::string content{};
        SnapshotOffer offer{};
        Instant offered_at{};
        Instant given_up_at{};
        std::optional<std::int64_t> part_from{};  // The part that was asked for, until it has left.
    };
    // And one that comes to this member.
    struct Receiving {
        SnapshotOffer offer{};
        std::string content{};
    };

    // A block of the log that the disk has changed.
    struct Damaged {
        std::set<raft::MemberId> asked{};   // Of this round,
        std::set<raft::MemberId> denied{};  // and of all, those who will never have it.
        Instant not_before{};
    };
    struct AskedForBlock {
        PhysicalOffset block;
        raft::MemberId member;
        Instant until{};
    };

    // A master that asks its slaves for what it has lost, one after the other.
    struct LostTail {
        PhysicalOffset compared_to;
        std::set<raft::MemberId> linked;
        std::set<raft::MemberId> exhausted;  // They have nothing more.
        std::optional<raft::MemberId> asked;
    };

    // group.cpp: the append path.
    Result<Appended> append(const InternalRecord& change);
    Result<> check_bound();
    Error refused(Error error);
    void arm();
    void advance();
    void begin_flush();
    void commit(PhysicalOffset end);
    void apply(const store::Dispatched& dispatched);
    Result<> fold(const model::RecordView& record);
    void adopt_group(GroupId named, Epoch since);
    void adopt_group_of_leader();
    void settle(Ring<Waiting>& waiting, PhysicalOffset end, Outcome outcome);
    void settle(Waiting& one, Outcome outcome);
    void settle_promised();
    void drop_waiting_behind(PhysicalOffset end);
    void poison(const Error& error);
    void every(Duration interval, void (Group::*work)(), TimerId& timer);
    bool flushes_at_once() const { return config_.raft.quorum == raft::QuorumPolicy::durable; }

    // group_member.cpp: the host of raft::Node.
    void carry_out(const store::CheckedRange* range = nullptr);
    void on(const raft::Persist& persist);
    void on(const raft::Send& send);
    void on(const raft::BecomeLeader& lead);
    void on(const raft::BecomeFollower& follow);
    void on(const raft::BecomeCandidate& candidate);
    void tell_role(const std::string& event, std::string_view role);
    void tell_of_sync(raft::MemberId leader, PhysicalOffset end);
    void on(const raft::Truncate& cut);
    void on(const raft::Committed& committed) { commit(committed.end); }
    void on(const raft::Confirmed& confirmed) { confirmation_ended(confirmed.token, {}); }
    void on(const raft::NotConfirmed& not_confirmed);
    void begin_confirmation();
    void confirmation_ended(std::uint64_t token, const Result<>& result);
    void fail_confirmations();
    void on(const raft::TransferEnded& transfer);
    void on(const raft::MemoryRecovered&);
    void on(raft::MemberId from, const RaftFrame& frame);
    Result<store::CheckedRange> check(const raft::Append& append, std::string_view range) const;
    std::optional<PhysicalOffset> entry_before(PhysicalOffset at) const;
    std::optional<PhysicalOffset> differing_entry(const raft::Append& append, std::string_view range,
                                                  PhysicalOffset doubted_from) const;
    Result<> take(const raft::Accept& accept, const store::CheckedRange& received);
    Result<store::CheckedRange> part_of(const store::CheckedRange& range, PhysicalOffset from,
                                        PhysicalOffset to) const;
    void feed_members();
    void feed(raft::MemberId to);
    bool is_held_back(raft::MemberId to, PhysicalOffset from) const;
    void feed_again_later();
    bool is_old(PhysicalOffset at) const;
    void read_for_catch_up(raft::MemberId to, const Result<>& read);
    void send(raft::MemberId to, const raft::Message& message, std::string_view range);
    std::uint32_t checksum_before(PhysicalOffset at, raft::MemberId member) const;
    void remember_checksum(raft::MemberId member, PhysicalOffset entry, PhysicalOffset end);
    bool follows_own_log(const raft::Append& append, std::uint32_t checksum);
    void doubt_own_log(std::optional<PhysicalOffset> entry, PhysicalOffset place);
    // With all behind it; false when it is committed.
    bool forget_damaged(PhysicalOffset entry);
    void tell_stored();
    void remember(const MemberState& state);
    GroupId name_of_group();
    void arm_node_timer();
    void end_reign(raft::Because because);
    int slaves_at(PhysicalOffset end) const;
    int in_sync() const;
    bool all_in_sync_have(PhysicalOffset end) const;
    void note_caught_up();

    // group_lost_tail.cpp: a master whose machine died.
    bool has_lost_tail() const;
    void note_slaves();
    void begin_search();
    void ask_for_lost_tail();
    void end_search();
    void on(raft::MemberId from, const LostTailRequest& request);
    void on(raft::MemberId from, const LostTailPart& part);
    Result<> take_back(raft::MemberId from, const LostTailPart& part);

    // group_mending.cpp: what a disk has changed.
    PhysicalOffset settled_to() const;
    void scrub();
    void note_damage(PhysicalOffset block);
    void ask_for_blocks();
    void on(raft::MemberId from, const LogBlockRequest& request);
    void on(raft::MemberId from, const LogBlock& given);
    void on(raft::MemberId from, const GroupPolicy& theirs);
    GroupPolicy policy() const;
    Result<> mend(const LogBlock& given, raft::MemberId from);

    // group_snapshot.cpp: members that are blank or too far behind.
    void on(const raft::SnapshotNeeded& needed);
    void on(raft::MemberId from, const SnapshotOffer& offered);
    void on(raft::MemberId from, const SnapshotReply& reply);
    void on(raft::MemberId from, const SnapshotPart& part);
    void offer(raft::MemberId to, Sending& sending);
    void send_part(raft::MemberId to, Sending& sending);
    void stop_sending(raft::MemberId to);
    void tend_sendings();
    void reply_to(raft::MemberId from, const SnapshotOffer& offered, SnapshotWish wish);
    Result<Installation> make_installation();
    Result<> check(const Installation& installation, const SnapshotOffer& offered) const;
    Result<> install(const Installation& installation);

    // group_start.cpp: start, replay, stop.
    Result<> restore_tables();
    Result<> restore_tables_from(const Snapshot& snapshot);
    Result<> restore_from_java_files();
    Result<std::string> fingerprint_java_files() const;
    Result<> replay(PhysicalOffset from);
    Result<> open_vote_file();
    Result<> note_lost_memory();
    Result<> start_node();
    bool votes() const;
    bool is_only_voter() const;

    // group_upkeep.cpp: what happens from time to time.
    void start_upkeep();
    void tick();
    void check_flush_timeouts();
    void check_disk();
    void leave_to_one_with_room();
    void flush_in_background();
    void checkpoint();
    void write_changed_tables();
    void write_tables_soon();
    void take_snapshot_if_due();
    void write_next_table();

    GroupConfig config_;
    Runtime runtime_;
    io::FileSystem& files_;
    store::MessageStore& store_;
    std::vector<Table*> tables_;
    Watcher& watcher_;
    raft::Node node_;
    SendToMember send_;
    std::unique_ptr<VoteFile> vote_file_;
    GroupLevel level_;
    std::map<raft::MemberId, std::int32_t> levels_said_;
    std::set<raft::MemberId> of_other_policy_;  // Nothing is taken from them as long as their link lasts.
    EpochTable epochs_;
    SnapshotFiles snapshots_;
    Epoch epoch_;

    raft::Outputs outputs_;  // Being carried out.
    bool carrying_out_{false};
    bool starting_{false};  // What goes to the vote file waits for the disk.
    TimerId node_timer_{0};
    Instant node_timer_at_{};
    std::map<raft::MemberId, GroupId> groups_said_;  // By those who are or were linked.
    bool reigning_{false};
    std::optional<PhysicalOffset> reign_opens_at_;  // The end of the epoch's start: once it is committed.
    Instant leaderless_since_{};
    std::optional<raft::Term> told_of_sync_in_;
    // Of the entry that ends there: the last that each member was sent, the last that this one was sent
    // itself.
    mutable std::map<raft::MemberId, std::pair<PhysicalOffset, std::uint32_t>> checksums_known_;

    PhysicalOffset committed_;
    std::set<raft::MemberId> caught_up_;  // Slaves that have had all of the log since they were linked.
    Ring<Waiting> promised_waiting_;      // Ends rise: what is committed is a prefix.
    Ring<Waiting> written_waiting_;
    struct Batch {
        Instant began{};
        WallMillis wall_ms{};
    };
    Batch batch_;                            // That the turn under way gathers, or the one before it.
    std::vector<WhenConfirmed> to_confirm_;  // Of this turn.
    std::map<std::uint64_t, std::vector<WhenConfirmed>> confirming_;  // By token.
    bool armed_{false};
    bool flushing_{false};
    Instant settling_at_{};     // When the settling that goes on began,
    Instant settling_since_{};  // and the batch of what is being settled.
    Instant flush_began_at_{};
    bool disk_stalls_{false};   // Seen, and told.
    bool stays_though_{false};  // Nobody can take over: told, too.
    bool poisoned_{false};
    bool stopped_{false};
    std::optional<std::uint64_t> last_round_;  // In which a stopping leader told all.
    std::string closed_because_;
    std::set<raft::MemberId> asked_to_lead_;  // Because this member is closed.
    Instant ask_again_at_{};

    CatchUpReads catch_up_reads_;
    std::map<raft::MemberId, raft::Append> probes_held_;  // Until what they rest on has been read.
    ByteRate catch_up_rate_;
    std::size_t fed_first_{0};  // Of the members: where the rate's room ended the last time.
    std::map<raft::MemberId, Sending> sending_;
    bool doubts_own_log_{false};  // And the vote file says so, durably.
    std::optional<Receiving> receiving_;
    std::optional<LostTail> lost_tail_;  // While it asks.
    std::map<PhysicalOffset, Damaged> damaged_;
    std::optional<AskedForBlock> asked_for_block_;
    TimerId lost_tail_timer_{0};
    PhysicalOffset snapshot_at_;                // What begins below is in the tables.
    std::optional<Snapshot> snapshot_pending_;  // Captured, waits until its position is flushed.
    bool snapshot_writing_{false};
    Instant snapshot_time_{};
    bool checkpointing_{false};
    std::vector<std::uint64_t> written_revisions_;  // Of tables_, as their JSON files have them.
    std::vector<std::size_t> tables_to_write_;
    std::unique_ptr<io::File> table_file_;
    TimerId flush_timer_{0};
    TimerId tick_timer_{0};
    TimerId checkpoint_timer_{0};
    TimerId table_timer_{0};
    TimerId soon_timer_{0};
    TimerId feed_timer_{0};
    bool tables_are_due_{false};
    GroupProbe probe_;
    // Tasks posted by a group that has died meanwhile do nothing.
    std::shared_ptr<bool> alive_{std::make_shared<bool>(true)};
};

}  // namespace tern::replication
