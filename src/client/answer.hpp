// What an answer says, as a Result: the way back from response codes to errors.
#pragma once

#include <string>
#include <utility>

#include "base/fields.hpp"
#include "base/result.hpp"
#include "json/fields.hpp"
#include "remoting/command.hpp"
#include "remoting/fields.hpp"
#include "remoting/response_code.hpp"

namespace tern::client {

// The kind of failure that a code other than success tells of; Errc::refused for those that have no kind of
// their own.
Errc error_of(remoting::ResponseCode code);

// An answer of success, or the error with the code's name and the remark.
Result<remoting::Command> success_of(Result<remoting::Command> answer);

template <HasFields Header>
Result<Header> header_of(const Result<remoting::Command>& answer) {
    const auto success = success_of(answer);
    if (!success) return std::unexpected{success.error()};
    return remoting::decode_fields<Header>(*success);
}

// The body's JSON; an answer without a body is an empty Body.
template <HasFields Body>
Result<Body> body_of(const Result<remoting::Command>& answer) {
    const auto success = success_of(answer);
    if (!success) return std::unexpected{success.error()};
    if (success->body.empty()) return Body{};
    return json::decode<Body>(success->body);
}

}  // namespace tern::client
