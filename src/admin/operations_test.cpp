#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin/cluster.hpp"
#include "admin/groups.hpp"
#include "admin/messages.hpp"
#include "admin/settings.hpp"
#include "admin/topics.hpp"
#include "client/client_scenario.hpp"
#include "client/golden_answers.hpp"

namespace tern::admin {
namespace {

using client::golden_answer;
using client::ScriptedAnswer;
using client::ScriptedRequest;
using client::stored;
using remoting::RequestCode;
using remoting::ResponseCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

// Two brokers of one cluster, broker-a with a slave, and a topic on both.
class AdminTest : public testing::Test {
protected:
    AdminTest() {
        scenario.topics({{"Orders", client::route_on({{"broker-a", "10.0.0.1:10911", 1},
                                                      {"broker-b", "10.0.0.2:10911", 1}})},
                         {"%RETRY%Readers", client::route_on({{"broker-a", "10.0.0.1:10911", 1}})}});
        servers.at("ns:9876", RequestCode::get_broker_cluster_info, {.body = R"({"brokerAddrTable":{
                        "broker-a":{"brokerAddrs":{0:"10.0.0.1:10911",1:"10.0.0.3:10911"},"brokerName":"broker-a","cluster":"East"},
                        "broker-b":{"brokerAddrs":{0:"10.0.0.2:10911"},"brokerName":"broker-b","cluster":"East"}},
                        "clusterAddrTable":{"East":["broker-a","broker-b"]}})"});
        at_brokers(RequestCode::query_message, {.code = ResponseCode::query_not_found});
    }
    void at_brokers(RequestCode code, const ScriptedAnswer& answer) {
        for (const auto* address : {"10.0.0.1:10911", "10.0.0.2:10911", "10.0.0.3:10911"})
            servers.at(address, code, answer);
    }
    template <class T>
    T result_of(Task<T> task) {
        return wait_for(std::move(task),
                        [this](const auto& condition) { scenario.world.run_until(condition); });
    }

    client::ClientScenario scenario;
    client::ScriptedServers& servers{scenario.world.servers};
    Admin admin{scenario.client};
};

TEST_F(AdminTest, knows_masters_and_slaves_of_a_cluster) {
    EXPECT_THAT(*result_of(members_of_cluster(admin, "East")), SizeIs(3));
    const auto masters = *result_of(masters_of_cluster(admin, "East"));
    ASSERT_THAT(masters, SizeIs(2));
    EXPECT_EQ(masters[0].address, "10.0.0.1:10911");
    EXPECT_EQ(masters[1].broker_name, "broker-b");
}
TEST_F(AdminTest, names_the_clusters_there_are_when_asked_for_another) {
    const auto members = result_of(members_of_cluster(admin, "West"));
    EXPECT_THAT(members.error().detail, HasSubstr("no cluster West; the NameServer knows East"));
}
TEST_F(AdminTest, asks_all_brokers_at_once_and_tells_which_did_not_answer) {
    servers.at("10.0.0.1:10911", RequestCode::get_broker_runtime_info,
               {.body = R"({"table":{"putTps":"1.0"}})"});
    servers.at("10.0.0.2:10911", RequestCode::get_broker_runtime_info,
               [](const auto&) { return std::nullopt; });
    servers.at("10.0.0.3:10911", RequestCode::get_broker_runtime_info,
               [](const auto&) { return std::nullopt; });
    const auto brokers = *result_of(cluster_runtime(admin, std::nullopt));
    ASSERT_THAT(brokers, SizeIs(3));
    EXPECT_EQ(brokers[0].runtime->at("putTps"), "1.0");
    EXPECT_THAT(brokers[1].runtime.error().detail, HasSubstr("10.0.0.3:10911: no answer in time"));
    EXPECT_EQ(scenario.world.time.now().time_since_epoch(), 5s) << "one time-out, not two";
}
TEST_F(AdminTest, puts_the_queues_of_all_brokers_together) {
    servers.at(
        "10.0.0.1:10911", RequestCode::get_topic_stats_info,
        {.body =
             R"({"offsetTable":{{"brokerName":"broker-a","queueId":0,"topic":"Orders"}:{"maxOffset":6}},"topicPutTps":0.5})"});
    servers.at(
        "10.0.0.2:10911", RequestCode::get_topic_stats_info,
        {.body =
             R"({"offsetTable":{{"brokerName":"broker-b","queueId":0,"topic":"Orders"}:{"maxOffset":7}},"topicPutTps":1.5})"});
    const auto stats = *result_of(topic_stats(admin, "Orders"));
    EXPECT_THAT(stats.offset_table, SizeIs(2));
    EXPECT_EQ(stats.topic_put_tps, 2.0);
}
TEST_F(AdminTest, names_the_server_that_refused) {
    at_brokers(RequestCode::get_topic_stats_info, {.code = ResponseCode::system_error, .remark = "no"});
    EXPECT_EQ(result_of(topic_stats(admin, "Orders")).error().detail, "10.0.0.1:10911: SYSTEM_ERROR (1): no");
}
TEST_F(AdminTest, deletes_a_topic_at_the_masters_before_the_name_servers_forget_it) {
    at_brokers(RequestCode::delete_topic_in_broker, {});
    servers.at("ns:9876", RequestCode::delete_topic_in_namesrv, ScriptedAnswer{});
    servers.at("ns:9876", RequestCode::delete_kv_config, ScriptedAnswer{});
    EXPECT_TRUE(result_of(delete_topic(admin, "East", "Orders")));
    EXPECT_THAT(servers.asked(RequestCode::delete_topic_in_broker), SizeIs(2));
    EXPECT_EQ(servers.asked(RequestCode::delete_topic_in_namesrv)[0].fields.at("clusterName"), "East");

    at_brokers(RequestCode::delete_topic_in_broker, {.code = ResponseCode::no_permission});
    EXPECT_FALSE(result_of(delete_topic(admin, "East", "Orders")));
    EXPECT_THAT(servers.asked(RequestCode::delete_topic_in_namesrv), SizeIs(1));
}
TEST_F(AdminTest, has_no_order_for_a_topic_without_one) {
    servers.at("ns:9876", RequestCode::get_kv_config, {.code = ResponseCode::query_not_found});
    EXPECT_EQ(*result_of(topic_order(admin, "Orders")), std::nullopt);
    servers.at("ns:9876", RequestCode::get_kv_config, {.fields = {{"value", "broker-a:8"}}});
    EXPECT_EQ(*result_of(topic_order(admin, "Orders")), "broker-a:8");
}
TEST_F(AdminTest, reads_the_settings_of_the_reference_implementation) {
    servers.at("10.0.0.1:10911", RequestCode::get_broker_config,
               golden_answer(TERN_SOURCE_DIR, "26-GET_BROKER_CONFIG-497json-admin-getBrokerConfig"));
    const auto settings = *result_of(broker_settings(admin, "10.0.0.1:10911"));
    EXPECT_GT(settings.size(), 100U);
    EXPECT_THAT(settings, testing::Contains(testing::Field(&Property::key, "brokerClusterName")));
}
TEST_F(AdminTest, writes_a_setting_as_properties_text) {
    servers.at("10.0.0.1:10911", RequestCode::update_broker_config, ScriptedAnswer{});
    EXPECT_TRUE(result_of(put_broker_setting(admin, "10.0.0.1:10911", "fileReservedTime", "48")));
    EXPECT_EQ(servers.asked(RequestCode::update_broker_config)[0].body, "fileReservedTime=48\n");
}
TEST_F(AdminTest, says_that_a_group_does_not_exist) {
    const auto members = result_of(consumer_connection(admin, "Nobody"));
    EXPECT_EQ(members.error().code, Errc::group_not_exist);
    EXPECT_THAT(members.error().detail, HasSubstr("consumer group Nobody"));
}
TEST_F(AdminTest, knows_which_member_has_which_queue) {
    servers.at(
        "10.0.0.1:10911", RequestCode::get_consumer_connection_list,
        golden_answer(TERN_SOURCE_DIR, "203-GET_CONSUMER_CONNECTION_LIST-550json-admin-consumerProgress-ip"));
    servers.at(
        "10.0.0.1:10911", RequestCode::get_consumer_running_info,
        golden_answer(TERN_SOURCE_DIR, "307-GET_CONSUMER_RUNNING_INFO-550json-bg-admin-consumerProgress-ip"));
    const auto owners = *result_of(queue_owners(admin, "Readers"));
    EXPECT_EQ(owners.at({"broker-a", QueueId{0}, "GoldTopic"}), "192.0.2.2@push1");
}

// --- Messages.

std::string with_keys(std::string_view keys) {
    return "KEYS\x01" + std::string{keys} + "\x02";
}

TEST_F(AdminTest, finds_messages_by_a_key_on_all_brokers_in_the_order_they_were_stored) {
    servers.at(
        "10.0.0.1:10911", RequestCode::query_message,
        {.body = stored({.body = "late", .properties = with_keys("k1 k2"), .store_timestamp = 9}) +
                 stored({.body = "same hash", .properties = with_keys("other"), .store_timestamp = 8})});
    servers.at("10.0.0.2:10911", RequestCode::query_message,
               {.body = stored({.body = "early", .properties = with_keys("k1"), .store_timestamp = 7})});
    const auto found = *result_of(messages_by_key(admin, {.topic = "Orders", .key = "k1"}));
    ASSERT_THAT(found, SizeIs(2));
    EXPECT_EQ(found[0].body, "early");
    EXPECT_EQ(found[1].body, "late");
}
TEST_F(AdminTest, says_when_no_message_has_the_key) {
    const auto found = result_of(messages_by_key(admin, {.topic = "Orders", .key = "k1"}));
    EXPECT_EQ(found.error().code, Errc::query_not_found);
    EXPECT_THAT(found.error().detail, HasSubstr("k1"));
}
TEST_F(AdminTest, asks_the_broker_that_an_offset_id_names) {
    servers.at("10.0.0.1:10911", RequestCode::view_message_by_id, {.body = stored({.body = "one"})});
    const auto message =
        *result_of(message_by_offset_id(admin, "Orders", "0A00000100002A9F0000000000001000"));
    EXPECT_EQ(message.body, "one");
    EXPECT_EQ(servers.asked(RequestCode::view_message_by_id)[0].fields.at("offset"), "4096");
}

class TrackTest : public AdminTest {
protected:
    TrackTest() {
        at_brokers(RequestCode::query_topic_consume_by_who, {.body = R"({"groupList":["Readers"]})"});
        offset(1);
    }
    void members(std::string_view type, std::string_view model, std::string_view tags) {
        servers.at(
            "10.0.0.1:10911", RequestCode::get_consumer_connection_list,
            {.body = R"({"connectionSet":[],"consumeType":")" + std::string{type} + R"(","messageModel":")" +
                     std::string{model} + R"(","subscriptionTable":{"Orders":{"tagsSet":[)" +
                     std::string{tags} + R"(],"topic":"Orders"}}})"});
    }
    void offset(int consumed) {
        servers.at(
            "10.0.0.1:10911", RequestCode::get_consume_stats,
            {.body =
                 R"({"offsetTable":{{"brokerName":"broker-a","queueId":0,"topic":"Orders"}:{"consumerOffset":)" +
                 std::to_string(consumed) + "}}}"});
    }
    TrackType track() {
        client::ReceivedMessage message{.queue = {"broker-a", QueueId{0}, "Orders"},
                                        .properties = "TAGS\x01TagA\x02",
                                        .store_host = *model::Host::parse("10.0.0.1:10911")};
        const auto tracks = *result_of(message_tracks(admin, std::move(message)));
        EXPECT_THAT(tracks, SizeIs(1));
        return tracks.at(0).type;
    }
};

TEST_F(TrackTest, is_consumed_once_the_offset_of_the_group_is_behind_it) {
    members("CONSUME_PASSIVELY", "CLUSTERING", "");
    EXPECT_EQ(track(), TrackType::consumed);
    offset(0);
    EXPECT_EQ(track(), TrackType::not_consume_yet);
}
TEST_F(TrackTest, is_filtered_when_the_group_wants_other_tags) {
    members("CONSUME_PASSIVELY", "CLUSTERING", R"("TagB")");
    EXPECT_EQ(track(), TrackType::consumed_but_filtered);
    members("CONSUME_PASSIVELY", "CLUSTERING", R"("TagA","TagB")");
    EXPECT_EQ(track(), TrackType::consumed);
}
TEST_F(TrackTest, is_not_known_of_groups_that_keep_their_own_offsets) {
    members("CONSUME_ACTIVELY", "CLUSTERING", "");
    EXPECT_EQ(track(), TrackType::pull);
    members("CONSUME_PASSIVELY", "BROADCASTING", "");
    EXPECT_EQ(track(), TrackType::consume_broadcasting);
}
TEST_F(TrackTest, is_not_online_when_the_group_has_no_member) {
    servers.at("10.0.0.1:10911", RequestCode::get_consumer_connection_list,
               {.code = ResponseCode::consumer_not_online});
    EXPECT_EQ(track(), TrackType::not_online);
}

}  // namespace
}  // namespace tern::admin
