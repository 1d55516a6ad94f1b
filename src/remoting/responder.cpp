#include "remoting/responder.hpp"

#include <string>

#include "remoting/error_response.hpp"
#include "remoting/relay.hpp"

namespace tern::remoting {

void Responder::fail(const Error& error) {
    answer(response_code_of(error.code), error.detail);
}

void Responder::relay(const Command& answer) {
    TERN_ASSERT(!is_answered());
    if (!oneway_ && connection_->is_open()) {
        Command own = answer;
        own.encoding = encoding_;
        if (const auto relayed = relay_command(connection_->output(), own, opaque_); !relayed)
            return fail(relayed.error());
    }
    connection_ = {};
}

bool Responder::fits_a_frame(std::span<const std::string_view> body_parts) {
    std::size_t size = 0;
    for (const auto& part : body_parts) size += part.size();
    return size <= answer_body_size_max;
}

std::string_view Responder::cut_remark(std::string_view remark) {
    auto size = remark_size_max;
    while (size > 0 && (static_cast<unsigned char>(remark[size]) & 0xC0U) == 0x80U)
        --size;  // Within a character.
    return remark.substr(0, size);
}

void Responder::refuse_size() {
    answer(ResponseCode::system_error,
           "the answer has more than the " + std::to_string(answer_body_size_max) +
               " bytes that a frame takes: ask for fewer messages at a time, or for one topic or group "
               "instead of all");
}

void Responder::abandon() {
    answer(ResponseCode::system_error, "the request was dropped without an answer");
}

}  // namespace tern::remoting
