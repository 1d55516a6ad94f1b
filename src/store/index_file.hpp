// One file of the message index: a hash table from keys to places in the commit log, in Java's format,
// written in place through a mapping because it can be rebuilt. docs/formats/message-index.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/strong.hpp"
#include "store/segment_queue.hpp"

namespace tern::store {

struct IndexHeader {
    std::int64_t begin_timestamp{};
    std::int64_t end_timestamp{};
    std::int64_t begin_offset{};
    std::int64_t end_offset{};
    std::int32_t slots_used{};
    std::int32_t next_entry{1};  // Entry 0 is never used.

    static constexpr std::size_t encoded_size = 40;
    void encode(char* out) const;
    // What damage left beyond the range of a number is read as the range's end.
    static IndexHeader decode(const char* in);
    static constexpr std::int64_t begin_timestamp_max = INT64_MAX / 2;  // With seconds added it stays a time.
    friend bool operator==(const IndexHeader&, const IndexHeader&) = default;
};

struct IndexShape {
    std::int32_t slots{};
    std::int32_t entries{};  // Including the one that is never used.
    std::int64_t file_size() const { return 40 + std::int64_t{4} * slots + std::int64_t{20} * entries; }
};

// The hash of a key as it lies in entries: never negative. It goes on from that of its topic.
std::int32_t index_topic_hash(std::string_view topic);
std::int32_t index_key_hash(std::int32_t topic_hash, std::string_view key);
inline std::int32_t index_key_hash(std::string_view topic, std::string_view key) {
    return index_key_hash(index_topic_hash(topic), key);
}
// Adds those of a record: of its unique key and of each of its keys, which are separated by blanks.
void add_key_hashes(std::int32_t topic_hash, std::string_view unique_key, std::string_view keys,
                    std::vector<std::int32_t>& hashes);

class IndexFile {
public:
    // Errc::corrupt when the file has another length than the shape gives it.
    static Result<std::unique_ptr<IndexFile>> open(io::FileSystem& files, std::string path,
                                                   const IndexShape& shape);
    // A new one; behind a full file its times and offsets go on from that one's.
    static Result<std::unique_ptr<IndexFile>> create(io::FileSystem& files, std::string path,
                                                     const IndexShape& shape, const IndexHeader* full);

    const IndexHeader& header() const { return header_; }
    const std::string& path() const { return path_; }
    const SharedFile& file() const { return file_; }
    bool is_full() const { return header_.next_entry >= shape_.entries; }

    void put(std::int32_t key_hash, PhysicalOffset record_at, std::int64_t store_timestamp);
    // The records with that hash that were stored in [begin, end], newest first, until found has count of
    // them.
    void find(std::int32_t key_hash, std::int64_t begin, std::int64_t end, std::size_t count,
              std::vector<PhysicalOffset>& found) const;

    // Takes back the newest entries, one by one, until the header is that of an earlier time. Every put since
    // then must be whole in the file, the last one perhaps half done: what the death of a process leaves.
    void undo_to(const IndexHeader& earlier);
    // The same without trust in anything but the entries that the header of that time counts: what a loss of
    // power leaves after a sync.
    void rebuild_from(const IndexHeader& earlier);
    // Takes back the entries of records at or behind `from`.
    void truncate(PhysicalOffset from);

private:
    struct Entry {
        std::int32_t key_hash;
        PhysicalOffset record_at;
        std::int32_t seconds;  // Since the header's begin.
        std::int32_t previous;
    };
    static constexpr std::size_t entry_size = 20;

    IndexFile(std::string path, const IndexShape& shape, SharedFile file, char* bytes)
        : path_{std::move(path)}, shape_{shape}, file_{std::move(file)}, bytes_{bytes} {}

    char* slot_place(std::int32_t key_hash) const {
        return bytes_ + 40 + std::size_t{4} * (key_hash % shape_.slots);
    }
    char* entry_place(std::int32_t number) const {
        return bytes_ + 40 + std::size_t{4} * shape_.slots + entry_size * static_cast<std::size_t>(number);
    }
    Entry entry(std::int32_t number) const;
    // The newest entry of the chain that the hash belongs to, or 0.
    std::int32_t newest(std::int32_t key_hash) const;
    void take_back_last();
    void save_header() { header_.encode(bytes_); }

    std::string path_;
    IndexShape shape_;
    SharedFile file_;
    char* bytes_;
    IndexHeader header_;
};

}  // namespace tern::store
