// Several messages in the body of one send (wire-protocol 5.2): they share topic, queue, sysFlag and birth.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/buffer.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"

namespace tern::model {

struct BatchEntry {
    std::int32_t flag{};
    std::string_view body{};
    std::string_view properties{};
};

void append_batch_entry(Buffer& out, const BatchEntry& entry);

// Reads the entries from front to back, as views into the body. Checksums and magics in it are not looked at:
// clients write zeros.
class BatchReader {
public:
    explicit BatchReader(std::string_view body) : reader_{body} {}

    // Nothing behind the last one; Errc::malformed when the rest is no entry.
    Result<std::optional<BatchEntry>> next();

private:
    ByteReader reader_;
};

}  // namespace tern::model
