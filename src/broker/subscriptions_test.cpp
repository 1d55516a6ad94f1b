// What a group's subscriptions decide: which of its topics its progress is told of, what is said of a queue,
// and which expressions are taken.
#include <set>

#include "broker/broker_scenario.hpp"
#include "json/fields.hpp"
#include "remoting/body/connections.hpp"
#include "remoting/body/heartbeat.hpp"
#include "remoting/body/lists.hpp"
#include "remoting/body/stats.hpp"
#include "remoting/header/admin.hpp"

namespace tern::broker {
namespace {

using remoting::RequestCode;
using remoting::ResponseCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct NoFields {
    static constexpr auto fields() { return list_of(); }
};

struct GroupOfReaders : BrokerScenario {
    GroupOfReaders() {
        starts();
        for (const std::string_view topic : {"Bills", "Orders"}) {
            sends(topic, "a");
            sends(topic, "b");
            commits("readers", topic, 1);
        }
        runs(6s);  // Offsets are stored some seconds apart.
    }
    void subscribes_to(std::string_view topic, std::string_view type = "TAG",
                       std::string_view expression = "*", std::int64_t version = 0) {
        remoting::HeartbeatData data{.client_id = "one"};
        auto& consumer = data.consumer_data_set.emplace_back();
        consumer.group_name = "readers";
        auto& subscription = consumer.subscription_data_set.emplace_back();
        subscription.topic = topic;
        subscription.sub_string = expression;
        subscription.sub_version = version;
        subscription.expression_type = type;
        asks(RequestCode::heart_beat, NoFields{}, json::encode(data));
        while (next_answer()) {
        }
    }
    // By what the group has registered.
    Answer pulls_registered(std::string_view topic, std::int64_t version = 0) {
        remoting::PullMessageRequest pull;
        pull.consumer_group = "readers";
        pull.topic = topic;
        pull.max_msg_nums = 32;
        pull.sub_version = version;
        return asks(pull.code, pull).value_or(Answer{});
    }
    // What it has registered of Orders.
    std::string expression() {
        remoting::GetConsumerConnectionListRequest request;
        request.consumer_group = "readers";
        const auto body = json::decode<remoting::ConsumerConnection>(asks_for(request).body);
        return body->subscription_table.at("Orders").sub_string;
    }
    template <HasFields Header>
    Answer asks_for(const Header& header) {
        return asks(Header::code, header).value_or(Answer{});
    }
    static std::set<std::string> topics_in(const remoting::ConsumeStats& stats) {
        std::set<std::string> topics;
        for (const auto& [queue, offsets] : stats.offset_table) topics.insert(queue.topic);
        return topics;
    }
    std::set<std::string> topics_of(const remoting::GetConsumeStatsRequest& request) {
        return topics_in(*json::decode<remoting::ConsumeStats>(asks_for(request).body));
    }
};

TEST(ProgressOfAGroup, leaves_out_topics_that_its_members_have_given_up) {
    GroupOfReaders broker;
    EXPECT_THAT(broker.topics_of({"readers"}), ElementsAre("Bills", "Orders"));
    broker.subscribes_to("Orders");
    EXPECT_THAT(broker.topics_of({"readers"}), ElementsAre("Orders"));
    EXPECT_THAT(broker.topics_of({"readers", "Bills"}), IsEmpty());
    EXPECT_THAT(broker.topics_of({"readers", "Orders"}), ElementsAre("Orders"));
}

TEST(ProgressOfAGroup, is_told_of_the_topics_of_a_list_alone_and_whether_it_reads_them_or_not) {
    GroupOfReaders broker;
    broker.subscribes_to("Orders");
    EXPECT_THAT(broker.topics_of({"readers", {}, "Bills"}), ElementsAre("Bills"));
    EXPECT_THAT(broker.topics_of({"readers", "Orders", "Bills;Nowhere"}), ElementsAre("Bills"));
}

TEST(ProgressOfAllGroups, leaves_out_topics_that_members_have_given_up) {
    GroupOfReaders broker;
    const auto asked = [&] {
        return *json::decode<remoting::BrokerConsumeStats>(
            broker.asks_for(remoting::GetBrokerConsumeStatsRequest{}).body);
    };
    const auto topics_of_readers = [](const remoting::BrokerConsumeStats& stats) {
        std::set<std::string> topics;
        for (const auto& groups : stats.consume_stats_list)
            if (const auto found = groups.find("readers"); found != groups.end())
                for (const auto& each : found->second) topics.merge(GroupOfReaders::topics_in(each));
        return topics;
    };
    EXPECT_THAT(topics_of_readers(asked()), ElementsAre("Bills", "Orders"));
    EXPECT_EQ(asked().total_diff, 2);
    broker.subscribes_to("Orders");
    EXPECT_THAT(topics_of_readers(asked()), ElementsAre("Orders"));
    EXPECT_EQ(asked().total_diff, 1);
}

TEST(QueueEntries, are_shown_to_a_group_that_is_not_online_too) {
    GroupOfReaders broker;
    remoting::QueryConsumeQueueRequest request;
    request.topic = "Orders";
    request.count = 10;
    request.consumer_group = "readers";
    const auto shown = [&] {
        const auto answer = broker.asks_for(request);
        EXPECT_EQ(answer.code, ResponseCode::success) << answer.remark;
        return json::decode<remoting::ConsumeQueueBody>(answer.body).value_or(remoting::ConsumeQueueBody{});
    };
    EXPECT_EQ(shown().filter_data, "readers@Orders is not online!");
    EXPECT_FALSE(shown().subscription_data);
    EXPECT_EQ(shown().queue_data.size(), 2U);
    broker.subscribes_to("Orders");
    EXPECT_EQ(shown().filter_data, "null");
    EXPECT_TRUE(shown().subscription_data);
}

TEST(ASubscription, is_what_pulls_that_bring_none_are_served_by) {
    GroupOfReaders broker;
    const auto nobody = broker.pulls_registered("Orders");
    EXPECT_EQ(nobody.code, ResponseCode::subscription_not_exist);
    EXPECT_THAT(nobody.remark, HasSubstr("the consumer's group info not exist, readers"));
    broker.subscribes_to("Orders");
    EXPECT_EQ(broker.pulls_registered("Orders").code, ResponseCode::success);
    const auto of_another = broker.pulls_registered("Bills");
    EXPECT_EQ(of_another.code, ResponseCode::subscription_not_exist);
    EXPECT_THAT(of_another.remark, HasSubstr("the consumer's subscription not exist: readers, Bills"));
}

// The member that pulls has changed its own, and its heartbeat is yet to come.
TEST(ASubscription, that_is_older_than_the_pulls_serves_it_not) {
    GroupOfReaders broker;
    broker.subscribes_to("Orders", "TAG", "*", 5);
    for (const std::int64_t version : {0, 4, 5})
        EXPECT_EQ(broker.pulls_registered("Orders", version).code, ResponseCode::success) << version;
    const auto older = broker.pulls_registered("Orders", 6);
    EXPECT_EQ(older.code, ResponseCode::subscription_not_latest);
    EXPECT_THAT(older.remark, HasSubstr("the consumer's subscription not latest: readers, Orders"));
    broker.subscribes_to("Orders", "TAG", "*", 6);
    EXPECT_EQ(broker.pulls_registered("Orders", 6).code, ResponseCode::success);
}

TEST(ASubscription, takes_the_place_of_an_older_one_and_of_no_other) {
    GroupOfReaders broker;
    broker.subscribes_to("Orders", "TAG", "TagA", 5);
    for (const std::int64_t version : {4, 5}) {
        broker.subscribes_to("Orders", "TAG", "TagB", version);
        EXPECT_EQ(broker.expression(), "TagA") << version;
    }
    broker.subscribes_to("Orders", "TAG", "TagB", 6);
    EXPECT_EQ(broker.expression(), "TagB");
}

TEST(ExpressionsOfSql, are_refused_wherever_they_are_named) {
    GroupOfReaders broker;
    const auto refused = HasSubstr("does not support consumer to filter message by SQL92");
    const auto checked = broker.asks(RequestCode::check_client_config, NoFields{},
                                     R"({"clientId":"one","group":"readers","subscriptionData":
                                         {"topic":"Orders","subString":"a > 1","expressionType":"SQL92"}})");
    EXPECT_EQ(checked->code, ResponseCode::system_error);
    EXPECT_THAT(checked->remark, refused);

    remoting::PullMessageRequest pull;
    pull.consumer_group = "readers";
    pull.topic = "Orders";
    pull.max_msg_nums = 32;
    pull.sys_flag = remoting::pull_sys_flag::subscription;
    pull.subscription = "a > 1";
    pull.expression_type = "SQL92";
    const auto named = broker.asks(RequestCode::pull_message, pull);
    EXPECT_EQ(named->code, ResponseCode::system_error);
    EXPECT_THAT(named->remark, refused);

    broker.subscribes_to("Orders", "SQL92");
    pull.sys_flag = 0;
    const auto known = broker.asks(RequestCode::pull_message, pull);
    EXPECT_EQ(known->code, ResponseCode::system_error);
    EXPECT_THAT(known->remark, refused);
}

}  // namespace
}  // namespace tern::broker
