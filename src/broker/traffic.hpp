// What went in and out by topic and group, and how much of it within the last minute, hour and day:
// RocketMQ's statistics items. spec/observability.md 2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/inplace_function.hpp"
#include "base/runtime.hpp"
#include "base/string_map.hpp"
#include "remoting/body/stats.hpp"

namespace tern::broker {

// Of one loop. A key lives as long as its topic and its group do, so there are not more than of those.
class Traffic {
public:
    static constexpr Duration sample_interval = 10s;

    // The broker's own items have its cluster's name as their key.
    Traffic(std::string_view cluster, Instant now);
    Traffic(const Traffic&) = delete;
    Traffic& operator=(const Traffic&) = delete;

    void stored(std::string_view topic, std::int64_t messages, std::int64_t bytes) {
        if (recent_ == nullptr || recent_->first != topic) [[unlikely]]
            find_recent(topic);
        recent_->second.flow.add(messages, bytes);
    }
    void delivered(std::string_view topic, std::string_view group, std::int64_t messages, std::int64_t bytes);
    void sent_back(std::string_view topic, std::string_view group);

    // Once in every sample_interval.
    void sample(Instant now);
    // Forgets what belongs to others than those; group is empty for what belongs to a topic alone.
    using Exists = InplaceFunction<bool(std::string_view topic, std::string_view group), 32>;
    void keep(Exists exists);

    // Nothing where no such item is counted, or nothing was counted under the key.
    std::optional<remoting::BrokerStatsData> find(std::string_view item, std::string_view key, Instant now);
    // Messages, within the last minute.
    double stored_per_second(std::string_view topic, Instant now);
    double delivered_per_second(std::string_view topic, std::string_view group, Instant now);

private:
    struct Flow {
        std::int64_t messages{0};
        std::int64_t bytes{0};
        std::int64_t times{0};
        void add(std::int64_t more_messages, std::int64_t more_bytes) {
            messages += more_messages;
            bytes += more_bytes;
            ++times;
        }
        Flow& operator+=(const Flow& other) {
            messages += other.messages;
            bytes += other.bytes;
            times += other.times;
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
        Flow flow;
        Samples minute;
        Samples hour;
        Samples day;
    };
    using Histories = StringMap<History>;
    struct Item {
        std::string_view name;
        Histories Traffic::* histories;
        std::int64_t Flow::* what;
    };
    static const Item items[];

    void find_recent(std::string_view topic);
    History& history_of(Histories& histories, std::string_view key);
    static remoting::BrokerStatsItem growth(const History& history, const Samples& samples,
                                            std::int64_t Flow::* what, Instant now);
    double per_second(std::string_view item, std::string_view key, Instant now);
    void sum_up();

    Instant sampled_at_;
    Histories stored_;         // By topic.
    Histories delivered_;      // By "topic@group".
    Histories sent_back_;      // Likewise.
    Histories broker_stored_;  // By cluster: of one. Sums, made when they are asked for.
    Histories broker_delivered_;
    Flow forgotten_stored_;
    Flow forgotten_delivered_;
    Histories::value_type* recent_{nullptr};  // Of stored_: of many messages in a row most are of one topic.
    std::uint64_t samples_{0};
    std::string scratch_;
};

}  // namespace tern::broker
