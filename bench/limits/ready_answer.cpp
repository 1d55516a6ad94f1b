#include "bench/limits/ready_answer.hpp"

#include "base/bytes.hpp"
#include "remoting/fields.hpp"
#include "remoting/header/pull.hpp"
#include "remoting/header/send.hpp"

namespace tern::bench {
namespace {

// What stands for the next offset in a template: as wide as the largest.
constexpr QueueOffset any_offset{1'000'000'000};

Blank blank_of(const ReadyAnswer& answer, QueueOffset offset) {
    Buffer copy;
    answer.append_to(copy, opaque_first);
    const std::string text = std::to_string(offset.value());
    return {copy.view(), text, text.size()};
}

}  // namespace

ReadyAnswer::ReadyAnswer(remoting::HeaderEncoding encoding, remoting::ResponseCode code,
                         const FrameTemplate::AddFields& add_fields)
    : encoding_{encoding} {
    constexpr std::int32_t opaque = 100'000'000;
    Buffer encoded;
    remoting::FrameWriter frame{
        encoded,
        encoding,
        {.code = static_cast<std::int32_t>(code), .opaque = opaque, .flag = remoting::flag_response}};
    add_fields(frame);
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

char* ReadyAnswer::append_to(Buffer& out, std::int32_t opaque, std::size_t body_size) const {
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
    store_be<std::uint32_t>(frame, static_cast<std::uint32_t>(size - 4 + body_size));
    store_be<std::uint32_t>(frame + 4, static_cast<std::uint32_t>(encoding_) << 24U | (size - 8));
    return frame;
}

ReadyAnswer send_answer(remoting::HeaderEncoding encoding) {
    return {encoding, remoting::ResponseCode::success, [](remoting::FrameWriter& frame) {
                remoting::encode_fields(
                    frame, remoting::SendMessageResponse{.msg_id = "7F00000100002A9F0000000012345678",
                                                         .queue_id = QueueId{1},
                                                         .queue_offset = QueueOffset{123'456},
                                                         .transaction_id = "7F00000100002A139A6D18B4AAC20000",
                                                         .region = "DefaultRegion",
                                                         .trace_on = true});
            }};
}

PullAnswer::PullAnswer(remoting::HeaderEncoding encoding, remoting::ResponseCode code, QueueOffset queue_end)
    : answer_{encoding, code,
              [queue_end](remoting::FrameWriter& frame) {
                  remoting::encode_fields(frame,
                                          remoting::PullMessageResponse{.next_begin_offset = any_offset,
                                                                        .max_offset = queue_end,
                                                                        .topic_sys_flag = 0,
                                                                        .group_sys_flag = 0});
              }},
      next_{blank_of(answer_, any_offset)} {}

void PullAnswer::append_to(Buffer& out, std::int32_t opaque, QueueOffset next, std::size_t body_size) const {
    char* const frame = answer_.append_to(out, opaque, body_size);
    next_.fill_decimal(frame, static_cast<std::uint64_t>(next.value()));
}

}  // namespace tern::bench
