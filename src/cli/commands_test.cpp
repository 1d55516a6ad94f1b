// Each command as it is called, against answers of the reference implementation where there are recorded
// ones; the tables are those that its own mqadmin 5.5.0 printed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/cli_scenario.hpp"
#include "model/message_properties.hpp"

namespace tern::cli {
namespace {

using client::ScriptedAnswer;
using client::ScriptedRequest;
using client::stored;
using remoting::RequestCode;
using remoting::ResponseCode;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

// The recorded cluster: GoldCluster with broker-a, and its topic GoldTopic with four queues.
class Commands : public testing::Test {
protected:
    static constexpr auto broker = "127.0.0.1:21911";

    Commands() {
        cli.golden("ns:9876", RequestCode::get_broker_cluster_info,
                   "106-GET_BROKER_CLUSTER_INFO-550json-admin-clusterList");
        cli.golden("ns:9876", RequestCode::get_routeinfo_by_topic,
                   "105-GET_ROUTEINFO_BY_TOPIC-550json-admin-topicRoute");
        cli.golden("ns:9876", RequestCode::get_all_topic_list_from_nameserver,
                   "206-GET_ALL_TOPIC_LIST_FROM_NAMESERVER-550json-admin-topicList");
        at_broker(RequestCode::heart_beat, {});
        at_broker(RequestCode::unregister_client, {});
    }
    void at_broker(RequestCode code, const ScriptedAnswer& answer) {
        cli.world.servers.at(broker, code, answer);
    }
    std::string out(const std::vector<std::string_view>& words) {
        const auto outcome = cli.call(words);
        EXPECT_EQ(outcome.status, exit_ok) << outcome.err;
        EXPECT_THAT(outcome.err, IsEmpty());
        return outcome.out;
    }
    json::Value document(std::vector<std::string_view> words) {
        words.push_back("--json");
        const auto text = out(words);
        const auto value = json::parse(text);
        EXPECT_TRUE(value) << text;
        return value.value_or(json::Value{});
    }
    std::vector<ScriptedRequest> asked(RequestCode code) { return cli.world.servers.asked(code); }

    CliScenario cli;
};

TEST_F(Commands, clusterList_shows_the_load_of_every_broker) {
    at_broker(
        RequestCode::get_broker_runtime_info,
        {.body = R"({"table":{"brokerActive":"true","brokerVersionDesc":"V5_5_0","putTps":"12.344 10.0 9.0 ",
                        "getTransferredTps":"10.01 9.0 ","sendThreadPoolQueueSize":"0","sendThreadPoolQueueHeadWaitTimeMills":"0",
                        "pullThreadPoolQueueSize":"1","pullThreadPoolQueueHeadWaitTimeMills":"2","ackThreadPoolQueueSize":"0",
                        "ackThreadPoolQueueHeadWaitTimeMills":"0","pageCacheLockTimeMills":"0","earliestMessageTimeStamp":"1699742524800",
                        "commitLogDiskRatio":"0.12","timerReadBehind":"0","timerOffsetBehind":"0","timerCongestNum":"0",
                        "timerEnqueueTps":"0.0","timerDequeueTps":"0.0"}})"});
    EXPECT_EQ(
        out({"clusterList"}),
        "#Cluster Name           #Broker Name            #BID  #Addr                  #Version              "
        "#InTPS(LOAD)                   #OutTPS(LOAD)  #Timer(Progress)        #PCWait(ms)  #Hour         "
        "#SPACE    "
        "#ACTIVATED\n"
        "GoldCluster             broker-a                0     127.0.0.1:21911        V5_5_0                "
        "12.34(0,0ms)              10.01(1,2ms|0,0ms)  0-0(0.0w, 0.0, 0.0)               0  71.52         "
        "0.1200    "
        "      true\n");
}
TEST_F(Commands, clusterList_shows_the_totals_of_the_reference_implementation) {
    cli.golden(broker, RequestCode::get_broker_runtime_info,
               "28-GET_BROKER_RUNTIME_INFO-550json-admin-clusterList");
    EXPECT_EQ(out({"clusterList", "-m"}),
              "#Cluster Name     #Broker Name                       #InTotalYest  #OutTotalYest  "
              "#InTotalToday #OutTotalToday\n"
              "GoldCluster       broker-a                                      0              0             "
              "43             51\n");
}
TEST_F(Commands, clusterList_has_a_row_of_zeros_for_a_broker_that_does_not_answer_and_fails) {
    cli.world.servers.stop(broker);
    const auto outcome = cli.call({"clusterList"});
    EXPECT_EQ(outcome.status, exit_failed);
    EXPECT_THAT(outcome.out,
                HasSubstr("GoldCluster             broker-a                0     127.0.0.1:21911"));
    EXPECT_THAT(outcome.out, HasSubstr(" 0.00(,ms)"));
    EXPECT_THAT(outcome.err, HasSubstr("127.0.0.1:21911: connection refused"));
}
TEST_F(Commands, clusterList_names_the_clusters_there_are) {
    const auto outcome = cli.call({"clusterList", "-c", "Nope"});
    EXPECT_EQ(outcome.status, exit_failed);
    EXPECT_THAT(outcome.err, HasSubstr("no cluster Nope; the NameServer knows GoldCluster"));
}
TEST_F(Commands, clusterList_for_programs_has_all_that_a_broker_told) {
    cli.golden(broker, RequestCode::get_broker_runtime_info,
               "28-GET_BROKER_RUNTIME_INFO-550json-admin-clusterList");
    const auto rows = document({"clusterList"});
    EXPECT_EQ(rows[0]["addr"], broker);
    EXPECT_EQ(rows[0]["runtime"]["msgPutTotalTodayNow"], "43");
}

// A group of three as its NameServer and its members tell of it.
class GroupStatus : public testing::Test {
protected:
    GroupStatus() { registered({n0, n1, n2}); }

    void registered(std::initializer_list<std::string_view> addresses) {
        std::string list;
        for (const auto address : addresses)
            list += (list.empty() ? "\"" : ",\"") + std::to_string(list.size()) + "\":\"" +
                    std::string{address} + "\"";
        cli.world.servers.at(
            "ns:9876", RequestCode::get_broker_cluster_info,
            {.body =
                 R"({"brokerAddrTable":{"broker-a":{"brokerName":"broker-a","cluster":"C","brokerAddrs":{)" +
                 list + R"(}}},"clusterAddrTable":{"C":["broker-a"]}})"});
    }
    void tells(const std::string& address, const std::string& more) {
        cli.world.servers.at(
            address, RequestCode::get_broker_runtime_info,
            {.body = R"({"table":{"groupTerm":"7","groupLeader":"n0","groupCommitted":"50",)" + more + "}}"});
    }
    void all_but_n2_tell() {
        tells(n0, R"("groupSelf":"n0","groupRole":"LEADER","groupMember_n0":"voter, linked, log end 50",)"
                  R"("groupMember_n1":"voter, linked, log end 50","groupAddress_n1":"10.0.0.2:10911",)"
                  R"("groupMember_n2":"voter, not linked, log end 40","groupAddress_n2":"10.0.0.3:10911")");
        tells(n1,
              R"("groupSelf":"n1","groupRole":"FOLLOWER","groupMember_n0":"voter","groupMember_n1":"voter",)"
              R"("groupMember_n2":"voter")");
    }
    Outcome status() { return cli.call({"groupStatus", "-b", "broker-a"}); }

    static constexpr auto n0 = "10.0.0.1:10911";
    static constexpr auto n1 = "10.0.0.2:10911";
    static constexpr auto n2 = "10.0.0.3:10911";
    static constexpr auto header =
        "#Member  #Addr                  #Role          #Term  #Leader  #Committed     #As the leader sees "
        "it\n";
    static constexpr auto rows_of_who_is_up =
        "n0       10.0.0.1:10911         LEADER         7      n0       50             voter, linked, log "
        "end 50\n"
        "n1       10.0.0.2:10911         FOLLOWER       7      n0       50             voter, linked, log "
        "end 50\n";
    CliScenario cli;
};

TEST_F(GroupStatus, shows_a_member_that_is_down_though_no_NameServer_knows_it) {
    registered({n0, n1});
    all_but_n2_tell();
    const auto shown = status();
    EXPECT_EQ(shown.out, std::string{header} + rows_of_who_is_up +
                             "n2       10.0.0.3:10911         NOT REGISTERED                                "
                             "voter, not linked, log end 40\n");
    EXPECT_EQ(shown.status, exit_failed);
    EXPECT_THAT(shown.err, HasSubstr("n2 of the group is not registered at the NameServer"));
}
TEST_F(GroupStatus, for_programs_says_who_is_registered) {
    registered({n0, n1});
    all_but_n2_tell();
    const auto rows = json::parse(cli.call({"groupStatus", "-b", "broker-a", "--json"}).out).value();
    EXPECT_EQ(rows[1]["registered"], true);
    EXPECT_EQ(rows[2]["registered"], false);
    EXPECT_EQ(rows[2]["member"], "n2");
    EXPECT_EQ(rows[2]["address"], n2);
}
TEST_F(GroupStatus, shows_a_member_that_does_not_answer_once) {
    all_but_n2_tell();
    const auto shown = status();
    EXPECT_EQ(shown.out, std::string{header} + rows_of_who_is_up +
                             "n2       10.0.0.3:10911         NO ANSWER                                     "
                             "voter, not linked, log end 40\n");
    EXPECT_EQ(shown.status, exit_failed);
}
TEST_F(GroupStatus, of_members_that_say_no_addresses_claims_nothing_of_one_that_may_be_there) {
    registered({n0, n2});
    tells(
        n0,
        R"("groupSelf":"n0","groupRole":"LEADER","groupMember_n0":"voter","groupMember_n2":"voter, not linked")");
    EXPECT_THAT(status().out, testing::Not(HasSubstr("NOT REGISTERED")));
}
TEST_F(GroupStatus, shows_who_is_missing_where_nobody_leads) {
    registered({n1});
    all_but_n2_tell();
    const auto shown = status().out;
    EXPECT_THAT(shown, HasSubstr("n0                              NOT REGISTERED"));
    EXPECT_THAT(shown, HasSubstr("n2                              NOT REGISTERED"));
}

TEST_F(Commands, transferLeader_says_that_another_member_leads) {
    at_broker(RequestCode::transfer_leadership, {});
    EXPECT_EQ(out({"transferLeader", "-b", broker}), "another member leads now.\n");
    EXPECT_EQ(document({"transferLeader", "-b", broker, "-t", "n1"})["transferred"], true);
}

TEST_F(Commands, topicList_has_one_topic_a_line) {
    EXPECT_THAT(out({"topicList"}), AllOf(HasSubstr("\nGoldTopic\n"), HasSubstr("%RETRY%CG_pop\n")));
}
TEST_F(Commands, topicList_c_has_clusters_and_groups_and_no_topics_of_retries) {
    at_broker(RequestCode::query_topic_consume_by_who, {.body = R"({"groupList":["GroupA","GroupB"]})"});
    const auto text = out({"topicList", "-c"});
    EXPECT_THAT(text, StartsWith("#Cluster Name         #Topic                                            "
                                 "#Consumer Group          "
                                 "                       \n"));
    EXPECT_THAT(text, HasSubstr("\nGoldCluster           GoldTopic                                           "
                                "              GroupA  "
                                "                                                        \n"));
    EXPECT_THAT(text, testing::Not(HasSubstr("%RETRY%")));
}

TEST_F(Commands, topicRoute_prints_the_route_as_clients_get_it) {
    EXPECT_EQ(out({"topicRoute", "-t", "GoldTopic"}),
              "{\n"
              "\t\"brokerDatas\":[\n"
              "\t\t{\n"
              "\t\t\t\"brokerAddrs\":{\n"
              "\t\t\t\t0:\"127.0.0.1:21911\"\n"
              "\t\t\t},\n"
              "\t\t\t\"brokerName\":\"broker-a\",\n"
              "\t\t\t\"cluster\":\"GoldCluster\",\n"
              "\t\t\t\"enableActingMaster\":false\n"
              "\t\t}\n"
              "\t],\n"
              "\t\"filterServerTable\":{},\n"
              "\t\"queueDatas\":[\n"
              "\t\t{\n"
              "\t\t\t\"brokerName\":\"broker-a\",\n"
              "\t\t\t\"perm\":6,\n"
              "\t\t\t\"readQueueNums\":4,\n"
              "\t\t\t\"topicSysFlag\":0,\n"
              "\t\t\t\"writeQueueNums\":4\n"
              "\t\t}\n"
              "\t]\n"
              "}\n");
}
TEST_F(Commands, topicRoute_l_prints_a_table) {
    EXPECT_EQ(out({"topicRoute", "-t", "GoldTopic", "-l"}),
              "#ClusterName                                  #BrokerName                      #BrokerAddrs   "
              "          "
              "                          #ReadQueue #WriteQueue #Perm\n"
              "GoldCluster                                   broker-a                         "
              "{0=127.0.0.1:21911}      "
              "                          4          4           6    \n" +
                  std::string(158, '-') +
                  "\nTotal:                                        1                                         "
                  "               "
                  "                           4          4                \n");
}
TEST_F(Commands, topicRoute_names_the_topic_that_does_not_exist) {
    cli.world.servers.at("ns:9876", RequestCode::get_routeinfo_by_topic,
                         {.code = ResponseCode::topic_not_exist});
    const auto outcome = cli.call({"topicRoute", "-t", "Nothing"});
    EXPECT_EQ(outcome.status, exit_failed);
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("topic Nothing"), HasSubstr("mqadmin topicList")));
}

TEST_F(Commands, topicStatus_shows_the_offsets_of_the_reference_implementation) {
    cli.golden(broker, RequestCode::get_topic_stats_info,
               "202-GET_TOPIC_STATS_INFO-550json-admin-topicStatus");
    EXPECT_EQ(out({"topicStatus", "-t", "GoldTopic"}),
              "#Broker Name                      #QID  #Min Offset           #Max Offset             #Last "
              "Updated\n"
              "broker-a                          0     0                     6                       "
              "2026-11-21 13:23:29,351\n"
              "broker-a                          1     0                     5                       "
              "2026-11-21 13:23:29,347\n"
              "broker-a                          2     0                     3                       "
              "2026-11-21 13:23:29,352\n"
              "broker-a                          3     0                     2                       "
              "2026-11-21 13:23:31,445\n"
              "\n"
              "Topic Put TPS: 0.26661334399786707\n");
    EXPECT_EQ(document({"topicStatus", "-t", "GoldTopic"})["queues"][0]["maxOffset"], 6);
}
TEST_F(Commands, topicClusterList_has_one_cluster_a_line) {
    EXPECT_EQ(out({"topicClusterList", "-t", "GoldTopic"}), "GoldCluster\n");
}

TEST_F(Commands, brokerStatus_has_one_value_a_line_in_order) {
    at_broker(RequestCode::get_broker_runtime_info,
              {.body = R"({"table":{"putTps":"1.0","bootTimestamp":"5"}})"});
    EXPECT_EQ(out({"brokerStatus", "-b", broker}),
              "bootTimestamp                   : 5\n"
              "putTps                          : 1.0\n");
    EXPECT_EQ(out({"brokerStatus", "-c", "GoldCluster"}),
              "127.0.0.1:21911          bootTimestamp                   : 5\n"
              "127.0.0.1:21911          putTps                          : 1.0\n");
}

TEST_F(Commands, updateTopic_creates_a_topic_on_all_masters_of_a_cluster) {
    at_broker(RequestCode::update_and_create_topic, {});
    EXPECT_EQ(out({"updateTopic", "-c", "GoldCluster", "-t", "LabTopic", "-r", "4", "-w", "4"}),
              "create topic to 127.0.0.1:21911 success.\n"
              "TopicConfig [topicName=LabTopic, readQueueNums=4, writeQueueNums=4, perm=RW-, "
              "topicFilterType=SINGLE_TAG, "
              "topicSysFlag=0, order=false, attributes={}]\n");
    const auto fields = asked(RequestCode::update_and_create_topic).at(0).fields;
    EXPECT_EQ(fields.at("topic"), "LabTopic");
    EXPECT_EQ(fields.at("readQueueNums"), "4");
    EXPECT_EQ(fields.at("defaultTopic"), "TBW102");
}
TEST_F(Commands, updateTopic_passes_on_what_the_broker_refuses) {
    at_broker(RequestCode::update_and_create_topic,
              {.code = ResponseCode::invalid_parameter,
               .remark = "The specified topic: Lab$Topic, contains illegal characters"});
    const auto outcome = cli.call({"updateTopic", "-b", broker, "-t", "Lab$Topic"});
    EXPECT_EQ(outcome.status, exit_failed);
    EXPECT_THAT(outcome.err,
                HasSubstr("127.0.0.1:21911: INVALID_PARAMETER (29): The specified topic: Lab$Topic"));
}
TEST_F(Commands, updateTopic_notes_the_brokers_of_an_ordered_topic) {
    at_broker(RequestCode::update_and_create_topic, {});
    cli.world.servers.at("ns:9876", RequestCode::put_kv_config, ScriptedAnswer{});
    EXPECT_THAT(out({"updateTopic", "-c", "GoldCluster", "-t", "LabOrder", "-o", "true"}),
                HasSubstr("set cluster orderConf. isOrder=true, orderConf=[broker-a:8]\n"));
    EXPECT_EQ(asked(RequestCode::put_kv_config).at(0).fields.at("value"), "broker-a:8");

    cli.world.servers.at("ns:9876", RequestCode::get_kv_config, {.fields = {{"value", "broker-b:4"}}});
    EXPECT_THAT(out({"updateTopic", "-b", broker, "-t", "LabOrder", "-o", "true"}),
                HasSubstr("set broker orderConf. isOrder=true, orderConf=[broker-a:8;broker-b:4]\n"));
}
TEST_F(Commands, updateTopic_checks_its_numbers) {
    const auto outcome = cli.call({"updateTopic", "-b", broker, "-t", "LabTopic", "-r", "70000"});
    EXPECT_EQ(outcome.status, exit_failed);
    EXPECT_THAT(outcome.err, HasSubstr("readQueueNums must be from 0 to 65535: 70000"));
}
TEST_F(Commands, deleteTopic_says_where_it_is_gone) {
    at_broker(RequestCode::delete_topic_in_broker, {});
    cli.world.servers.at("ns:9876", RequestCode::delete_topic_in_namesrv, ScriptedAnswer{});
    cli.world.servers.at("ns:9876", RequestCode::delete_kv_config, ScriptedAnswer{});
    EXPECT_EQ(out({"deleteTopic", "-c", "GoldCluster", "-t", "Old"}),
              "delete topic [Old] from cluster [GoldCluster] success.\n"
              "delete topic [Old] from NameServer success.\n");
}

TEST_F(Commands, consumerProgress_shows_the_offsets_of_a_group_of_the_reference_implementation) {
    cli.golden(broker, RequestCode::get_consume_stats,
               "208-GET_CONSUME_STATS-550json-admin-consumerProgress");
    const std::string header =
        "#Topic                                                            #Broker Name                      "
        "#QID  "
        "#Broker Offset        #Consumer Offset      #Diff                #Inflight           #LastTime\n";
    const auto text = out({"consumerProgress", "-g", "CG_push"});
    EXPECT_THAT(
        text,
        StartsWith(
            header +
            "%RETRY%CG_push                                                    broker-a                  "
            "        0     1                     1                     0                    0            "
            "        2026-11-21 13:23:40\n"));
    EXPECT_THAT(text, EndsWith("\n\nConsume TPS: 0.42\nConsume Diff Total: 0\nConsume Inflight Total: 0\n"));
}
TEST_F(Commands, consumerProgress_s_shows_who_has_each_queue) {
    at_broker(RequestCode::get_consume_stats, {.body = R"({"consumeTps":0.0,"offsetTable":{
                  {"brokerName":"broker-a","queueId":0,"topic":"GoldTopic"}:{"brokerOffset":9,"consumerOffset":4,"pullOffset":6},
                  {"brokerName":"broker-a","queueId":7,"topic":"GoldTopic"}:{"brokerOffset":1,"consumerOffset":1,"pullOffset":1}}})"});
    cli.golden(broker, RequestCode::get_consumer_connection_list,
               "203-GET_CONSUMER_CONNECTION_LIST-550json-admin-consumerProgress-ip");
    cli.golden(broker, RequestCode::get_consumer_running_info,
               "307-GET_CONSUMER_RUNNING_INFO-550json-bg-admin-consumerProgress-ip");
    EXPECT_EQ(out({"consumerProgress", "-g", "CG_push", "-s", "true"}),
              "#Topic                                                            #Broker Name                "
              "      #QID  "
              "#Broker Offset        #Consumer Offset      #Client IP           #Diff                "
              "#Inflight           "
              "#LastTime\n"
              "GoldTopic                                                         broker-a                    "
              "      0     "
              "9                     4                     192.0.2.2            5                    2       "
              "             "
              "N/A\n"
              "GoldTopic                                                         broker-a                    "
              "      7     "
              "1                     1                     N/A                  0                    0       "
              "             "
              "N/A\n"
              "\n"
              "Consume TPS: 0.00\nConsume Diff Total: 5\nConsume Inflight Total: 2\n");
}
TEST_F(Commands, consumerProgress_without_a_group_shows_all_of_them) {
    cli.world.servers.at("ns:9876", RequestCode::get_all_topic_list_from_nameserver,
                         {.body = R"({"topicList":["%RETRY%CG_push","%RETRY%CG_off","GoldTopic"]})"});
    cli.world.servers.at(
        broker, RequestCode::get_consumer_connection_list, [](const ScriptedRequest& request) {
            if (request.fields.at("consumerGroup") == "CG_off")
                return ScriptedAnswer{.code = ResponseCode::consumer_not_online};
            return client::golden_answer(TERN_SOURCE_DIR,
                                         "203-GET_CONSUMER_CONNECTION_LIST-550json-admin-consumerConnection");
        });
    cli.golden(broker, RequestCode::get_consume_stats,
               "208-GET_CONSUME_STATS-550json-admin-consumerProgress");
    EXPECT_EQ(out({"consumerProgress"}),
              "#Group                                                            #Count  #Version            "
              "     #Type  "
              "#Model          #TPS     #Diff Total\n"
              "CG_off                                                            0       OFFLINE             "
              "            "
              "                0        0\n"
              "CG_push                                                           1       V5_5_0              "
              "     PUSH   "
              "CLUSTERING      0        0\n");
}
TEST_F(Commands, consumerProgress_names_the_group_that_does_not_exist) {
    cli.world.servers.at("ns:9876", RequestCode::get_routeinfo_by_topic,
                         {.code = ResponseCode::topic_not_exist});
    const auto outcome = cli.call({"consumerProgress", "-g", "Nobody"});
    EXPECT_EQ(outcome.status, exit_failed);
    EXPECT_THAT(outcome.err, HasSubstr("no broker has consumer group Nobody"));
}
TEST_F(Commands, consumerConnection_shows_members_and_subscriptions) {
    cli.golden(broker, RequestCode::get_consumer_connection_list,
               "203-GET_CONSUMER_CONNECTION_LIST-550json-admin-consumerConnection");
    EXPECT_EQ(out({"consumerConnection", "-g", "CG_push"}),
              "#ClientId                            #ClientAddr            #Language  #Version\n"
              "192.0.2.2@push1                      127.0.0.1:51002        JAVA       V5_5_0\n"
              "\n"
              "Below is subscription:\n"
              "#Topic               #SubExpression\n"
              "%RETRY%CG_push       *\n"
              "GoldTopic            *\n"
              "\n"
              "ConsumeType: CONSUME_PASSIVELY\n"
              "MessageModel: CLUSTERING\n"
              "ConsumeFromWhere: CONSUME_FROM_FIRST_OFFSET\n");
}
TEST_F(Commands, consumerConnection_says_that_nobody_is_there) {
    cli.golden(broker, RequestCode::get_consumer_connection_list,
               "203-GET_CONSUMER_CONNECTION_LIST-550json-admin-consumerConnection-offline");
    const auto outcome = cli.call({"consumerConnection", "-g", "CG_push"});
    EXPECT_EQ(outcome.status, exit_failed);
    EXPECT_THAT(outcome.err, HasSubstr("No member of the group is connected"));
}
TEST_F(Commands, producerConnection_numbers_the_members) {
    cli.golden(broker, RequestCode::get_producer_connection_list,
               "204-GET_PRODUCER_CONNECTION_LIST-550json-admin-producerConnection");
    EXPECT_EQ(out({"producerConnection", "-g", "PG_main", "-t", "GoldTopic"}),
              "0001  192.0.2.2@PG_main                127.0.0.1:33720        JAVA     V5_5_0\n");
}
TEST_F(Commands, updateSubGroup_sends_all_settings) {
    at_broker(RequestCode::update_and_create_subscriptiongroup, {});
    EXPECT_THAT(
        out({"updateSubGroup", "-c", "GoldCluster", "-g", "lab_sub"}),
        StartsWith(
            "create subscription group to 127.0.0.1:21911 success.\n"
            "SubscriptionGroupConfig{groupName=lab_sub, consumeEnable=true, consumeFromMinEnable=false, "));
    const auto body = json::parse(asked(RequestCode::update_and_create_subscriptiongroup).at(0).body);
    EXPECT_EQ((*body)["groupName"], "lab_sub");
    EXPECT_EQ((*body)["consumeBroadcastEnable"], false);
}
TEST_F(Commands, deleteSubGroup_drops_the_groups_topics_too) {
    at_broker(RequestCode::delete_subscriptiongroup, {});
    at_broker(RequestCode::delete_topic_in_broker, {});
    cli.world.servers.at("ns:9876", RequestCode::delete_topic_in_namesrv, ScriptedAnswer{});
    cli.world.servers.at("ns:9876", RequestCode::delete_kv_config, ScriptedAnswer{});
    EXPECT_EQ(out({"deleteSubGroup", "-c", "GoldCluster", "-g", "lab_sub"}),
              "delete subscription group [lab_sub] from broker [127.0.0.1:21911] in cluster [GoldCluster] "
              "success.\n");
    EXPECT_EQ(asked(RequestCode::delete_topic_in_broker).at(0).fields.at("topic"), "%RETRY%lab_sub");
    EXPECT_EQ(asked(RequestCode::delete_topic_in_broker).at(1).fields.at("topic"), "%DLQ%lab_sub");
}

TEST_F(Commands, haStatus_shows_the_slaves_of_a_master) {
    at_broker(RequestCode::get_broker_ha_status,
              {.body = R"({"haClientRuntimeInfo":{},"haConnectionInfo":[)"
                       R"({"addr":"10.0.0.2:10911","diff":24,"inSync":true,"slaveAckOffset":1000,)"
                       R"("transferFromWhere":1024,"transferredByteInSecond":1536},)"
                       R"({"addr":"10.0.0.3:10911","diff":1024,"inSync":false}],)"
                       R"("inSyncSlaveNums":1,"master":true,"masterCommitLogMaxOffset":1024})"});
    EXPECT_EQ(out({"haStatus", "-b", broker}),
              "\n#MasterAddr\t127.0.0.1:21911\n#MasterCommitLogMaxOffset\t1024\n#SlaveNum\t2\n"
              "#InSyncSlaveNum\t1\n"
              "#SlaveAddr                        #SlaveAckOffset             #Diff #TransferSpeed(KB/s)"
              "          #Status #TransferFromWhere\n"
              "10.0.0.2:10911                    1000                           24             1.50"
              "               OK             1024\n"
              "10.0.0.3:10911                    0                            1024             0.00"
              "      Fall Behind                0\n");
    EXPECT_EQ(document({"haStatus", "-c", "GoldCluster"})[broker]["haConnectionInfo"][0]["diff"], 24);
}
TEST_F(Commands, haStatus_shows_how_far_a_slave_is) {
    at_broker(RequestCode::get_broker_ha_status,
              {.body = R"({"haClientRuntimeInfo":{"activated":true,"lastReadTimestamp":1000,)"
                       R"("lastWriteTimestamp":2500,"masterAddr":"10.0.0.1:10911","masterFlushOffset":2048,)"
                       R"("maxOffset":1024,"transferredByteInSecond":512},"master":false})"});
    EXPECT_EQ(out({"haStatus", "-b", broker}),
              "\n#MasterAddr\t10.0.0.1:10911\n#CommitLogMaxOffset\t1024\n#TransferSpeed(KB/s)\t0.50\n"
              "#LastReadTime\t1970-01-01 00:00:01,000\n#LastWriteTime\t1970-01-01 00:00:02,500\n"
              "#MasterFlushOffset\t2048\n");
}

// --- What servers count.

TEST_F(Commands, metrics_are_shown_as_they_came_and_as_numbers) {
    const std::string text =
        "# HELP a_total As.\n# TYPE a_total counter\na_total{limit=\"x\"} 3\n# HELP b Bs.\n# TYPE b gauge\nb "
        "0.25\n";
    at_broker(RequestCode::get_metrics, {.body = text});
    EXPECT_EQ(out({"metrics", "-b", broker}), text);
    const auto numbers = document({"metrics", "-b", broker, "--json"});
    EXPECT_EQ(numbers["a_total{limit=\"x\"}"], 3);
    EXPECT_EQ(numbers["b"], 0.25);
}

// --- Settings.

TEST_F(Commands, getBrokerConfig_lists_settings_under_the_address) {
    at_broker(RequestCode::get_broker_config, {.body = "brokerName=broker-a\nfileReservedTime=72\n"});
    const std::string rows =
        "brokerName                                        =  broker-a\n"
        "fileReservedTime                                  =  72\n\n";
    EXPECT_EQ(out({"getBrokerConfig", "-b", broker}), "============127.0.0.1:21911============\n" + rows);
    EXPECT_EQ(out({"getBrokerConfig", "-c", "GoldCluster"}),
              "============Master: 127.0.0.1:21911============\n" + rows);
    EXPECT_EQ(document({"getBrokerConfig", "-b", broker})[broker]["fileReservedTime"], "72");
}
TEST_F(Commands, updateBrokerConfig_says_where_it_was_changed) {
    at_broker(RequestCode::update_broker_config, {});
    EXPECT_EQ(out({"updateBrokerConfig", "-c", "GoldCluster", "-k", "fileReservedTime", "-v", "48"}),
              "update broker config success, 127.0.0.1:21911\n");
}
TEST_F(Commands, getNamesrvConfig_lists_the_settings_of_the_reference_implementation) {
    cli.golden("ns:9876", RequestCode::get_namesrv_config,
               "319-GET_NAMESRV_CONFIG-550json-admin-getNamesrvConfig");
    EXPECT_THAT(out({"getNamesrvConfig"}),
                AllOf(StartsWith("============ns:9876============\n"),
                      HasSubstr("\nenableTopicList                                   =  true\n")));
}
TEST_F(Commands, updateNamesrvConfig_says_what_was_changed) {
    cli.world.servers.at("ns:9876", RequestCode::update_namesrv_config, ScriptedAnswer{});
    EXPECT_EQ(out({"updateNamesrvConfig", "-k", "enableTopicList", "-v", "true"}),
              "update name server config success![ns:9876]\nenableTopicList : true\n");
}
TEST_F(Commands, wipeWritePerm_and_addWritePerm_count_topics_on_each_name_server) {
    cli.golden("ns:9876", RequestCode::wipe_write_perm_of_broker,
               "205-WIPE_WRITE_PERM_OF_BROKER-550json-admin-wipeWritePerm");
    cli.world.servers.at("ns:9876", RequestCode::add_write_perm_of_broker,
                         {.fields = {{"addTopicCount", "20"}}});
    EXPECT_EQ(out({"wipeWritePerm", "-b", "broker-a"}),
              "wipe write perm of broker[broker-a] in name server[ns:9876] OK, 36\n");
    EXPECT_EQ(out({"addWritePerm", "-b", "broker-a"}),
              "add write perm of broker[broker-a] in name server[ns:9876] OK, 20\n");
    const auto outcome = cli.call({"wipeWritePerm", "-b", "broker-a", "-n", "ns:9876;gone:9876"});
    EXPECT_EQ(outcome.status, exit_failed);
    EXPECT_THAT(outcome.out, HasSubstr("in name server[gone:9876] Failed\n"));
}

// --- Messages.

TEST_F(Commands, sendMessage_shows_where_the_message_went) {
    cli.golden(broker, RequestCode::send_message_v2, "310-SEND_MESSAGE_V2-550json-admin-sendMessage");
    EXPECT_THAT(out({"sendMessage", "-t", "GoldTopic", "-p", "hello", "-k", "key1", "-c", "TagA"}),
                StartsWith("#Broker Name                      #QID  #Send Result            #MsgId\n"
                           "broker-a                          0     SEND_OK                 0A000007"));
    EXPECT_EQ(asked(RequestCode::send_message_v2).at(0).body, "hello");
}
TEST_F(Commands, sendMessage_sends_to_the_queue_that_is_named) {
    cli.golden(broker, RequestCode::send_message_v2, "310-SEND_MESSAGE_V2-550json-admin-sendMessage");
    out({"sendMessage", "-t", "GoldTopic", "-p", "hello", "-b", "broker-a", "-i", "2"});
    EXPECT_EQ(asked(RequestCode::send_message_v2).at(0).fields.at("e"), "2");
    EXPECT_THAT(cli.call({"sendMessage", "-t", "GoldTopic", "-p", "x", "-b", "broker-a", "-i", "77"}).err,
                HasSubstr("topic GoldTopic has no queue 77 to write to on broker broker-a"));
    EXPECT_THAT(cli.call({"sendMessage", "-t", "GoldTopic", "-p", "x", "-i", "1"}).err,
                HasSubstr("Broker name must be set"));
}

TEST_F(Commands, allocateMQ_divides_the_queues_as_clients_do) {
    EXPECT_EQ(out({"allocateMQ", "-t", "GoldTopic", "-i", "10.0.0.1, 10.0.0.2,10.0.0.3"}),
              R"({"result":{"10.0.0.1":[{"brokerName":"broker-a","queueId":0,"topic":"GoldTopic"},)"
              R"({"brokerName":"broker-a","queueId":1,"topic":"GoldTopic"}],)"
              R"("10.0.0.2":[{"brokerName":"broker-a","queueId":2,"topic":"GoldTopic"}],)"
              R"("10.0.0.3":[{"brokerName":"broker-a","queueId":3,"topic":"GoldTopic"}]}})"
              "\n");
}
TEST_F(Commands, setConsumeMode_says_where_it_was_set) {
    at_broker(RequestCode::set_message_request_mode, {});
    EXPECT_EQ(
        out({"setConsumeMode", "-c", "GoldCluster", "-t", "GoldTopic", "-g", "G", "-m", "PULL", "-q", "3"}),
        "set consume mode to 127.0.0.1:21911 success.\n"
        "topic[GoldTopic] group[G] consume mode[PULL] popShareQueueNum[3]\n");
    EXPECT_EQ(asked(RequestCode::set_message_request_mode).at(0).body,
              R"({"consumerGroup":"G","mode":"PULL","popShareQueueNum":3,"topic":"GoldTopic"})");
    EXPECT_THAT(cli.call({"setConsumeMode", "-b", broker, "-t", "T", "-g", "G", "-m", "PUSH"}).err,
                HasSubstr("mode must be PULL or POP: PUSH"));
}
TEST_F(Commands, that_are_not_served_say_what_to_do_instead) {
    for (const auto& [command, advice] : {std::pair{"dumpCompactionLog", "mqadmin printMsgByQueue"},
                                          std::pair{"remappingStaticTopic", "mqadmin wipeWritePerm"},
                                          std::pair{"updateStaticTopic", "mqadmin updateTopic"}}) {
        const auto outcome = cli.call({command, "-t", "GoldTopic", "-b", "broker-a"});
        EXPECT_EQ(outcome.status, exit_failed);
        EXPECT_THAT(outcome.err,
                    AllOf(StartsWith(std::string{"mqadmin "} + command + ": there "), HasSubstr(advice)));
        EXPECT_THAT(outcome.out, IsEmpty());
    }
}

class MessageCommands : public Commands {
protected:
    MessageCommands() {
        at_broker(RequestCode::query_topic_consume_by_who, {.body = R"({"groupList":["CG_push"]})"});
        at_broker(RequestCode::get_consumer_connection_list,
                  {.code = ResponseCode::consumer_not_online, .remark = "not online"});
        at_broker(RequestCode::get_min_offset, {.fields = {{"offset", "0"}}});
        cli.world.servers.at(broker, RequestCode::get_max_offset, [](const ScriptedRequest& request) {
            return ScriptedAnswer{.fields = {{"offset", request.fields.at("queueId") == "1" ? "2" : "0"}}};
        });
        cli.world.servers.at(broker, RequestCode::pull_message, [](const ScriptedRequest& request) {
            const bool has_messages = request.fields.at("queueId") == "1";
            const auto offset = std::stoi(request.fields.at("queueOffset"));
            ScriptedAnswer answer{.fields = {{"suggestWhichBrokerId", "0"}, {"minOffset", "0"}}};
            answer.fields["maxOffset"] = has_messages ? "2" : "0";
            if (has_messages && offset < 2) {
                answer.fields["nextBeginOffset"] = std::to_string(offset + 1);
                answer.body = message(offset);
            } else {
                answer.code = ResponseCode::pull_not_found;
                answer.fields["nextBeginOffset"] = std::to_string(offset);
            }
            return answer;
        });
    }
    static std::string message(int offset) {
        return stored({.topic = "GoldTopic",
                       .queue_id = 1,
                       .queue_offset = offset,
                       .body = "body " + std::to_string(offset),
                       .properties = "UNIQ_KEY\x01"
                                     "ABC" +
                                     std::to_string(offset) + "\x02TAGS\x01TagA\x02KEYS\x01key1\x02"});
    }
    static constexpr std::string_view detail =
        "Topic:               GoldTopic\n"
        "Tags:                [TagA]\n"
        "Keys:                [key1]\n"
        "Queue ID:            1\n"
        "Queue Offset:        0\n"
        "CommitLog Offset:    4096\n"
        "Reconsume Times:     0\n"
        "Born Timestamp:      2023-11-14 22:13:20,000\n"
        "Store Timestamp:     2023-11-14 22:13:20,005\n"
        "Born Host:           10.0.0.7:50000\n"
        "Store Host:          10.0.0.1:10911\n"
        "System Flag:         0\n"
        "Properties:          {UNIQ_KEY=ABC0, TAGS=TagA, KEYS=key1}\n"
        "Message Body Path:   /tmp/rocketmq/msgbodys/ABC0\n";
    static constexpr std::string_view tracks =
        "\n\nMessageTrack [consumerGroup=CG_push, trackType=NOT_ONLINE, exceptionDesc=127.0.0.1:21911: "
        "CONSUMER_NOT_ONLINE "
        "(206): not online]\n";
};

TEST_F(MessageCommands, queryMsgByKey_shows_where_messages_with_the_key_are) {
    at_broker(RequestCode::query_message, {.body = message(0) + message(1)});
    EXPECT_EQ(
        out({"queryMsgByKey", "-t", "GoldTopic", "-k", "key1"}),
        "#Message ID                                        #QID                                  #Offset\n"
        "ABC0                                                  1                                        0\n"
        "ABC1                                                  1                                        1\n");
    EXPECT_EQ(asked(RequestCode::query_message).at(0).fields.at("maxNum"), "64");
}
TEST_F(MessageCommands, queryMsgByKey_finds_the_message_of_the_reference_implementation) {
    cli.golden(broker, RequestCode::query_message, "12-QUERY_MESSAGE-550json-admin-queryMsgByKey");
    EXPECT_EQ(document({"queryMsgByKey", "-t", "GoldTopic", "-k", "keyView"})[0]["properties"]["KEYS"],
              "keyView");
}
TEST_F(MessageCommands, queryMsgById_finds_a_message_by_its_unique_id_and_keeps_its_body) {
    at_broker(RequestCode::query_message, {.body = message(0)});
    EXPECT_EQ(out({"queryMsgById", "-t", "GoldTopic", "-i", "ABC0"}),
              "OffsetID:            0A00000100002A9F0000000000001000\n" + std::string{detail} +
                  std::string{tracks});
    EXPECT_EQ(cli.files.at("/tmp/rocketmq/msgbodys/ABC0"), "body 0");
    EXPECT_EQ(asked(RequestCode::query_message).at(0).fields.at("_UNIQUE_KEY_QUERY"), "true");
}
TEST_F(MessageCommands, queryMsgById_asks_the_broker_of_an_offset_id_at_once) {
    at_broker(RequestCode::view_message_by_id, {.body = message(0)});
    // 127.0.0.1:21911, offset 4096.
    EXPECT_THAT(
        out({"queryMsgById", "-t", "GoldTopic", "-i", "7F000001000055970000000000001000", "-f", "UTF-8"}),
        HasSubstr("\nMessage Body:        body 0\n"));
    EXPECT_THAT(asked(RequestCode::query_message), IsEmpty());
}
TEST_F(MessageCommands, queryMsgById_says_that_there_is_no_such_message) {
    at_broker(RequestCode::query_message, {.code = ResponseCode::query_not_found});
    const auto outcome = cli.call({"queryMsgById", "-t", "GoldTopic", "-i", "ABC0"});
    EXPECT_EQ(outcome.status, exit_failed);
    EXPECT_THAT(outcome.err, HasSubstr("no message of topic GoldTopic has the id ABC0"));
}
TEST_F(MessageCommands, queryMsgById_never_writes_where_a_producer_says) {
    at_broker(
        RequestCode::query_message,
        {.body = stored({.topic = "GoldTopic", .body = "x", .properties = "UNIQ_KEY\x01../../etc/x\x02"})});
    out({"queryMsgById", "-t", "GoldTopic", "-i", "../../etc/x"});
    ASSERT_THAT(cli.files, SizeIs(1));
    EXPECT_EQ(cli.files.begin()->first, "/tmp/rocketmq/msgbodys/0A00000100002A9F0000000000001000");
}
TEST_F(MessageCommands, queryMsgByUniqueKey_leaves_the_offset_id_out) {
    at_broker(RequestCode::query_message, {.body = message(0)});
    EXPECT_EQ(out({"queryMsgByUniqueKey", "-t", "GoldTopic", "-i", "ABC0"}),
              std::string{detail} + std::string{tracks});
}
TEST_F(MessageCommands, queryMsgByUniqueKey_asks_for_a_time_that_is_named) {
    at_broker(RequestCode::query_message, {.body = message(0)});
    out({"queryMsgByUniqueKey", "-t", "GoldTopic", "-i", "ABC0", "-s", "1000", "-e", "2000"});
    EXPECT_EQ(asked(RequestCode::query_message).at(0).fields.at("beginTimestamp"), "1000");
    EXPECT_EQ(asked(RequestCode::query_message).at(0).fields.at("endTimestamp"), "2000");
}
TEST_F(MessageCommands, queryCq_says_that_the_group_is_not_online) {
    at_broker(
        RequestCode::query_consume_queue,
        {.body = R"({"filterData":"readers@GoldTopic is not online!","maxQueueIndex":1,"minQueueIndex":0,
                           "queueData":[{"physicOffset":4096,"physicSize":200,"tagsCode":7}]})"});
    const auto text = out({"queryCq", "-t", "GoldTopic", "-q", "1", "-i", "0", "-g", "readers"});
    EXPECT_THAT(text, StartsWith("Filter data: \nreaders@GoldTopic is not online!\n====="));
    EXPECT_THAT(text, HasSubstr("Queue data: \nmax: 1, min: 0\n"));
    EXPECT_EQ(asked(RequestCode::query_consume_queue).at(0).fields.at("consumerGroup"), "readers");
}
TEST_F(MessageCommands, queryMsgByKey_says_what_it_has_looked_for) {
    at_broker(RequestCode::query_message, {.code = ResponseCode::query_not_found});
    EXPECT_THAT(cli.call({"queryMsgByKey", "-t", "GoldTopic", "-k", "TagA", "-p", "T"}).err,
                HasSubstr("no message of topic GoldTopic has the tag TagA"));
    EXPECT_THAT(cli.call({"queryMsgByKey", "-t", "GoldTopic", "-k", "TagA"}).err,
                HasSubstr("no message of topic GoldTopic has the key TagA"));
}

class MessagesOnceMore : public MessageCommands {
protected:
    MessagesOnceMore() {
        at_broker(RequestCode::query_message, {.body = message(0)});
        at_broker(RequestCode::get_consumer_running_info,
                  {.body = R"({"properties":{"PROP_CONSUME_TYPE":"CONSUME_PASSIVELY"}})"});
        cli.world.servers.at(
            "10.0.0.1:10911", RequestCode::consume_message_directly, [this](const ScriptedRequest& request) {
                consumed.push_back(request.fields);
                return ScriptedAnswer{
                    .body =
                        R"({"autoCommit":true,"consumeResult":"CR_SUCCESS","order":false,"spentTimeMills":3})"};
            });
    }
    std::vector<std::map<std::string, std::string>> consumed;
};
TEST_F(MessagesOnceMore, are_consumed_by_the_member_that_is_named) {
    for (const auto* command : {"queryMsgById", "queryMsgByUniqueKey"}) {
        EXPECT_EQ(out({command, "-t", "GoldTopic", "-i", "ABC0", "-g", "CG_push", "-d", "10.0.0.7@4711"}),
                  "ConsumeMessageDirectlyResult [order=false, autoCommit=true, consumeResult=CR_SUCCESS, "
                  "remark=null, spentTimeMills=3]\n");
        EXPECT_EQ(consumed.back().at("msgId"), "0A00000100002A9F0000000000001000");
        EXPECT_EQ(consumed.back().at("clientId"), "10.0.0.7@4711");
        EXPECT_EQ(consumed.back().at("consumerGroup"), "CG_push");
    }
    EXPECT_THAT(consumed, SizeIs(2));
}
TEST_F(MessagesOnceMore, are_not_consumed_by_one_that_pulls_by_itself) {
    at_broker(RequestCode::get_consumer_running_info,
              {.body = R"({"properties":{"PROP_CONSUME_TYPE":"CONSUME_ACTIVELY"}})"});
    const auto outcome =
        cli.call({"queryMsgById", "-t", "GoldTopic", "-i", "ABC0", "-g", "CG_push", "-d", "10.0.0.7@4711"});
    EXPECT_THAT(outcome.err, HasSubstr("is not push consumer"));
    EXPECT_THAT(consumed, IsEmpty());
}
TEST_F(MessagesOnceMore, are_sent_with_what_their_producer_gave_them) {
    cli.golden(broker, RequestCode::send_message_v2, "310-SEND_MESSAGE_V2-550json-admin-sendMessage");
    EXPECT_THAT(out({"queryMsgById", "-t", "GoldTopic", "-i", "ABC0", "-s", "true", "-u", "unit"}),
                StartsWith("prepare resend msg. originalMsgId=ABC0\nSendResult [sendStatus=SEND_OK, msgId="));
    const auto sent = asked(RequestCode::send_message_v2).at(0);
    EXPECT_EQ(sent.body, "body 0");
    const auto& properties = sent.fields.at("i");
    EXPECT_EQ(model::find_property(properties, "TAGS"), "TagA");
    EXPECT_EQ(model::find_property(properties, "KEYS"), "key1");
    EXPECT_NE(model::find_property(properties, "UNIQ_KEY"), "ABC0");
    out({"queryMsgById", "-t", "GoldTopic", "-i", "ABC0", "-s", "false"});
    EXPECT_THAT(asked(RequestCode::send_message_v2), SizeIs(1));
}

TEST_F(MessageCommands, queryMsgByOffset_finds_the_message_at_a_place) {
    EXPECT_EQ(out({"queryMsgByOffset", "-t", "GoldTopic", "-b", "broker-a", "-i", "1", "-o", "0"}),
              "OffsetID:            0A00000100002A9F0000000000001000\n" + std::string{detail} +
                  std::string{tracks});
    const auto outcome =
        cli.call({"queryMsgByOffset", "-t", "GoldTopic", "-b", "broker-a", "-i", "1", "-o", "9"});
    EXPECT_THAT(
        outcome.err,
        HasSubstr("no message at offset 9 of queue 1 of topic GoldTopic on broker-a, which has 0 up to 2"));
}
TEST_F(MessageCommands, consumeMessage_reads_every_queue_to_its_end) {
    const auto text = out({"consumeMessage", "-t", "GoldTopic"});
    EXPECT_THAT(
        text, StartsWith("MessageQueue [topic=GoldTopic, brokerName=broker-a, queueId=0] print msg finished. "
                         "status=NO_NEW_MSG, offset=0\n"
                         "Consume ok\n"
                         "MSGID: ABC0 MessageExt [brokerName=broker-a, queueId=1, "));
    EXPECT_THAT(text, HasSubstr(" BODY: body 0\nMSGID: ABC1 "));
    EXPECT_THAT(text, HasSubstr("MIN_OFFSET=0, MAX_OFFSET=2"));
    EXPECT_THAT(text, HasSubstr("queueId=1] print msg finished. status=NO_NEW_MSG, offset=2\n"));
}
TEST_F(MessageCommands, consumeMessage_reads_one_queue_from_an_offset_and_so_many_messages) {
    const auto messages =
        document({"consumeMessage", "-t", "GoldTopic", "-b", "broker-a", "-i", "1", "-o", "1"});
    ASSERT_THAT(*messages.array(), SizeIs(1));
    EXPECT_EQ(messages[0]["body"], "body 1");
    EXPECT_THAT(*document({"consumeMessage", "-t", "GoldTopic", "-c", "1"}).array(), SizeIs(1));
}
TEST_F(MessageCommands, consumeMessage_needs_a_broker_for_a_queue_and_a_past_for_a_time) {
    EXPECT_THAT(cli.call({"consumeMessage", "-t", "GoldTopic", "-i", "1"}).err,
                HasSubstr("Please set the brokerName before queueId"));
    EXPECT_THAT(cli.call({"consumeMessage", "-t", "GoldTopic", "-s", "2099-01-01#00:00:00:000"}).err,
                HasSubstr("Please set the beginTimestamp before now"));
}
TEST_F(MessageCommands, printMsg_shows_each_queue_with_its_bounds) {
    const auto text = out({"printMsg", "-t", "GoldTopic", "-d", "false"});
    EXPECT_THAT(
        text, StartsWith(
                  "minOffset=0, maxOffset=0, MessageQueue [topic=GoldTopic, brokerName=broker-a, queueId=0]\n"
                  "--------------------------------------------------------\n"
                  "minOffset=0, maxOffset=2, MessageQueue [topic=GoldTopic, brokerName=broker-a, queueId=1]\n"
                  "MSGID: ABC0 "));
    EXPECT_THAT(text, HasSubstr(" BODY: NOT PRINT BODY\n"));
}

}  // namespace
}  // namespace tern::cli
