// What members are sent that lag far behind may lie on the disk. It is read ahead of its use, beside the
// loop, so that sending it hardly ever waits: the bytes themselves are then taken from the log as ever.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/inplace_function.hpp"
#include "base/result.hpp"
#include "raft/types.hpp"
#include "store/block_checksums.hpp"
#include "store/commit_log.hpp"

namespace tern::replication {

// Owned by the loop of its log, which outlives it.
class CatchUpReads {
public:
    static constexpr std::int64_t read_ahead = 8 * 1024 * 1024;  // As much as may be in flight to a member.

    // More has been read for that member; or a read has failed. Runs from the executor.
    using Ended = InplaceFunction<void(raft::MemberId, const Result<>&), 32>;
    // What is read there is not what was written. Reading for that member has ended.
    using OnDamage = InplaceFunction<void(PhysicalOffset), 32>;

    CatchUpReads(store::CommitLog& log, const store::BlockChecksums& checksums, Ended ended,
                 OnDamage on_damage)
        : log_{log}, checksums_{checksums}, ended_{std::move(ended)}, on_damage_{std::move(on_damage)} {}
    ~CatchUpReads() { forget_all(); }
    CatchUpReads(const CatchUpReads&) = delete;
    CatchUpReads& operator=(const CatchUpReads&) = delete;

    // How far the log has been read for that member from the entry that ends at `from` on; it is wanted as
    // far as `to`, and both lie in the log. If that is not there yet, reading begins or goes on, and ended is
    // told. One asks for rising places; any other begins anew.
    PhysicalOffset read_to(raft::MemberId member, PhysicalOffset from, PhysicalOffset to);
    void forget(raft::MemberId member);
    void forget_all();

    std::uint64_t bytes_read() const { return bytes_read_; }

private:
    struct Reading {
        raft::MemberId member;
        PhysicalOffset begin;   // Of the block with the entry that ends at `first`.
        PhysicalOffset first;   // What was asked for first; between the two entries are only walked over.
        PhysicalOffset walked;  // Up to here, an entry's begin.
        PhysicalOffset end;     // All below has been read.
        PhysicalOffset wanted;  // And up to here it shall be.
        bool under_way{false};
        bool forgotten{false};
        std::string bytes{};
    };

    void read_on(const std::shared_ptr<Reading>& reading);
    Result<> walk(Reading& reading);

    store::CommitLog& log_;
    const store::BlockChecksums& checksums_;
    Ended ended_;
    OnDamage on_damage_;
    std::map<raft::MemberId, std::shared_ptr<Reading>> readings_;
    std::uint64_t bytes_read_{0};
};

}  // namespace tern::replication
