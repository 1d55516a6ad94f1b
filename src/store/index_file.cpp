#include "store/index_file.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "base/assert.hpp"
#include "base/hash.hpp"

namespace tern::store {

void IndexHeader::encode(char* out) const {
    store_be<std::int64_t>(out, begin_timestamp);
    store_be<std::int64_t>(out + 8, end_timestamp);
    store_be<std::int64_t>(out + 16, begin_offset);
    store_be<std::int64_t>(out + 24, end_offset);
    store_be<std::int32_t>(out + 32, slots_used);
    store_be<std::int32_t>(out + 36, next_entry);
}

IndexHeader IndexHeader::decode(const char* in) {
    return {std::clamp<std::int64_t>(load_be<std::int64_t>(in), 0, begin_timestamp_max),
            load_be<std::int64_t>(in + 8),
            load_be<std::int64_t>(in + 16),
            load_be<std::int64_t>(in + 24),
            std::max(load_be<std::int32_t>(in + 32), 0),
            std::max(load_be<std::int32_t>(in + 36), 1)};
}

std::int32_t index_topic_hash(std::string_view topic) {
    return java_hash("#", java_hash(topic));
}

std::int32_t index_key_hash(std::int32_t topic_hash, std::string_view key) {
    const std::int32_t hash = java_hash(key, topic_hash);
    if (hash == INT32_MIN) return 0;  // It has no absolute value.
    return hash < 0 ? -hash : hash;
}

void add_key_hashes(std::int32_t topic_hash, std::string_view unique_key, std::string_view keys,
                    std::vector<std::int32_t>& hashes) {
    if (!unique_key.empty()) hashes.push_back(index_key_hash(topic_hash, unique_key));
    while (!keys.empty()) {
        const auto key = keys.substr(0, keys.find(' '));
        keys.remove_prefix(std::min(key.size() + 1, keys.size()));
        if (!key.empty()) hashes.push_back(index_key_hash(topic_hash, key));
    }
}

Result<std::unique_ptr<IndexFile>> IndexFile::open(io::FileSystem& files, std::string path,
                                                   const IndexShape& shape) {
    auto file = files.open(path, io::OpenMode::read_write);
    if (!file) return std::unexpected(file.error());
    auto mapped = (*file)->map_for_writing();
    if (!mapped) return std::unexpected(mapped.error());
    if (static_cast<std::int64_t>(mapped->size()) != shape.file_size())
        return failure(Errc::corrupt, path + ": has " + std::to_string(mapped->size()) +
                                          " bytes, the configured length is " +
                                          std::to_string(shape.file_size()));
    std::unique_ptr<IndexFile> opened{
        new IndexFile{std::move(path), shape, std::move(*file), mapped->data()}};
    opened->header_ = IndexHeader::decode(opened->bytes_);
    opened->header_.next_entry = std::min(opened->header_.next_entry, shape.entries);
    opened->header_.slots_used = std::min(opened->header_.slots_used, shape.slots);
    return opened;
}

Result<std::unique_ptr<IndexFile>> IndexFile::create(io::FileSystem& files, std::string path,
                                                     const IndexShape& shape, const IndexHeader* full) {
    auto file = files.open(path, io::OpenMode::create_or_truncate);
    if (!file) return std::unexpected(file.error());
    if (auto sized = (*file)->set_size(shape.file_size()); !sized) return std::unexpected(sized.error());
    file->reset();
    auto created = open(files, std::move(path), shape);
    if (created && full != nullptr) {
        IndexHeader& header = (*created)->header_;
        header.begin_timestamp = header.end_timestamp = full->end_timestamp;
        header.begin_offset = header.end_offset = full->end_offset;
        (*created)->save_header();
    }
    return created;
}

IndexFile::Entry IndexFile::entry(std::int32_t number) const {
    const char* at = entry_place(number);
    // Damage must not lead outside the table: a hash is never negative.
    return {std::max(load_be<std::int32_t>(at), 0), PhysicalOffset{load_be<std::int64_t>(at + 4)},
            load_be<std::int32_t>(at + 12), load_be<std::int32_t>(at + 16)};
}

std::int32_t IndexFile::newest(std::int32_t key_hash) const {
    const auto number = load_be<std::int32_t>(slot_place(key_hash));
    return number > 0 && number < header_.next_entry ? number : 0;
}

// Entry, slot, header, in this order also for the compiler: a process may die between any two of them, and
// undo_to() must find a slot's entry written, and an entry that the header counts in its slot.
void IndexFile::put(std::int32_t key_hash, PhysicalOffset record_at, std::int64_t store_timestamp) {
    TERN_ASSERT(!is_full());
    const std::int32_t number = header_.next_entry;
    const std::int32_t previous = newest(key_hash);
    std::int64_t seconds = 0;
    if (header_.begin_timestamp > 0)
        seconds = std::clamp<std::int64_t>((store_timestamp - header_.begin_timestamp) / 1000, 0, INT32_MAX);
    char* at = entry_place(number);
    store_be<std::int32_t>(at, key_hash);
    store_be<std::int64_t>(at + 4, record_at.value());
    store_be<std::int32_t>(at + 12, static_cast<std::int32_t>(seconds));
    store_be<std::int32_t>(at + 16, previous);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    store_be<std::int32_t>(slot_place(key_hash), number);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (number == 1) {
        header_.begin_timestamp = store_timestamp;
        header_.begin_offset = record_at.value();
    }
    if (previous == 0) ++header_.slots_used;
    ++header_.next_entry;
    header_.end_timestamp = store_timestamp;
    header_.end_offset = record_at.value();
    save_header();
}

void IndexFile::find(std::int32_t key_hash, std::int64_t begin, std::int64_t end, std::size_t count,
                     std::vector<PhysicalOffset>& found) const {
    for (std::int32_t number = newest(key_hash); number > 0 && found.size() < count;) {
        const Entry at = entry(number);
        const std::int64_t stored = header_.begin_timestamp + std::int64_t{at.seconds} * 1000;
        if (at.key_hash == key_hash && stored >= begin && stored <= end) found.push_back(at.record_at);
        // Chains lead to older entries only; one that does not is damaged, and would lead nowhere.
        if (at.previous >= number || stored < begin) return;
        number = at.previous;
    }
}

void IndexFile::undo_to(const IndexHeader& earlier) {
    // A put that was interrupted may have set its slot, but is not counted.
    if (!is_full()) {
        const Entry half = entry(header_.next_entry);
        char* slot = slot_place(half.key_hash);
        if (load_be<std::int32_t>(slot) == header_.next_entry) store_be<std::int32_t>(slot, half.previous);
    }
    while (header_.next_entry > std::max(earlier.next_entry, 1)) take_back_last();
    header_ = earlier;
    save_header();
}

void IndexFile::take_back_last() {
    --header_.next_entry;
    const Entry last = entry(header_.next_entry);
    store_be<std::int32_t>(slot_place(last.key_hash), last.previous);
    if (last.previous == 0) --header_.slots_used;
}

void IndexFile::rebuild_from(const IndexHeader& earlier) {
    std::memset(bytes_ + IndexHeader::encoded_size, 0, std::size_t{4} * shape_.slots);
    header_ = earlier;
    header_.slots_used = 0;
    for (std::int32_t number = 1; number < earlier.next_entry; ++number) {
        const Entry each = entry(number);
        char* slot = slot_place(each.key_hash);
        if (load_be<std::int32_t>(slot) == 0) ++header_.slots_used;
        store_be<std::int32_t>(slot, number);
    }
    save_header();
}

void IndexFile::truncate(PhysicalOffset from) {
    if (header_.end_offset < from.value()) return;
    while (header_.next_entry > 1 && entry(header_.next_entry - 1).record_at >= from) take_back_last();
    if (header_.next_entry == 1) {
        header_ = {.next_entry = 1};
    } else {
        const Entry last = entry(header_.next_entry - 1);
        header_.end_offset = last.record_at.value();
        header_.end_timestamp = header_.begin_timestamp + std::int64_t{last.seconds} * 1000;
    }
    save_header();
}

}  // namespace tern::store
