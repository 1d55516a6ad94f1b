// Store directories that stock Java brokers wrote, packed as GNU tar makes sparse archives, for the tests
// that open them. Unpacked by hand: a test starts no other process.
#pragma once

#include <isa-l/igzip_lib.h>

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "io/file_system.hpp"

namespace tern::store {

inline Result<std::string> gunzip(std::string packed) {
    inflate_state state{};
    ::isal_inflate_init(&state);
    state.crc_flag = ISAL_GZIP;
    state.next_in = reinterpret_cast<std::uint8_t*>(packed.data());
    state.avail_in = static_cast<std::uint32_t>(packed.size());
    std::string bytes;
    std::string part(65'536, '\0');
    do {
        state.next_out = reinterpret_cast<std::uint8_t*>(part.data());
        state.avail_out = static_cast<std::uint32_t>(part.size());
        if (::isal_inflate(&state) != ISAL_DECOMP_OK) return failure(Errc::malformed, "gzip");
        bytes.append(part, 0, part.size() - state.avail_out);
    } while (state.block_state != ISAL_BLOCK_FINISH);
    return bytes;
}

// Writes the directories and files of a tar into directory: plain files, long names, and files with holes.
class GoldenArchive {
public:
    static Result<> unpack(std::string_view tar, io::FileSystem& files, const std::string& directory) {
        GoldenArchive archive{tar, files, directory};
        while (archive.rest_.size() >= block && archive.rest_.front() != '\0') {
            if (auto taken = archive.take_entry(); !taken) return taken;
        }
        return {};
    }

private:
    static constexpr std::size_t block = 512;
    static constexpr std::size_t size_place = 124;
    static constexpr std::size_t type_place = 156;
    static constexpr std::size_t sparse_place = 386;  // Pairs of offset and size, in the header …
    static constexpr std::size_t sparse_count = 4;
    static constexpr std::size_t more_place = 482;  // … and perhaps in blocks behind it.
    static constexpr std::size_t real_size_place = 483;
    static constexpr std::size_t more_sparse_count = 21;

    struct Piece {
        std::int64_t offset;
        std::int64_t size;
    };

    GoldenArchive(std::string_view tar, io::FileSystem& files, const std::string& directory)
        : rest_{tar}, files_{files}, directory_{directory} {}

    static std::int64_t octal(std::string_view field) {
        std::int64_t value = 0;
        for (const char c : field) {
            if (c >= '0' && c <= '7') value = value * 8 + (c - '0');
        }
        return value;
    }

    std::string_view take(std::size_t size) {
        const auto taken = rest_.substr(0, size);
        rest_.remove_prefix(std::min(rest_.size(), (size + block - 1) / block * block));
        return taken;
    }

    Result<> take_entry() {
        const auto header = take(block);
        const auto size = static_cast<std::size_t>(octal(header.substr(size_place, 12)));
        std::string name{header.data(), ::strnlen(header.data(), 100)};
        if (!long_name_.empty()) name = std::exchange(long_name_, {});
        switch (header[type_place]) {
            case 'L':
                long_name_ = take(size).data();
                return {};
            case '5':
                return files_.create_directories(directory_ + "/" +
                                                 name.substr(0, name.find_last_not_of('/') + 1));
            case 'S':
                return take_sparse(name, header, size);
            default:
                return write(name, {{0, static_cast<std::int64_t>(size)}}, static_cast<std::int64_t>(size),
                             take(size));
        }
    }

    Result<> take_sparse(const std::string& name, std::string_view header, std::size_t size) {
        std::vector<Piece> pieces;
        const auto add_pieces = [&pieces](std::string_view table, std::size_t count) {
            for (std::size_t i = 0; i < count; ++i) {
                const auto pair = table.substr(i * 24, 24);
                if (pair[0] != '\0') pieces.push_back({octal(pair.substr(0, 12)), octal(pair.substr(12))});
            }
        };
        add_pieces(header.substr(sparse_place), sparse_count);
        for (bool more = header[more_place] != '\0'; more;) {
            const auto table = take(block);
            add_pieces(table, more_sparse_count);
            more = table[more_sparse_count * 24] != '\0';
        }
        return write(name, pieces, octal(header.substr(real_size_place, 12)), take(size));
    }

    Result<> write(const std::string& name, const std::vector<Piece>& pieces, std::int64_t size,
                   std::string_view bytes) {
        auto file = files_.open(directory_ + "/" + name, io::OpenMode::create_or_truncate);
        if (!file) return std::unexpected(file.error());
        if (auto sized = (*file)->set_size(size); !sized) return sized;
        for (const Piece& piece : pieces) {
            const auto part = bytes.substr(0, static_cast<std::size_t>(piece.size));
            if (auto written = (*file)->write_at(piece.offset, part); !written) return written;
            bytes.remove_prefix(part.size());
        }
        return {};
    }

    std::string_view rest_;
    io::FileSystem& files_;
    std::string directory_;
    std::string long_name_;
};

}  // namespace tern::store
