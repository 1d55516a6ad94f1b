#include "broker/config_service.hpp"

#include "broker/broker_scenario.hpp"
#include "remoting/header/admin.hpp"
#include "replication/group.hpp"

namespace tern::broker {
namespace {

using remoting::RequestCode;
using remoting::ResponseCode;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// A request without fields of its own.
struct NoFields {
    static constexpr auto fields() { return list_of(); }
};

// A broker with an administrator on its own host.
class SettingsOfARunningBroker : public ::testing::Test {
protected:
    SettingsOfARunningBroker() {
        broker.config.config_path = path;
        broker.client = make_counted<remoting::FakeConnection>(1, "10.0.0.1:50000", "10.0.0.1:10911");
        broker.starts();
    }
    Answer updates(std::string_view text) {
        return broker.asks(RequestCode::update_broker_config, NoFields{}, text).value_or(Answer{});
    }
    Answer listed() { return broker.asks(RequestCode::get_broker_config, NoFields{}).value_or(Answer{}); }
    std::string file() { return broker.files.exists(path) ? *io::read_file(broker.files, path) : "none"; }

    const std::string path = "/etc/broker.conf";
    BrokerScenario broker;
};

TEST_F(SettingsOfARunningBroker, change_at_once_and_are_there_after_a_restart) {
    ASSERT_TRUE(io::keep_file(broker.files, path, "# Ours.\nmaxMessageSize=4194304\n"));
    ASSERT_EQ(broker.sends("Orders", std::string(2'000, 'x')).code, ResponseCode::success);
    EXPECT_EQ(updates("maxMessageSize=1024\n").code, ResponseCode::success);
    EXPECT_EQ(broker.sends("Orders", std::string(2'000, 'x')).code, ResponseCode::message_illegal);
    EXPECT_THAT(listed().body, HasSubstr("maxMessageSize=1024\n"));
    EXPECT_EQ(file(), "# Ours.\nmaxMessageSize=1024\n");
    EXPECT_EQ(*io::read_file(broker.files, path + ".bak"), "# Ours.\nmaxMessageSize=4194304\n");
}
TEST_F(SettingsOfARunningBroker, change_all_together_or_not_at_all) {
    for (const auto* other : {"listenPort=1", "maxMessageSize=12", "maxMesageSize=2048", "clusterSecret=x",
                              "sendMessageThreadPoolNums=4"}) {
        const auto refused = updates("fileReservedTime=24\n" + std::string{other} + "\n");
        EXPECT_NE(refused.code, ResponseCode::success) << other;
        EXPECT_THAT(refused.remark, HasSubstr(std::string{other}.substr(0, std::string{other}.find('='))))
            << other;
    }
    EXPECT_THAT(listed().body, HasSubstr("fileReservedTime=72\n"));
    EXPECT_EQ(file(), "none");
}
TEST_F(SettingsOfARunningBroker, are_checked_as_at_the_start) {
    EXPECT_EQ(
        updates("deleteWhen=4;25").remark,
        "deleteWhen=4;25 is not right: it takes hours of the day with semicolons between, such as 04;16 "
        "(default 04)");
    EXPECT_EQ(updates("minElectTimeIntervalMs=10").code, ResponseCode::invalid_parameter);
    EXPECT_EQ(updates("deleteWhen=04;16").code, ResponseCode::success);
}
// CVE-2023-33246: RocketMQ's broker put a setting that anybody could change into a command line, and wrote
// its settings to a path that anybody could change.
TEST_F(SettingsOfARunningBroker, that_name_paths_or_commands_are_changed_by_nobody) {
    const std::string target = "/etc/cron.d/evil";
    for (const std::string key :
         {"brokerConfigPath", "rocketmqHome", "configBlackList", "storePathRootDir", "storePathCommitLog",
          "filterServerNums", "namesrvAddr", "bindAddress", "brokerIP1", " brokerConfigPath",
          "\\u0062rokerConfigPath", "configStorePath", "clusterSecret", "dLegerPeers", "dLedgerPeers"}) {
        const auto refused = updates("fileReservedTime=24\n" + key + "=" + target + "\n");
        EXPECT_NE(refused.code, ResponseCode::success) << key;
    }
    EXPECT_THAT(listed().body, AllOf(HasSubstr("fileReservedTime=72\n"), Not(HasSubstr(target))));
    EXPECT_FALSE(broker.files.exists(target));
    EXPECT_EQ(file(), "none");
}
TEST_F(SettingsOfARunningBroker, are_changed_from_its_own_host_only) {
    broker.client = make_counted<remoting::FakeConnection>(2, "10.0.0.7:50000", "10.0.0.1:10911");
    const auto refused = updates("fileReservedTime=24");
    EXPECT_EQ(refused.code, ResponseCode::no_permission);
    EXPECT_THAT(refused.remark, HasSubstr("own host"));
    EXPECT_THAT(listed().body, HasSubstr("fileReservedTime=72\n"));
}
TEST_F(SettingsOfARunningBroker, on_the_black_list_stand_though_they_could_change) {
    broker.stops();
    broker.config.config_black_list = "fileReservedTime; maxElectTimeIntervalMs";
    broker.starts();
    for (const auto* text : {"fileReservedTime=24", "maxElectTimeIntervalMs=900", "maxVoteIntervalMs=900"})
        EXPECT_EQ(updates(text).code, ResponseCode::no_permission) << text;
    EXPECT_EQ(updates("deleteWhen=05").code, ResponseCode::success);
}
TEST_F(SettingsOfARunningBroker, are_listed_with_a_version_that_grows_and_without_secrets) {
    broker.stops();
    broker.config.cluster_secret = "hush";
    broker.starts();
    const auto before = listed();
    EXPECT_THAT(before.body, AllOf(Not(HasSubstr("hush")), HasSubstr("clusterSecret=******\n")));
    EXPECT_THAT(before.fields.at("version"), HasSubstr(R"("counter":0)"));
    updates("fileReservedTime=24");
    EXPECT_THAT(listed().fields.at("version"), HasSubstr(R"("counter":1)"));
}
TEST_F(SettingsOfARunningBroker, are_listed_with_what_tools_of_4_9_need) {
    EXPECT_THAT(listed().body, AllOf(HasSubstr("\nfilterServerNums=0\n"), HasSubstr("\nuseTLS=false\n")));
    broker.stops();
    broker.config.dials_tls = true;
    broker.starts();
    EXPECT_THAT(listed().body, HasSubstr("\nuseTLS=true\n"));
}
TEST_F(SettingsOfARunningBroker, say_what_the_broker_may_do_and_tell_the_name_servers) {
    ASSERT_EQ(broker.sends("Orders", "a").code, ResponseCode::success);
    const auto version = [this] {
        const auto body = broker.asks(RequestCode::get_all_topic_config, NoFields{})->body;
        return body.substr(body.find(R"("counter":)"), 14);
    };
    const auto before = version();
    EXPECT_EQ(updates("brokerPermission=2").code, ResponseCode::success);
    EXPECT_EQ(broker.pulls("Orders", 0)->code, ResponseCode::no_permission);
    // Without a newer one they would keep the permissions of topics that they know.
    EXPECT_NE(version(), before);
    EXPECT_EQ(updates("brokerPermission=6").code, ResponseCode::success);
    EXPECT_NE(broker.pulls("Orders", 0)->code, ResponseCode::no_permission);
}
TEST_F(SettingsOfARunningBroker, say_whether_topics_are_made_by_themselves) {
    for (int round = 0; round < 2; ++round) {
        const auto topic = "Orders" + std::to_string(round);
        EXPECT_EQ(updates("autoCreateTopicEnable=false").code, ResponseCode::success);
        EXPECT_EQ(broker.sends(topic, "a").code, ResponseCode::topic_not_exist);
        EXPECT_EQ(updates("autoCreateTopicEnable=true").code, ResponseCode::success);
        EXPECT_EQ(broker.sends(topic, "a").code, ResponseCode::success);
    }
}
TEST_F(SettingsOfARunningBroker, that_are_copied_into_the_group_reach_it_at_once) {
    const auto slow =
        "minElectTimeIntervalMs=30000\nmaxElectTimeIntervalMs=60000\nheartBeatTimeIntervalMs=5000\n";
    for (const std::string text :
         {slow,
          "syncFlushTimeout=200\nflushIntervalCommitLog=20\nflushConsumerOffsetInterval=100\n"
          "slaveTimeout=100\nhaSlaveFallbehindMax=4096\n"
          "linkSilenceMaxMs=9000\nlinkRedialMaxMs=2000\nforwardTimeoutMs=1000\n"})
        EXPECT_EQ(updates(text).code, ResponseCode::success) << text;
    const auto& group = broker.inside().group.config();
    EXPECT_EQ(group.raft.election_timeout_max, 60s);
    EXPECT_EQ(group.raft.heartbeat_interval, 5s);
    EXPECT_EQ(group.flush_timeout, 200ms);
    EXPECT_EQ(group.flush_interval, 20ms);
    EXPECT_EQ(group.table_interval, 100ms);
    EXPECT_EQ(group.slave_timeout, 100ms);
    EXPECT_EQ(group.slave_lag_max, 4096);
}

}  // namespace
}  // namespace tern::broker
