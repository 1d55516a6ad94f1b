#include "io/memory_content.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/hash.hpp"

namespace tern::io {
namespace {

bool is_zero(const char* bytes, std::int64_t size) {
    return bytes[0] == 0 && std::memcmp(bytes, bytes + 1, static_cast<std::size_t>(size - 1)) == 0;
}

}  // namespace

MemoryContent::~MemoryContent() {
    free_pages_behind(0);
}

std::span<char> MemoryContent::bytes() {
    reserve();
    return {memory_.data(), static_cast<std::size_t>(size_)};
}

std::span<char> MemoryContent::bytes_for_writing() {
    reserve();
    if (!seen_) {
        seen_ = LazyMemory{size_max};
        for (std::size_t page = 0; page < written_.size(); ++page) {
            if (written_[page])
                std::memcpy(seen_.data() + page * page_size, memory_.data() + page * page_size, page_size);
        }
    }
    return bytes();
}

void MemoryContent::write(std::int64_t offset, std::string_view bytes) {
    const auto size = static_cast<std::int64_t>(bytes.size());
    put(offset, size, bytes.data());
}

void MemoryContent::write_zeros(std::int64_t offset, std::int64_t size) {
    put(offset, size, nullptr);
}

void MemoryContent::put(std::int64_t offset, std::int64_t size, const char* bytes) {
    if (size <= 0) return;
    TERN_ASSERT(offset >= 0 && offset + size <= size_max);
    reserve();
    find_writes_in_place();
    for (std::int64_t at = offset; at < offset + size;) {
        const std::int64_t part = std::min((at / page_size + 1) * page_size, offset + size) - at;
        if (bytes != nullptr || is_written(at))  // Zeros over zeros change nothing, on the disk or here.
            put_in_page(at, part, bytes == nullptr ? nullptr : bytes + (at - offset));
        at += part;
    }
    allocate(offset, size);
    if (bytes != nullptr) mark_written(offset, size);
    size_ = std::max(size_, offset + size);
}

void MemoryContent::damage(std::int64_t offset, std::string_view bytes) {
    TERN_ASSERT(offset >= 0 && offset + std::ssize(bytes) <= size_);
    for (const LazyMemory* copy : {&memory_, &seen_})
        if (*copy) std::memcpy(copy->data() + offset, bytes.data(), bytes.size());
    mark_written(offset, std::ssize(bytes));
}

// What is known to be zeros is not read: the system would give the page a shared one first, and another when
// it is written.
void MemoryContent::put_in_page(std::int64_t at, std::int64_t size, const char* bytes) {
    static constexpr Sector zeros{};
    const bool is_known = !is_written(at);
    for (auto sector = at / sector_size; sector * sector_size < at + size; ++sector)
        remember(sector, is_known ? zeros.data() : memory_.data() + sector * sector_size);
    for (const LazyMemory* copy : {&memory_, &seen_}) {
        if (!*copy) continue;
        if (bytes != nullptr) std::memcpy(copy->data() + at, bytes, static_cast<std::size_t>(size));
        if (bytes == nullptr) std::memset(copy->data() + at, 0, static_cast<std::size_t>(size));
    }
}

void MemoryContent::set_size(std::int64_t size) {
    TERN_ASSERT(size >= 0 && size <= size_max);
    if (size < size_) {
        put(size, size_ - size, nullptr);
        free_pages_behind(size);
    }
    size_ = size;
}

std::int64_t MemoryContent::unallocated_bytes(std::int64_t offset, std::int64_t size) const {
    std::int64_t bytes = 0;
    for (auto page = offset / page_size; page * page_size < offset + size; ++page) {
        if (page >= std::ssize(allocated_) || !allocated_[static_cast<std::size_t>(page)]) bytes += page_size;
    }
    return bytes;
}

void MemoryContent::begin_sync() {
    find_writes_in_place();
    syncs_.push_back({std::exchange(dirty_, {}), size_});
}

// What is written meanwhile remembers bytes that this sync made durable, so there is nothing else to do.
void MemoryContent::end_sync() {
    durable_size_ = syncs_.front().size;
    syncs_.pop_front();
}

void MemoryContent::fail_sync(Random& random) {
    Sync failed = std::move(syncs_.front());
    syncs_.pop_front();
    lose(std::move(failed), 0, random);
}

void MemoryContent::sync_now() {
    find_writes_in_place();
    dirty_.clear();
    for (auto& sync : syncs_) sync = {{}, size_};
    durable_size_ = size_;
}

void MemoryContent::fail_sync_now(Random& random) {
    find_writes_in_place();
    lose({std::exchange(dirty_, {}), size_}, syncs_.size(), random);
}

// Every sector is on the disk all the same, or none is, or some are. What is not is not written by a later
// sync either, unless it is written anew: then the next one that knows the sector must remember what the disk
// really has.
void MemoryContent::lose(Sync failed, std::size_t newer_from, Random& random) {
    const auto extent = random.below(3);
    for (auto& [sector, old] : failed.covered) {
        const bool is_lost = extent == 0 || (extent == 1 && happens(random, 500));
        if (!is_lost) continue;
        Sectors* next = nullptr;
        for (std::size_t newer = newer_from; newer < syncs_.size() && next == nullptr; ++newer) {
            if (syncs_[newer].covered.contains(sector)) next = &syncs_[newer].covered;
        }
        if (next == nullptr && dirty_.contains(sector)) next = &dirty_;
        (next != nullptr ? *next : lost_).insert_or_assign(sector, old);
    }
}

// What syncs under way have covered may or may not be on the disk yet: as if none had begun. The oldest bytes
// count.
void MemoryContent::crash_process() {
    find_writes_in_place();
    seen_ = {};
    for (; !syncs_.empty(); syncs_.pop_back()) {
        for (auto& [sector, old] : syncs_.back().covered) dirty_.insert_or_assign(sector, old);
    }
}

void MemoryContent::crash_machine(const CrashOdds& odds, Random& random, CrashReport& report) {
    crash_process();
    for (const auto& [sector, old] : lost_) put_back(sector, old, 0);
    report.sectors_lost += std::ssize(lost_);
    lost_.clear();

    const bool in_order = happens(random, odds.in_order);
    // In order: so many are kept, then one is torn, and the rest is lost.
    auto kept_left = in_order ? random.below(dirty_.size() + 1) : 0;
    bool is_tear_due = in_order;
    for (const auto& [sector, old] : dirty_) {
        const bool is_kept = in_order ? kept_left > 0 : happens(random, odds.sector_kept);
        const bool is_torn = !is_kept && (in_order ? is_tear_due : happens(random, odds.sector_torn));
        if (in_order && is_kept) --kept_left;
        if (is_torn) is_tear_due = false;
        if (!is_kept) put_back(sector, old, is_torn ? 1 + random.below(sector_size - 1) : 0);
        ++(is_kept ? report.sectors_kept : is_torn ? report.sectors_torn : report.sectors_lost);
    }
    dirty_.clear();
    decide_size(odds, random);
}

void MemoryContent::decide_size(const CrashOdds& odds, Random& random) {
    if (size_ == durable_size_) return;
    std::int64_t size = durable_size_;
    const auto drawn = random.below(1000);
    if (drawn < odds.size_kept) {
        size = size_;
    } else if (drawn < odds.size_kept + odds.size_partly_kept) {
        const auto [least, most] = std::minmax(size_, durable_size_);
        size = least + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(most - least)));
    }
    size_ = std::max(size_, durable_size_);  // Old sectors may have come back behind the end.
    set_size(size);
    dirty_.clear();  // What was cut off just now is gone for good.
    durable_size_ = size_;
}

std::uint64_t MemoryContent::hash() {
    find_writes_in_place();
    auto hash = static_cast<std::uint64_t>(size_) + 1;
    const auto mix = [&hash](std::uint64_t value) {
        hash = (std::rotl(hash, 23) ^ value) * 0x9E3779B97F4A7C15U;
    };
    for (std::size_t page = 0; page < written_.size(); ++page) {
        if (!written_[page]) continue;
        const char* bytes = memory_.data() + page * page_size;
        if (is_zero(bytes, page_size)) continue;
        mix(page);
        mix(crc32({bytes, page_size}));
    }
    return hash;
}

void MemoryContent::reserve() {
    if (!memory_) memory_ = LazyMemory{size_max};
}

// Only the first time since the sync began: what was written in between never reached the disk.
void MemoryContent::remember(std::int64_t sector, const char* seen_before) {
    const auto place = dirty_.lower_bound(sector);
    if (place != dirty_.end() && place->first == sector) return;
    if (const auto lost = lost_.find(sector); lost != lost_.end()) {
        dirty_.emplace_hint(place, sector, lost->second);
        lost_.erase(lost);
        return;
    }
    std::memcpy(dirty_.emplace_hint(place, sector, Sector{})->second.data(), seen_before, sector_size);
}

void MemoryContent::allocate(std::int64_t offset, std::int64_t size) {
    const auto last = static_cast<std::size_t>((offset + size - 1) / page_size);
    if (last >= allocated_.size()) allocated_.resize(last + 1);
    for (auto page = static_cast<std::size_t>(offset / page_size); page <= last; ++page) {
        if (!allocated_[page]) allocated_bytes_ += page_size;
        allocated_[page] = true;
    }
}

bool MemoryContent::is_written(std::int64_t at) const {
    const auto page = static_cast<std::size_t>(at / page_size);
    return page < written_.size() && written_[page];
}

void MemoryContent::mark_written(std::int64_t offset, std::int64_t size) {
    const auto last = (offset + size - 1) / page_size;
    if (last >= std::ssize(written_)) written_.resize(static_cast<std::size_t>(last + 1));
    std::fill(written_.begin() + offset / page_size, written_.begin() + last + 1, true);
}

void MemoryContent::free_pages_behind(std::int64_t size) {
    for (auto page = static_cast<std::size_t>((size + page_size - 1) / page_size); page < allocated_.size();
         ++page) {
        if (allocated_[page]) allocated_bytes_ -= page_size;
        allocated_[page] = false;
    }
}

void MemoryContent::find_writes_in_place() {
    if (!seen_) return;
    for (std::int64_t page = 0; page < size_; page += page_size) {
        if (std::memcmp(memory_.data() + page, seen_.data() + page, page_size) == 0) continue;
        for (auto at = page; at < page + page_size; at += sector_size) {
            if (std::memcmp(memory_.data() + at, seen_.data() + at, sector_size) == 0) continue;
            remember(at / sector_size, seen_.data() + at);
            std::memcpy(seen_.data() + at, memory_.data() + at, sector_size);
        }
        allocate(page, page_size);
        mark_written(page, page_size);
    }
}

// Gives the sector its old bytes again, from that byte of it on.
void MemoryContent::put_back(std::int64_t sector, const Sector& old, std::size_t from) {
    std::memcpy(memory_.data() + sector * sector_size + from, old.data() + from, old.size() - from);
}

}  // namespace tern::io
