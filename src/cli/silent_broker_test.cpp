// Commands that ask several brokers of which one does not answer: they show what the others told, name it,
// and fail, all within one time-out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/cli_scenario.hpp"

namespace tern::cli {
namespace {

using client::ScriptedAnswer;
using client::stored;
using remoting::RequestCode;
using remoting::ResponseCode;
using testing::AllOf;
using testing::HasSubstr;
using testing::Le;
using testing::SizeIs;

// Two brokers with topics and groups on both; broker-b takes connections and says nothing.
struct SilentBroker : testing::Test {
    static constexpr auto a = "10.0.0.1:10911";
    static constexpr auto b = "10.0.0.2:10911";

    SilentBroker() {
        const auto route = client::route_on({{"broker-b", b, 1}, {"broker-a", a, 1}});
        const auto only_b = client::route_on({{"broker-b", b, 1}});
        servers.at("ns:9876", RequestCode::get_routeinfo_by_topic,
                   [=](const client::ScriptedRequest& request) {
                       const auto& topic = request.fields.at("topic");
                       return ScriptedAnswer{.body = json::encode(topic == "broker-b" ? only_b : route)};
                   });
        servers.at("ns:9876", RequestCode::get_broker_cluster_info, {.body = R"({"brokerAddrTable":{
                "broker-a":{"brokerAddrs":{0:"10.0.0.1:10911"},"brokerName":"broker-a","cluster":"East"},
                "broker-b":{"brokerAddrs":{0:"10.0.0.2:10911"},"brokerName":"broker-b","cluster":"East"}},
                "clusterAddrTable":{"East":["broker-a","broker-b"]}})"});
        servers.at(
            "ns:9876", RequestCode::get_all_topic_list_from_nameserver,
            {.body = R"({"topicList":["broker-b","Orders","Bills","%RETRY%readers","%RETRY%others"]})"});
        at_a(RequestCode::get_topic_stats_info,
             R"({"offsetTable":{{"brokerName":"broker-a","queueId":0,"topic":"Orders"}:{"maxOffset":6}}})");
        at_a(RequestCode::query_topic_consume_by_who, R"({"groupList":["readers"]})");
        at_a(RequestCode::view_broker_stats_data, R"({"statsMinute":{"sum":1,"tps":0.5,"avgpt":0.0},
            "statsHour":{"sum":1,"tps":0.5,"avgpt":0.0},"statsDay":{"sum":77,"tps":0.5,"avgpt":0.0}})");
        at_a(RequestCode::get_consume_stats,
             R"({"offsetTable":{{"brokerName":"broker-a","queueId":0,"topic":"Orders"}:)"
             R"({"brokerOffset":9,"consumerOffset":2}}})");
        at_a(RequestCode::query_consume_time_span, R"({"consumeTimeSpanSet":[
                {"messageQueue":{"brokerName":"broker-a","queueId":0,"topic":"Orders"},"delayTime":1500}]})");
        at_a(RequestCode::query_message, stored({.body = "found", .properties = "KEYS\x01k\x02"}));
        at_a(RequestCode::invoke_broker_to_reset_offset,
             R"({"offsetTable":{{"brokerName":"broker-a","queueId":0,"topic":"Orders"}:5}})");
        servers.at(a, RequestCode::get_consumer_connection_list, {.code = ResponseCode::consumer_not_online});
        servers.at(b, RequestCode::heart_beat, [](const auto&) { return std::nullopt; });
        for (const auto code :
             {RequestCode::get_topic_stats_info, RequestCode::query_topic_consume_by_who,
              RequestCode::view_broker_stats_data, RequestCode::get_consume_stats,
              RequestCode::query_consume_time_span, RequestCode::query_message, RequestCode::pull_message,
              RequestCode::get_min_offset, RequestCode::send_message_v2, RequestCode::get_broker_runtime_info,
              RequestCode::invoke_broker_to_reset_offset, RequestCode::get_consumer_connection_list})
            servers.at(b, code, [](const auto&) { return std::nullopt; });
    }
    void at_a(RequestCode code, std::string body) { servers.at(a, code, {.body = std::move(body)}); }

    // What it showed, having failed with the name of the one that is silent after one time-out.
    std::string shown(const std::vector<std::string_view>& words) {
        const auto begin = cli.world.time.now();
        const auto outcome = cli.call(words);
        EXPECT_EQ(outcome.status, exit_failed);
        EXPECT_THAT(outcome.err, HasSubstr("10.0.0.2:10911: no answer in time"));
        EXPECT_THAT(outcome.err, HasSubstr("Check the address"));
        EXPECT_THAT(cli.world.time.now() - begin, Le(Duration{5s}));
        return outcome.out;
    }

    CliScenario cli;
    client::ScriptedServers& servers{cli.world.servers};
};

TEST_F(SilentBroker, leaves_the_queues_of_the_others_to_topicStatus) {
    EXPECT_THAT(shown({"topicStatus", "-t", "Orders"}), HasSubstr("broker-a                          0"));
    EXPECT_THAT(shown({"topicStatus", "-t", "Orders", "--json"}), HasSubstr("\"maxOffset\":6"));
}
TEST_F(SilentBroker, leaves_the_offsets_of_the_others_to_consumerProgress) {
    EXPECT_THAT(shown({"consumerProgress", "-g", "readers"}), HasSubstr("Consume Diff Total: 7"));
}
TEST_F(SilentBroker, leaves_nobody_the_belief_that_groups_lack_nothing) {
    EXPECT_THAT(shown({"consumerProgress"}), AllOf(HasSubstr("readers"), HasSubstr("7\n")));
}
TEST_F(SilentBroker, leaves_the_groups_that_the_others_know_to_topicList) {
    EXPECT_THAT(shown({"topicList", "-c"}), AllOf(HasSubstr("Bills"), HasSubstr("readers")));
}
TEST_F(SilentBroker, is_asked_once_for_all_topics_of_statsAll) {
    EXPECT_THAT(shown({"statsAll"}), AllOf(HasSubstr("Bills"), HasSubstr("Orders"), HasSubstr("77")));
}
TEST_F(SilentBroker, is_asked_once_for_all_groups_of_startMonitoring) {
    EXPECT_THAT(shown({"startMonitoring", "--json"}),
                AllOf(HasSubstr("\"consumerGroup\":\"readers\""), HasSubstr("\"consumerGroup\":\"others\""),
                      HasSubstr("\"undoneMsgsTotal\":7"), HasSubstr("\"undoneMsgsDelayTimeMills\":1500")));
}
TEST_F(SilentBroker, leaves_what_the_others_tell_of_themselves) {
    // In the order of the cluster it comes first.
    servers.at("ns:9876", RequestCode::get_broker_cluster_info, {.body = R"({"brokerAddrTable":{
            "broker-0":{"brokerAddrs":{0:"10.0.0.2:10911"},"brokerName":"broker-0","cluster":"East"},
            "broker-1":{"brokerAddrs":{0:"10.0.0.1:10911"},"brokerName":"broker-1","cluster":"East"}},
            "clusterAddrTable":{"East":["broker-0","broker-1"]}})"});
    for (const auto code : {RequestCode::get_broker_ha_status, RequestCode::get_broker_config,
                            RequestCode::get_all_subscriptiongroup_config})
        servers.at(b, code, [](const auto&) { return std::nullopt; });
    at_a(RequestCode::get_broker_ha_status, R"({"master":true,"masterCommitLogMaxOffset":4711})");
    at_a(RequestCode::get_broker_config, "brokerName=broker-1\n");
    at_a(RequestCode::get_all_subscriptiongroup_config,
         R"({"subscriptionGroupTable":{"readers":{"groupName":"readers","retryMaxTimes":7}}})");
    EXPECT_THAT(shown({"haStatus", "-c", "East"}), HasSubstr("4711"));
    EXPECT_THAT(shown({"getBrokerConfig", "-c", "East"}), HasSubstr("=  broker-1"));
    EXPECT_THAT(shown({"getConsumerConfig", "-g", "readers"}), HasSubstr("=  7"));
}
TEST_F(SilentBroker, leaves_the_messages_of_the_others_to_who_looks_for_them) {
    EXPECT_THAT(shown({"queryMsgByKey", "-t", "Orders", "-k", "k"}), HasSubstr("#Message ID"));
}
TEST_F(SilentBroker, keeps_nobody_from_the_message_that_another_has) {
    at_a(RequestCode::query_message, stored({.body = "found",
                                             .properties = "UNIQ_KEY\x01"
                                                           "ABC0\x02"}));
    for (const auto* command : {"queryMsgById", "queryMsgByUniqueKey"})
        EXPECT_THAT(shown({command, "-t", "Orders", "-i", "ABC0"}), HasSubstr("Topic:               Orders"));
}
TEST_F(SilentBroker, is_waited_for_once_by_who_looks_for_the_message_at_a_place_there) {
    servers.at(b, RequestCode::view_message_by_id, [](const auto&) { return std::nullopt; });
    EXPECT_EQ(shown({"queryMsgById", "-t", "Orders", "-i", "0A00000200002A9F0000000000001000"}), "");
}
TEST_F(SilentBroker, may_have_the_message_that_the_others_have_not) {
    EXPECT_THAT(cli.call({"queryMsgByKey", "-t", "Orders", "-k", "another"}).err,
                HasSubstr("has the key another; 10.0.0.2:10911: no answer in time"));
}
TEST_F(SilentBroker, leaves_the_queues_of_the_others_to_who_reads_them) {
    for (const auto code : {RequestCode::get_min_offset, RequestCode::get_max_offset})
        servers.at(a, code, {.fields = {{"offset", code == RequestCode::get_min_offset ? "0" : "1"}}});
    servers.at(a, RequestCode::pull_message,
               {.fields = {{"nextBeginOffset", "1"},
                           {"minOffset", "0"},
                           {"maxOffset", "1"},
                           {"suggestWhichBrokerId", "0"}},
                .body = stored({.body = "a body"})});
    for (const auto* command : {"consumeMessage", "printMsg"})
        EXPECT_THAT(shown({command, "-t", "Orders"}), HasSubstr("BODY: a body"));
}
TEST_F(SilentBroker, leaves_the_offsets_that_were_set_at_the_others_to_be_seen) {
    EXPECT_THAT(shown({"skipAccumulatedMessage", "-t", "Orders", "-g", "readers"}), HasSubstr("broker-a"));
}
TEST_F(SilentBroker, is_sent_one_message_by_who_measures_sends) {
    cli.golden(a, RequestCode::send_message_v2, "310-SEND_MESSAGE_V2-550json-admin-sendMessage");
    EXPECT_THAT(shown({"checkMsgSendRT", "-t", "Orders", "-a", "9"}),
                HasSubstr("broker-b                          0     false"));
    EXPECT_THAT(servers.asked(RequestCode::send_message_v2), SizeIs(9));
    EXPECT_THAT(shown({"sendMsgStatus", "-b", "broker-b", "-c", "9"}), HasSubstr("no answer in time"));
}
TEST_F(SilentBroker, has_failed_all_sends_of_clusterRT) {
    servers.at("ns:9876", RequestCode::get_routeinfo_by_topic, [](const client::ScriptedRequest& request) {
        const auto& name = request.fields.at("topic");
        return ScriptedAnswer{.body =
                                  json::encode(client::route_on({{name, name == "broker-a" ? a : b, 1}}))};
    });
    cli.golden(a, RequestCode::send_message_v2, "310-SEND_MESSAGE_V2-550json-admin-sendMessage");
    const auto text = shown({"clusterRT", "-a", "100", "--json"});
    EXPECT_THAT(text, AllOf(HasSubstr("\"successCount\":100"), HasSubstr("\"failCount\":100")));
}
TEST_F(SilentBroker, is_not_asked_about_a_group_that_it_is_not_of) {
    at_a(RequestCode::get_broker_runtime_info, R"({"table":{"groupSelf":"n0","groupRole":"LEADER"}})");
    const auto outcome = cli.call({"groupStatus", "-b", "broker-a"});
    EXPECT_EQ(outcome.status, exit_ok) << outcome.err;
    EXPECT_THAT(servers.asked(RequestCode::get_broker_runtime_info), SizeIs(1));
}
TEST_F(SilentBroker, that_is_alone_is_what_a_command_fails_with) {
    const auto outcome = cli.call({"consumeMessage", "-t", "Orders", "-b", "broker-b", "-i", "0"});
    EXPECT_EQ(outcome.status, exit_failed);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr("mqadmin consumeMessage: 10.0.0.2:10911: no answer in time"));
}

}  // namespace
}  // namespace tern::cli
