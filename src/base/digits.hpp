// Decimal digits, eight at a time: the numbers of headers are read and written through these few lines.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace tern {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Eight bytes, the first one lowest, each less '0'.
inline std::uint64_t load_digits(const char* at) {
    std::uint64_t eight;
    std::memcpy(&eight, at, sizeof eight);
    if constexpr (std::endian::native == std::endian::big) eight = __builtin_bswap64(eight);
    return eight ^ 0x3030303030303030U;
}

// The high bit of each byte that is no digit; bytes above the lowest such one may be wrong.
constexpr std::uint64_t non_digits(std::uint64_t digits) {
    return (digits | (digits + 0x7676767676767676U)) & 0x8080808080808080U;
}

// The number that eight digits spell. Zeros come before fewer than eight: they are shifted up.
constexpr std::uint32_t digits_value(std::uint64_t digits) {
    constexpr std::uint64_t every_fourth = 0x000000FF000000FFU;
    const std::uint64_t pairs = digits * 10 + (digits >> 8U);
    const std::uint64_t ends = (pairs & every_fourth) * (100 + (std::uint64_t{1'000'000} << 32U));
    const std::uint64_t middles = ((pairs >> 16U) & every_fourth) * (1 + (std::uint64_t{10'000} << 32U));
    return static_cast<std::uint32_t>((ends + middles) >> 32U);
}

// The eight digits of a number below 100'000'000, with zeros in front, the first one lowest.
constexpr std::uint64_t digits_of(std::uint32_t number) {
    const std::uint64_t fours = number / 10'000 | std::uint64_t{number % 10'000} << 32U;
    const std::uint64_t hundreds = (fours * 10'486 >> 20U) & 0x0000007F0000007FU;
    const std::uint64_t pairs = hundreds | (fours - hundreds * 100) << 16U;
    const std::uint64_t tens = (pairs * 103 >> 10U) & 0x000F000F000F000FU;
    return tens | (pairs - tens * 10) << 8U;
}

inline void store_digits(char* at, std::uint64_t digits) {
    std::uint64_t eight = digits | 0x3030303030303030U;
    if constexpr (std::endian::native == std::endian::big) eight = __builtin_bswap64(eight);
    std::memcpy(at, &eight, sizeof eight);
}

}  // namespace tern
