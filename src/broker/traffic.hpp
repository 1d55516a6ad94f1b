// What went in and out by topic, queue and group, how long that took, and how much of it within the last
// minute, hour and day: RocketMQ's statistics items. spec/observability.md 2.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/inplace_function.hpp"
#include "base/runtime.hpp"
#include "base/string_map.hpp"
#include "base/strong.hpp"
#include "remoting/body/stats.hpp"
#include "store/consume_queue.hpp"

namespace tern::broker {

// Of one loop. A key lives as long as its topic and its group do, so there are not more than of those and of
// their queues.
class Traffic {
public:
    static constexpr Duration sample_interval = 10s;

    struct Setup {
        std::string cluster;  // Whose name is the key of the broker's own items.
        bool by_queue{true};  // Else nothing is told of single queues.
        InplaceFunction<bool(std::string_view topic), 16> is_system;
    };
    Traffic(Setup setup, Instant now);
    Traffic(const Traffic&) = delete;
    Traffic& operator=(const Traffic&) = delete;

    void stored(const store::ConsumeQueue& queue, std::int64_t messages, std::int64_t bytes) {
        flow_of(queue).add(messages, bytes);
    }
    // What was stored, in one go, is answered.
    void settled(const store::ConsumeQueue& queue, Duration took) { flow_of(queue).took += took; }
    // next: where the group reads on.
    void delivered(std::string_view topic, QueueId queue, std::string_view group, std::int64_t messages,
                   std::int64_t bytes, Duration took, QueueOffset next);
    void sent_back(std::string_view topic, std::string_view group);

    // Once in every sample_interval.
    void sample(Instant now);
    // Forgets what belongs to others than those; group is empty for what belongs to a topic alone.
    using Exists = InplaceFunction<bool(std::string_view topic, std::string_view group), 32>;
    void keep(Exists exists);

    // Nothing where no such item is counted, or nothing was counted under the key.
    std::optional<remoting::BrokerStatsData> find(std::string_view item, std::string_view key, Instant now);
    // Where a group reads on in a queue; nothing when it has been given nothing yet.
    std::optional<QueueOffset> read_to(std::string_view topic, QueueId queue, std::string_view group);
    // Messages, within the last minute.
    double stored_per_second(std::string_view topic, Instant now);
    double delivered_per_second(std::string_view topic, std::string_view group, Instant now);

private:
    struct Flow {
        std::int64_t messages{0};
        std::int64_t bytes{0};
        std::int64_t times{0};
        Duration took{};
        void add(std::int64_t more_messages, std::int64_t more_bytes) {
            messages += more_messages;
            bytes += more_bytes;
            ++times;
        }
        Flow& operator+=(const Flow& other) {
            messages += other.messages;
            bytes += other.bytes;
            times += other.times;
            took += other.took;
            return *this;
        }
        friend bool operator==(const Flow&, const Flow&) = default;
    };
    struct Sample {
        Instant at;
        Flow flow;
    };
    // Oldest first. While nothing flows there is no more than one.
    using Samples = std::vector<Sample>;
    struct History {
        Flow flow{};
        Samples minute;
        Samples hour;
        Samples day;
    };
    // Of a topic, or of a topic and a group. Without by_queue all of it is one queue's, 0.
    struct Histories {
        History total;  // A sum, made when it is asked for.
        std::map<QueueId, History> queues;
        std::map<QueueId, QueueOffset> read_to;
        bool is_system{false};
    };
    // Of the broker: sums, likewise.
    struct BrokerHistories {
        History all;
        History of_users;
        Flow all_forgotten{};
        Flow of_users_forgotten{};
    };
    using Table = StringMap<Histories>;
    struct Item {
        std::string_view name;
        History* (Traffic::*find)(std::string_view key);
        double (*value)(const Flow&);
    };
    static const Item items[];

    static double messages_of(const Flow& flow);
    static double bytes_of(const Flow& flow);
    static double took_ms_of(const Flow& flow);

    Flow& flow_of(const store::ConsumeQueue& queue) {
        const auto number = queue.number();
        if (number >= by_queue_.size() || by_queue_[number] == nullptr) [[unlikely]]
            find_flow(queue);
        return *by_queue_[number];
    }
    void find_flow(const store::ConsumeQueue& queue);
    History history() const;
    Histories& histories_of(Table& table, std::string_view key);
    History& queue_of(Histories& histories, QueueId queue);
    static Flow sum_of(const Histories& histories);
    void sum_up(Table& table, BrokerHistories& broker);
    History* find_total(Table& table, std::string_view key);
    History* find_queue(Table& table, std::string_view key, std::string_view queue);
    History* find_stored(std::string_view topic);
    History* find_stored_of_queue(std::string_view topic_queue);
    History* find_stored_by_queue(std::string_view queue_topic);
    History* find_delivered(std::string_view topic_group);
    History* find_delivered_of_queue(std::string_view topic_queue_group);
    History* find_delivered_by_queue(std::string_view queue_topic_group);
    History* find_sent_back(std::string_view topic_group);
    History* find_broker(std::string_view cluster, Table& table, BrokerHistories& broker,
                         History BrokerHistories::* which);
    History* find_broker_stored(std::string_view cluster);
    History* find_broker_stored_of_users(std::string_view cluster);
    History* find_broker_delivered(std::string_view cluster);
    History* find_broker_delivered_of_users(std::string_view cluster);
    static remoting::BrokerStatsItem growth(const History& history, const Samples& samples,
                                            double (*value)(const Flow&), Instant now);
    double per_second(std::string_view item, std::string_view key, Instant now);

    Setup setup_;
    Instant sampled_at_;
    Table stored_;     // By topic.
    Table delivered_;  // By "topic@group".
    Table sent_back_;  // Likewise.
    BrokerHistories broker_stored_;
    BrokerHistories broker_delivered_;
    std::vector<Flow*> by_queue_;  // Of stored_, by the number of the queue.
    std::uint64_t samples_{0};
    std::string scratch_;
};

}  // namespace tern::broker
