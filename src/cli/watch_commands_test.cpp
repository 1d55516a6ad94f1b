// The commands that go on without end, a round of each, and what they say of a group that is not well.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/cli_scenario.hpp"
#include "cli/group_health.hpp"

namespace tern::cli {
namespace {

using client::ScriptedAnswer;
using client::ScriptedRequest;
using remoting::RequestCode;
using remoting::ResponseCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct WatchCommands : testing::Test {
    static constexpr auto broker = "127.0.0.1:21911";

    WatchCommands() {
        auto& servers = cli.world.servers;
        cli.golden("ns:9876", RequestCode::get_broker_cluster_info,
                   "106-GET_BROKER_CLUSTER_INFO-550json-admin-clusterList");
        cli.golden("ns:9876", RequestCode::get_routeinfo_by_topic,
                   "105-GET_ROUTEINFO_BY_TOPIC-550json-admin-topicRoute");
        servers.at("ns:9876", RequestCode::get_all_topic_list_from_nameserver,
                   {.body = R"({"topicList":["GoldTopic","%RETRY%readers"]})"});
        servers.at(broker, RequestCode::heart_beat, ScriptedAnswer{});
        servers.at(broker, RequestCode::unregister_client, ScriptedAnswer{});
        servers.at(broker, RequestCode::get_consume_stats, {.body = R"({"offsetTable":{
                {"brokerName":"broker-a","queueId":0,"topic":"GoldTopic"}:{"brokerOffset":9,"consumerOffset":2},
                {"brokerName":"broker-a","queueId":1,"topic":"GoldTopic"}:{"brokerOffset":4,"consumerOffset":4}}})"});
        servers.at(broker, RequestCode::query_consume_time_span, {.body = R"({"consumeTimeSpanSet":[
                {"messageQueue":{"brokerName":"broker-a","queueId":0,"topic":"GoldTopic"},"delayTime":1500},
                {"messageQueue":{"brokerName":"broker-a","queueId":1,"topic":"GoldTopic"},"delayTime":0}]})"});
    }
    json::Value document(std::vector<std::string_view> words) {
        words.push_back("--json");
        const auto outcome = cli.call(words);
        EXPECT_EQ(outcome.status, exit_ok) << outcome.err;
        return json::parse(outcome.out).value_or(json::Value{});
    }
    CliScenario cli;
};

TEST_F(WatchCommands, clusterRT_counts_what_each_broker_took_and_how_long_it_needed) {
    cli.golden(broker, RequestCode::send_message_v2, "310-SEND_MESSAGE_V2-550json-admin-sendMessage");
    const auto rows = document({"clusterRT", "-a", "3", "-s", "10"});
    EXPECT_EQ(rows[0]["cluster"], "GoldCluster");
    EXPECT_EQ(rows[0]["brokerName"], "broker-a");
    EXPECT_EQ(rows[0]["successCount"], 3);
    EXPECT_EQ(rows[0]["failCount"], 0);
    EXPECT_EQ(cli.world.servers.asked(RequestCode::send_message_v2).at(0).body, std::string(10, 'x'));
}
TEST_F(WatchCommands, clusterRT_fails_with_what_a_broker_refused) {
    cli.world.servers.at(broker, RequestCode::send_message_v2,
                         {.code = ResponseCode::no_permission, .remark = "not now"});
    const auto outcome = cli.call({"clusterRT", "-a", "2", "--json"});
    EXPECT_EQ(outcome.status, exit_failed);
    EXPECT_THAT(outcome.out, HasSubstr("\"failCount\":2"));
    EXPECT_THAT(outcome.err, HasSubstr("not now"));
}
TEST_F(WatchCommands, startMonitoring_tells_what_lies_before_a_group_without_members) {
    cli.world.servers.at(broker, RequestCode::get_consumer_connection_list,
                         {.code = ResponseCode::consumer_not_online});
    const auto round = document({"startMonitoring"});
    const auto& undone = round["undoneMsgs"][0];
    EXPECT_EQ(undone["consumerGroup"], "readers");
    EXPECT_EQ(undone["topic"], "GoldTopic");
    EXPECT_EQ(undone["undoneMsgsTotal"], 7);
    EXPECT_EQ(undone["undoneMsgsSingleMQ"], 7);
    EXPECT_EQ(undone["undoneMsgsDelayTimeMills"], 1500);
    EXPECT_THAT(*round["notifications"].array(), IsEmpty());
}
TEST_F(WatchCommands, startMonitoring_tells_of_members_that_do_not_want_the_same) {
    cli.world.servers.at(broker, RequestCode::get_consumer_connection_list, {.body = R"({"connectionSet":[
            {"clientId":"one","language":"JAVA","version":513},{"clientId":"two","language":"JAVA","version":513}]})"});
    cli.world.servers.at(broker, RequestCode::get_consumer_running_info, [](const ScriptedRequest& request) {
        const auto tags = request.fields.at("clientId");
        return ScriptedAnswer{.body = R"({"subscriptionSet":[{"topic":"GoldTopic","subString":")" + tags +
                                      R"("}]})"};
    });
    EXPECT_EQ(document({"startMonitoring"})["notifications"][0],
              "ConsumerGroup: readers, Subscription different");
}

TEST_F(WatchCommands, startMonitoring_tells_of_members_that_do_not_answer) {
    cli.world.servers.at(broker, RequestCode::get_consumer_connection_list, {.body = R"({"connectionSet":[
            {"clientId":"one","language":"JAVA","version":513},{"clientId":"two","language":"JAVA","version":513}]})"});
    cli.world.servers.at(broker, RequestCode::get_consumer_running_info,
                         [](const ScriptedRequest&) { return std::nullopt; });
    const auto begin = cli.world.time.now();
    const auto round = document({"startMonitoring"});
    EXPECT_EQ(round["notifications"][0], "ConsumerGroup: readers, ClientId: one, no answer in time");
    EXPECT_EQ(round["notifications"][1], "ConsumerGroup: readers, ClientId: two, no answer in time");
    EXPECT_EQ(cli.world.time.now() - begin, 5s) << "one time-out, not two";
}

struct QueueTroubles : testing::Test {
    static constexpr WallMillis now = 1'700'000'100'000;

    std::vector<std::string> troubles() { return queue_troubles(member, now); }

    MemberInfo member{.client_id = "one",
                      .info = {.mq_table = {{{"broker-a", QueueId{2}, "Orders"},
                                             {.cached_messages = 3, .last_consume_timestamp = now - 61'000}}},
                               .properties = {{"PROP_CONSUME_TYPE", "CONSUME_PASSIVELY"}}}};
    remoting::ProcessQueueInfo& queue{member.info.mq_table.begin()->second};
};

TEST_F(QueueTroubles, are_messages_of_which_none_was_consumed_for_a_minute) {
    EXPECT_THAT(troubles(),
                ElementsAre("one MessageQueue [topic=Orders, brokerName=broker-a, queueId=2] can't "
                            "consume for a while, maybe blocked, 61000ms"));
    queue.cached_messages = 0;
    EXPECT_THAT(troubles(), IsEmpty());
}
TEST_F(QueueTroubles, are_queues_without_a_lock_where_order_matters) {
    member.info.properties["PROP_CONSUME_ORDERLY"] = "true";
    queue.last_lock_timestamp = now - 9'000;
    EXPECT_THAT(troubles(),
                ElementsAre("one MessageQueue [topic=Orders, brokerName=broker-a, queueId=2] can't lock "
                            "for a while, 9000ms"));
    queue.is_locked = true;
    EXPECT_THAT(troubles(), IsEmpty());
}
TEST_F(QueueTroubles, are_none_of_a_consumer_that_pulls_by_itself) {
    member.info.properties.clear();
    EXPECT_THAT(troubles(), IsEmpty());
}

}  // namespace
}  // namespace tern::cli
