// Watches the members of a broker group from inside, event by event, and says when they break what every
// Raft group promises: one leader a term, one committed log, the same log wherever two have something of one
// term, nothing committed that a later leader does not have, and a log that loses its begin only where nobody
// needs it. Masters and slaves are held to the same, for their leader is only configured.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/strong.hpp"
#include "simulation/member_view.hpp"

namespace tern::simulation {

class GroupOracle {
public:
    explicit GroupOracle(std::size_t members) : seen_(members) {}

    // After each event, with the member's present life. An error begins with the rule that was broken.
    Result<> look(std::size_t member, std::uint64_t life, const MemberView& view);
    // What was committed behind that place is no longer promised: too many machines forgot it.
    void excuse_loss_behind(PhysicalOffset place);

    // The member's disk has changed what it had there: nothing is held against it until it is mended.
    void damaged(std::size_t member, PhysicalOffset from, PhysicalOffset to) {
        damaged_.push_back({member, from, to});
    }
    // Whether those are the bytes that were committed there.
    bool are_committed(PhysicalOffset from, std::string_view bytes) const;

    // What any member has known to be committed.
    PhysicalOffset committed() const { return PhysicalOffset{static_cast<std::int64_t>(log_.size())}; }
    std::size_t reigns() const { return leaders_.size(); }
    // At rest: queues, tables and epochs of members that have committed the same are the same; where queues
    // begin, only if the logs begin at the same place.
    enum class QueueBegins { same, different };
    static std::string state_of(const broker::Broker::Inside& inside, QueueBegins begins);
    // Where two states differ, in words.
    static std::string difference(std::string_view one, std::string_view other);

private:
    struct Seen {
        std::uint64_t life{0};
        PhysicalOffset begin;  // Of its log.
        PhysicalOffset committed;
        PhysicalOffset checked;  // Its bytes below are those of log_.
        Epoch led;               // The last term that it was seen to lead.
        PhysicalOffset matched;  // What it has got in this life up to there has been held against terms_.
        std::vector<replication::EpochEntry> epochs{};  // As of then.
    };
    // What was written in a term, and by whom the bytes before it were.
    struct TermLog {
        PhysicalOffset start;
        Epoch before;
        PhysicalOffset from;  // Where the bytes begin that are known.
        std::string bytes{};
    };
    using Life = std::pair<std::size_t, std::uint64_t>;
    struct Damaged {
        std::size_t member;
        PhysicalOffset from;
        PhysicalOffset to;
    };

    Result<> check_begin(std::size_t member, Seen& seen, const MemberView& view) const;
    Result<> check_commit(std::size_t member, Seen& seen, const MemberView& view);
    Result<> check_leader(std::size_t member, Seen& seen, const MemberView& view);
    Result<> check_log(std::size_t member, Seen& seen, const MemberView& view);
    // Of the bytes of that term from there to `to`.
    Result<> match(std::size_t member, Epoch term, PhysicalOffset from, PhysicalOffset to,
                   const MemberView& view);
    Result<> check_tables(std::size_t member, const MemberView& view);
    // Compares the member's bytes up to `to` with the log, and takes those behind the log's end for new.
    Result<> compare(std::size_t member, Seen& seen, const MemberView& view, PhysicalOffset to);

    const Damaged* next_damage(std::size_t member, PhysicalOffset at) const;

    std::vector<Seen> seen_;
    std::vector<Damaged> damaged_;
    std::string log_;  // Byte 0 to what is committed.
    std::map<Epoch, Life> leaders_;
    std::map<Epoch, TermLog> terms_;
    std::map<PhysicalOffset, std::string> tables_;  // At some places.
};

}  // namespace tern::simulation
