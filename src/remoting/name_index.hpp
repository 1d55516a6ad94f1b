// Which of a few names, known when this is compiled, a text is: one multiplication, one look-up and one
// comparison, whatever the order in which peers send their fields. The factor of the hash is found by the
// compiler.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tern::remoting {

template <std::size_t Count>
class NameIndex {
public:
    static constexpr std::size_t none = Count;

    consteval explicit NameIndex(const std::array<std::string_view, Count>& names) : names_{names} {
        for (std::size_t i = 0; i < Count; ++i) keys_[i] = key_of(names[i]);
        letters_.fill(static_cast<std::uint8_t>(Count));
        for (std::size_t i = 0; i < Count; ++i) {
            if (names[i].size() != 1) continue;
            auto& place = letters_[static_cast<unsigned char>(names[i][0]) % letters_.size()];
            if (place != Count) throw "two names of one letter meet";
            place = static_cast<std::uint8_t>(i);
        }
        while (!fill()) factor_ = factor_ * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U | 1U;
    }

    // The place of name in the list, or none.
    [[gnu::always_inline]] constexpr std::size_t find(std::string_view name) const {
        if constexpr (Count == 0) return none;
        if (name.size() == 1) {
            const std::size_t found = letters_[static_cast<unsigned char>(name[0]) % letters_.size()];
            return found < Count && names_[found][0] == name[0] ? found : none;
        }
        return find_longer(name);
    }

private:
    static constexpr std::size_t slot_count = std::bit_ceil(Count * 4 + 2);

    constexpr std::size_t find_longer(std::string_view name) const {
        const auto key = key_of(name);
        const std::size_t found = places_[slot_of(key)];
        // The key of a short name says all but its size.
        const bool equal = keys_[found] == key && names_[found].size() == name.size() &&
                           (name.size() < 8 || names_[found] == name);
        return equal ? found : none;
    }

    // Made of the first and the last eight bytes and the size, or of all of a shorter name.
    static constexpr std::uint64_t key_of(std::string_view name) {
        const std::size_t size = name.size();
        // Names that begin alike differ at their end or in their size: defaultTopic, defaultTopicQueueNums.
        if (size >= 8)
            return (bytes_at<std::uint64_t>(name.data()) ^
                    std::rotl(bytes_at<std::uint64_t>(name.data() + size - 8), 29)) +
                   size;
        if (size >= 4)
            return bytes_at<std::uint32_t>(name.data()) |
                   std::uint64_t{bytes_at<std::uint32_t>(name.data() + size - 4)} << 32U;
        if (size == 0) return 0;
        const auto byte = [&](std::size_t place) {
            return std::uint64_t{static_cast<unsigned char>(name[place])};
        };
        return byte(0) | byte(size / 2) << 8U | byte(size - 1) << 16U;
    }

    template <class Int>
    static constexpr Int bytes_at(const char* at) {
        Int value{};
        if consteval {
            for (std::size_t i = 0; i < sizeof(Int); ++i) {
                const std::size_t shift =
                    std::endian::native == std::endian::little ? i : sizeof(Int) - 1 - i;
                value |= static_cast<Int>(static_cast<Int>(static_cast<unsigned char>(at[i])) << (shift * 8));
            }
        } else {
            std::memcpy(&value, at, sizeof value);
        }
        return value;
    }

    constexpr std::size_t slot_of(std::uint64_t key) const {
        return static_cast<std::size_t>((key * factor_) >> (64U - std::countr_zero(slot_count)));
    }

    // Puts every name into its slot; false when two meet there.
    consteval bool fill() {
        places_.fill(static_cast<std::uint8_t>(Count == 0 ? 0 : Count - 1));
        std::array<bool, slot_count> taken{};
        for (std::size_t i = 0; i < Count; ++i) {
            const auto slot = slot_of(keys_[i]);
            if (taken[slot]) return false;
            taken[slot] = true;
            places_[slot] = static_cast<std::uint8_t>(i);
        }
        return true;
    }

    static_assert(Count < 256);
    std::array<std::string_view, Count> names_;
    std::array<std::uint64_t, Count> keys_{};
    std::array<std::uint8_t, slot_count> places_{};
    std::array<std::uint8_t, 32> letters_{};  // The names of one letter, which producers send.
    std::uint64_t factor_{0x9E37'79B9'7F4A'7C15U};
};

}  // namespace tern::remoting
