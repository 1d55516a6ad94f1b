// Pulls that found nothing and wait for a message: each is kept until its queue grows by one that its filter
// lets through, or its time is over. A held pull costs memory and a timer entry, no thread and no polling.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/inplace_function.hpp"
#include "base/runtime.hpp"
#include "base/string_map.hpp"
#include "base/strong.hpp"
#include "model/subscription.hpp"
#include "remoting/responder.hpp"

namespace tern::broker {

// What a pull needs to be served again, by itself.
struct HeldPull {
    std::string group;
    std::string topic;
    QueueId queue;
    QueueOffset offset;
    std::int32_t max_messages{};
    model::SubscriptionData subscription;
    remoting::Responder responder;
};

class HeldPulls {
public:
    // In all; beyond either a pull is answered at once.
    static constexpr std::size_t held_max = 200'000;
    static constexpr std::size_t held_bytes_max = 256 * 1024 * 1024;

    // Answers a pull for good; called from the executor's turn, never from inside hold().
    using Serve = InplaceFunction<void(HeldPull), 32>;

    HeldPulls(Runtime runtime, Serve serve) : runtime_{runtime}, serve_{std::move(serve)} {}
    ~HeldPulls();

    bool full() const { return count_ >= held_max || bytes_ >= held_bytes_max; }
    void hold(HeldPull pull, Duration for_time);
    // The queue has an entry with this tag code at this offset: whoever waited for it is served at the end of
    // the turn, once, with all that came meanwhile.
    void on_arrival(std::string_view topic, QueueId queue, QueueOffset at, std::int64_t tag_code);
    // The group is to go on elsewhere in the queue: who waits for it there is served at the end of the turn.
    void on_reset(std::string_view group, std::string_view topic, QueueId queue);
    // Nobody is there to answer any more.
    void on_closed(const remoting::Connection& connection);
    std::vector<HeldPull> take_all();
    std::size_t size() const { return count_; }

private:
    struct Entry {
        HeldPull pull;
        TimerId timer{0};
        std::uint64_t connection{};
        std::size_t bytes{0};
        bool woken{false};
    };
    using Id = std::uint64_t;
    using Queue = std::map<Id, std::unique_ptr<Entry>>;

    struct Place {
        std::string topic;
        QueueId queue;
        Id id;
    };

    template <class IsMeant>
    void wake(std::string_view topic, QueueId queue, IsMeant is_meant);
    std::unique_ptr<Entry> take(const Place& place);  // Null when it is gone already.
    void serve(const Place& place);
    void serve_woken();

    Runtime runtime_;
    Serve serve_;
    StringMap<std::unordered_map<std::int32_t, Queue>> topics_;
    std::unordered_map<std::uint64_t, std::vector<Place>> by_connection_;
    std::vector<Place> woken_;
    std::size_t count_{0};
    std::size_t bytes_{0};
    Id last_id_{0};
    std::shared_ptr<bool> alive_{std::make_shared<bool>(true)};
};

}  // namespace tern::broker
