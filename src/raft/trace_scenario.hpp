// Outputs and messages as lines, for the one seed that is looked at: TERN_RAFT_SEED=n TERN_RAFT_TRACE=1.
#pragma once

#include <string>

#include "raft/outputs.hpp"

namespace tern::raft {

template <class... Cases>
struct Match : Cases... {
    using Cases::operator()...;
};

inline std::string words(const char* text) {
    return text;
}
inline std::string words(bool value) {
    return value ? "yes" : "no";
}
template <class T>
    requires std::is_arithmetic_v<T>
std::string words(T value) {
    return std::to_string(value);
}
template <class T>
    requires requires(T value) { value.value(); } && (!requires(T value) { value.has_value(); })
std::string words(T value) {
    return std::to_string(value.value());
}
inline std::string words(const std::optional<MemberId>& member) {
    return member ? words(*member) : "-";
}
inline std::string words(const Holding& holding) {
    return words(holding.matched) + "/" + words(holding.written) + "/" + words(holding.durable) +
           (holding.recovering ? " recovering" : "");
}
template <class... Parts>
std::string line(const Parts&... parts) {
    std::string text;
    ((text += words(parts), text += ' '), ...);
    return text;
}

inline std::string describe(const Message& message) {
    return std::visit(
        Match{[](const VoteRequest& m) {
                  return line(m.pre ? "pre-vote?" : "vote?", m.term, "last", m.last_term, "end", m.end);
              },
              [](const VoteReply& m) {
                  return line(m.pre ? "pre-vote!" : "vote!", m.asked, "own", m.term, "refusal",
                              static_cast<int>(m.refusal), "recovering", m.recovering);
              },
              [](const Append& m) {
                  return line("append", m.term, "from", m.from, "to", m.to, "before", m.term_before,
                              "committed", m.committed, "end", m.end);
              },
              [](const AppendReply& m) {
                  return line(m.accepted ? "appended" : "refused", m.term, "from", m.from, "to", m.to,
                              "holds", m.holding, "hint", m.hint, m.hint_term);
              },
              [](const Heartbeat& m) { return line("beat", m.term, "committed", m.committed, "end", m.end); },
              [](const HeartbeatReply& m) { return line("beat!", m.term, "holds", m.holding); },
              [](const TimeoutNow& m) { return line("timeout now", m.term); }},
        message);
}

inline std::string describe(const Output& output) {
    return std::visit(
        Match{[](const Persist& o) { return line("persist", o.term, "vote", o.vote); },
              [](const Send& o) { return line("to", o.to) + describe(o.message); },
              [](const BecomeLeader& o) { return line("LEADER", o.term, "start", o.start); },
              [](const BecomeFollower& o) {
                  return line("follower", o.term, "of", o.leader, "because", static_cast<int>(o.because));
              },
              [](const BecomeCandidate& o) { return line("candidate", o.term); },
              [](const Truncate& o) { return line("TRUNCATE", o.to); },
              [](const Accept& o) { return line("accept", o.from, o.to); },
              [](const Committed& o) { return line("COMMITTED", o.end); },
              [](const SnapshotNeeded& o) { return line("snapshot for", o.peer); },
              [](const Confirmed& o) { return line("confirmed", o.token, o.committed); },
              [](const NotConfirmed& o) { return line("not confirmed", o.token); },
              [](const TransferEnded& o) { return line("transfer to", o.to, "completed", o.completed); },
              [](const MemoryRecovered&) { return line("MEMORY RECOVERED"); }},
        output);
}

}  // namespace tern::raft
