// Blocks of the log that a disk has changed: whoever else in the group has them gives them.
#include <algorithm>
#include <ranges>
#include <utility>

#include "base/hash.hpp"
#include "replication/group.hpp"

namespace tern::replication {
namespace {

constexpr std::size_t damaged_max = 1'024;  // What is beyond that is found again in the next round.
constexpr Duration answer_timeout = 2s;
constexpr Duration again_after = 10s;  // When nobody could give it.

}  // namespace

PhysicalOffset Group::settled_to() const {
    return std::min(committed_, store_.commit_log().flushed());
}

void Group::scrub() {
    if (poisoned_) return;
    store_.scrub().go_on(settled_to());
    ask_for_blocks();
}

void Group::note_damage(PhysicalOffset block) {
    if (damaged_.contains(block) || damaged_.size() >= damaged_max) return;
    damaged_.emplace(block, Damaged{});
    ++probe_.blocks_damaged;
    const bool is_hopeful = may_be_mended(block);
    runtime_.log.write(is_hopeful ? LogLevel::warning : LogLevel::error, "block_damaged",
                       {{"offset", block.value()},
                        {"bytes", store_.block_checksums().block_end(block) - block},
                        {"to_be_mended", is_hopeful ? "yes" : "no: nobody else has it"}});
    ask_for_blocks();
}

bool Group::is_damaged(PhysicalOffset from, PhysicalOffset to) const {
    if (damaged_.empty()) return false;
    const auto next = damaged_.lower_bound(store_.block_checksums().block_begin(from));
    return next != damaged_.end() && next->first < to;
}

bool Group::may_be_mended(PhysicalOffset at) const {
    const auto found = damaged_.find(store_.block_checksums().block_begin(at));
    const auto may_have_it = [&](raft::MemberId member) {
        return member != config_.self && (found == damaged_.end() || !found->second.denied.contains(member));
    };
    return std::ranges::any_of(groups_said_ | std::views::keys, may_have_it) ||
           std::ranges::any_of(node_.members(), [&](const auto& member) { return may_have_it(member.id); });
}

// One at a time, of one member after the other.
void Group::ask_for_blocks() {
    const Instant now = runtime_.clock.now();
    if (asked_for_block_ && now < asked_for_block_->until) return;
    asked_for_block_.reset();
    std::erase_if(damaged_, [this](const auto& one) { return one.first < store_.commit_log().begin(); });
    for (auto& [block, damaged] : damaged_) {
        if (now < damaged.not_before) continue;
        const LogBlockRequest request{
            .from = block,
            .size = static_cast<std::int32_t>(store_.block_checksums().block_end(block) - block)};
        for (const auto& [member, group] : groups_said_) {
            if (damaged.asked.contains(member) || !send_(member, request)) continue;
            damaged.asked.insert(member);
            asked_for_block_ = {.block = block, .member = member, .until = now + answer_timeout};
            return;
        }
        damaged.asked.clear();
        damaged.not_before = now + again_after;
    }
}

void Group::on(raft::MemberId from, const LogBlockRequest& request) {
    const auto& checksums = store_.block_checksums();
    const auto& log = store_.commit_log();
    const PhysicalOffset end = request.from + request.size;
    const bool is_block =
        checksums.block_begin(request.from) == request.from && checksums.block_end(request.from) == end;
    if (!is_block || request.from < log.begin() || damaged_.contains(request.from)) {
        (void)send_(from, LogBlock{.from = request.from});
        return;
    }
    if (end > settled_to()) return;  // It may have it later.
    auto bytes = std::make_shared<std::string>();
    log.read_cold(request.from, static_cast<std::size_t>(request.size), *bytes,
                  [this, alive = alive_, from, block = request.from, bytes](const Result<>& read) {
                      if (!*alive || poisoned_ || !read) return;  // Of what cannot be read nothing is known.
                      const auto& checksums = store_.block_checksums();
                      const bool is_damaged = checksums.first_changed(block, *bytes).has_value();
                      if (is_damaged) note_damage(block);
                      const bool is_vouched = !is_damaged && checksums.find(block);
                      (void)send_(from, LogBlock{.from = block,
                                                 .vouched = is_vouched,
                                                 .bytes = is_damaged ? std::string_view{} : *bytes});
                  });
}

void Group::on(raft::MemberId from, const LogBlock& given) {
    if (!asked_for_block_ || asked_for_block_->member != from || asked_for_block_->block != given.from)
        return;
    asked_for_block_.reset();
    if (const auto damaged = damaged_.find(given.from); damaged != damaged_.end() && given.bytes.empty())
        damaged->second.denied.insert(from);
    if (auto mended = mend(given, from); !mended) return poison(mended.error());
    ask_for_blocks();
}

// What comes has to be what this member once had; where it did not know that, what the giver once had.
Result<> Group::mend(const LogBlock& given, raft::MemberId from) {
    auto& checksums = store_.block_checksums();
    const auto size = static_cast<std::int64_t>(given.bytes.size());
    if (size != checksums.block_end(given.from) - given.from || given.from + size > settled_to() ||
        given.from < store_.commit_log().begin())
        return {};
    const auto known = checksums.find(given.from);
    const std::uint32_t crc = crc32(given.bytes);
    if (known ? *known != crc : !given.vouched) return {};
    auto& log = store_.commit_log();
    if (auto mended = log.mend(given.from, given.bytes); !mended) return mended;
    log.sync([](const Result<>&) {});  // What fails poisons the log.
    if (!known) (void)checksums.set(given.from, crc);
    damaged_.erase(given.from);
    store_.scrub().mended(given.from);
    ++probe_.blocks_mended;
    runtime_.log.warning("block_mended", {{"offset", given.from.value()}, {"from", from.value()}});
    arm();
    return {};
}

}  // namespace tern::replication
