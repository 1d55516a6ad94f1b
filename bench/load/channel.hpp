// One connection of the load with its requests under way: what senders and pullers have in common.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "base/runtime.hpp"
#include "bench/load/answer.hpp"
#include "bench/load/socket.hpp"

namespace tern::bench {

// Owned by the generator, at one place from its start on: the poller refers to it.
class Channel {
public:
    virtual ~Channel() = default;

    int fd() const { return stream_.fd(); }
    // Reads once and handles every answer that is whole. How many; an error ends the run.
    Result<std::size_t> read_answers();
    // What was begun leaves in one write; what the socket does not take waits until it is writable.
    Result<> flush(Poller& poller);
    std::size_t under_way() const { return under_way_; }

protected:
    Channel(UniqueFd fd, std::size_t slot_count) : stream_{std::move(fd)}, slots_(slot_count) {}

    // The request of that slot was answered; the slot is free again.
    virtual Result<> on_answer(std::size_t slot, const Answer& answer, Instant now) = 0;

    // A slot has one request at a time. The opaque that its request is to have.
    std::int32_t begin_request(std::size_t slot, Instant intended);
    Instant intended(std::size_t slot) const { return slots_[slot].intended; }
    Buffer& output() { return stream_.output(); }

private:
    struct Slot {
        Instant intended;
        bool busy{false};
    };
    Result<> handle(const Answer& answer, Instant now);

    Stream stream_;
    std::vector<Slot> slots_;
    std::size_t under_way_{0};
    bool waits_for_room_{false};
};

}  // namespace tern::bench
