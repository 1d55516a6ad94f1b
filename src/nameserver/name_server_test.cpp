#include "nameserver/name_server.hpp"

#include "base/hash.hpp"
#include "io/memory_file_system.hpp"
#include "io/simulated_loop.hpp"
#include "json/fields.hpp"
#include "nameserver/foreign_settings.hpp"
#include "remoting/body/lists.hpp"
#include "remoting/body/register_broker.hpp"
#include "remoting/body/route_data.hpp"
#include "remoting/fake_connection.hpp"

namespace tern::nameserver {
namespace {

using remoting::Command;
using remoting::FakeConnection;
using remoting::FieldView;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Fields = std::vector<FieldView>;

constexpr std::string_view kv_path = "/home/namesrv/kvConfig.json";
constexpr std::string_view settings_path = "/home/namesrv/namesrv.properties";

// A NameServer, an administrator on its own host, and whoever else connects; each request is answered at
// once.
class ANameServer : public ::testing::Test {
protected:
    ANameServer() { starts({}); }

    void starts(NameServerConfig config) {
        config.kv_config_path = kv_path;
        config.config_store_path = settings_path;
        server.reset();
        auto started = NameServer::start(std::move(config), loop.runtime(), files);
        ASSERT_TRUE(started) << started.error().detail;
        server = std::move(*started);
    }
    static Ref<FakeConnection> connection(std::uint64_t id, std::string_view peer = "10.0.0.1:50000") {
        return make_counted<FakeConnection>(id, peer);
    }

    // The answer is valid until the next question over the connection.
    const Command& asks(const Ref<FakeConnection>& from, std::int32_t code, const Fields& fields = {},
                        std::string_view body = {}, std::int32_t version = 513) {
        tell(from, {.code = code,
                    .version = version,
                    .opaque = 9,
                    .fields = remoting::Fields{fields},
                    .body = body});
        const auto& answer = from->take_sent();
        EXPECT_EQ(answer.opaque, 9);
        return answer;
    }
    const Command& asks(std::int32_t code, const Fields& fields = {}, std::string_view body = {}) {
        return asks(admin, code, fields, body);
    }
    void tell(const Ref<FakeConnection>& from, const Command& command) { server->on_command(from, command); }
    void closes(const Ref<FakeConnection>& from) {
        from->close("gone");
        server->on_closed(from, "gone");
    }

    struct Broker {
        std::string_view name{"broker-a"};
        std::string_view id{"0"};
        std::string_view address{"10.0.0.1:10911"};
        std::string_view timeout_ms{""};
        std::int64_t epoch{0};
        std::string_view topic{"T"};
    };
    static remoting::RegisterBrokerBody body_of(const Broker& broker) {
        remoting::RegisterBrokerBody body;
        auto& table = body.topic_config_table;
        table.data_version = {.counter = 1, .state_version = broker.epoch, .timestamp = 5};
        for (const auto& name : {std::string{broker.topic}, std::string{"TBW102"}})
            table.topic_config_table[name] = {.name = name, .read_queue_nums = 8, .write_queue_nums = 8};
        return body;
    }
    static Fields header_of(const Broker& broker) {
        Fields fields{{"brokerName", broker.name},        {"brokerId", broker.id},
                      {"brokerAddr", broker.address},     {"clusterName", "C"},
                      {"haServerAddr", "10.0.0.1:10912"}, {"enableActingMaster", "false"}};
        if (!broker.timeout_ms.empty()) fields.push_back({"heartbeatTimeoutMillis", broker.timeout_ms});
        return fields;
    }
    const Command& registers(const Ref<FakeConnection>& from, const Broker& broker) {
        return asks(from, 103, header_of(broker), json::encode(body_of(broker)));
    }
    std::int32_t route_code(std::string_view topic) { return asks(105, {{"topic", topic}}).code; }

    io::SimulatedLoop loop;
    io::MemoryFileSystem files{loop.runtime()};
    std::unique_ptr<NameServer> server;
    Ref<FakeConnection> admin = connection(1, "10.0.0.9:50000");
    Ref<FakeConnection> broker_a = connection(2);
    Ref<FakeConnection> broker_b = connection(3);
};

TEST_F(ANameServer, answers_in_the_json_that_the_version_of_the_client_reads) {
    registers(broker_a, {});
    EXPECT_EQ(
        asks(admin, 105, {{"topic", "T"}}, {}, 401).body,
        R"({"brokerDatas":[{"brokerAddrs":{"0":"10.0.0.1:10911"},"brokerName":"broker-a","cluster":"C",)"
        R"("enableActingMaster":false}],"filterServerTable":{},"queueDatas":[{"brokerName":"broker-a",)"
        R"("perm":6,"readQueueNums":8,"topicSysFlag":0,"writeQueueNums":8}]})");
    EXPECT_THAT(asks(admin, 105, {{"topic", "T"}}, {}, 399).body, HasSubstr(R"("brokerAddrs":{0:"10.0.0.1)"));
    EXPECT_THAT(asks(admin, 105, {{"topic", "T"}, {"acceptStandardJsonOnly", "true"}}, {}, 317).body,
                HasSubstr(R"("brokerAddrs":{"0":"10.0.0.1)"));
    EXPECT_THAT(asks(admin, 106, {}, {}, 513).body, HasSubstr(R"("brokerAddrs":{0:"10.0.0.1)"));
}
TEST_F(ANameServer, answers_17_for_a_topic_without_a_route) {
    registers(broker_a, {});
    EXPECT_THAT(
        asks(105, {{"topic", "nowhere"}}),
        AllOf(::testing::Field(&Command::code, 17),
              ::testing::Field(&Command::remark,
                               HasSubstr("No topic route info in name server for the topic: nowhere"))));
}
TEST_F(ANameServer, answers_3_for_what_it_does_not_serve) {
    EXPECT_EQ(asks(10).code, 3);
    EXPECT_EQ(asks(200'050).code, 3);
}
TEST_F(ANameServer, shows_a_change_in_the_next_answer_however_often_it_was_asked_before) {
    registers(broker_a, {});
    EXPECT_EQ(route_code("T"), 0);
    registers(broker_b, {.name = "broker-b", .address = "10.0.0.2:10911"});
    EXPECT_THAT(asks(105, {{"topic", "T"}}).body, HasSubstr("broker-b"));
    EXPECT_THAT(asks(106).body, HasSubstr(R"("clusterAddrTable":{"C":["broker-a","broker-b"]})"));
}
TEST_F(ANameServer, filters_a_route_by_the_zone_of_the_client) {
    auto in_zone = header_of({});
    in_zone.push_back({"__ZONE_NAME", "z1"});
    asks(broker_a, 103, in_zone, json::encode(body_of({})));
    const auto from = [&](std::string_view zone) {
        return asks(105, {{"topic", "T"}, {"__ZONE_MODE", "true"}, {"__ZONE_NAME", zone}}).code;
    };
    EXPECT_EQ(from("Z1"), 0);
    EXPECT_EQ(from("z2"), 17);
    EXPECT_EQ(from(""), 0);
}

TEST_F(ANameServer, takes_registrations_in_both_forms_and_from_old_versions) {
    const auto body = body_of({.topic = "compressed"});
    auto header = header_of({});
    header.push_back({"compressed", "true"});
    const auto compressed = remoting::encode_compressed_register_broker_body(body, 513);
    EXPECT_EQ(asks(broker_a, 103, header, compressed, 513).code, 0);
    EXPECT_EQ(route_code("compressed"), 0);

    const auto bare = json::encode(body_of({.topic = "bare"}).topic_config_table);
    EXPECT_EQ(
        asks(broker_b, 103, header_of({.name = "broker-b", .address = "10.0.0.2:10911"}), bare, 36).code, 0);
    EXPECT_EQ(route_code("bare"), 0);
}
TEST_F(ANameServer, checks_the_checksum_of_a_registration) {
    const auto body = json::encode(body_of({}));
    auto header = header_of({});
    const auto right = std::to_string(crc32_masked(body));
    header.push_back({"bodyCrc32", right});
    EXPECT_EQ(asks(broker_a, 103, header, body).code, 0);
    header.back().value = "12345";
    const auto& answer = asks(broker_b, 103, header, body);
    EXPECT_EQ(answer.code, 1);
    EXPECT_EQ(answer.remark, "crc32 not match");
}
TEST_F(ANameServer, refuses_what_is_no_registration_and_changes_nothing) {
    EXPECT_EQ(asks(broker_a, 103).code, 1);
    EXPECT_EQ(asks(broker_a, 103, header_of({}), "{").code, 1);
    auto header = header_of({});
    header.push_back({"compressed", "true"});
    EXPECT_EQ(asks(broker_a, 103, header, "not a zlib stream").code, 1);
    EXPECT_TRUE(server->table().groups().empty());
}
TEST_F(ANameServer, tells_a_replica_where_its_master_is) {
    registers(broker_a, {});
    const auto& answer = registers(broker_b, {.id = "1", .address = "10.0.0.2:10911"});
    EXPECT_EQ(answer.field("masterAddr"), "10.0.0.1:10911");
    EXPECT_EQ(answer.field("haServerAddr"), "10.0.0.1:10912");
}
TEST_F(ANameServer, answers_an_outdated_master_with_nothing_and_does_not_wait_for_it) {
    registers(broker_b, {.address = "10.0.0.2:10911", .epoch = 6});
    const auto& answer = registers(broker_a, {.address = "10.0.0.1:10911", .epoch = 5});
    EXPECT_EQ(answer.code, 0);
    EXPECT_THAT(*answer.fields.entries(), IsEmpty());
    EXPECT_THAT(asks(105, {{"topic", "T"}}).body, AllOf(HasSubstr("10.0.0.2"), Not(HasSubstr("10.0.0.1"))));
    closes(broker_a);
    EXPECT_EQ(route_code("T"), 0);
}

TEST_F(ANameServer, drops_a_broker_whose_connection_closes) {
    registers(broker_a, {});
    registers(broker_b, {.name = "broker-b", .address = "10.0.0.2:10911"});
    closes(broker_a);
    EXPECT_THAT(asks(105, {{"topic", "T"}}).body, AllOf(HasSubstr("broker-b"), Not(HasSubstr("broker-a"))));
    closes(broker_b);
    EXPECT_EQ(route_code("T"), 17);
}
TEST_F(ANameServer, keeps_a_broker_that_came_back_before_its_old_connection_was_seen_to_close) {
    registers(broker_a, {});
    registers(broker_b, {});
    closes(broker_a);
    EXPECT_EQ(route_code("T"), 0);
}
TEST_F(ANameServer, drops_a_broker_that_falls_silent_and_closes_its_connection) {
    registers(broker_a, {.timeout_ms = "3000"});
    loop.advance(3s);
    EXPECT_EQ(route_code("T"), 0);
    loop.advance(1ms);
    EXPECT_EQ(route_code("T"), 17);
    EXPECT_FALSE(broker_a->is_open());
}
TEST_F(ANameServer, waits_two_minutes_for_a_broker_that_says_nothing_of_its_time) {
    registers(broker_a, {});
    loop.advance(120s);
    EXPECT_EQ(route_code("T"), 0);
    loop.advance(5s);
    EXPECT_EQ(route_code("T"), 17);
}
TEST_F(ANameServer, keeps_a_broker_that_sends_light_heartbeats_or_asks_for_its_version) {
    registers(broker_a, {.timeout_ms = "3000"});
    const auto header = header_of({});
    for (int i = 0; i < 10; ++i) {
        loop.advance(2s);
        tell(broker_a, {.code = 904, .flag = remoting::flag_oneway, .fields = remoting::Fields{header}});
        loop.advance(2s);
        asks(broker_a, 322, header, "{}");
    }
    EXPECT_FALSE(broker_a->has_sent());
    EXPECT_EQ(route_code("T"), 0);
}
TEST_F(ANameServer, drops_a_broker_that_says_farewell_and_keeps_its_replica) {
    registers(broker_a, {});
    registers(broker_b, {.id = "1", .address = "10.0.0.2:10911"});
    EXPECT_EQ(asks(broker_a, 104, header_of({})).code, 0);
    EXPECT_THAT(asks(105, {{"topic", "T"}}).body, HasSubstr(R"("brokerAddrs":{"1":"10.0.0.2:10911"})"));
    closes(broker_a);
    EXPECT_EQ(route_code("T"), 0);
}
TEST_F(ANameServer, tells_a_broker_whether_the_version_it_knows_is_the_brokers) {
    const auto header = header_of({});
    EXPECT_EQ(asks(broker_a, 322, header, R"({"counter":1,"stateVersion":0,"timestamp":5})").field("changed"),
              "true");
    registers(broker_a, {});
    EXPECT_EQ(asks(broker_a, 322, header, R"({"counter":1,"stateVersion":0,"timestamp":5})").field("changed"),
              "false");
    const auto& answer = asks(broker_a, 322, header, R"({"counter":2,"stateVersion":0,"timestamp":5})");
    EXPECT_EQ(answer.field("changed"), "true");
    EXPECT_EQ(answer.body, R"({"counter":1,"stateVersion":0,"timestamp":5})");
}
TEST_F(ANameServer, lets_brokers_come_first_after_its_start_if_it_is_told_to) {
    starts({.wait_for_brokers = true});
    registers(broker_a, {});
    const auto& answer = asks(105, {{"topic", "T"}});
    EXPECT_EQ(answer.code, 1);
    EXPECT_EQ(answer.remark, "name server not ready");
    loop.advance(45s);
    EXPECT_EQ(route_code("T"), 0);
}

TEST_F(ANameServer, lets_who_asks_right_after_its_start_wait_for_the_first_brokers) {
    const auto client = connection(4);
    const auto asks_for = [&](std::string_view topic) {
        const Fields fields{{"topic", topic}};
        tell(client, {.code = 105, .version = 513, .fields = remoting::Fields{fields}});
    };
    asks_for("T");
    asks_for("of another broker");
    asks_for("nowhere");
    EXPECT_FALSE(client->has_sent());
    registers(broker_a, {});
    EXPECT_EQ(client->take_sent().code, 0);
    EXPECT_FALSE(client->has_sent());
    registers(broker_b, {.name = "broker-b", .address = "10.0.0.2:10911", .topic = "of another broker"});
    EXPECT_EQ(client->take_sent().code, 0);
    loop.advance(held_for);
    EXPECT_EQ(client->take_sent().code, 17);
    asks_for("nowhere");
    EXPECT_EQ(client->take_sent().code, 17);
}
TEST_F(ANameServer, lets_nobody_wait_whose_question_is_longer_than_any_topic) {
    EXPECT_EQ(route_code(std::string(held_question_size_max + 1, 't')), 17);
}
TEST_F(ANameServer, lets_nobody_wait_for_brokers_once_it_has_run_for_a_while) {
    loop.advance(young_for);
    EXPECT_EQ(route_code("nowhere"), 17);
}

TEST_F(ANameServer, lists_topics) {
    registers(broker_a, {});
    EXPECT_EQ(asks(206).body, R"({"topicList":["T","TBW102"]})");
    EXPECT_EQ(asks(224, {{"cluster", "C"}}).body, R"({"topicList":["T","TBW102"]})");
    EXPECT_EQ(asks(224, {{"cluster", "D"}}).body, R"({"topicList":[]})");
    EXPECT_EQ(asks(304).body, R"({"brokerAddr":"10.0.0.1:10911","topicList":["C","broker-a"]})");
    for (const auto code : {311, 312, 313}) EXPECT_EQ(asks(code).body, R"({"topicList":[]})");
}
TEST_F(ANameServer, lists_no_topics_where_that_is_disabled) {
    starts({.enable_all_topic_list = false, .enable_topic_list = false});
    for (const auto code : {206, 311, 312, 313}) EXPECT_EQ(asks(code).remark, "disable");
    EXPECT_EQ(asks(224, {{"cluster", "C"}}).code, 1);
}
TEST_F(ANameServer, changes_topics_for_administrators) {
    registers(broker_a, {});
    EXPECT_EQ(asks(205, {{"brokerName", "broker-a"}}).field("wipeTopicCount"), "2");
    EXPECT_THAT(asks(105, {{"topic", "T"}}).body, HasSubstr(R"("perm":4)"));
    EXPECT_EQ(asks(327, {{"brokerName", "broker-a"}}).field("addTopicCount"), "2");
    EXPECT_THAT(asks(105, {{"topic", "T"}}).body, HasSubstr(R"("perm":6)"));
    asks(217, {{"topic", "V"}},
         R"({"queueDatas":[{"brokerName":"broker-a","perm":6,"readQueueNums":1,"writeQueueNums":1}]})");
    EXPECT_EQ(route_code("V"), 0);
    EXPECT_EQ(asks(216, {{"topic", "V"}, {"clusterName", "C"}}).code, 0);
    EXPECT_EQ(route_code("V"), 17);
    EXPECT_EQ(asks(216, {{"topic", "T"}}).code, 0);
    EXPECT_EQ(route_code("T"), 17);
}
TEST_F(ANameServer, names_the_members_of_a_group) {
    registers(broker_a, {});
    EXPECT_EQ(
        asks(901, {{"clusterName", "C"}, {"brokerName", "broker-a"}}).body,
        R"({"brokerMemberGroup":{"brokerAddrs":{0:"10.0.0.1:10911"},"brokerName":"broker-a","cluster":"C"}})");
}

TEST_F(ANameServer, keeps_keys_and_values_over_a_restart) {
    const Fields order{{"namespace", "ORDER_TOPIC_CONFIG"}, {"key", "T"}, {"value", "broker-a:8"}};
    const Fields place{{"namespace", "ORDER_TOPIC_CONFIG"}, {"key", "T"}};
    EXPECT_EQ(asks(101, place).remark, "No config item, Namespace: ORDER_TOPIC_CONFIG Key: T");
    EXPECT_EQ(asks(219, {{"namespace", "ORDER_TOPIC_CONFIG"}}).code, 22);
    EXPECT_EQ(asks(100, order).code, 0);
    starts({});
    EXPECT_EQ(asks(101, place).field("value"), "broker-a:8");
    EXPECT_EQ(asks(219, {{"namespace", "ORDER_TOPIC_CONFIG"}}).body, R"({"table":{"T":"broker-a:8"}})");
    EXPECT_EQ(registers(broker_a, {}).body, R"({"table":{"T":"broker-a:8"}})");
    EXPECT_EQ(asks(102, place).code, 0);
    EXPECT_EQ(asks(101, place).code, 22);
    EXPECT_EQ(asks(100, {{"namespace", "N"}}).code, 1);
}
TEST_F(ANameServer, shows_the_order_of_a_topic_in_its_route_if_it_is_told_to) {
    starts({.order_message_enable = true});
    registers(broker_a, {});
    EXPECT_THAT(asks(105, {{"topic", "T"}}).body, Not(HasSubstr("orderTopicConf")));
    asks(100, {{"namespace", "ORDER_TOPIC_CONFIG"}, {"key", "T"}, {"value", "broker-a:8"}});
    EXPECT_THAT(asks(105, {{"topic", "T"}}).body, HasSubstr(R"("orderTopicConf":"broker-a:8")"));
}

TEST_F(ANameServer, lists_its_settings) {
    EXPECT_THAT(asks(319).body,
                AllOf(HasSubstr("listenPort=9876\n"), HasSubstr("orderMessageEnable=false\n")));
}
TEST_F(ANameServer, changes_settings_that_apply_at_once_and_keeps_them) {
    EXPECT_EQ(asks(318, {}, "orderMessageEnable=true\nwaitSecondsForService=50\n").code, 0);
    EXPECT_THAT(asks(319).body, HasSubstr("orderMessageEnable=true\n"));
    EXPECT_EQ(*io::read_file(files, std::string{settings_path}),
              "orderMessageEnable=true\nwaitSecondsForService=50\n");
    EXPECT_EQ(asks(318, {}, "orderMessageEnable=false").code, 0);
    EXPECT_EQ(*io::read_file(files, std::string{settings_path}),
              "orderMessageEnable=false\nwaitSecondsForService=50\n");
    EXPECT_THAT(*io::read_file(files, std::string{settings_path} + ".bak"),
                HasSubstr("orderMessageEnable=true"));
    EXPECT_EQ(asks(318).code, 0);
}
TEST_F(ANameServer, refuses_changes_of_paths_ports_and_what_is_black_listed) {
    for (const auto* text : {"kvConfigPath=/x", "configStorePath=/x", "configBlackList=", "rocketmqHome=/x",
                             "listenPort=1", "orderMessageEnable=true\nlistenPort=1"})
        EXPECT_EQ(asks(318, {}, text).code, 16) << text;
    EXPECT_THAT(asks(319).body, HasSubstr("orderMessageEnable=false\n"));
    EXPECT_EQ(asks(318, {}, "orderMessageEnable=maybe").code, 29);
    EXPECT_EQ(asks(318, {}, "orderMesageEnable=true").code, 29);
    EXPECT_EQ(asks(318, {}, "a=\\uXYZW").code, 1);
    EXPECT_FALSE(files.exists(std::string{settings_path}));
}
// CVE-2023-37582: RocketMQ's NameServer let the path of its own settings file be changed, and wrote what it
// was told to wherever it was told to.
TEST_F(ANameServer, writes_to_no_path_and_runs_no_command_that_a_request_names) {
    const std::string target = "/etc/cron.d/evil";
    for (const std::string key :
         {"configStorePathName", "configStorePath", "kvConfigPath", "rocketmqHome", "configBlackList",
          " configStorePath", "\\u0063onfigStorePath", "storePathRootDir", "bindAddress", "productEnvName"}) {
        const auto text = "orderMessageEnable=true\n" + key + "=" + target + "\n";
        EXPECT_NE(asks(318, {}, text).code, 0) << key;
    }
    EXPECT_THAT(asks(319).body, AllOf(HasSubstr("orderMessageEnable=false\n"), Not(HasSubstr(target))));
    EXPECT_FALSE(files.exists(target));
    EXPECT_FALSE(files.exists(std::string{settings_path}));
}
TEST_F(ANameServer, changes_nothing_that_it_cannot_keep) {
    ASSERT_TRUE(io::keep_file(files, std::string{settings_path}, "a=\\uXYZW"));
    const auto& refused = asks(318, {}, "orderMessageEnable=true");
    EXPECT_EQ(refused.code, 1);
    EXPECT_THAT(refused.remark, HasSubstr(std::string{settings_path} + ": line 1"));
    EXPECT_THAT(asks(319).body, HasSubstr("orderMessageEnable=false\n"));
}
TEST_F(ANameServer, refuses_changes_of_settings_from_another_host) {
    EXPECT_EQ(asks(broker_a, 318, {}, "orderMessageEnable=true").code, 16);
    EXPECT_THAT(asks(319).body, HasSubstr("orderMessageEnable=false\n"));
}

TEST(NameServerSettings, are_not_among_the_names_that_have_no_effect) {
    NameServerConfig config;
    const Settings settings{foreign_settings, config};
    for (const auto name : foreign_names) EXPECT_FALSE(settings.has(name)) << name;
    for (const auto& foreign : foreign_unsupported) EXPECT_FALSE(settings.has(foreign.name)) << foreign.name;
}
TEST(NameServerSettings, are_read_from_the_file_of_the_documents) {
    NameServerConfig config;
    Settings settings{foreign_settings, config};
    const auto notes = settings.apply("namesrv.properties", *parse_properties(R"(
# The port that is listened on
listenPort=9877
kvConfigPath=/data/namesrv/kvConfig.json
scanNotActiveBrokerInterval=10000
brokerChannelExpiredTime=60000
serverWorkerThreads=8
)"));
    ASSERT_TRUE(notes);
    EXPECT_EQ(notes->size(), 1);
    EXPECT_EQ(config.listen_port, 9877);
    EXPECT_EQ(config.broker_timeout_ms, 60'000);
}

}  // namespace
}  // namespace tern::nameserver
