#include "store/checkpoint_file.hpp"

#include <algorithm>
#include <array>

#include "base/bytes.hpp"

namespace tern::store {

void Checkpoint::encode(char* out) const {
    store_be<std::int64_t>(out, log_timestamp);
    store_be<std::int64_t>(out + 8, queues_timestamp);
    store_be<std::int64_t>(out + 16, index_timestamp);
    store_be<std::int64_t>(out + 24, master_flushed);
    store_be<std::int64_t>(out + 32, confirm_offset);
    store_be<std::int64_t>(out + 40, queues_offset.value());
}

Checkpoint Checkpoint::decode(const char* in) {
    return {load_be<std::int64_t>(in),      load_be<std::int64_t>(in + 8),
            load_be<std::int64_t>(in + 16), load_be<std::int64_t>(in + 24),
            load_be<std::int64_t>(in + 32), PhysicalOffset{load_be<std::int64_t>(in + 40)}};
}

std::int64_t Checkpoint::restart_timestamp() const {
    constexpr std::int64_t slack_ms = 3'000;
    return std::max<std::int64_t>(std::min(log_timestamp, queues_timestamp) - slack_ms, 0);
}

Result<CheckpointFile> CheckpointFile::open(io::FileSystem& files, const std::string& path) {
    auto file = files.open(path, io::OpenMode::create_or_open);
    if (!file) return std::unexpected(file.error());
    const auto size = (*file)->size();
    if (!size) return std::unexpected(size.error());
    if (*size < Checkpoint::file_size) {
        if (auto sized = (*file)->set_size(Checkpoint::file_size); !sized)
            return std::unexpected(sized.error());
    }
    std::array<char, Checkpoint::encoded_size> bytes{};
    if (auto read = (*file)->read_at(0, bytes); !read) return std::unexpected(read.error());
    return CheckpointFile{std::move(*file), Checkpoint::decode(bytes.data())};
}

Result<> CheckpointFile::write(const Checkpoint& content) {
    content_ = content;
    std::array<char, Checkpoint::encoded_size> bytes{};
    content.encode(bytes.data());
    return file_->write_at(0, std::string_view{bytes.data(), bytes.size()});
}

}  // namespace tern::store
