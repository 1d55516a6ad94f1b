// Connections as services see them: a peer, a buffer for whole frames, and an end. What arrives is cut into
// remoting commands, or goes as a stream of bytes to a handler with frames of its own. net implements this
// over Asio, the simulation over virtual time; nothing above knows which.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/buffer.hpp"
#include "base/ref.hpp"
#include "base/result.hpp"
#include "model/host.hpp"
#include "remoting/command.hpp"

namespace tern::remoting {

// One connection, owned by one loop. It stays usable as an object as long as somebody refers to it; once
// closed, what is appended goes nowhere.
class Connection : public Counted {
public:
    virtual const model::Host& peer()
        const = 0;  // As the other side appears to us; the zero host until connected.
    virtual const model::Host& local() const = 0;
    virtual bool is_open() const = 0;  // Also true while an outgoing connection is still being made.
    // Frames appended here leave together at the end of the loop's turn. Append whole frames only.
    virtual Buffer& output() = 0;
    // Bytes appended and not yet taken by the operating system: what back-pressure looks at.
    virtual std::size_t unsent_bytes() const = 0;
    // Drops what is unsent. on_closed follows, from the executor.
    virtual void close(std::string_view why) = 0;
    std::uint64_t id() const { return id_; }

protected:
    explicit Connection(std::uint64_t id) : id_{id} {}

private:
    std::uint64_t id_;  // Unique in the process.
};

// What happens on connections of one listener or one dialled address. Called on the loop that owns the
// connection.
class ConnectionHandler {
public:
    virtual ~ConnectionHandler() = default;
    virtual void on_opened(const Ref<Connection>&) {}
    // The command's views are valid during the call only.
    virtual void on_command(const Ref<Connection>& connection, const Command& command) = 0;
    // Once for every connection, opened or failed, whatever ended it. No on_command comes after it.
    virtual void on_closed(const Ref<Connection>& connection, std::string_view why) = 0;
};

// The same for frames that are not remoting's. The listener and each of its connections keep it alive until
// their end was told.
class StreamHandler : public Counted {
public:
    virtual void on_opened(const Ref<Connection>&) {}
    // All that has arrived and was not taken. Gives how many bytes from the front it took; the rest comes
    // again with more behind it, at once if any were taken, so one frame a call is enough and lets
    // back-pressure act between frames. With 0 it waits for the rest of a frame, for as long as a transport
    // lets a frame take. An error closes the connection with its detail: so the handler bounds how large a
    // frame may be.
    virtual Result<std::size_t> on_bytes(const Ref<Connection>& connection, std::string_view bytes) = 0;
    // Once for every connection, opened or failed, whatever ended it. No on_bytes comes after it.
    virtual void on_closed(const Ref<Connection>& connection, std::string_view why) = 0;
};

// Stops listening when it dies; connections that were accepted live on.
class Listener {
public:
    virtual ~Listener() = default;
    virtual model::Host address() const = 0;  // With the port the system chose when 0 was asked for.
    // A supervisor holds the socket, too: who connects while this process is away is not refused, but waits
    // for the next one.
    virtual bool outlives_process() const { return false; }
};

class Transport {
public:
    virtual ~Transport() = default;
    virtual Result<std::unique_ptr<Listener>> listen(const model::Host& address,
                                                     ConnectionHandler& handler) = 0;
    // Returns at once; frames appended before it is connected leave when it is. address is "host:port"; names
    // are resolved. A failure is an on_closed.
    virtual Ref<Connection> connect(const std::string& address, ConnectionHandler& handler) = 0;
    // The same for streams; a transport for commands alone, as tests script them, has none.
    virtual Result<std::unique_ptr<Listener>> listen_stream(const model::Host& address,
                                                            Ref<StreamHandler> handler);
    virtual Ref<Connection> connect_stream(const std::string& address, Ref<StreamHandler> handler);
};

}  // namespace tern::remoting
