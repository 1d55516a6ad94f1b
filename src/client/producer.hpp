// Sends messages: to the queues of a topic in turn, or to one that the caller names.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/enum_names.hpp"
#include "base/inplace_function.hpp"
#include "base/result.hpp"
#include "client/client.hpp"
#include "client/message.hpp"
#include "client/weak.hpp"
#include "model/message_queue.hpp"

namespace tern::client {

// How well a message is stored; only ok is what the broker was asked for.
enum class SendStatus { ok, flush_disk_timeout, flush_slave_timeout, slave_not_available };
constexpr std::array<std::string_view, 4> enum_names(SendStatus) {
    return {"SEND_OK", "FLUSH_DISK_TIMEOUT", "FLUSH_SLAVE_TIMEOUT", "SLAVE_NOT_AVAILABLE"};
}

struct Sent {
    SendStatus status{};
    model::MessageQueue queue{};
    QueueOffset queue_offset{};       // Of a batch: the first message's.
    std::string message_id{};         // The unique id; of a batch all of them, with commas between, as
    std::string offset_message_id{};  // are the places.
};

// Whether a send that failed so may have been stored all the same.
bool may_be_stored(Errc error);

struct ProducerConfig {
    std::string group{};
    Duration send_timeout{3s};  // For all attempts together.
    std::int32_t attempts{3};
};

// Of one loop. Sends that are under way when it dies end without a word.
class Producer {
public:
    // When an attempt may have stored the message, the error is that attempt's, whatever the others met.
    using Done = InplaceFunction<void(Result<Sent>), 64>;
    // The place of the queue to send to among the queues of the topic; they are not empty.
    using SelectQueue = InplaceFunction<std::size_t(const std::vector<model::MessageQueue>&), 64>;

    Producer(Client& client, ProducerConfig config);
    ~Producer();

    // To the next queue in turn; what another broker may do better is tried there.
    void send(const Message& message, Done done);
    // To that queue or not at all.
    void send(const Message& message, const model::MessageQueue& queue, Done done);
    void send(const Message& message, SelectQueue select, Done done);
    // Messages of one topic, without delay, together in one request and one queue. Errc::message_illegal when
    // they have more than 4 MiB.
    void send_batch(std::span<const Message> messages, Done done);
    // Nobody answers, and nobody tries again. Goes nowhere while the topic's route is not known: find it
    // first.
    Result<> send_oneway(const Message& message);

private:
    struct Sending;

    Ref<Sending> prepare(const Message& message, Done done);
    void begin(Ref<Sending> sending);
    void attempt(Ref<Sending> sending, const Route& route);
    void on_answer(Ref<Sending> sending, const Result<remoting::Command>& answer);
    void fail(Sending& sending, Error error);
    void refuse(Done done, Error error);
    const model::MessageQueue& next_queue(const Route& route, std::string_view not_on);

    Client& client_;
    ProducerConfig config_;
    std::size_t turn_;
    Lifeline<Producer> lifeline_{this};
};

}  // namespace tern::client
