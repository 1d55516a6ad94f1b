// A master and its slave, as they are configured in the field: what the slave shows and answers while its
// master stops, is gone, or is away.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/broker_scenario.hpp"
#include "json/fields.hpp"
#include "remoting/body/lock_batch.hpp"
#include "remoting/header/admin.hpp"
#include "remoting/header/topic.hpp"
#include "replication/group.hpp"
#include "simulation/asking_client.hpp"
#include "simulation/servers.hpp"

namespace tern::simulation {
namespace {

using broker::Answer;
using remoting::ResponseCode;

constexpr int link_port = 40911;

struct NoFields {
    static constexpr auto fields() { return list_of(); }
};

class Pair : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(name_server_.start());
        ASSERT_TRUE(master_.start());
        ASSERT_TRUE(slave_.start());
        runs_until([&] { return shown_by_slave() > PhysicalOffset{0}; });
        ASSERT_EQ(sends_to(master_, "first").code, ResponseCode::success);
        runs_until([&] { return shown_by_slave() == end_of(master_); });
    }

    static broker::BrokerConfig config_of(int index) {
        broker::BrokerConfig config;
        configure_small_broker(config, static_cast<std::size_t>(index));
        config.ha_listen_port = link_port;
        config.role = index == 0 ? broker::BrokerRole::async_master : broker::BrokerRole::slave;
        config.broker_id = index;
        config.slave_read = true;
        config.memory_bytes = 5'000;
        // Nothing is flushed in the background while a story lasts.
        config.flush_interval_ms = 10'000;
        config.namesrv_addr = "10.0.3.1:9876";
        return config;
    }
    template <class Condition>
    void runs_until(Condition condition, Duration at_most = 30s) {
        ASSERT_TRUE(step_until(time_, condition, at_most));
    }
    static PhysicalOffset end_of(const BrokerHost& host) { return host.inside()->store.commit_log().end(); }
    PhysicalOffset shown_by_slave() const { return slave_.inside()->group.committed(); }
    Answer sends_to(const BrokerHost& host, std::string_view body) {
        client_.sends(host.text(), body);
        const Instant begun = time_.now();
        runs_until([&] { return client_.answer.has_value(); });
        took_ = time_.now() - begun;
        return client_.answer.value_or(Answer{});
    }
    void master_stops() { stops(master_); }
    void stops(BrokerHost& host) {
        std::optional<Result<>> stopped;
        host.stop([&](Result<> result) { stopped = std::move(result); });
        const Instant begun = time_.now();
        runs_until([&] { return stopped.has_value(); });
        took_ = time_.now() - begun;
        EXPECT_TRUE(*stopped);
    }

    SimulatedTime time_{1, Ties::shuffled};
    SimulatedNetwork network_{time_, 2, {}};
    Trace trace_{time_};
    Surroundings surroundings_{time_, network_, trace_};
    std::string failed_;
    NameServerHost name_server_{surroundings_, "namesrv", "10.0.3.1", 4};
    BrokerHost master_{surroundings_, "master", config_of(0), 1,
                       [this](const Error& why) { failed_ = why.detail; }};
    BrokerHost slave_{surroundings_, "slave", config_of(1), 2,
                      [this](const Error& why) { failed_ = why.detail; }};
    AskingClient client_{time_, network_};
    Duration took_{};
};

TEST_F(Pair, slave_shows_all_that_a_master_had_flushed_when_it_stopped) {
    ASSERT_EQ(sends_to(master_, "last").code, ResponseCode::success);
    const PhysicalOffset end = end_of(master_);
    ASSERT_LT(shown_by_slave(), end);
    master_stops();
    EXPECT_EQ(shown_by_slave(), end);
    EXPECT_LT(took_, 200ms);
}

// Which member a reader of one message is told to ask next. What the memory has no more is old: here what
// lies 40 % of 5,000 bytes behind the end.
class ReadAdvice : public Pair {
protected:
    void SetUp() override {
        Pair::SetUp();
        ASSERT_EQ(sends_to(master_, "read").code, ResponseCode::success);
        queue_ = QueueId{static_cast<std::int32_t>(client_.answer->number("queueId"))};
        at_ = QueueOffset{client_.answer->number("queueOffset")};
        begun_ = end_of(master_);
    }
    void group_has(BrokerId broker_id, BrokerId when_slow) {
        const model::SubscriptionGroupConfig group{
            .broker_id = broker_id, .group_name = "readers", .which_broker_when_consume_slowly = when_slow};
        client_.asks(master_.text(), remoting::RequestCode::update_and_create_subscriptiongroup, NoFields{},
                     json::encode(group));
        runs_until([&] { return client_.answer.has_value(); });
        ASSERT_EQ(client_.answer->code, ResponseCode::success) << client_.answer->remark;
    }
    void message_is_old() {
        while (end_of(master_) - begun_ < 2'000)
            ASSERT_EQ(sends_to(master_, "newer").code, ResponseCode::success);
    }
    void slave_has_all() {
        runs_until([&] {
            return master_.inside()->group.members().back().matched == end_of(master_) &&
                   shown_by_slave() == end_of(master_);
        });
    }
    void slave_is_cut_off() {
        network_.partition("10.0.1.1", "10.0.1.2");
        runs_until([&] { return !master_.inside()->group.members().back().linked; });
    }
    std::int64_t advice_of(const BrokerHost& host) {
        remoting::PullMessageRequest request;
        request.consumer_group = "readers";
        request.topic = "TopicA";
        request.queue_id = queue_;
        request.queue_offset = at_;
        request.max_msg_nums = 1;
        request.subscription = "*";
        request.sys_flag = remoting::pull_sys_flag::subscription;
        client_.asks(host.text(), remoting::RequestCode::pull_message, request);
        runs_until([&] { return client_.answer.has_value(); });
        EXPECT_EQ(client_.answer->code, ResponseCode::success) << client_.answer->remark;
        return client_.answer->number("suggestWhichBrokerId");
    }

    QueueId queue_;
    QueueOffset at_;
    PhysicalOffset begun_;
};

TEST_F(ReadAdvice, is_a_slave_that_has_the_message_when_it_is_old) {
    EXPECT_EQ(advice_of(master_), 0);
    while (end_of(master_) - begun_ < 1'300) ASSERT_EQ(sends_to(master_, "near").code, ResponseCode::success);
    EXPECT_EQ(advice_of(master_), 0);
    message_is_old();
    slave_has_all();
    EXPECT_EQ(advice_of(master_), 1);
    EXPECT_EQ(advice_of(slave_), 1);
    slave_is_cut_off();
    EXPECT_EQ(advice_of(master_), 0);
}
TEST_F(ReadAdvice, is_the_member_that_the_group_names_when_the_message_is_new) {
    group_has(BrokerId{1}, BrokerId{1});
    slave_has_all();
    EXPECT_EQ(advice_of(master_), 1);
    EXPECT_EQ(advice_of(slave_), 0) << "as RocketMQ's slaves, which give near readers back to their master";
    slave_is_cut_off();
    EXPECT_EQ(advice_of(master_), 0);
}
TEST_F(ReadAdvice, is_the_master_when_the_member_that_the_group_names_is_not_there) {
    group_has(BrokerId{7}, BrokerId{1});
    slave_has_all();
    EXPECT_EQ(advice_of(master_), 0);
}
TEST_F(ReadAdvice, is_the_master_when_the_member_that_the_group_names_lacks_the_message) {
    group_has(BrokerId{1}, BrokerId{1});
    slave_has_all();
    network_.cut("10.0.1.1", "10.0.1.2");
    ASSERT_EQ(sends_to(master_, "only here").code, ResponseCode::success);
    queue_ = QueueId{static_cast<std::int32_t>(client_.answer->number("queueId"))};
    at_ = QueueOffset{client_.answer->number("queueOffset")};
    EXPECT_EQ(advice_of(master_), 0);
}
TEST_F(ReadAdvice, of_an_old_message_is_the_master_when_the_group_names_it_for_slow_readers) {
    group_has(BrokerId{0}, BrokerId{0});
    message_is_old();
    slave_has_all();
    EXPECT_EQ(advice_of(master_), 0);
}
// What was there before the process is compared with its checksums first; the advice is the same.
TEST_F(ReadAdvice, is_the_same_after_a_restart_of_the_master) {
    message_is_old();
    master_stops();
    ASSERT_TRUE(master_.start());
    runs_until([&] { return master_.inside()->group.members().size() == 2; });
    slave_has_all();
    EXPECT_EQ(advice_of(master_), 1);
}

TEST_F(Pair, master_does_not_wait_long_for_a_slave_that_does_not_hear) {
    ASSERT_EQ(sends_to(master_, "last").code, ResponseCode::success);
    network_.partition("10.0.1.1", "10.0.1.2");
    master_stops();
    EXPECT_LT(took_, 1s);
}

TEST_F(Pair, slave_refuses_a_send_soon_and_for_certain_while_its_master_is_away) {
    master_.kill();
    const Answer refused = sends_to(slave_, "elsewhere");
    EXPECT_EQ(refused.code, ResponseCode::service_not_available) << refused.remark;
    EXPECT_LT(took_, 500ms);
    ASSERT_TRUE(master_.start());
    runs_until([&] { return sends_to(slave_, "here").code == ResponseCode::success; });
    EXPECT_EQ(client_.answer->number("queueOffset"), 1) << "the refused one is in the log";
}

TEST_F(Pair, slave_refuses_a_send_soon_when_its_masters_machine_is_gone_without_a_word) {
    (void)master_.lose_power();
    network_.power_off("10.0.1.1");
    time_.run_for(2s);
    EXPECT_EQ(sends_to(slave_, "elsewhere").code, ResponseCode::service_not_available);
    EXPECT_LT(took_, 500ms);
}

TEST_F(Pair, slave_passes_a_send_on_to_a_master_that_is_started_again_at_once) {
    master_.kill();
    ASSERT_TRUE(master_.start());
    EXPECT_EQ(sends_to(slave_, "second").code, ResponseCode::success);
}

TEST_F(Pair, slave_that_is_started_while_its_master_is_down_finds_it_soon) {
    master_.kill();
    slave_.kill();
    ASSERT_TRUE(slave_.start());
    time_.run_for(5s);
    ASSERT_TRUE(master_.start());
    runs_until([&] { return sends_to(slave_, "second").code == ResponseCode::success; }, 5s);
}

// Whoever released a queue may have it again by then.
// Of what it has: as RocketMQ's does.
TEST_F(Pair, slave_answers_questions_while_its_master_is_away) {
    master_stops();
    const auto asks = [&](remoting::RequestCode code, const auto& header) {
        client_.asks(slave_.text(), code, header);
        const Instant begun = time_.now();
        runs_until([&] { return client_.answer.has_value(); });
        EXPECT_LT(time_.now() - begun, 100ms) << static_cast<int>(code);
        EXPECT_EQ(client_.answer->code, ResponseCode::success)
            << static_cast<int>(code) << " " << client_.answer->remark;
    };
    using enum remoting::RequestCode;
    asks(get_max_offset, remoting::GetMaxOffsetRequest{.queue_id = QueueId{0}, .topic = "TopicA"});
    asks(get_min_offset, remoting::GetMinOffsetRequest{.queue_id = QueueId{0}, .topic = "TopicA"});
    asks(search_offset_by_timestamp,
         remoting::SearchOffsetRequest{.queue_id = QueueId{0}, .timestamp = 0, .topic = "TopicA"});
    asks(get_earliest_msg_storetime,
         remoting::GetEarliestMsgStoretimeRequest{.queue_id = QueueId{0}, .topic = "TopicA"});
    asks(get_topic_stats_info, remoting::GetTopicStatsInfoRequest{.topic = "TopicA"});
    asks(get_topic_config, remoting::GetTopicConfigRequest{.topic = "TopicA"});
    asks(query_topic_consume_by_who, remoting::QueryTopicConsumeByWhoRequest{.topic = "TopicA"});
    asks(get_consume_stats, remoting::GetConsumeStatsRequest{.consumer_group = "SELF_TEST_P_GROUP"});
    for (const auto code : {get_all_topic_config, get_all_subscriptiongroup_config, get_all_consumer_offset,
                            get_all_delay_offset, get_system_topic_list_from_broker})
        asks(code, NoFields{});
    asks(get_broker_consume_stats, remoting::GetBrokerConsumeStatsRequest{.is_order = false});
}

// What a group was told stands, also when the slave is started again, and when it is made the master.
class KeptAtTheSlave : public Pair {
protected:
    void commits(const BrokerHost& host, std::string_view group, std::int64_t offset) {
        remoting::UpdateConsumerOffsetRequest request;
        request.consumer_group = group;
        request.topic = "TopicA";
        request.queue_id = QueueId{0};
        request.commit_offset = QueueOffset{offset};
        client_.asks(host.text(), remoting::RequestCode::update_consumer_offset, request);
        runs_until([&] { return client_.answer.has_value(); });
        EXPECT_EQ(client_.answer->code, ResponseCode::success);
    }
    std::int64_t asks(const BrokerHost& host, std::string_view group) {
        const remoting::QueryConsumerOffsetRequest request{
            .consumer_group = group, .queue_id = QueueId{0}, .topic = "TopicA"};
        client_.asks(host.text(), remoting::RequestCode::query_consumer_offset, request);
        runs_until([&] { return client_.answer.has_value(); });
        return client_.answer->code == ResponseCode::success ? client_.answer->number("offset") : -1;
    }
};

TEST_F(KeptAtTheSlave, are_offsets_that_were_committed_to_it) {
    master_stops();
    commits(slave_, "readers", 7);
    EXPECT_EQ(asks(slave_, "readers"), 7);
    time_.run_for(2s);
    slave_.kill();
    ASSERT_TRUE(slave_.start());
    EXPECT_EQ(asks(slave_, "readers"), 7);
    commits(slave_, "readers", 9);
    stops(slave_);
    ASSERT_TRUE(slave_.start());
    EXPECT_EQ(asks(slave_, "readers"), 9);
    stops(slave_);
    auto config = config_of(1);
    config.broker_id = 0;
    config.role = broker::BrokerRole::async_master;
    slave_.configure(config);
    ASSERT_TRUE(slave_.start());
    EXPECT_EQ(asks(slave_, "readers"), 9);
}

// It shows what its master has committed a flush later, and keeps its own until then.
TEST_F(KeptAtTheSlave, are_no_answers_to_questions_for_other_groups) {
    master_stops();
    commits(slave_, "readers", 7);
    ASSERT_TRUE(master_.start());
    runs_until([&] { return slave_.inside()->group.leader_is_alive(); });
    commits(master_, "others", 3);
    EXPECT_EQ(asks(slave_, "others"), 3);
    EXPECT_EQ(asks(slave_, "readers"), 7);
    runs_until([&] { return asks(master_, "readers") == 7; });
}

TEST_F(Pair, slave_passes_on_locks_and_no_release_that_may_come_too_late) {
    const auto body = [](std::string_view client) {
        return json::encode(remoting::LockBatchRequestBody{.client_id = std::string{client},
                                                           .consumer_group = "group",
                                                           .mq_set = {{"broker-a", QueueId{0}, "TopicA"}}});
    };
    const auto locked_by = [&](const BrokerHost& host, std::string_view client) {
        client_.asks(host.text(), remoting::RequestCode::lock_batch_mq, NoFields{}, body(client));
        runs_until([&] { return client_.answer.has_value(); });
        return json::decode<remoting::LockBatchResponseBody>(client_.answer->body)->lock_ok_mq_set.size();
    };
    EXPECT_EQ(locked_by(slave_, "one"), 1);
    EXPECT_EQ(locked_by(slave_, "two"), 0);
    client_.tells(slave_.text(), remoting::RequestCode::unlock_batch_mq, NoFields{}, body("one"));
    time_.run_for(5s);
    EXPECT_EQ(locked_by(master_, "two"), 0);
    client_.tells(master_.text(), remoting::RequestCode::unlock_batch_mq, NoFields{}, body("one"));
    time_.run_for(1s);
    EXPECT_EQ(locked_by(slave_, "two"), 1);
}

// Consumers tell slaves, too, that they live.
TEST_F(Pair, master_that_was_just_started_knows_the_consumers_that_its_slave_hears) {
    AskingClient consumer{time_, network_, "10.0.2.2"};
    consumer.asks(slave_.text(), remoting::RequestCode::heart_beat, NoFields{},
                  R"({"clientID":"one","consumerDataSet":[{"groupName":"group"}]})");
    master_.kill();
    ASSERT_TRUE(master_.start());
    time_.run_for(2s);
    client_.asks(master_.text(), remoting::RequestCode::get_consumer_list_by_group,
                 remoting::GetConsumerListByGroupRequest{"group"});
    runs_until([&] { return client_.answer.has_value(); });
    EXPECT_EQ(client_.answer->body, R"({"consumerIdList":["one"]})") << client_.answer->remark;
}

TEST_F(Pair, slave_calls_no_send_refused_that_its_master_may_have) {
    ASSERT_EQ(sends_to(slave_, "second").code, ResponseCode::success);
    network_.cut("10.0.1.1", "10.0.1.2");
    EXPECT_EQ(sends_to(slave_, "third").code, ResponseCode::system_error);
    EXPECT_GT(took_, 2s);
}

}  // namespace
}  // namespace tern::simulation
