// Finds the bytes of a string that end it or need an escape.
#pragma once

#include "base/byte_scan.hpp"

namespace tern::json {

// How many of the scan_block_size bytes from at come before the first quote or backslash.
inline std::size_t plain_to_read(scan::Block block) {
    return scan::first(scan::either(scan::equal(block, '"'), scan::equal(block, '\\')));
}
inline std::size_t plain_to_read(const char* at) {
    return plain_to_read(scan::load(at));
}

// How many bytes of the block come before the first quote, backslash or control character.
inline std::size_t plain_to_write(scan::Block block) {
    const auto quote_or_backslash = scan::either(scan::equal(block, '"'), scan::equal(block, '\\'));
    return scan::first(scan::either(scan::up_to(block, 0x1F), quote_or_backslash));
}

// The first quote or backslash of [at, end), or end.
inline const char* find_quote_or_backslash(const char* at, const char* end) {
    return find_either<'"', '\\'>(at, end);
}

}  // namespace tern::json
