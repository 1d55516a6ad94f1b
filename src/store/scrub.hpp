// Reads the log again and again, slowly and beside the loop, and compares its blocks with their checksums:
// what a disk has changed is found while others still have it. The first time it makes the checksums, soon
// after the bytes were written, when memory still has them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_rate.hpp"
#include "base/inplace_function.hpp"
#include "base/runtime.hpp"
#include "store/block_checksums.hpp"
#include "store/commit_log.hpp"

namespace tern::store {

struct ScrubConfig {
    std::int64_t bytes_per_s{16 * 1024 * 1024};  // Of both together; 0: nothing is read.
    Duration interval{std::chrono::hours{24}};   // Between the begins of two rounds.
};

struct ScrubProbe {
    std::uint64_t blocks_recorded{0};  // Got their checksum,
    std::uint64_t blocks_compared{0};  // were compared with it,
    std::uint64_t rounds{0};           // all of them so often.
    std::uint64_t parts_unread{0};     // Whose reading failed.

    template <class Visit>
    void metrics(Visit visit) const {
        visit("store_scrub_recorded_blocks_total", "Blocks of the log that got their checksum.",
              blocks_recorded);
        visit("store_scrub_compared_blocks_total", "Blocks read again and compared with it.",
              blocks_compared);
        visit("store_scrub_rounds_total", "Times that the whole log was read.", rounds);
        visit("store_scrub_unread_parts_total", "Parts of the log whose reading failed.", parts_unread);
    }
};

// Owned by the loop of its log, which outlives it.
class Scrub {
public:
    // The block that begins there is not as it was. Runs from the executor.
    using OnDamage = InplaceFunction<void(PhysicalOffset), 32>;

    Scrub(Runtime runtime, CommitLog& log, BlockChecksums& checksums);
    ~Scrub() {
        *alive_ = false;
        forget_from(PhysicalOffset{0});
    }
    Scrub(const Scrub&) = delete;
    Scrub& operator=(const Scrub&) = delete;

    void configure(const ScrubConfig& config);
    void when_damaged(OnDamage on_damage) { on_damage_ = std::move(on_damage); }
    // Reads on as far as the rate allows; to be called every now and then. Below settled nothing is written
    // any more.
    void go_on(PhysicalOffset settled);
    // Something looks as if the disk had changed it: the next round through the log does not wait for its
    // time.
    void compare_soon() { next_round_at_ = runtime_.clock.now(); }
    // The log has lost what lay behind that place.
    void forget_from(PhysicalOffset to);

    // Whether what lies there is known to be what was written: this process has written it, or has compared
    // it since.
    bool is_checked(PhysicalOffset from, PhysicalOffset to) const;
    // Reads and compares what is not checked of these places, which lie in the log. Runs done from the
    // executor, when all is checked, and what is damaged has been told; with an error when not all could be
    // read.
    struct Span {
        PhysicalOffset from;
        PhysicalOffset to;
    };
    void check(std::span<const Span> spans, io::Done done);
    // It was damaged, and is as it was written now.
    void mended(PhysicalOffset block) { mark_checked(block); }

    // Up to there checksums have been made.
    PhysicalOffset recorded() const { return recorded_; }
    const ScrubProbe& probe() const { return probe_; }

private:
    struct Part {
        PhysicalOffset at;
        std::string bytes{};
        bool gone{false};
    };

    void pass_over_recorded(PhysicalOffset settled);
    PhysicalOffset whole_blocks(PhysicalOffset from, PhysicalOffset to) const;
    void read(PhysicalOffset from, PhysicalOffset to, PhysicalOffset& reached);
    void take_block(PhysicalOffset block, std::string_view bytes);
    void mark_checked(PhysicalOffset block);
    std::size_t index_of(PhysicalOffset at) const;

    Runtime runtime_;
    CommitLog& log_;
    BlockChecksums& checksums_;
    OnDamage on_damage_;
    ScrubConfig config_;
    ByteRate rate_;
    PhysicalOffset settled_;
    PhysicalOffset recorded_;
    PhysicalOffset compared_;
    bool compares_{false};  // While a round lasts.
    Instant next_round_at_{};
    std::map<PhysicalOffset, std::vector<bool>> checked_;  // By segment, its blocks.
    std::shared_ptr<Part> part_;                           // Being read.
    ScrubProbe probe_;
    std::shared_ptr<bool> alive_{std::make_shared<bool>(true)};
};

}  // namespace tern::store
