// Any member answers for its group: what only the leader can do is passed on to it, or waits here for the
// next one, within a budget. A send that may have reached a leader that was lost is never passed on blindly:
// once the next leader's first record is committed, this member's own log says whether it was stored, because
// nothing of the lost leader that is not in front of that record can ever be committed.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/fields.hpp"
#include "base/runtime.hpp"
#include "raft/types.hpp"
#include "remoting/caller.hpp"
#include "remoting/command.hpp"
#include "remoting/transport.hpp"
#include "replication/group.hpp"

namespace tern::broker {

struct ForwarderProbe {
    std::uint64_t forwarded{0};
    std::uint64_t waited{0};         // For a leader.
    std::uint64_t retried{0};        // After a member said that it does not lead, or was gone.
    std::uint64_t expired{0};        // No leader within the budget.
    std::uint64_t refused{0};        // Too many wait already.
    std::uint64_t settled{0};        // Sends that a lost leader had stored: answered from the own log.
    std::uint64_t ambiguous{0};      // Nobody can say.
    std::uint64_t refused_pulls{0};  // One series of those that limits have.

    template <class Visit>
    void metrics(Visit visit) const {
        visit("broker_forwarded_requests_total", "Requests passed on to the group's leader.", forwarded);
        visit("broker_waited_requests_total", "Requests that had to wait for a leader.", waited);
        visit("broker_retried_requests_total",
              "Requests passed on again, after a member that did not lead or was gone.", retried);
        visit("broker_expired_requests_total", "Requests for which no leader came in time.", expired);
        visit("broker_refused_requests_total",
              "Requests refused because too many wait for the leader already.", refused);
        visit("broker_settled_sends_total", "Sends that a lost leader had stored.", settled);
        visit("broker_ambiguous_sends_total",
              "Sends of which nobody can say whether a lost leader had stored them.", ambiguous);
    }
};

// What became of a send that a lost leader may have stored.
enum class Fate {
    answered,    // It is in the log, and the client knows.
    not_stored,  // It is not, and never will be.
    unknown,     // It cannot be told from others.
};

// A send that was passed on to a leader, lost since.
struct LostSend {
    Ref<remoting::Connection> client;
    std::string_view frame;  // The request.
    PhysicalOffset from;     // Where it can be in the log, at the earliest.
    Fate fate{Fate::unknown};
};

// Of the loop that owns the group.
class Forwarder final : public remoting::ConnectionHandler {
public:
    static constexpr std::size_t waiting_max = 10'000;
    static constexpr std::size_t held_bytes_max = 64 * 1024 * 1024;  // Also of what the leader has.
    // Of pulls, which wait at the leader for half a minute where no messages come: each consumer of this
    // member has one for every queue, and the places of the others are not theirs.
    static constexpr std::size_t pulls_max = 100'000;
    static constexpr std::size_t pull_bytes_max = 64 * 1024 * 1024;
    // Of a send at a slave whose master is away, and nobody can take its place: the client finds another
    // broker. Long enough for a process that is started again.
    static constexpr Duration masterless_patience = 250ms;
    // Of what comes to a member that reaches no majority: clients are told within a second to go elsewhere,
    // and one that knows no other place has tried three times by the end of its three seconds.
    static constexpr Duration cut_off_patience = 900ms;

    // Serves a request on this member.
    using Serve = InplaceFunction<void(const Ref<remoting::Connection>&, const remoting::Command&), 32>;

    // Looks for sends in the log up to a place, answers those that are there, and says of each what became of
    // it.
    using Settle = InplaceFunction<void(std::span<LostSend>, PhysicalOffset to), 32>;

    Forwarder(Runtime runtime, replication::Group& group, remoting::Transport& transport, Serve serve,
              Settle settle);
    ~Forwarder() override;

    // Of what comes from now on, but for pulls: a stock client waits three seconds.
    void set_timeout(Duration timeout) { timeout_ = timeout; }

    // "ip:port" that a member serves its clients at, from its link, each time that one stands. On a
    // connection from before TCP may try again only after as long as nothing got through: it gets no more
    // requests.
    void member_is_at(raft::MemberId member, const std::string& address) {
        addresses_[member] = address;
        if (connected_to_ == address) connected_to_.clear();
    }

    // Empty when that member has had no link to this one.
    std::string address_of(raft::MemberId member) const {
        const auto known = addresses_.find(member);
        return known == addresses_.end() ? std::string{} : known->second;
    }

    // Takes over a request that the leader has to serve.
    void take(const Ref<remoting::Connection>& client, const remoting::Command& request);
    // Says something to the leader that needs no answer; false when none is connected.
    template <HasFields Header>
    bool tell(const Header& header) {
        const auto leader = leader_connection();
        if (!leader) return false;
        caller_.send_oneway(leader, header);
        return true;
    }
    // Serves a request here once the group has confirmed that this member still leads; otherwise the one that
    // does serves it. For questions that a deposed leader would answer with what was true before.
    void confirm(const Ref<remoting::Connection>& client, const remoting::Command& request);
    static bool is_to_be_confirmed(const remoting::Command& request);
    // Another leader is known, or this member leads.
    void leader_changed();
    // The first record of a leader is committed: what was passed on to those before it can be settled.
    void epoch_committed(Epoch epoch, PhysicalOffset start);
    // This member reaches no majority, or goes: what it has passed on and its client may do again, as a pull
    // that waits for messages, is refused, and so are pulls that wait for a leader.
    void refuse_repeatable();
    // The term in which another member passed the request on to this one, which may serve it in that term
    // alone: later it may have been settled in another way.
    static std::optional<raft::Term> forwarded_in(const remoting::Command& request);
    static void refuse_forwarded(const Ref<remoting::Connection>& member, const remoting::Command& request);

    // Whether somebody waits whose request he could not repeat as it is, as a send.
    bool has_unrepeatable() const { return unrepeatable_ > 0; }
    std::size_t waiting() const { return others_.requests; }  // But for pulls.
    std::size_t pulls() const { return pulls_.requests; }
    const ForwarderProbe& probe() const { return probe_; }

    void on_opened(const Ref<remoting::Connection>& connection) override;
    void on_command(const Ref<remoting::Connection>& connection, const remoting::Command& command) override;
    void on_closed(const Ref<remoting::Connection>& connection, std::string_view why) override;

private:
    // A request, kept as its frame.
    struct Held {
        Ref<remoting::Connection> client;
        std::string frame;
        Instant taken_at{};
        Instant deadline{};
        bool is_pull{false};
        bool may_repeat{false};
        bool is_to_be_confirmed{false};
        bool has_waited{false};
    };
    using HeldRequest = std::shared_ptr<Held>;
    // What is held, wherever it is.
    struct Room {
        std::size_t requests_max;
        std::size_t bytes_max;
        std::size_t requests{0};
        std::size_t bytes{0};  // Of their frames.
    };
    // Passed on, and not answered yet.
    struct InFlight {
        HeldRequest held;
        raft::Term term;      // Of the leader that has it.
        PhysicalOffset from;  // Where it can be in the log, at the earliest.
    };

    // Nothing when it had to be refused.
    HeldRequest hold(const Ref<remoting::Connection>& client, const remoting::Command& request);
    void forget(const Held& held);
    void try_now(HeldRequest held);
    void confirm(HeldRequest held);
    void serve(const Held& held);
    void wait(HeldRequest held);
    bool may_wait(const Held& held) const;
    void pass_on(HeldRequest held, const Ref<remoting::Connection>& leader);
    void answered(std::uint64_t attempt, Result<remoting::Command> answer);
    void settle(Epoch epoch, PhysicalOffset start);
    void refuse(const Held& held, remoting::ResponseCode code, std::string_view why);
    void refuse_ambiguous(const Held& held);
    void retry_all();
    void retry_pulls();
    void arm();
    Ref<remoting::Connection> leader_connection();

    Runtime runtime_;
    replication::Group& group_;
    remoting::Transport& transport_;
    Serve serve_;
    Settle settle_;
    remoting::Caller caller_;
    remoting::CommandDecoder decoder_;
    std::map<raft::MemberId, std::string> addresses_;
    Ref<remoting::Connection> connection_;  // To the leader,
    std::string connected_to_;              // at this address.
    bool is_connected_{false};
    Ref<remoting::Connection> retired_;  // To the leader before.
    Instant may_connect_at_{};
    Duration timeout_{2500ms};
    Room others_{waiting_max, held_bytes_max};
    Room pulls_{pulls_max, pull_bytes_max};
    std::size_t unrepeatable_{0};  // Of them.
    std::deque<HeldRequest> waiting_;
    std::deque<HeldRequest> waiting_pulls_;
    std::map<std::uint64_t, InFlight> in_flight_;  // By attempt.
    std::set<std::uint64_t> lost_;  // Attempts whose leader's connection was; some may have ended since.
    std::uint64_t next_attempt_{0};
    TimerId timer_{0};
    ForwarderProbe probe_;
    std::shared_ptr<bool> alive_{std::make_shared<bool>(true)};
};

}  // namespace tern::broker
