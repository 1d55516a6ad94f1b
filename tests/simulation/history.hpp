// What the clients of a run did and saw, and what was done to the machines: facts, in the order they became
// known. Clients tell it, the checker judges it; nothing of the system under test is in it.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/runtime.hpp"
#include "base/strong.hpp"

namespace tern::simulation {

// When something happened. The order is that of the facts, also within one instant of virtual time.
struct Moment {
    std::uint64_t order{0};
    Instant at{};
    WallMillis wall_ms{0};  // By the brokers' clock: what delays are measured with.

    friend auto operator<=>(const Moment& a, const Moment& b) { return a.order <=> b.order; }
    friend bool operator==(const Moment& a, const Moment& b) { return a.order == b.order; }
};

struct Queue {
    std::string topic;
    QueueId id;
    friend auto operator<=>(const Queue&, const Queue&) = default;
};

struct Place {
    Queue queue;
    QueueOffset offset;
    friend auto operator<=>(const Place&, const Place&) = default;
};

// What a client knows of a request that stores something (DESIGN.md, "What a client knows").
enum class Outcome {
    unknown,       // A time-out, a reset, a code after the append, or no answer yet: it may be stored.
    acknowledged,  // Code 0.
    refused,       // A code that says nothing was stored.
};

// One attempt to have one message stored: a send, one message of a batch, or a failed message that a consumer
// sends back. A client that tries again makes another of the same key.
struct Send {
    std::string producer;
    std::string key;           // Names the message in the whole run.
    std::uint32_t checksum{};  // Of its body.
    std::string topic;  // Where consumers are to find it: for one sent back, the retry or dead letter topic.
    std::optional<QueueId> queue{};   // Nothing: the broker's choice.
    std::int32_t reconsume_times{0};  // How often it had been sent back, this time included.
    Duration delay{0};
    bool waits_for_flush{true};  // Otherwise SYNC_FLUSH promises no more than ASYNC_FLUSH.

    Outcome outcome{Outcome::unknown};
    std::optional<QueueOffset> offset{};        // Of an acknowledged one that is readable at once.
    std::optional<PhysicalOffset> record_at{};  // Of an acknowledged one whose answer had a message id.
    Moment started{};
    Moment ended{};  // Of an outcome that is known.
};
using SendId = std::size_t;

// One record as a pull returned it.
struct Reading {
    std::string reader;
    Place place;
    std::string key{};  // Empty for what no client can have sent.
    std::uint32_t checksum{};
    std::int32_t reconsume_times{0};
    PhysicalOffset record_at{};
    WallMillis store_timestamp{};
    bool is_final{false};  // Part of reading everything at the end.
    Moment asked{};        // When the pull was sent.
    Moment at{};
};

// A queue's bounds when everything was read at the end; last is exclusive.
struct FinalBounds {
    Queue queue;
    QueueOffset first;
    QueueOffset last;
};

// A message given to a listener of a group.
struct Consumption {
    std::string group;
    std::string client;
    Place place;
    std::string key;
    std::int32_t reconsume_times{0};
    Moment at{};
};

// An offset that a client asked to have stored. The request can have had its effect from started until
// settled.
struct OffsetCommit {
    std::string group;
    Queue queue;
    QueueOffset offset;
    Moment started;
    std::optional<Moment> settled;
};
using CommitId = std::size_t;

// An answer to what is stored; no offset when there is none.
struct OffsetQuery {
    std::string group;
    Queue queue;
    std::optional<QueueOffset> offset;
    Moment started;
    Moment ended;
};

// A reader was told that a queue ends below the offset he asked for.
struct EndTold {
    std::string reader;
    Queue queue;
    QueueOffset end;
    Moment asked;
    Moment at;
};

// A queue that a client rightly took for locked: from the answer that said so until its release, the client's
// death or the end of the time that a client trusts a lock for.
struct LockHeld {
    std::string group;
    std::string client;
    Queue queue;
    Instant until{};
    Moment asked{};  // When the request was sent.
    Moment granted{};
};
using LockId = std::size_t;

// Writes that no successful sync had covered may be gone: a machine lost its power, or a sync failed. An
// answer may come after that and tell of what is lost: what counts is whether the request was sent before.
struct UnsyncedLost {
    PhysicalOffset durable_end;  // What was synced of the commit log.
    Moment at;
    bool is_kept_by_slaves{false};  // What was acknowledged as being at one of them, too.
};

// Retention has taken the log's oldest segments: what began there is promised no more.
struct Expired {
    PhysicalOffset begin;  // Of the log then.
    Moment reached;        // When so much was committed: what was sent later does not lie below.
};

class History {
public:
    // The clock is that of the brokers.
    explicit History(const Clock& clock) : clock_{clock} {}

    // started, ended and outcome are set here.
    SendId send_started(Send send);
    void send_acknowledged(SendId send, std::optional<QueueOffset> offset,
                           std::optional<PhysicalOffset> record_at);
    void send_refused(SendId send);

    void read(Reading reading);
    void read_to_the_end(FinalBounds bounds) { bounds_.push_back(std::move(bounds)); }
    void consumed(Consumption consumption);
    // The group takes every message of the topic that has one of the tags, or any if there are none, from the
    // first one on.
    void subscribed(const std::string& group, const std::string& topic, std::set<std::string> tags = {}) {
        subscriptions_.push_back({group, topic, std::move(tags)});
    }

    CommitId commit_started(const std::string& group, const Queue& queue, QueueOffset offset);
    void commit_settled(CommitId commit) { commits_[commit].settled = now(); }
    // started is what now() gave when the request left.
    void queried(const std::string& group, const Queue& queue, std::optional<QueueOffset> offset,
                 Moment started);

    // asked is what now() gave when the request left.
    void told_end(const std::string& reader, const Queue& queue, QueueOffset end, Moment asked) {
        ends_told_.push_back({reader, queue, end, asked, now()});
    }

    LockId lock_held(LockHeld lock);
    void lock_held_until(LockId lock, Instant until) { locks_[lock].until = until; }

    void unsynced_lost(PhysicalOffset durable_end, bool is_kept_by_slaves = false) {
        losses_.push_back({durable_end, now(), is_kept_by_slaves});
    }

    // On any broker.
    void expired(PhysicalOffset begin, const Moment& reached) { expired_.push_back({begin, reached}); }
    // What the last reader reads begins there.
    void ends_with_log_from(PhysicalOffset begin, const Moment& reached) {
        gone_in_the_end_ = {begin, reached};
    }

    Moment now() { return {++last_order_, clock_.now(), clock_.wall_ms()}; }

    struct Subscription {
        std::string group;
        std::string topic;
        std::set<std::string> tags;
    };
    const std::vector<Send>& sends() const { return sends_; }
    const std::vector<SendId>& acknowledged() const { return acknowledged_; }  // As they were told.
    const std::vector<Reading>& readings() const { return readings_; }
    const std::vector<FinalBounds>& bounds() const { return bounds_; }
    const std::vector<Consumption>& consumptions() const { return consumptions_; }
    const std::vector<Subscription>& subscriptions() const { return subscriptions_; }
    const std::vector<OffsetCommit>& commits() const { return commits_; }
    const std::vector<OffsetQuery>& queries() const { return queries_; }
    const std::vector<EndTold>& ends_told() const { return ends_told_; }
    const std::vector<LockHeld>& locks() const { return locks_; }
    const std::vector<UnsyncedLost>& losses() const { return losses_; }
    const std::vector<Expired>& expired() const { return expired_; }
    const Expired& gone_in_the_end() const { return gone_in_the_end_; }

private:
    friend class PlantedError;  // Changes facts, to see that the checker notices.

    const Clock& clock_;
    std::uint64_t last_order_{0};
    std::vector<Send> sends_;
    std::vector<SendId> acknowledged_;
    std::vector<Reading> readings_;
    std::vector<FinalBounds> bounds_;
    std::vector<Consumption> consumptions_;
    std::vector<Subscription> subscriptions_;
    std::vector<OffsetCommit> commits_;
    std::vector<OffsetQuery> queries_;
    std::vector<EndTold> ends_told_;
    std::vector<LockHeld> locks_;
    std::vector<UnsyncedLost> losses_;
    std::vector<Expired> expired_;
    Expired gone_in_the_end_{};
};

// What clients did with each broker group is a history of its own: queues and places in a log are those of
// one group, and what one has lost excuses nothing in another.
class Histories {
public:
    // Of the group with that broker name.
    History& add(const std::string& broker_name, const Clock& clock) {
        return by_name_.try_emplace(broker_name, clock).first->second;
    }
    History& of(const std::string& broker_name) { return by_name_.at(broker_name); }
    std::map<std::string, History>& all() { return by_name_; }
    const std::map<std::string, History>& all() const { return by_name_; }
    std::size_t sends() const {
        std::size_t count = 0;
        for (const auto& [name, history] : by_name_) count += history.sends().size();
        return count;
    }

private:
    std::map<std::string, History> by_name_;
};

}  // namespace tern::simulation
