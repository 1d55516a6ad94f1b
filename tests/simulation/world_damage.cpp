// What disks change in a run of what they had, and that it is made good.
#include <algorithm>

#include <fmt/format.h>

#include "replication/group.hpp"
#include "simulation/world.hpp"
#include "store/message_store.hpp"

namespace tern::simulation {
namespace {

constexpr Duration try_again_after = 500ms;
constexpr Duration settles_in = 3s;         // Until checkpoints have made the checksums durable.
constexpr Duration mending_patience = 30s;  // And two rounds through the log.
constexpr Duration waited_for_at_most = 1min;
constexpr std::uint64_t moved_bytes_max = 512;

}  // namespace

// The process that has just written something reads it from its memory; the next one sees what the disk has.
void World::inject_damage(Member& any, const Fault& fault) {
    if (is_over_) return;
    // A master could not be replaced.
    Member& member = scenario_.brokers == Brokers::slaves && any.index == 0 ? *any.group.members.back() : any;
    const auto try_again = [this, fault] { inject_damage(victim(fault), fault); };
    const auto block = block_to_damage(member, fault);
    if (!block) return at(try_again_after, try_again);
    at(settles_in, [this, &member, fault, block = *block, starts = member.host.starts(), try_again] {
        if (is_over_) return;
        if (member.host.starts() != starts || !may_be_damaged(member, block)) return try_again();
        show_damage(member, fault, block);
    });
}

void World::show_damage(Member& member, const Fault& fault, const Member::Damaged& block) {
    member.armed =
        Fault{.kind = fault.chance % 2 == 0 ? FaultKind::kill_broker : FaultKind::cut_power_of_broker,
              .lasts = fault.lasts};
    broker_dies(member);
    damage(member, block, fault.chance / 2);
}

// A start has no use for what lies below, unless it has to make the queues anew; then the disk is of no more
// use, which a group can bear once.
PhysicalOffset World::damageable_to(Member& member) {
    const auto inside = member.host.inside();
    if (!inside || member.group.was_disk_replaced || member.armed) return PhysicalOffset{0};
    return std::min(
        {inside->store.checkpointed(), inside->group.needed_from(), inside->store.scrub().recorded()});
}

// All others have it on their disks, too. One at a time in all: they may lose what only memories have.
bool World::may_be_damaged(Member& member, const Member::Damaged& block) {
    const auto has_it = [&](const auto& one) {
        const auto inside = one->host.inside();
        if (!inside || one->damaged || is_disk_in_trouble(*one)) return false;
        const auto& log = inside->store.commit_log();
        return block.from >= log.begin() && block.to <= std::min(inside->group.committed(), log.flushed());
    };
    return block.to <= damageable_to(member) && std::ranges::all_of(member.group.members, has_it);
}

std::optional<Member::Damaged> World::block_to_damage(Member& member, const Fault& fault) {
    const PhysicalOffset to = damageable_to(member);
    if (to == PhysicalOffset{0}) return std::nullopt;
    const auto& checksums = member.host.inside()->store.block_checksums();
    const PhysicalOffset at{
        static_cast<std::int64_t>(fault.chance / 8 % static_cast<std::uint64_t>(to.value()))};
    const Member::Damaged block{fault.kind, checksums.block_begin(at), checksums.block_end(at)};
    return may_be_damaged(member, block) ? std::optional{block} : std::nullopt;
}

void World::damage(Member& member, const Member::Damaged& block, std::uint64_t chance) {
    const std::int64_t segment = block.from.value() / scenario_.segment_size * scenario_.segment_size;
    const std::string path = fmt::format("{}/commitlog/{}", store_root, store::segment_name(segment));
    auto& disk = member.machine().bare_disk();
    const auto file = disk.open(path, io::OpenMode::read_only);
    const auto bytes = file ? (*file)->map() : std::unexpected(file.error());
    if (!bytes) return fail("the simulation cannot damage " + path + ": " + bytes.error().detail);
    const auto size = static_cast<std::uint64_t>(block.to - block.from);
    const auto at = static_cast<std::uint64_t>(block.from.value() - segment) + chance % size;
    const auto left = static_cast<std::uint64_t>(block.to.value() - segment) - at;
    std::string changed;
    if (block.by == FaultKind::rot) {
        changed = bytes->substr(at, 1);
        changed[0] = static_cast<char>(changed[0] ^ (1 << chance / size % 8));
    } else {
        const auto from = chance / size % (bytes->size() - moved_bytes_max);
        changed = bytes->substr(from, std::min(left, moved_bytes_max));
    }
    if (bytes->substr(at, changed.size()) == changed) return;
    trace_.add("world", LogLevel::info, "damaged",
               {{"broker", member.name()}, {"file", path}, {"at", at}, {"bytes", changed.size()}});
    disk.damage(path, static_cast<std::int64_t>(at), changed);
    member.damaged = block;
    member.group.oracle.damaged(member.index, block.from, block.to);
}

// Its queues were gone, too, and cannot be made again of such a log. Somebody puts a new disk in its place.
void World::replace_damaged_disk(Member& member) {
    trace_.add("world", LogLevel::info, "disk_replaced", {{"broker", member.name()}});
    member.lost_disk_had = member.machine().disk().durable_end();
    member.machine().replace_disk();
    member.is_blank = true;
    member.damaged.reset();
    member.group.was_disk_replaced = true;
}

void World::watch_damage(Member& member, const broker::Broker::Inside& inside) {
    const auto& block = *member.damaged;
    const auto bytes =
        BrokerView{inside, member.machine().bare_disk()}.bytes(block.from, block.to - block.from);
    if (!bytes || !member.group.oracle.are_committed(block.from, *bytes)) return;
    reach(block.by == FaultKind::rot ? RareState::rot_mended : RareState::misdirected_write_mended);
    member.damaged.reset();
}

// What nobody reads for a long time is found in the next round.
void World::damage_is_mended() {
    if (scenario_.scrub_interval > waited_for_at_most) return;
    const auto is_mended = [&] {
        return std::ranges::none_of(members_, [](const auto& member) { return member->damaged.has_value(); });
    };
    if (run_until(is_mended, mending_patience + 2 * scenario_.scrub_interval)) return;
    for (const auto& member : members_)
        if (member->damaged && report_.failures.empty())
            fail(fmt::format("damage_is_mended: {} has other bytes at {}", member->name(),
                             member->damaged->from.value()));
}

}  // namespace tern::simulation
