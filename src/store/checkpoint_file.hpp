// Java's checkpoint: how far log, queues and index were durable, as times. We write it for the way back to a
// Java broker, and read it when one wrote the store last. docs/formats/checkpoint.md.
#pragma once

#include <cstdint>
#include <string>

#include "base/strong.hpp"
#include "store/segment_queue.hpp"

namespace tern::store {

struct Checkpoint {
    std::int64_t log_timestamp{};     // Store time of the last record that is durable in the log …
    std::int64_t queues_timestamp{};  // … and in the consume queues …
    std::int64_t index_timestamp{};   // … and in the index.
    std::int64_t master_flushed{};    // Of Java's replication: kept as they are.
    std::int64_t confirm_offset{};
    PhysicalOffset queues_offset;  // Where the record of queues_timestamp begins.

    static constexpr std::size_t encoded_size = 48;
    static constexpr std::int64_t file_size = 4096;
    void encode(char* out) const;
    static Checkpoint decode(const char* in);

    // From where Java dispatches again after a crash.
    std::int64_t restart_timestamp() const;
    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

class CheckpointFile {
public:
    // Makes the file when there is none, zeros and of full length; a durable name is the caller's.
    static Result<CheckpointFile> open(io::FileSystem& files, const std::string& path);

    const Checkpoint& content() const { return content_; }
    // Writes it; not durable before file() was synced.
    Result<> write(const Checkpoint& content);
    const SharedFile& file() const { return file_; }

private:
    CheckpointFile(SharedFile file, const Checkpoint& content) : file_{std::move(file)}, content_{content} {}

    SharedFile file_;
    Checkpoint content_;
};

}  // namespace tern::store
