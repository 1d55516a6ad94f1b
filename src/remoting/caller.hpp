// The asking side of a connection: sends requests, keeps what waits for an answer, and ends each wait once,
// with the answer, with the time-out or with the end of the connection.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/fields.hpp"
#include "base/inplace_function.hpp"
#include "base/ref.hpp"
#include "base/result.hpp"
#include "base/runtime.hpp"
#include "remoting/command.hpp"
#include "remoting/fields.hpp"
#include "remoting/request_code.hpp"
#include "remoting/response_code.hpp"
#include "remoting/transport.hpp"

namespace tern::remoting {

// Used on the loop that owns its connections; its owner hands it what arrives there and how they end. One
// caller may serve many connections: opaques are its own and never meet. Waits that are left when it dies end
// without a word.
class Caller {
public:
    // The answer, valid during the call only; or Errc::deadline_exceeded, Errc::connection_closed. Never
    // called from within call().
    using Done = InplaceFunction<void(Result<Command>), 96>;

    explicit Caller(Timers& timers) : timers_{timers} {}
    Caller(const Caller&) = delete;
    Caller& operator=(const Caller&) = delete;
    ~Caller();

    template <HasFields Header>
    void call(const Ref<Connection>& connection, const Header& header, std::string_view body,
              Duration timeout, Done done) {
        call(
            connection, Header::code, [&](FrameWriter& frame) { encode_fields(frame, header); }, body,
            timeout, std::move(done));
    }
    // write_fields(FrameWriter&) writes the header's fields, if there are any.
    template <class WriteFields>
        requires std::invocable<WriteFields, FrameWriter&>
    void call(const Ref<Connection>& connection, RequestCode code, WriteFields&& write_fields,
              std::string_view body, Duration timeout, Done done) {
        const auto opaque = expect_answer(connection, timeout, std::move(done));
        write(connection, code, opaque, 0, write_fields, body);
    }
    // Passes a request on as it is, with one field more. One that is one-way gets no answer, and done is
    // dropped.
    void relay(const Ref<Connection>& connection, const Command& request, const FieldView& more,
               Duration timeout, Done done);
    template <HasFields Header>
    void send_oneway(const Ref<Connection>& connection, const Header& header, std::string_view body = {}) {
        write(
            connection, Header::code, next_opaque(), flag_oneway,
            [&](FrameWriter& frame) { encode_fields(frame, header); }, body);
    }

    // A command that came in. False when nobody waits for it: a request, or an answer too late.
    bool on_answer(const Ref<Connection>& connection, const Command& command);
    // Ends all waits on that connection.
    void on_closed(const Ref<Connection>& connection);

    std::size_t waiting() const { return waiting_.size(); }

private:
    struct Wait {
        Ref<Connection> connection;
        TimerId timer;
        Done done;
    };

    std::int32_t next_opaque();  // Wraps around.
    std::int32_t expect_answer(const Ref<Connection>& connection, Duration timeout, Done done);
    void fail(std::int32_t opaque, Errc code, std::string_view what);

    template <class WriteFields>
    static void write(const Ref<Connection>& connection, RequestCode code, std::int32_t opaque,
                      std::int32_t flag, WriteFields&& write_fields, std::string_view body) {
        FrameWriter frame{connection->output(),
                          HeaderEncoding::json,
                          {.code = static_cast<std::int32_t>(code), .opaque = opaque, .flag = flag}};
        write_fields(frame);
        frame.finish(body);
    }

    Timers& timers_;
    std::unordered_map<std::int32_t, Wait> waiting_;  // By opaque.
    std::int32_t next_opaque_{0};
};

// What the answer's header says, when its code is 0; else Errc::refused with the code's name and the remark.
Result<> check_answer(const Command& answer);

template <HasFields Header>
Result<Header> decode_answer(const Command& answer) {
    if (auto checked = check_answer(answer); !checked) return std::unexpected{std::move(checked.error())};
    return decode_fields<Header>(answer);
}

}  // namespace tern::remoting
