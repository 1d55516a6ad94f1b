#include "broker/traffic.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "io/memory_file_system.hpp"
#include "io/simulated_loop.hpp"

namespace tern::broker {
namespace {

struct ATraffic : testing::Test {
    void passes(Duration time) {
        for (Duration passed{}; passed < time; passed += Traffic::sample_interval) {
            now += Traffic::sample_interval;
            traffic.sample(now);
        }
    }
    remoting::BrokerStatsData of(std::string_view item, std::string_view key) {
        const auto found = traffic.find(item, key, now);
        EXPECT_TRUE(found) << item << " " << key;
        return found.value_or(remoting::BrokerStatsData{});
    }

    void stored(const std::string& topic, std::int64_t messages, std::int64_t bytes, int queue = 0) {
        traffic.stored(queue_of(topic, queue), messages, bytes);
    }
    void settled(const std::string& topic, int queue, Duration took) {
        traffic.settled(queue_of(topic, queue), took);
    }
    void delivered(std::string_view topic, std::string_view group, std::int64_t messages, std::int64_t bytes,
                   int queue = 0, Duration took = {}) {
        traffic.delivered(topic, QueueId{queue}, group, messages, bytes, took, QueueOffset{messages});
    }
    store::ConsumeQueue& queue_of(const std::string& topic, int queue) {
        auto& place = queues[{topic, queue}];
        if (!place)
            place = std::make_unique<store::ConsumeQueue>(files, topic, 600, topic, QueueId{queue},
                                                          queues.size() - 1);
        return *place;
    }
    static Traffic::Setup setup(bool by_queue) {
        return {.cluster = "cluster", .by_queue = by_queue, .is_system = [](std::string_view topic) {
                    return topic == "TBW102";
                }};
    }

    Instant now{1h};
    Traffic traffic{setup(true), now};
    io::SimulatedLoop loop;
    io::MemoryFileSystem files{loop.runtime()};
    std::map<std::pair<std::string, int>, std::unique_ptr<store::ConsumeQueue>> queues;
};

TEST_F(ATraffic, counts_messages_and_bytes_by_topic) {
    stored("Orders", 1, 100);
    stored("Bills", 1, 10);
    stored("Orders", 3, 500);
    now += 5s;
    const auto messages = of("TOPIC_PUT_NUMS", "Orders").stats_minute;
    EXPECT_EQ(messages.sum, 4);
    EXPECT_DOUBLE_EQ(messages.tps, 0.8);
    EXPECT_DOUBLE_EQ(messages.avgpt, 2);
    EXPECT_EQ(of("TOPIC_PUT_SIZE", "Orders").stats_day.sum, 600);
    EXPECT_EQ(of("TOPIC_PUT_SIZE", "Bills").stats_hour.sum, 10);
    EXPECT_EQ(of("BROKER_PUT_NUMS", "cluster").stats_minute.sum, 5);
}

TEST_F(ATraffic, counts_deliveries_and_returns_by_topic_and_group) {
    delivered("Orders", "readers", 32, 3'200);
    traffic.sent_back("Orders", "readers");
    EXPECT_EQ(of("GROUP_GET_NUMS", "Orders@readers").stats_minute.sum, 32);
    EXPECT_EQ(of("GROUP_GET_SIZE", "Orders@readers").stats_minute.sum, 3'200);
    EXPECT_EQ(of("SNDBCK_PUT_NUMS", "Orders@readers").stats_minute.sum, 1);
    EXPECT_EQ(of("BROKER_GET_NUMS", "cluster").stats_minute.sum, 32);
    now += 10s;
    EXPECT_DOUBLE_EQ(traffic.delivered_per_second("Orders", "readers", now), 3.2);
    EXPECT_DOUBLE_EQ(traffic.delivered_per_second("Orders", "others", now), 0);
}

TEST_F(ATraffic, counts_by_queue_and_how_long_it_took) {
    stored("Orders", 1, 100);
    stored("Orders", 3, 500, 2);
    stored("Orders", 1, 100, 2);
    settled("Orders", 2, 2500us);
    settled("Orders", 2, 4500us);
    EXPECT_EQ(of("QUEUE_PUT_NUMS", "Orders@2").stats_minute.sum, 4);
    EXPECT_EQ(of("QUEUE_PUT_SIZE", "Orders@0").stats_minute.sum, 100);
    const auto put = of("TOPIC_PUT_LATENCY", "2@Orders").stats_minute;
    EXPECT_EQ(put.sum, 7);
    EXPECT_DOUBLE_EQ(put.avgpt, 3.5);
    delivered("Orders", "readers", 32, 3'200, 1, 3ms);
    delivered("Orders", "readers", 10, 1'000, 2, 1ms);
    EXPECT_EQ(of("QUEUE_GET_NUMS", "Orders@1@readers").stats_minute.sum, 32);
    EXPECT_EQ(of("QUEUE_GET_SIZE", "Orders@2@readers").stats_minute.sum, 1'000);
    EXPECT_EQ(of("GROUP_GET_LATENCY", "1@Orders@readers").stats_minute.sum, 3);
    EXPECT_EQ(of("GROUP_GET_NUMS", "Orders@readers").stats_minute.sum, 42);
}

TEST_F(ATraffic, tells_nothing_of_single_queues_where_it_is_not_to) {
    Traffic coarse{setup(false), now};
    coarse.stored(queue_of("Orders", 1), 1, 100);
    coarse.stored(queue_of("Orders", 2), 1, 100);
    coarse.delivered("Orders", QueueId{2}, "readers", 2, 200, 5ms, QueueOffset{2});
    EXPECT_EQ(coarse.find("TOPIC_PUT_NUMS", "Orders", now)->stats_minute.sum, 2);
    EXPECT_EQ(coarse.find("GROUP_GET_LATENCY", "Orders@readers", now)->stats_minute.sum, 5);
    EXPECT_FALSE(coarse.find("QUEUE_PUT_NUMS", "Orders@0", now));
    EXPECT_FALSE(coarse.find("QUEUE_GET_NUMS", "Orders@0@readers", now));
    EXPECT_FALSE(coarse.find("TOPIC_PUT_LATENCY", "0@Orders", now));
}

TEST_F(ATraffic, counts_the_brokers_own_topics_apart) {
    stored("Orders", 2, 100);
    stored("TBW102", 5, 100);
    delivered("Orders", "readers", 2, 100);
    delivered("TBW102", "readers", 3, 100);
    EXPECT_EQ(of("BROKER_PUT_NUMS", "cluster").stats_minute.sum, 7);
    EXPECT_EQ(of("BROKER_PUT_NUMS_WITHOUT_SYSTEM_TOPIC", "cluster").stats_minute.sum, 2);
    EXPECT_EQ(of("BROKER_GET_NUMS", "cluster").stats_minute.sum, 5);
    EXPECT_EQ(of("BROKER_GET_NUMS_WITHOUT_SYSTEM_TOPIC", "cluster").stats_minute.sum, 2);
    traffic.keep([](std::string_view, std::string_view) { return false; });
    EXPECT_EQ(of("BROKER_PUT_NUMS", "cluster").stats_minute.sum, 7);
    EXPECT_EQ(of("BROKER_PUT_NUMS_WITHOUT_SYSTEM_TOPIC", "cluster").stats_minute.sum, 2);
}

TEST_F(ATraffic, knows_nothing_of_what_was_never_counted) {
    stored("Orders", 1, 100);
    EXPECT_FALSE(traffic.find("TOPIC_PUT_NUMS", "Bills", now));
    EXPECT_FALSE(traffic.find("NO_SUCH_NUMS", "Orders", now));
    for (const auto* key : {"Orders", "Orders@", "Orders@x", "Orders@1", "@0", "Bills@0"})
        EXPECT_FALSE(traffic.find("QUEUE_PUT_NUMS", key, now)) << key;
    EXPECT_FALSE(traffic.find("BROKER_PUT_NUMS", "another", now));
}

// Their names are there, in 4.9.7 and in 5.5.0, and nothing is ever counted under them.
TEST_F(ATraffic, knows_as_little_as_rocketmq_of_what_was_read_from_the_disk) {
    delivered("Orders", "readers", 1, 100);
    for (const auto* item : {"GROUP_GET_FROM_DISK_NUMS", "GROUP_GET_FROM_DISK_SIZE"})
        EXPECT_FALSE(traffic.find(item, "Orders@readers", now)) << item;
    for (const auto* item : {"BROKER_GET_FROM_DISK_NUMS", "BROKER_GET_FROM_DISK_SIZE"})
        EXPECT_FALSE(traffic.find(item, "cluster", now)) << item;
}

TEST_F(ATraffic, forgets_after_a_minute_an_hour_and_a_day) {
    stored("Orders", 6, 100);
    passes(70s);
    EXPECT_EQ(of("TOPIC_PUT_NUMS", "Orders").stats_minute.sum, 0);
    EXPECT_EQ(of("TOPIC_PUT_NUMS", "Orders").stats_hour.sum, 6);
    passes(70min);
    EXPECT_EQ(of("TOPIC_PUT_NUMS", "Orders").stats_hour.sum, 0);
    EXPECT_EQ(of("TOPIC_PUT_NUMS", "Orders").stats_day.sum, 6);
    passes(25h);
    EXPECT_EQ(of("TOPIC_PUT_NUMS", "Orders").stats_day.sum, 0);
}

TEST_F(ATraffic, tells_the_rate_of_the_last_minute) {
    for (int i = 0; i < 30; ++i) {
        stored("Orders", 20, 100);
        passes(10s);
    }
    EXPECT_DOUBLE_EQ(traffic.stored_per_second("Orders", now), 2);
}

TEST_F(ATraffic, keeps_what_belongs_to_topics_and_groups_that_are_there) {
    stored("Orders", 1, 1);
    stored("Bills", 1, 1);
    delivered("Orders", "readers", 1, 1);
    delivered("Orders", "gone", 1, 1);
    traffic.keep(
        [](std::string_view topic, std::string_view group) { return topic == "Orders" && group != "gone"; });
    EXPECT_TRUE(traffic.find("TOPIC_PUT_NUMS", "Orders", now));
    EXPECT_FALSE(traffic.find("TOPIC_PUT_NUMS", "Bills", now));
    EXPECT_TRUE(traffic.find("GROUP_GET_NUMS", "Orders@readers", now));
    EXPECT_FALSE(traffic.find("GROUP_GET_NUMS", "Orders@gone", now));
    EXPECT_EQ(of("BROKER_PUT_NUMS", "cluster").stats_minute.sum, 2);
    stored("Bills", 1, 1);
    EXPECT_EQ(of("TOPIC_PUT_NUMS", "Bills").stats_minute.sum, 1);
}

}  // namespace
}  // namespace tern::broker
