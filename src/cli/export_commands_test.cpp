// exportMetadata, exportConfigs and exportMetrics against answers of RocketMQ 5.5.0.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/cli_scenario.hpp"

namespace tern::cli {
namespace {

using remoting::RequestCode;
using remoting::ResponseCode;
using testing::ElementsAre;
using testing::HasSubstr;

struct Exports : testing::Test {
    static constexpr auto broker = "127.0.0.1:21911";

    Exports() {
        cli.golden("ns:9876", RequestCode::get_broker_cluster_info,
                   "106-GET_BROKER_CLUSTER_INFO-550json-admin-clusterList");
        cli.golden(broker, RequestCode::get_all_topic_config,
                   "21-GET_ALL_TOPIC_CONFIG-550json-admin-exportMetadata-t");
        cli.golden(broker, RequestCode::get_system_topic_list_from_broker,
                   "305-GET_SYSTEM_TOPIC_LIST_FROM_BROKER-550json-bg-admin-exportMetadata-t");
        cli.golden(broker, RequestCode::get_all_subscriptiongroup_config,
                   "201-GET_ALL_SUBSCRIPTIONGROUP_CONFIG-550json-admin-exportMetadata-t");
        cli.world.servers.at(broker, RequestCode::get_broker_config,
                             {.body = "listenPort=21911\nbrokerRole=ASYNC_MASTER\nflushDiskType=ASYNC_FLUSH\n"
                                      "clientCallbackExecutorThreads=4\n"});
        cli.golden(broker, RequestCode::get_broker_runtime_info,
                   "28-GET_BROKER_RUNTIME_INFO-550json-admin-exportMetrics");
        cli.world.servers.at(broker, RequestCode::heart_beat, client::ScriptedAnswer{});
        cli.world.servers.at(broker, RequestCode::unregister_client, client::ScriptedAnswer{});
    }
    std::string out(const std::vector<std::string_view>& words) {
        const auto outcome = cli.call(words);
        EXPECT_EQ(outcome.status, exit_ok) << outcome.err;
        return outcome.out;
    }
    // The document in the file that the command says it has written.
    json::Value exported(const std::vector<std::string_view>& words, const std::string& path) {
        EXPECT_EQ(out(words), "export " + path + " success\n");
        return json::parse(cli.files[path]).value_or(json::Value{});
    }
    static std::vector<std::string> names(const json::Value& table) {
        std::vector<std::string> names;
        if (table.object() != nullptr)
            for (const auto& member : *table.object()) names.push_back(*member.key.string());
        return names;
    }
    CliScenario cli;
};

TEST_F(Exports, metadata_has_the_topics_and_groups_of_users) {
    const auto document =
        exported({"exportMetadata", "-c", "GoldCluster"}, "/tmp/rocketmq/export/metadata.json");
    EXPECT_THAT(names(document), ElementsAre("exportTime", "topicConfigTable", "subscriptionGroupTable"));
    EXPECT_THAT(names(document["topicConfigTable"]),
                ElementsAre("GoldAuto", "GoldDelay", "GoldFifo", "GoldOrder", "GoldPop", "GoldReadOnly",
                            "GoldRpc", "GoldTopic", "GoldTopic2"));
    EXPECT_THAT(names(document["subscriptionGroupTable"]),
                ElementsAre("CG_full", "CG_lite", "CG_notif", "CG_off", "CG_order", "CG_peek", "CG_pop",
                            "CG_pop2", "CG_pull", "CG_push", "CG_rpc", "CG_sql"));
    EXPECT_EQ(document["topicConfigTable"]["GoldFifo"]["attributes"]["message.type"], "FIFO");
}
TEST_F(Exports, metadata_may_be_of_topics_or_groups_alone) {
    EXPECT_THAT(names(exported({"exportMetadata", "-b", broker, "-t", "-f", "/there"}, "/there/topic.json")),
                ElementsAre("exportTime", "topicConfigTable"));
    EXPECT_THAT(names(exported({"exportMetadata", "-b", broker, "-g", "-f", "/there"},
                               "/there/subscriptionGroup.json")),
                ElementsAre("exportTime", "subscriptionGroupTable"));
    const auto special =
        exported({"exportMetadata", "-b", broker, "-t", "-s", "-f", "/there"}, "/there/topic.json");
    EXPECT_EQ(special["topicConfigTable"]["%RETRY%CG_push"]["readQueueNums"], 1);
}
TEST_F(Exports, metadata_of_a_cluster_adds_up_the_queues_of_its_brokers) {
    cli.world.servers.at("ns:9876", RequestCode::get_broker_cluster_info, {.body = R"({"brokerAddrTable":{
                    "broker-a":{"brokerAddrs":{0:"a:1",1:"slave:1"},"brokerName":"broker-a","cluster":"East"},
                    "broker-b":{"brokerAddrs":{0:"b:1"},"brokerName":"broker-b","cluster":"East"}},
                    "clusterAddrTable":{"East":["broker-a","broker-b"]}})"});
    for (const auto* address : {"a:1", "b:1"}) {
        auto& servers = cli.world.servers;
        servers.at(
            address, RequestCode::get_all_topic_config,
            {.body = R"({"topicConfigTable":{"T":{"topicName":"T","readQueueNums":4,"writeQueueNums":3}}})"});
        servers.at(address, RequestCode::get_system_topic_list_from_broker, {.body = "{}"});
        servers.at(address, RequestCode::get_all_subscriptiongroup_config,
                   {.body = R"({"subscriptionGroupTable":{"G":{"groupName":"G","retryQueueNums":2}}})"});
    }
    const auto document = exported({"exportMetadata", "-c", "East", "-f", "."}, "./metadata.json");
    EXPECT_EQ(document["topicConfigTable"]["T"]["readQueueNums"], 8);
    EXPECT_EQ(document["topicConfigTable"]["T"]["writeQueueNums"], 6);
    EXPECT_EQ(document["subscriptionGroupTable"]["G"]["retryQueueNums"], 4);
}
TEST_F(Exports, for_programs_are_printed_and_not_kept) {
    const auto document = json::parse(out({"exportMetadata", "-b", broker, "-g", "--json"}));
    ASSERT_TRUE(document);
    EXPECT_EQ((*document)["subscriptionGroupTable"]["CG_push"]["retryMaxTimes"], 16);
    EXPECT_TRUE(cli.files.empty());
}
TEST_F(Exports, configs_count_the_servers_and_have_what_distinguishes_brokers) {
    const auto document = exported({"exportConfigs", "-c", "GoldCluster", "-f", "."}, "./configs.json");
    EXPECT_EQ(document["clusterScale"]["namesrvSize"], 1);
    EXPECT_EQ(document["clusterScale"]["masterBrokerSize"], 1);
    EXPECT_EQ(document["clusterScale"]["slaveBrokerSize"], 0);
    EXPECT_THAT(names(document["brokerConfigs"]["broker-a"]), ElementsAre("brokerRole", "flushDiskType"));
}
TEST_F(Exports, metrics_tell_what_the_brokers_take_and_give) {
    cli.world.servers.at(
        broker, RequestCode::view_broker_stats_data, [](const client::ScriptedRequest& request) {
            if (request.fields.at("statsKey") != "SCHEDULE_TOPIC_XXXX")
                return client::ScriptedAnswer{.code = ResponseCode::system_error, .remark = "not exist"};
            return client::ScriptedAnswer{.body = R"({"statsMinute":{"tps":0.5},"statsDay":{"sum":7}})"};
        });
    cli.world.servers.at(
        broker, RequestCode::get_consumer_connection_list, [](const client::ScriptedRequest& request) {
            if (request.fields.at("consumerGroup") != "CG_push")
                return client::ScriptedAnswer{.code = ResponseCode::consumer_not_online};
            return client::ScriptedAnswer{
                .body = R"({"connectionSet":[{"clientId":"c","language":"JAVA","version":513}]})"};
        });
    const auto document = exported({"exportMetrics", "-c", "GoldCluster", "-f", "."}, "./metrics.json");
    const auto& report = document["evaluateReport"]["broker-a"];
    EXPECT_EQ(report["runtimeVersion"]["rocketmqVersion"], "V5_5_0");
    EXPECT_EQ(report["runtimeVersion"]["clientInfo"][0], "JAVA%V5_5_0");
    EXPECT_EQ(report["runtimeEnv"]["cpuNum"], "4");
    const auto& quota = report["runtimeQuota"];
    EXPECT_EQ(quota["topicSize"], 9);
    EXPECT_EQ(quota["groupSize"], 12);
    EXPECT_EQ(quota["tps"]["scheduleInTps"], 0.5);
    EXPECT_EQ(quota["tps"]["transInTps"], 0.0);
    EXPECT_EQ(quota["oneDayNum"]["scheduleOneDayInNum"], 7);
    EXPECT_EQ(document["totalData"]["totalOneDayNum"]["scheduleOneDayInNum"], 7);
    EXPECT_EQ(document["totalData"]["totalTps"]["totalNormalInTps"], quota["tps"]["normalInTps"]);
}
TEST_F(Exports, name_the_clusters_there_are) {
    for (const auto* command : {"exportMetadata", "exportConfigs", "exportMetrics"}) {
        const auto outcome = cli.call({command, "-c", "Nope"});
        EXPECT_EQ(outcome.status, exit_failed);
        EXPECT_THAT(outcome.err, HasSubstr("no cluster Nope; the NameServer knows GoldCluster"));
    }
    EXPECT_TRUE(cli.files.empty());
}

}  // namespace
}  // namespace tern::cli
