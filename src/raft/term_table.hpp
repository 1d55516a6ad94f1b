// Which term wrote which bytes: term -> offset of its first record, both rising. With it the core answers
// what Raft asks of a log's entries without seeing one. The host keeps its own durable copy (the epoch
// table).
#pragma once

#include <optional>
#include <vector>

#include "raft/types.hpp"

namespace tern::raft {

struct TermStart {
    Term term;
    LogOffset start;
    friend bool operator==(const TermStart&, const TermStart&) = default;
};

class TermTable {
public:
    TermTable() = default;
    explicit TermTable(std::vector<TermStart> starts);

    // Whether terms and offsets rise, as those of every log do: asked of what came from outside.
    static bool rises(const std::vector<TermStart>& starts);

    const std::vector<TermStart>& starts() const { return starts_; }
    // Of the newest bytes; 0 when no term has written any.
    Term last() const { return starts_.empty() ? Term{} : starts_.back().term; }
    // Of the byte at that offset; 0 before the first start.
    Term term_at(LogOffset byte) const;
    // Of the entry that ends there.
    Term term_before(LogOffset end) const { return term_at(end - 1); }
    // The first start behind that offset.
    std::optional<LogOffset> next_start(LogOffset behind) const;
    // The largest end, at most limit, of an entry whose term is at most the given one.
    LogOffset last_end_of(Term at_most, LogOffset limit) const;
    // The starts that lie in [from, to).
    std::vector<TermStart> between(LogOffset from, LogOffset to) const;

    void append(TermStart start);
    // Forgets the terms that began at or behind end.
    void truncate(LogOffset end);

    friend bool operator==(const TermTable&, const TermTable&) = default;

private:
    std::vector<TermStart> starts_;
};

}  // namespace tern::raft
