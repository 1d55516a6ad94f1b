// A connection for tests: what is sent on it is kept, decoded, in the order it was sent.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/assert.hpp"
#include "remoting/command.hpp"
#include "remoting/frame.hpp"
#include "remoting/transport.hpp"

namespace tern::remoting {

class FakeConnection final : public Connection {
public:
    explicit FakeConnection(std::uint64_t id = 1, std::string_view peer = "10.0.0.1:50000",
                            std::string_view local = "10.0.0.9:9876")
        : Connection{id}, peer_{*model::Host::parse(peer)}, local_{*model::Host::parse(local)} {}

    const model::Host& peer() const override { return peer_; }
    const model::Host& local() const override { return local_; }
    bool is_open() const override { return open_; }
    Buffer& output() override { return output_; }
    std::size_t unsent_bytes() const override { return output_.size(); }
    void close(std::string_view why) override {
        open_ = false;
        closed_because_ = why;
    }

    const std::string& closed_because() const { return closed_because_; }
    bool has_sent() const { return output_.size() > taken_; }
    // The oldest frame that was not taken yet. Valid until the next call.
    const Command& take_sent() {
        if (taken_ > 0) output_.consume(std::exchange(taken_, 0));
        const auto frame = cut_frame(output_.view());
        TERN_ASSERT(frame && *frame);
        taken_ = (*frame)->size;
        auto command = decoder_.decode(**frame);
        TERN_ASSERT(command);
        sent_ = *command;
        return sent_;
    }

private:
    model::Host peer_;
    model::Host local_;
    bool open_{true};
    std::string closed_because_;
    Buffer output_;
    std::size_t taken_{0};
    CommandDecoder decoder_;
    Command sent_;
};

}  // namespace tern::remoting
