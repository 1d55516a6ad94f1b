// Sends messages one by one or in batches: SEND_MESSAGE_V2 and SEND_BATCH_MESSAGE frames as a Java producer
// writes them, encoded once for each queue.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/channel.hpp"
#include "bench/load/frame_template.hpp"
#include "bench/load/measurement.hpp"
#include "bench/load/verification.hpp"

namespace tern::bench {

struct SendShape {
    std::string group{"bench"};
    std::string topic{};
    std::string broker_name{};
    std::int32_t queues{1};
    std::size_t body_size{1024};
    std::size_t batch_size{1};
    bool is_batch{false};       // SEND_BATCH_MESSAGE, also with one message.
    bool stamps_bodies{false};  // A body begins with its intended time, for read_stamp().
    remoting::HeaderEncoding encoding{};
};

// The smallest body that has room for a stamp.
inline constexpr std::size_t stamp_size = sizeof(std::int64_t);
// When the message with this body was to be sent.
Instant read_stamp(std::string_view body);

// What all senders take their requests from: queues in turn, every message with a unique key of its own.
class SendRequests {
public:
    explicit SendRequests(const SendShape& shape);

    struct Begun {
        std::int32_t queue;
        std::uint64_t messages;
    };
    // Appends the next request to out.
    Begun append_next(Buffer& out, std::int32_t opaque, Instant intended);

private:
    struct QueueTemplate {
        FrameTemplate frame;
        std::vector<Blank> key_counters;     // One for each message of the request.
        std::vector<std::size_t> bodies_at;  // Likewise.
    };
    QueueTemplate make_template(std::int32_t queue) const;
    std::string properties_of(std::size_t message) const;
    std::string key_of(std::uint64_t number) const;

    SendShape shape_;
    std::string key_prefix_;  // Of all unique keys of the run; a counter of eight digits follows.
    std::vector<QueueTemplate> queues_;
    std::size_t next_queue_{0};
    std::uint64_t next_key_{0};
};

class Sender final : public Channel {
public:
    // requests and measurement outlive the sender, as does verification, which may be nullptr.
    Sender(UniqueFd fd, std::size_t room, SendRequests& requests, Measurement& measurement,
           SendVerification* verification);

    bool has_room() const { return !free_slots_.empty(); }
    void send(Instant intended);

private:
    Result<> on_answer(std::size_t slot, const Answer& answer, Instant now) override;

    SendRequests& requests_;
    Measurement& measurement_;
    SendVerification* verification_;
    std::vector<std::size_t> free_slots_;
    std::vector<SendRequests::Begun> begun_;  // By slot.
};

}  // namespace tern::bench
