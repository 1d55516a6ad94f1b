// One request, one answer, waiting in between: what is asked before the load begins.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.hpp"
#include "bench/load/socket.hpp"
#include "remoting/fields.hpp"

namespace tern::bench {

class WaitingCaller {
public:
    // Connects, and bounds this and every call by timeout.
    static Result<WaitingCaller> open(const std::string& address, Duration timeout);

    // The answer, with views that are valid until the next call. Errc::refused when its code is not success,
    // with code and remark in the detail; Errc::deadline_exceeded, Errc::connection_closed.
    template <class Header>
    Result<remoting::Command> call(const Header& header, std::string_view body = {}) {
        return call(
            static_cast<std::int32_t>(Header::code),
            [&header](remoting::FrameWriter& frame) { remoting::encode_fields(frame, header); }, body);
    }
    Result<remoting::Command> call(std::int32_t code,
                                   const std::function<void(remoting::FrameWriter&)>& add_fields,
                                   std::string_view body = {});

private:
    WaitingCaller(UniqueFd fd, Duration timeout) : stream_{std::move(fd)}, timeout_{timeout} {}
    // Waits until the socket is readable, or writable.
    Result<> wait_for(short events, Instant deadline) const;

    Stream stream_;
    Duration timeout_;
    std::size_t last_answer_size_{0};
    std::int32_t next_opaque_{1};
    remoting::CommandDecoder decoder_;
};

}  // namespace tern::bench
