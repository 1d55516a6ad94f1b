// The least of an answer that a load generator must know: how long it is, its code and which request it
// answers. Found without decoding the header; answers that must be known whole go through
// remoting::CommandDecoder.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "remoting/frame.hpp"

namespace tern::bench {

struct Answer {
    std::int32_t code{};
    std::int32_t opaque{};
    remoting::FrameView frame;  // Views into the scanned bytes.
};

// The first answer in bytes; nothing when it is not all there yet. Errc::malformed when it is none.
Result<std::optional<Answer>> scan_answer(std::string_view bytes);

// The same for one frame that was cut already; also reads requests.
Result<Answer> scan_frame(const remoting::FrameView& frame);

// The number that a header's field has, as {"name":"12"} or its binary form; nothing when it has none.
std::optional<std::int64_t> scan_number_field(const remoting::FrameView& frame, std::string_view name);

}  // namespace tern::bench
