#include "bench/load/waiting_caller.hpp"

#include <poll.h>

#include "remoting/caller.hpp"

namespace tern::bench {

Result<WaitingCaller> WaitingCaller::open(const std::string& address, Duration timeout) {
    auto fd = dial(address, timeout);
    if (!fd) return std::unexpected(fd.error());
    return WaitingCaller{std::move(*fd), timeout};
}

Result<remoting::Command> WaitingCaller::call(std::int32_t code,
                                              const std::function<void(remoting::FrameWriter&)>& add_fields,
                                              std::string_view body) {
    const Instant deadline = std::chrono::steady_clock::now() + timeout_;
    stream_.consume(std::exchange(last_answer_size_, 0));
    const std::int32_t opaque = next_opaque_++;
    remoting::FrameWriter request{
        stream_.output(), remoting::HeaderEncoding::json, {.code = code, .opaque = opaque}};
    add_fields(request);
    request.finish(body);
    while (stream_.has_unsent()) {
        if (auto flushed = stream_.flush(); !flushed) return std::unexpected(flushed.error());
        if (!stream_.has_unsent()) break;
        if (auto writable = wait_for(POLLOUT, deadline); !writable) return std::unexpected(writable.error());
    }

    while (true) {
        const auto frame = remoting::cut_frame(stream_.input());
        if (!frame) return std::unexpected(frame.error());
        if (*frame) {
            last_answer_size_ = (*frame)->size;
            auto answer = decoder_.decode(**frame);
            if (!answer) return answer;
            if (answer->is_response() && answer->opaque == opaque) {
                if (auto accepted = remoting::check_answer(*answer); !accepted)
                    return std::unexpected(accepted.error());
                return answer;
            }
            stream_.consume(std::exchange(last_answer_size_, 0));  // Something the server has to say unasked.
            continue;
        }
        if (auto readable = wait_for(POLLIN, deadline); !readable) return std::unexpected(readable.error());
        if (auto read = stream_.read(); !read) return std::unexpected(read.error());
    }
}

Result<> WaitingCaller::wait_for(short events, Instant deadline) const {
    pollfd ready{.fd = stream_.fd(), .events = events, .revents = 0};
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0 || poll(&ready, 1, static_cast<int>(left.count())) == 0)
        return failure(Errc::deadline_exceeded, "no answer in time");
    return {};
}

}  // namespace tern::bench
