#include "broker/traffic.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

    Instant now{1h};
    Traffic traffic{"cluster", now};
};

TEST_F(ATraffic, counts_messages_and_bytes_by_topic) {
    traffic.stored("Orders", 1, 100);
    traffic.stored("Bills", 1, 10);
    traffic.stored("Orders", 3, 500);
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
    traffic.delivered("Orders", "readers", 32, 3'200);
    traffic.sent_back("Orders", "readers");
    EXPECT_EQ(of("GROUP_GET_NUMS", "Orders@readers").stats_minute.sum, 32);
    EXPECT_EQ(of("GROUP_GET_SIZE", "Orders@readers").stats_minute.sum, 3'200);
    EXPECT_EQ(of("SNDBCK_PUT_NUMS", "Orders@readers").stats_minute.sum, 1);
    EXPECT_EQ(of("BROKER_GET_NUMS", "cluster").stats_minute.sum, 32);
    now += 10s;
    EXPECT_DOUBLE_EQ(traffic.delivered_per_second("Orders", "readers", now), 3.2);
    EXPECT_DOUBLE_EQ(traffic.delivered_per_second("Orders", "others", now), 0);
}

TEST_F(ATraffic, knows_nothing_of_what_was_never_counted) {
    traffic.stored("Orders", 1, 100);
    EXPECT_FALSE(traffic.find("TOPIC_PUT_NUMS", "Bills", now));
    EXPECT_FALSE(traffic.find("QUEUE_PUT_NUMS", "Orders", now));
    EXPECT_FALSE(traffic.find("BROKER_PUT_NUMS", "another", now));
}

TEST_F(ATraffic, forgets_after_a_minute_an_hour_and_a_day) {
    traffic.stored("Orders", 6, 100);
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
        traffic.stored("Orders", 20, 100);
        passes(10s);
    }
    EXPECT_DOUBLE_EQ(traffic.stored_per_second("Orders", now), 2);
}

TEST_F(ATraffic, keeps_what_belongs_to_topics_and_groups_that_are_there) {
    traffic.stored("Orders", 1, 1);
    traffic.stored("Bills", 1, 1);
    traffic.delivered("Orders", "readers", 1, 1);
    traffic.delivered("Orders", "gone", 1, 1);
    traffic.keep(
        [](std::string_view topic, std::string_view group) { return topic == "Orders" && group != "gone"; });
    EXPECT_TRUE(traffic.find("TOPIC_PUT_NUMS", "Orders", now));
    EXPECT_FALSE(traffic.find("TOPIC_PUT_NUMS", "Bills", now));
    EXPECT_TRUE(traffic.find("GROUP_GET_NUMS", "Orders@readers", now));
    EXPECT_FALSE(traffic.find("GROUP_GET_NUMS", "Orders@gone", now));
    EXPECT_EQ(of("BROKER_PUT_NUMS", "cluster").stats_minute.sum, 2);
    traffic.stored("Bills", 1, 1);
    EXPECT_EQ(of("TOPIC_PUT_NUMS", "Bills").stats_minute.sum, 1);
}

}  // namespace
}  // namespace tern::broker
