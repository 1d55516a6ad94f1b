#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/client_scenario.hpp"
#include "client/pull_consumer.hpp"
#include "client/push_consumer.hpp"
#include "model/tag_filter.hpp"

namespace tern::client {
namespace {

using remoting::RequestCode;
using remoting::ResponseCode;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const model::MessageQueue queue_0{"a", QueueId{0}, "Orders"};

ScriptedAnswer pulled(std::string records, std::int64_t next, ResponseCode code = ResponseCode::success) {
    return {.code = code,
            .fields = {{"suggestWhichBrokerId", "0"},
                       {"nextBeginOffset", std::to_string(next)},
                       {"minOffset", "0"},
                       {"maxOffset", "9"}},
            .body = std::move(records)};
}

class PullConsumerTest : public testing::Test {
protected:
    PullConsumerTest() {
        scenario.topics({{"Orders", route_on({{"a", "a:1", 1}})}});
        EXPECT_TRUE(scenario.route_of("Orders"));
    }
    Result<Pulled> pull(Pull what) {
        std::optional<Result<Pulled>> result;
        consumer.pull(std::move(what), [&result](Result<Pulled> done) { result = std::move(done); });
        scenario.world.run_until([&] { return result.has_value(); });
        return std::move(*result);
    }
    template <class Offset>
    Result<Offset> ask(void (PullConsumer::*question)(const model::MessageQueue&,
                                                      PullConsumer::Done<Offset>)) {
        std::optional<Result<Offset>> result;
        (consumer.*question)(queue_0, [&result](Result<Offset> done) { result = std::move(done); });
        scenario.world.run_until([&] { return result.has_value(); });
        return std::move(*result);
    }

    ClientScenario scenario;
    PullConsumer consumer{scenario.client, "Readers"};
};

TEST_F(PullConsumerTest, reads_messages_and_where_to_go_on) {
    scenario.world.servers.at(
        "a:1", RequestCode::pull_message,
        pulled(stored({.queue_offset = 4, .body = "four"}) +
                   stored({.queue_offset = 5, .body = "five", .properties = "UNIQ_KEY\x01ID5\x02"}),
               6));
    const auto result = pull({.queue = queue_0, .offset = QueueOffset{4}});
    ASSERT_TRUE(result) << result.error().detail;
    EXPECT_EQ(result->status, PullStatus::found);
    EXPECT_EQ(result->next_offset, QueueOffset{6});
    ASSERT_THAT(result->messages, SizeIs(2));
    EXPECT_EQ(result->messages[0].body, "four");
    EXPECT_EQ(result->messages[0].message_id, result->messages[0].offset_message_id);
    EXPECT_EQ(result->messages[1].message_id, "ID5");
    EXPECT_EQ(result->messages[1].queue, queue_0);
}
TEST_F(PullConsumerTest, has_a_status_for_each_answer_without_messages) {
    const auto status = [this](ResponseCode code) {
        scenario.world.servers.at("a:1", RequestCode::pull_message, pulled({}, 3, code));
        return pull({.queue = queue_0})->status;
    };
    EXPECT_EQ(status(ResponseCode::pull_not_found), PullStatus::no_new_message);
    EXPECT_EQ(status(ResponseCode::pull_retry_immediately), PullStatus::no_matched_message);
    EXPECT_EQ(status(ResponseCode::pull_offset_moved), PullStatus::offset_illegal);
}
TEST_F(PullConsumerTest, drops_tags_that_only_share_their_code) {
    scenario.world.servers.at("a:1", RequestCode::pull_message,
                              pulled(stored({.body = "other",
                                             .properties = "TAGS\x01"
                                                           "BB\x02"}) +  // As "Aa" hashes.
                                         stored({.queue_offset = 1,
                                                 .body = "ours",
                                                 .properties = "TAGS\x01"
                                                               "Aa\x02"}),
                                     2));
    const auto result = pull({.queue = queue_0, .subscription = *model::tag_subscription("Orders", "Aa", 1)});
    ASSERT_THAT(result->messages, SizeIs(1));
    EXPECT_EQ(result->messages[0].body, "ours");
}
TEST_F(PullConsumerTest, says_in_the_request_how_long_it_waits_and_what_it_wants) {
    scenario.world.servers.at("a:1", RequestCode::pull_message, pulled({}, 3, ResponseCode::pull_not_found));
    pull({.queue = queue_0, .hold = 15s, .commit = QueueOffset{2}});
    const auto fields = scenario.world.servers.asked(RequestCode::pull_message).front().fields;
    EXPECT_EQ(fields.at("sysFlag"), "7");
    EXPECT_EQ(fields.at("suspendTimeoutMillis"), "15000");
    EXPECT_EQ(fields.at("commitOffset"), "2");
    EXPECT_EQ(fields.at("subscription"), "*");
}
TEST_F(PullConsumerTest, has_no_offset_where_the_group_has_none) {
    scenario.world.servers.at("a:1", RequestCode::query_consumer_offset,
                              {.code = ResponseCode::query_not_found});
    EXPECT_EQ(*ask(&PullConsumer::query_offset), std::nullopt);
    scenario.world.servers.at("a:1", RequestCode::query_consumer_offset, {.fields = {{"offset", "7"}}});
    EXPECT_EQ(*ask(&PullConsumer::query_offset), QueueOffset{7});
    scenario.world.servers.at("a:1", RequestCode::query_consumer_offset,
                              {.code = ResponseCode::system_error});
    EXPECT_FALSE(ask(&PullConsumer::query_offset));
}
TEST_F(PullConsumerTest, asks_for_the_bounds_of_a_queue) {
    scenario.world.servers.at("a:1", RequestCode::get_min_offset, {.fields = {{"offset", "3"}}});
    scenario.world.servers.at("a:1", RequestCode::get_max_offset, {.fields = {{"offset", "9"}}});
    EXPECT_EQ(*ask(&PullConsumer::min_offset), QueueOffset{3});
    EXPECT_EQ(*ask(&PullConsumer::max_offset), QueueOffset{9});
}

// A broker with one queue of messages, as a push consumer needs it.
class PushConsumerTest : public testing::Test {
protected:
    PushConsumerTest() {
        scenario.topics({{"Orders", route_on({{"a", "a:1", 1}})}});
        auto& servers = scenario.world.servers;
        servers.at("a:1", RequestCode::heart_beat, ScriptedAnswer{});
        servers.at("a:1", RequestCode::unregister_client, ScriptedAnswer{});
        servers.at("a:1", RequestCode::get_consumer_list_by_group,
                   {.body = R"({"consumerIdList":["10.0.0.7@1#1"]})"});
        servers.at("a:1", RequestCode::query_consumer_offset, {.code = ResponseCode::query_not_found});
        servers.at("a:1", RequestCode::get_max_offset, [this](const auto&) {
            return ScriptedAnswer{.fields = {{"offset", std::to_string(messages.size())}}};
        });
        servers.at("a:1", RequestCode::consumer_send_msg_back, ScriptedAnswer{});
        servers.at("a:1", RequestCode::update_consumer_offset, [this](const ScriptedRequest& request) {
            committed = std::stoll(request.fields.at("commitOffset"));
            return std::nullopt;
        });
        servers.at("a:1", RequestCode::pull_message, [this](const ScriptedRequest& request) {
            constexpr int commits = 1;  // The bit of sysFlag.
            if ((std::stoi(request.fields.at("sysFlag")) & commits) != 0)
                committed = std::stoll(request.fields.at("commitOffset"));
            return answer_pull(std::stoul(request.fields.at("queueOffset")));
        });
    }
    std::optional<ScriptedAnswer> answer_pull(std::size_t offset) {
        if (offset >= messages.size()) return std::nullopt;  // Held.
        std::string records;
        for (auto i = offset; i < messages.size(); ++i)
            records += stored({.queue_offset = static_cast<std::int64_t>(i), .body = messages[i]});
        return pulled(records, static_cast<std::int64_t>(messages.size()));
    }
    void begins(remoting::ConsumeFromWhere from = remoting::ConsumeFromWhere::first_offset) {
        consumer.emplace(scenario.client, PushConsumerConfig{.group = "Readers", .from = from},
                         [this](const ReceivedMessage& message) { return listen(message); });
        ASSERT_TRUE(consumer->subscribe("Orders", "*"));
        consumer->start();
        scenario.world.settle();
    }
    Consumed listen(const ReceivedMessage& message) {
        heard.push_back(message.body);
        return refused.contains(message.body) ? Consumed::later : Consumed::yes;
    }

    ClientScenario scenario;
    std::vector<std::string> messages;
    std::vector<std::string> heard;
    std::set<std::string> refused;
    std::int64_t committed{-1};
    std::optional<PushConsumer> consumer;
};

TEST_F(PushConsumerTest, hands_over_messages_in_order_and_commits_what_was_consumed) {
    messages = {"one", "two", "three"};
    begins();
    EXPECT_THAT(heard, ElementsAre("one", "two", "three"));
    scenario.world.run_for(5s);
    EXPECT_EQ(committed, 3);
}
TEST_F(PushConsumerTest, begins_a_new_group_at_the_end) {
    messages = {"old"};
    begins(remoting::ConsumeFromWhere::last_offset);
    EXPECT_THAT(heard, IsEmpty());
    EXPECT_THAT(consumer->positions(), ElementsAre(testing::Pair(queue_0, QueueOffset{1})));
}
TEST_F(PushConsumerTest, goes_on_where_the_group_had_come) {
    messages = {"one", "two", "three"};
    scenario.world.servers.at("a:1", RequestCode::query_consumer_offset, {.fields = {{"offset", "2"}}});
    begins();
    EXPECT_THAT(heard, ElementsAre("three"));
}
TEST_F(PushConsumerTest, gives_back_what_the_listener_wants_later_and_goes_on) {
    messages = {"one", "bad", "three"};
    refused = {"bad"};
    begins();
    EXPECT_THAT(heard, ElementsAre("one", "bad", "three"));
    const auto back = scenario.world.servers.asked(RequestCode::consumer_send_msg_back);
    ASSERT_THAT(back, SizeIs(1));
    EXPECT_EQ(back[0].fields.at("group"), "Readers");
    EXPECT_EQ(back[0].fields.at("originTopic"), "Orders");
}
TEST_F(PushConsumerTest, keeps_a_message_that_the_broker_does_not_take_back) {
    messages = {"bad", "two"};
    refused = {"bad"};
    scenario.world.servers.at("a:1", RequestCode::consumer_send_msg_back,
                              {.code = ResponseCode::system_error});
    begins();
    EXPECT_THAT(heard, ElementsAre("bad"));
    refused.clear();
    scenario.world.run_for(1s);
    EXPECT_THAT(heard, ElementsAre("bad", "bad", "two"));
}
TEST_F(PushConsumerTest, tells_the_broker_what_it_subscribes_to_before_it_pulls) {
    begins();
    const auto heartbeats = scenario.world.servers.asked(RequestCode::heart_beat);
    ASSERT_FALSE(heartbeats.empty());
    EXPECT_THAT(heartbeats.back().body, testing::HasSubstr(R"("topic":"Orders")"));
    EXPECT_THAT(heartbeats.back().body, testing::HasSubstr(R"("topic":"%RETRY%Readers")"));
}
TEST_F(PushConsumerTest, gives_up_its_queue_when_the_group_has_another_member_for_it) {
    messages = {"one"};
    begins();
    scenario.world.servers.at("a:1", RequestCode::get_consumer_list_by_group,
                              {.body = R"({"consumerIdList":["10.0.0.6@1#1","10.0.0.7@1#1"]})"});
    scenario.world.servers.ask_client("a:1", RequestCode::notify_consumer_ids_changed,
                                      {{"consumerGroup", "Readers"}});
    scenario.world.run_for(1ms);
    EXPECT_THAT(consumer->positions(), IsEmpty());
    EXPECT_EQ(committed, 1);
}
TEST_F(PushConsumerTest, tries_again_after_a_pull_that_failed) {
    messages = {"one"};
    scenario.world.servers.at("a:1", RequestCode::pull_message, {.code = ResponseCode::system_busy});
    begins();
    scenario.world.servers.at("a:1", RequestCode::pull_message, [this](const auto& request) {
        return answer_pull(std::stoul(request.fields.at("queueOffset")));
    });
    scenario.world.run_for(1s);
    EXPECT_THAT(heard, ElementsAre("one"));
}
TEST_F(PushConsumerTest, commits_and_leaves_when_it_stops) {
    messages = {"one"};
    begins();
    consumer->stop();
    scenario.world.settle();
    EXPECT_EQ(committed, 1);
    EXPECT_THAT(scenario.world.servers.asked(RequestCode::unregister_client), SizeIs(1));
}

}  // namespace
}  // namespace tern::client
