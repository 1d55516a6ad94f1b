// A simulated producer: sends numbered messages to the queues of a topic in turn, and tries again as stock
// producers do.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/delay_level.hpp"
#include "simulation/client.hpp"
#include "simulation/history.hpp"

namespace tern::simulation {

enum class SendStyle {
    one_by_one,  // The next when the one before is answered.
    pipelined,   // Up to a window of them at once.
    batches,
    one_way,  // No answer is asked for.
};

struct ProducerPlan {
    std::string group{};
    std::string topic{};
    SendStyle style{SendStyle::one_by_one};
    std::uint32_t messages{100};
    Duration pause{10ms};  // Between the end of one and the next, at most.
    std::uint32_t window{8};
    std::uint32_t batch_size{4};
    std::size_t body_size_max{512};
    std::uint32_t delayed_one_in{0};    // Messages that ask for a delay; 0 for none.
    std::uint32_t unwaiting_one_in{0};  // Messages with WAIT=false; 0 for none.
    std::uint32_t illegal_one_in{0};    // Messages that a broker must refuse; 0 for none.
    // The broker that it sends to, whoever leads: its number, modulo how many there are.
    std::optional<std::uint64_t> sticks_to{};
};

// Messages are named "<client id>-<number>". The client and the history outlive it.
class Producer {
public:
    Producer(Client& client, Histories& histories, ProducerPlan plan, const model::DelayLevels& delays);

    void start();
    // Every message was answered for good, given up, or sent without asking.
    bool is_done() const { return next_ == plan_.messages && under_way_ == 0; }
    // Requests that were not answered for good.
    std::uint32_t under_way() const { return under_way_; }
    // Answers that the message is stored, and not known to be on the disk.
    bool was_answered(remoting::ResponseCode code) const { return answers_.contains(code); }
    // By a master that has fewer brokers in sync than minInSyncReplicas.
    bool was_short_of_copies() const { return was_short_of_copies_; }
    bool is_batching() const { return plan_.style == SendStyle::batches; }

private:
    struct Message {
        std::string key;
        std::string body;
        std::string properties;
        std::int32_t delay_level{0};
        bool waits{true};
        SendId send{0};  // The last attempt.
    };
    // What one request carries: a message, or a batch of them.
    struct Parcel {
        std::vector<Message> messages;
        std::string topic;
        std::string broker;  // The broker name of the last attempt, which the next avoids.
        int attempts{0};
        Instant began{};
    };
    using ParcelRef = std::shared_ptr<Parcel>;

    Message make_message();
    ParcelRef make_parcel();
    void fill();
    void schedule_next();
    void attempt(const ParcelRef& parcel);
    void wait_for_route(const ParcelRef& parcel);
    model::MessageQueue choose(const std::vector<model::MessageQueue>& queues, const Parcel& parcel);
    void begin_sends(Parcel& parcel, const model::MessageQueue& queue);
    void request(const ParcelRef& parcel, const model::MessageQueue& queue);
    void on_answer(const ParcelRef& parcel, Result<remoting::Command> answer);
    void acknowledge(const Parcel& parcel, const remoting::Command& answer);
    void retry_or_give_up(const ParcelRef& parcel, bool may_retry);

    Client& client_;
    Histories& histories_;
    ProducerPlan plan_;
    const model::DelayLevels& delays_;
    std::uint32_t next_{0};
    std::uint32_t under_way_{0};  // Parcels.
    bool next_scheduled_{false};
    std::uint64_t turn_{0};
    std::set<remoting::ResponseCode> answers_;
    bool was_short_of_copies_{false};
};

}  // namespace tern::simulation
