#include "bench/limits/send_answer.hpp"

#include "base/bytes.hpp"
#include "remoting/fields.hpp"
#include "remoting/header/send.hpp"

namespace tern::bench {

SendAnswer::SendAnswer(remoting::HeaderEncoding encoding) : encoding_{encoding} {
    constexpr std::int32_t opaque = 100'000'000;
    Buffer encoded;
    remoting::FrameWriter frame{encoded, encoding, {.opaque = opaque, .flag = remoting::flag_response}};
    remoting::encode_fields(
        frame, remoting::SendMessageResponse{.msg_id = "7F00000100002A9F0000000012345678",
                                             .queue_id = QueueId{1},
                                             .queue_offset = QueueOffset{123'456},
                                             .transaction_id = "7F00000100002A139A6D18B4AAC20000",
                                             .region = "DefaultRegion",
                                             .trace_on = true});
    frame.finish();
    const std::string_view bytes = encoded.view();
    char binary_opaque[sizeof opaque];
    store_be<std::int32_t>(binary_opaque, opaque);
    const std::string written = encoding == remoting::HeaderEncoding::json
                                    ? std::to_string(opaque)
                                    : std::string{binary_opaque, sizeof binary_opaque};
    const auto at = bytes.rfind(written);
    before_opaque_ = bytes.substr(0, at);
    behind_opaque_ = bytes.substr(at + written.size());
}

void SendAnswer::append_to(Buffer& out, std::int32_t opaque) const {
    const std::size_t frame_at = out.size();
    out.append(before_opaque_);
    if (encoding_ == remoting::HeaderEncoding::json) {
        char digits[11];
        out.append({digits, std::to_chars(digits, digits + sizeof digits, opaque).ptr});
    } else {
        out.append_be<std::int32_t>(opaque);
    }
    out.append(behind_opaque_);
    const auto size = static_cast<std::uint32_t>(out.size() - frame_at);
    char* const frame = out.data() + frame_at;
    store_be<std::uint32_t>(frame, size - 4);
    store_be<std::uint32_t>(frame + 4, static_cast<std::uint32_t>(encoding_) << 24U | (size - 8));
}

}  // namespace tern::bench
