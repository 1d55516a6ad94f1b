// What may be done with a topic, or with all topics of a broker: bits, as RocketMQ numbers them.
#pragma once

#include <cstdint>
#include <string>

namespace tern::model {

namespace permission {
inline constexpr std::int32_t inherit =
    1;  // The topic may serve as the template of an automatically created one.
inline constexpr std::int32_t write = 2;
inline constexpr std::int32_t read = 4;
inline constexpr std::int32_t priority = 8;  // Unused.
}  // namespace permission

constexpr bool is_readable(std::int32_t perm) {
    return (perm & permission::read) != 0;
}
constexpr bool is_writable(std::int32_t perm) {
    return (perm & permission::write) != 0;
}
constexpr bool is_inherited(std::int32_t perm) {
    return (perm & permission::inherit) != 0;
}

// "RW-", "R--", "RWX": X is inherit.
inline std::string permission_text(std::int32_t perm) {
    return {is_readable(perm) ? 'R' : '-', is_writable(perm) ? 'W' : '-', is_inherited(perm) ? 'X' : '-'};
}

}  // namespace tern::model
