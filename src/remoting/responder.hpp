// The right to answer one request, once: at once from the handler, or kept and used later. No allocation
// either way.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "base/assert.hpp"
#include "base/fields.hpp"
#include "base/ref.hpp"
#include "base/result.hpp"
#include "remoting/command.hpp"
#include "remoting/fields.hpp"
#include "remoting/response_code.hpp"
#include "remoting/transport.hpp"

namespace tern::remoting {

inline constexpr std::size_t remark_size_max = 8 * 1024;  // Ours; the rest is cut off.
inline constexpr std::size_t answer_body_size_max =
    frame_size_max - header_size_max;  // What peers will take.

// Owned by whoever has to answer; used on the loop that owns the connection. Answers go out in the encoding
// that the request came in, a one-way request gets none, and a connection that has closed meanwhile takes
// nothing. One that dies unanswered answers system_error, so no caller hangs; that code leaves open what
// happened to the request, for nobody knows on which side of an append it was dropped.
class Responder {
public:
    Responder(Ref<Connection> connection, const Command& request)
        : connection_{std::move(connection)},
          opaque_{request.opaque},
          encoding_{request.encoding},
          oneway_{request.is_oneway()} {}
    Responder(Responder&&) noexcept = default;
    Responder& operator=(Responder&& other) noexcept {
        if (this != &other) {
            if (!is_answered()) abandon();
            connection_ = std::move(other.connection_);
            opaque_ = other.opaque_;
            encoding_ = other.encoding_;
            oneway_ = other.oneway_;
        }
        return *this;
    }
    ~Responder() {
        if (!is_answered()) abandon();
    }

    // The header's fields go to extFields; the parts of the body are copied, one behind the other. A body
    // that no peer would take becomes system_error.
    template <HasFields Header>
    void answer(ResponseCode code, const Header& header, std::string_view remark = {},
                std::span<const std::string_view> body_parts = {}) {
        write(code, remark, body_parts, [&](FrameWriter& frame) { encode_fields(frame, header); });
    }
    // An answer without a header of its own: no extFields.
    void answer(ResponseCode code, std::string_view remark = {}, std::string_view body = {}) {
        write(code, remark, {&body, 1}, [](FrameWriter&) {});
    }
    // Passes another's answer on.
    void relay(const Command& answer);
    // The code from the table of error_response.hpp, the remark from the detail.
    void fail(const Error& error);

    // True too once the right has moved elsewhere.
    bool is_answered() const { return !connection_; }
    // Nobody waits for an answer: work that only it would need may be left out.
    bool oneway() const { return oneway_; }
    // Until it is answered.
    const Ref<Connection>& connection() const { return connection_; }

private:
    template <class WriteFields>
    void write(ResponseCode code, std::string_view remark, std::span<const std::string_view> body_parts,
               WriteFields&& write_fields) {
        TERN_ASSERT(!is_answered());
        if (!body_parts.empty() && !fits_a_frame(body_parts)) return refuse_size();
        if (!oneway_ && connection_->is_open()) {
            FrameWriter frame{connection_->output(),
                              encoding_,
                              {.code = static_cast<std::int32_t>(code),
                               .opaque = opaque_,
                               .flag = flag_response,
                               .remark = remark.size() <= remark_size_max ? remark : cut_remark(remark)}};
            write_fields(frame);
            frame.finish(body_parts);
        }
        connection_ = {};
    }
    static bool fits_a_frame(std::span<const std::string_view> body_parts);
    // Of one that is too long.
    static std::string_view cut_remark(std::string_view remark);
    void refuse_size();
    void abandon();

    Ref<Connection> connection_;  // Empty once answered.
    std::int32_t opaque_;
    HeaderEncoding encoding_;
    bool oneway_;
};

// The same right for a service whose answer is a header of one type: it knows nothing of codes and frames.
template <HasFields Answer>
class Reply {
public:
    explicit Reply(Responder responder) : responder_{std::move(responder)} {}

    void operator()(const Answer& answer, std::string_view body = {}) {
        responder_.answer(ResponseCode::success, answer, {}, {&body, 1});
    }
    void fail(const Error& error) { responder_.fail(error); }
    void operator()(const Result<Answer>& answer) {
        if (!answer) return fail(answer.error());
        (*this)(*answer);
    }

private:
    Responder responder_;
};

}  // namespace tern::remoting
