// Big-endian numbers in bytes, as everything of RocketMQ's has them. Bytes are seen as std::string_view.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>

namespace tern {

template <class Int>
Int load_be(const char* at) {
    Int value;
    std::memcpy(&value, at, sizeof value);
    if constexpr (sizeof(Int) > 1)
        value = static_cast<Int>(std::byteswap(static_cast<std::make_unsigned_t<Int>>(value)));
    return value;
}

template <class Int>
void store_be(char* at, std::type_identity_t<Int> value) {
    if constexpr (sizeof(Int) > 1)
        value = static_cast<Int>(std::byteswap(static_cast<std::make_unsigned_t<Int>>(value)));
    std::memcpy(at, &value, sizeof value);
}

// Copies a text that is usually short, without a call then; returns the end of the copy.
[[gnu::always_inline]] inline char* copy_text(char* to, std::string_view text) {
    const std::size_t size = text.size();
    const char* const from = text.data();
    const auto copy_ends = [&]<class Word>(Word first) {
        Word last;
        std::memcpy(&first, from, sizeof first);
        std::memcpy(&last, from + size - sizeof last, sizeof last);
        std::memcpy(to, &first, sizeof first);
        std::memcpy(to + size - sizeof last, &last, sizeof last);
    };
    if (size > 32) {
        std::memcpy(to, from, size);
    } else if (size > 16) {
        struct Block {
            std::uint64_t words[2];
        };
        copy_ends(Block{});
    } else if (size >= 8) {
        copy_ends(std::uint64_t{});
    } else if (size >= 4) {
        copy_ends(std::uint32_t{});
    } else {
        for (std::size_t i = 0; i < size; ++i) to[i] = from[i];
    }
    return to + size;
}

// Reads numbers and byte strings from front to back; each read fails, and changes nothing, when too little is
// left.
class ByteReader {
public:
    explicit ByteReader(std::string_view bytes) : rest_{bytes} {}

    template <class Int>
    std::optional<Int> read() {
        if (rest_.size() < sizeof(Int)) return std::nullopt;
        const Int value = load_be<Int>(rest_.data());
        rest_.remove_prefix(sizeof(Int));
        return value;
    }
    std::optional<std::string_view> read_bytes(std::size_t count) {
        if (rest_.size() < count) return std::nullopt;
        const auto bytes = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return bytes;
    }
    std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
};

}  // namespace tern
