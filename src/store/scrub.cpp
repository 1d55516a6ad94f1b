#include "store/scrub.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/hash.hpp"
#include "store/sync_in_turn.hpp"

namespace tern::store {
namespace {

constexpr std::int64_t blocks_read_at_once = 16;
constexpr int passed_over_max = 65'536;  // Blocks of which there are checksums already, at one time.
constexpr Duration first_round_after{std::chrono::minutes{1}};

}  // namespace

Scrub::Scrub(Runtime runtime, CommitLog& log, BlockChecksums& checksums)
    : runtime_{runtime},
      log_{log},
      checksums_{checksums},
      rate_{config_.bytes_per_s},
      recorded_{log.begin()},
      next_round_at_{runtime.clock.now() + first_round_after} {}

void Scrub::configure(const ScrubConfig& config) {
    config_ = config;
    rate_.set(config.bytes_per_s);
    next_round_at_ = std::min(next_round_at_, runtime_.clock.now() + config.interval);
}

void Scrub::go_on(PhysicalOffset settled) {
    settled_ = settled;
    if (part_ || !rate_.limits()) return;
    const Instant now = runtime_.clock.now();
    if (rate_.room(now) == 0) return;
    pass_over_recorded(settled);
    if (const PhysicalOffset to = whole_blocks(recorded_, settled); to > recorded_)
        return read(recorded_, to, recorded_);
    if (!compares_) {
        if (now < next_round_at_) return;
        compares_ = true;
        compared_ = log_.begin();
        next_round_at_ = now + config_.interval;
    }
    compared_ = std::max(compared_, log_.begin());
    if (const PhysicalOffset to = whole_blocks(compared_, recorded_); to > compared_)
        return read(compared_, to, compared_);
    compares_ = false;
    ++probe_.rounds;
}

void Scrub::pass_over_recorded(PhysicalOffset settled) {
    recorded_ = std::max(recorded_, log_.begin());
    for (int passed = 0; passed < passed_over_max; ++passed) {
        const PhysicalOffset end = checksums_.block_end(recorded_);
        if (end > settled || !checksums_.find(recorded_)) return;
        recorded_ = end;
    }
}

// As many as one part has, in one segment; `from` when there is none.
PhysicalOffset Scrub::whole_blocks(PhysicalOffset from, PhysicalOffset to) const {
    const PhysicalOffset end =
        std::min({to, from + blocks_read_at_once * checksums_.block_bytes(), log_.segment_end(from)});
    if (end <= from) return from;
    return checksums_.block_end(end - 1) == end ? end : checksums_.block_begin(end);
}

// reached is one of the two places; it moves on when the part has been dealt with.
void Scrub::read(PhysicalOffset from, PhysicalOffset to, PhysicalOffset& reached) {
    const auto size = static_cast<std::size_t>(to - from);
    rate_.spend(to - from);
    part_ = std::make_shared<Part>(Part{.at = from});
    log_.read_cold(from, size, part_->bytes, [this, part = part_, to, &reached](const Result<>& read) {
        if (part->gone) return;
        part_.reset();
        reached = to;
        if (!read) ++probe_.parts_unread;
        if (!read) return;  // Until the next round.
        checksums_.for_blocks(part->at, part->bytes, [this](PhysicalOffset block, std::string_view bytes) {
            take_block(block, bytes);
        });
        go_on(settled_);
    });
}

void Scrub::take_block(PhysicalOffset block, std::string_view bytes) {
    const auto known = checksums_.find(block);
    const std::uint32_t crc = crc32(bytes);
    if (!known) {
        ++probe_.blocks_recorded;
        // Without it the block is looked at again in the next round.
        (void)checksums_.set(block, crc);
        return;
    }
    ++probe_.blocks_compared;
    mark_checked(block);
    if (*known != crc) on_damage_(block);
}

bool Scrub::is_checked(PhysicalOffset from, PhysicalOffset to) const {
    to = std::min(to, log_.opened_at());
    if (from >= to) return true;
    const auto segment = checked_.find(log_.segment_begin(from));
    if (segment == checked_.end()) return false;
    for (PhysicalOffset block = checksums_.block_begin(from); block < to; block = checksums_.block_end(block))
        if (!segment->second[index_of(block)]) return false;
    return true;
}

void Scrub::mark_checked(PhysicalOffset block) {
    auto& blocks = checked_[log_.segment_begin(block)];
    if (blocks.empty()) blocks.resize(index_of(log_.segment_end(block) - 1) + 1);
    blocks[index_of(block)] = true;
}

// Of its block, in its segment.
std::size_t Scrub::index_of(PhysicalOffset at) const {
    return static_cast<std::size_t>((at - log_.segment_begin(at)) / checksums_.block_bytes());
}

void Scrub::check(std::span<const Span> spans, io::Done done) {
    std::set<PhysicalOffset> blocks;
    for (const auto& span : spans)
        for (auto block = checksums_.block_begin(span.from); block < span.to;
             block = checksums_.block_end(block))
            if (!is_checked(block, block + 1)) blocks.insert(block);
    if (blocks.empty()) return complete_later(runtime_.executor, std::move(done), {});
    struct Check {
        std::size_t missing;
        io::Done done;
        Result<> result{};
    };
    auto check = std::make_shared<Check>(Check{blocks.size(), std::move(done)});
    for (const PhysicalOffset block : blocks) {
        auto bytes = std::make_shared<std::string>();
        const PhysicalOffset end = std::min(checksums_.block_end(block), log_.written());
        log_.read_cold(block, static_cast<std::size_t>(end - block), *bytes,
                       [this, alive = alive_, check, block, bytes](Result<> read) {
                           if (!*alive) return;
                           if (read) mark_checked(block);
                           if (read && checksums_.first_changed(block, *bytes)) on_damage_(block);
                           if (!read) check->result = std::move(read);
                           if (--check->missing == 0) check->done(std::move(check->result));
                       });
    }
}

void Scrub::forget_from(PhysicalOffset to) {
    if (part_) part_->gone = true;
    part_.reset();
    recorded_ = std::min(recorded_, checksums_.block_begin(to));
    compared_ = std::min(compared_, recorded_);
    checked_.erase(checked_.lower_bound(log_.segment_begin(to)), checked_.end());
}

}  // namespace tern::store
