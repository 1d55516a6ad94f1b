// A small language for stories about a group of several members: real groups over real stores, on disks in
// memory and a network that can fail, all in virtual time and from one seed. What all of them have committed,
// and what callers were told, is kept beside them and compared (group_scenario_test.cpp).
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "io/memory_file_system.hpp"
#include "io/simulated_loop.hpp"
#include "replication/group.hpp"

namespace tern::replication {

// A fold that shows every change that was left out, doubled or taken out of turn. Java knows no such file.
class HistoryTable final : public Table {
public:
    std::string_view file_name() const override { return "history"; }
    bool java_file() const override { return false; }
    void apply(const InternalRecord& change, const AppliedAt& at) override;
    std::string text() const override;
    Result<> restore(std::string_view text) override;
    void clear() override { *this = {}; }
    std::uint64_t revision() const override { return changes_; }

private:
    std::uint64_t changes_{0};
    std::uint32_t sum_{0};
};

// Topic@group -> offset, of queue 0; a file that Java knows.
class OffsetTable final : public Table {
public:
    std::string_view file_name() const override { return "consumerOffset.json"; }
    void apply(const InternalRecord& change, const AppliedAt& at) override;
    std::string text() const override;
    Result<> restore(std::string_view text) override;
    void clear() override { offsets_.clear(); }
    std::uint64_t revision() const override { return revision_; }

private:
    std::map<std::string, std::int64_t> offsets_;
    std::uint64_t revision_{0};
};

enum class Death { of_process, of_machine };

struct GroupSetup {
    int voters{3};
    int learners{0};  // Behind the voters.
    raft::QuorumPolicy quorum{raft::QuorumPolicy::durable};
    ReplicaPolicy replicas{};
    std::uint64_t seed{1};
    io::Faults disk{.sync_delay_min = 200us, .sync_delay_max = 2ms};
    std::function<void(GroupConfig&)> configure{};
};

// What a caller asked for, and what he was told.
struct Asked {
    int member{0};
    std::string body;  // Empty: a change of state.
    Appended placed;
    std::optional<Outcome> outcome;
    int told{0};
};

class GroupScenario {
public:
    explicit GroupScenario(GroupSetup setup = {});
    ~GroupScenario();

    // Time.
    GroupScenario& runs(Duration time);
    bool runs_until(const std::function<bool()>& condition, Duration at_most = 10s);
    // One leads, and takes proposals.
    GroupScenario& elects();
    // All that are up have the same log, and all of it committed.
    GroupScenario& agrees(Duration within = 10s);
    Instant now() const { return loop_.now(); }

    // Members are 0 ... n-1; they have the ids 1 ... n.
    GroupScenario& kills(int member, Death death = Death::of_process,
                         const io::CrashOdds& odds = {0, 0, 0, 0, 0, 0});
    GroupScenario& stops(int member);
    GroupScenario& restarts(int member);
    Result<> tries_to_start(int member);
    GroupScenario& loses_its_disk(int member);
    // A start that ends before the group has seen anything of it.
    GroupScenario& opens_its_store_and_dies(int member);
    // Silently: bytes are lost, and nobody is told.
    GroupScenario& cuts(int from, int to);
    GroupScenario& isolates(int member);
    // And those between two that are up are told of it.
    GroupScenario& closes_link(int a, int b);
    GroupScenario& heals();
    GroupScenario& stalls_disk_of(int member, Duration time);
    GroupScenario& breaks_disk_of(int member);
    GroupScenario& fails_reads_of(int member, bool fails = true);
    // In the first segment of one that is down.
    GroupScenario& overwrites_log_of(int member, PhysicalOffset at, std::string_view bytes);
    GroupScenario& transfers(int from, int to);
    // Changes what the network brings to that member, until it is heals().
    using Tamper = std::function<void(RaftFrame&, std::string& range)>;
    GroupScenario& tampers_with_what_reaches(int member, Tamper tamper);
    GroupScenario& tampers_with_lost_tails_of(int member,
                                              std::function<void(LostTailPart&, std::string&)> tamper) {
        host(member).tamper_tail = std::move(tamper);
        return *this;
    }
    GroupScenario& tampers_with_offers_to(int member, std::function<void(SnapshotOffer&)> tamper) {
        host(member).tamper_offer = std::move(tamper);
        return *this;
    }

    // Messages of one queue and of another in turn, of distinct bodies, in one turn of the loop.
    GroupScenario& proposes(int messages = 1, std::size_t body_size = 0) {
        return proposes_on(leader(), messages, body_size);
    }
    GroupScenario& proposes_on(int member, int messages = 1, std::size_t body_size = 0);
    // What fills so many segments.
    GroupScenario& proposes_segments(int segments);
    // To a queue of its own, which gets no other.
    GroupScenario& proposes_to_queue(std::int32_t queue) {
        proposes_to_ = queue;
        proposes();
        proposes_to_.reset();
        return *this;
    }
    // Its oldest segments go, whatever their age, as far as nobody needs them.
    GroupScenario& expires(int member);
    // A change of state: an offset.
    GroupScenario& changes(int member);

    // What is so.
    int members() const { return static_cast<int>(hosts_.size()); }
    int leader() const;  // Of the newest epoch; -1: nobody leads.
    int a_follower() const { return (leader() + 1) % setup_.voters; }
    int another_follower() const { return (leader() + 2) % setup_.voters; }
    bool is_up(int member) const { return host(member).group != nullptr; }
    Group& group(int member) { return *host(member).group; }
    store::MessageStore& store(int member) { return *host(member).store; }
    io::MemoryFileSystem& files(int member) { return host(member).files; }
    bool is_poisoned(int member) const { return host(member).poisoned; }
    int reigns_begun(int member) const { return host(member).reigns_begun; }
    int reigns_ended(int member) const { return host(member).reigns_ended; }
    std::string log_of(int member, PhysicalOffset from) const;
    std::string tables_of(int member) const;
    std::vector<std::string> cut_files(int member) const;
    const std::vector<Asked>& asked() const { return asked_; }
    // The outcomes of the newest n.
    std::vector<std::optional<Outcome>> outcomes(std::size_t n) const;
    std::size_t acknowledged() const;
    int memories_missing() const;  // Voters that lost theirs and have not caught up.
    bool all_agree() const;
    std::uint64_t errors_logged(const std::string& event) const;
    std::uint64_t reached(const std::string& state) const;
    // Empty as long as nothing is wrong. At an end, after agrees(), all that was acknowledged is looked for,
    // and all logs, queues and tables are compared.
    const std::string& verdict() const { return verdict_; }
    const std::string& final_verdict();

    GroupSetup& setup() { return setup_; }

private:
    struct Host final : public Group::Watcher {
        Host(GroupScenario& scenario, int member);
        void on_committed(const store::Dispatched& dispatched) override;
        Result<> on_change(const InternalRecord&, const AppliedAt&) override { return {}; }
        void on_reign_began() override;
        void on_reign_ended() override;
        void on_cut_off() override;
        void on_poisoned(const Error& error) override;
        Runtime runtime() { return {all.loop_, all.loop_, all.loop_, random, all.log_}; }

        GroupScenario& all;
        int number;
        SeededRandom random;
        io::MemoryFileSystem files;
        HistoryTable history;
        OffsetTable offsets;
        std::unique_ptr<store::MessageStore> store;
        std::unique_ptr<Group> group;  // Null while it is down.
        std::uint64_t life{0};
        int boots{1};
        bool forgot{false};  // Its machine died, and nobody has seen it caught up since.
        bool poisoned{false};
        int reigns_begun{0};  // In this life.
        int reigns_ended{0};
        Tamper tamper;
        std::function<void(SnapshotOffer&)> tamper_offer;
        std::function<void(LostTailPart&, std::string&)> tamper_tail;
    };
    struct Letter {
        GroupFrame frame;
        std::string bytes;
    };
    struct CountingLog final : public Log {
        void write(LogLevel level, std::string_view event, Fields fields) override;
        std::map<std::string, std::uint64_t, std::less<>> errors;
        std::map<std::string, std::uint64_t, std::less<>> events;
        const io::SimulatedLoop* traced{nullptr};
    };

    Host& host(int member) { return *hosts_[static_cast<std::size_t>(member)]; }
    const Host& host(int member) const { return *hosts_[static_cast<std::size_t>(member)]; }
    static int number(raft::MemberId id) { return static_cast<int>(id.value()) - 1; }
    static raft::MemberId id(int member) { return raft::MemberId{member + 1}; }
    char& cut(int from, int to) { return cut_[static_cast<std::size_t>(from * members() + to)]; }

    GroupConfig group_config(int member) const;
    store::StoreConfig store_config(const Host& host) const;
    bool send(int from, raft::MemberId to, const GroupFrame& frame);
    void post(int from, int to, Letter letter);
    void deliver(int from, int to, Letter& letter);
    void tell_link(int member, int peer, bool up);
    void bury(Host& dead);
    void violated(const std::string& what);
    void check_committed(int member, const model::RecordView& record);
    void check_acknowledged(int member);
    void check_queues(int member);

    GroupSetup setup_;
    io::SimulatedLoop loop_;
    CountingLog log_;
    SeededRandom chance_;
    std::vector<std::unique_ptr<Host>> hosts_;
    std::vector<char> cut_;
    std::vector<Instant> arrives_;  // Of the newest frame from one to another: links keep the order.
    std::vector<Asked> asked_;
    int bodies_{0};
    std::optional<std::int32_t> proposes_to_;
    std::map<PhysicalOffset, std::uint32_t> committed_;  // Checksums of the records, whoever committed them.
    std::map<Epoch, int> reigns_;
    std::string verdict_;

public:
    int drop_percent{0};
    int duplicate_percent{0};
    int reorder_percent{0};
    Duration delay_max{600us};
};

}  // namespace tern::replication
