// The inner end of a connection: what arrives is cut into commands for a ConnectionHandler, or handed to a
// StreamHandler. For transports.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "remoting/command.hpp"
#include "remoting/frame.hpp"
#include "remoting/transport.hpp"

namespace tern::remoting {

class Receiver {
public:
    Receiver() = default;  // Tells nobody.
    explicit Receiver(ConnectionHandler& handler) : commands_{&handler} {}
    explicit Receiver(Ref<StreamHandler> handler) : stream_{std::move(handler)} {}

    explicit operator bool() const { return commands_ != nullptr || stream_; }
    bool is_for_commands() const { return commands_ != nullptr; }

    void opened(const Ref<Connection>& connection) const {
        if (is_for_commands()) return commands_->on_opened(connection);
        const auto stream = stream_;  // It may be told to forget us meanwhile.
        if (stream) stream->on_opened(connection);
    }
    // Hands over what stands at the front: one command, or what the stream's handler takes. Gives its size, 0
    // when more has to come first; nothing when the connection is to be closed, and `failed` says why. (A
    // Result would cost each command half of what cutting its frame does.)
    [[gnu::always_inline]] std::optional<std::size_t> take(const Ref<Connection>& connection,
                                                           std::string_view bytes, CommandDecoder& decoder,
                                                           Error& failed) const {
        if (!is_for_commands()) [[unlikely]]
            return take_of_stream(connection, bytes, failed);
        const auto frame = cut_frame(bytes);
        if (!frame) return fails(failed, frame.error());
        if (!*frame) return 0;
        const auto command = decoder.decode(**frame);
        if (!command) return fails(failed, command.error());
        commands_->on_command(connection, *command);
        return (*frame)->size;
    }
    void closed(const Ref<Connection>& connection, std::string_view why) const {
        if (is_for_commands()) return commands_->on_closed(connection, why);
        const auto stream = stream_;
        if (stream) stream->on_closed(connection, why);
    }

private:
    static std::nullopt_t fails(Error& failed, const Error& error) {
        failed = error;
        return std::nullopt;
    }
    std::optional<std::size_t> take_of_stream(const Ref<Connection>& connection, std::string_view bytes,
                                              Error& failed) const {
        const auto stream = stream_;
        if (!stream || bytes.empty()) return 0;
        const auto taken = stream->on_bytes(connection, bytes);
        if (!taken) return fails(failed, taken.error());
        return *taken;
    }

    ConnectionHandler* commands_{nullptr};
    Ref<StreamHandler> stream_;
};

}  // namespace tern::remoting
