// What administrators ask of a broker beside the settings: groups deleted, rubbish cleaned, queues looked
// into.
#include "broker/broker_scenario.hpp"
#include "json/fields.hpp"
#include "remoting/body/stats.hpp"
#include "remoting/header/admin.hpp"
#include "remoting/header/topic.hpp"
#include "store/message_store.hpp"

namespace tern::broker {
namespace {

using remoting::RequestCode;
using remoting::ResponseCode;
using testing::HasSubstr;
using testing::Not;

struct NoFields {
    static constexpr auto fields() { return list_of(); }
};

struct Administrator : BrokerScenario {
    Answer orders(RequestCode code, std::string_view body = {}) {
        return asks(code, NoFields{}, body).value_or(Answer{});
    }
    template <HasFields Header>
    Answer asks_for(const Header& header) {
        return asks(Header::code, header).value_or(Answer{});
    }
    std::string topic(std::string_view name) {
        remoting::GetTopicConfigRequest request;
        request.topic = name;
        return asks_for(request).body;
    }
    Answer deletes_group(std::string_view group, bool with_offsets) {
        remoting::DeleteSubscriptionGroupRequest request;
        request.group_name = group;
        request.clean_offset = with_offsets;
        return asks(request.code, request).value_or(Answer{});
    }
    Answer resets(std::string_view group, std::string_view topic, std::int64_t timestamp,
                  std::int32_t queue = -1, std::optional<std::int64_t> offset = {}) {
        remoting::ResetOffsetRequest request;
        request.group = group;
        request.topic = topic;
        request.timestamp = timestamp;
        request.queue_id = QueueId{queue};
        if (offset) request.offset = QueueOffset{*offset};
        return asks(request.code, request).value_or(Answer{});
    }
    std::string groups() { return orders(RequestCode::get_all_subscriptiongroup_config).body; }
    std::optional<remoting::ConsumeQueueBody> looks_into(std::string_view topic, std::int64_t index,
                                                         std::int32_t count) {
        remoting::QueryConsumeQueueRequest request;
        request.topic = topic;
        request.index = QueueOffset{index};
        request.count = count;
        const auto answer = asks(request.code, request).value_or(Answer{});
        if (answer.code != ResponseCode::success) return std::nullopt;
        auto body = json::decode<remoting::ConsumeQueueBody>(answer.body);
        EXPECT_TRUE(body) << answer.body;
        return *body;
    }
};

constexpr auto two_topics = R"({"topicConfigList":[
    {"topicName":"Orders","readQueueNums":3,"writeQueueNums":3,"attributes":{"+message.type":"FIFO"}},
    {"topicName":"Bills","perm":4}]})";

TEST(TopicsOfOneRequest, are_made_together_and_stay) {
    Administrator broker;
    broker.starts();
    EXPECT_EQ(broker.orders(RequestCode::update_and_create_topic_list, two_topics).code,
              ResponseCode::success);
    broker.is_killed_and_restarts();
    EXPECT_THAT(broker.topic("Orders"), HasSubstr(R"("attributes":{"message.type":"FIFO"})"));
    EXPECT_THAT(broker.topic("Orders"), HasSubstr(R"("writeQueueNums":3)"));
    EXPECT_THAT(broker.topic("Bills"), HasSubstr(R"("perm":4)"));

    broker.orders(RequestCode::update_and_create_topic_list,
                  R"({"topicConfigList":[{"topicName":"Orders","attributes":{"-message.type":""}}]})");
    EXPECT_THAT(broker.topic("Orders"), HasSubstr(R"("attributes":{})"));
}

TEST(TopicsOfOneRequest, are_there_when_it_is_answered_though_another_asked_first) {
    Administrator broker;
    broker.config.flush_disk_type = FlushDiskType::sync_flush;
    broker.starts();
    broker.files.set_faults({.sync_delay_min = 200ms, .sync_delay_max = 200ms});
    for (int i = 0; i < 2; ++i)
        EXPECT_FALSE(broker.asks(RequestCode::update_and_create_topic_list, NoFields{}, two_topics));
    broker.runs(1s);
    for (int i = 0; i < 2; ++i) {
        const auto answer = broker.next_answer();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->code, ResponseCode::success);
    }
}

// A client that says what it subscribes to only when that has changed.
TEST(Heartbeats, without_subscriptions_leave_them_as_they_are) {
    Administrator broker;
    broker.starts();
    const auto beats = [&](const std::string& subscriptions, const std::string& without) {
        std::optional<Answer> answer = broker.orders(
            RequestCode::heart_beat,
            R"({"clientID":"one","consumerDataSet":[{"groupName":"readers","subscriptionDataSet":[)" +
                subscriptions + R"(]}],"producerDataSet":[],"heartbeatFingerprint":7,"withoutSub":)" +
                without + "}");
        // After what the group is told of its new member.
        while (answer && !answer->fields.contains("IS_SUPPORT_HEART_BEAT_V2")) answer = broker.next_answer();
        EXPECT_TRUE(answer);
        remoting::GetConsumerConnectionListRequest request;
        request.consumer_group = "readers";
        return broker.asks_for(request).body;
    };
    const std::string orders = R"({"topic":"Orders","subString":"*","subVersion":1})";
    EXPECT_THAT(beats(orders, "false"), HasSubstr("Orders"));
    EXPECT_THAT(beats("", "true"), HasSubstr("Orders"));
    EXPECT_THAT(beats("", "false"), Not(HasSubstr("Orders")));
}

// What would have to be stored in another way, or nobody knows: a later version would misread it.
TEST(TopicsOfOneRequest, have_attributes_that_are_served) {
    Administrator broker;
    broker.starts();
    const auto code_of = [&](const std::string& attributes) {
        return broker
            .orders(RequestCode::update_and_create_topic_list,
                    R"({"topicConfigList":[{"topicName":"Orders","attributes":{)" + attributes + "}}]}")
            .code;
    };
    for (const auto* good :
         {R"("+message.type":"DELAY")", R"("+queue.type":"SimpleCQ")", R"("+cleanup.policy":"DELETE")",
          R"("+reserve.time":"-1")", R"("-message.type":"")"})
        EXPECT_EQ(code_of(good), ResponseCode::success) << good;
    for (const auto* bad :
         {R"("+message.type":"MIXED")", R"("+queue.type":"BatchCQ")", R"("+message.type":"")",
          R"("+cleanup.policy":"COMPACTION")", R"("+reserve.time":"soon")", R"("+colour":"red")"})
        EXPECT_EQ(code_of(bad), ResponseCode::invalid_parameter) << bad;
}

TEST(TopicsOfOneRequest, are_all_refused_when_one_is) {
    Administrator broker;
    broker.starts();
    for (const auto* bad : {R"({"topicName":"TBW102"})", R"({"topicName":"no topic"})",
                            R"({"topicName":"Bills","readQueueNums":-1})"}) {
        const auto refused =
            broker.orders(RequestCode::update_and_create_topic_list,
                          R"({"topicConfigList":[{"topicName":"Orders"},)" + std::string{bad} + "]}");
        EXPECT_EQ(refused.code, ResponseCode::invalid_parameter) << bad;
    }
    EXPECT_EQ(broker.topic("Orders"), "");
}

TEST(TopicsOfOneRequest, are_refused_when_they_are_more_than_a_record_takes) {
    Administrator broker;
    broker.config.segment_size = 64 * 1024;
    broker.starts();
    std::string list = R"({"topicConfigList":[)";
    for (int i = 0; i < 1'000; ++i) list += R"({"topicName":"Orders-)" + std::to_string(i) + R"("},)";
    list.back() = ']';
    const auto refused = broker.orders(RequestCode::update_and_create_topic_list, list + "}");
    EXPECT_NE(refused.code, ResponseCode::success) << refused.remark;
    EXPECT_EQ(broker.topic("Orders-0"), "");
    EXPECT_EQ(broker.sends("Bills", "still here").code, ResponseCode::success);
    EXPECT_EQ(broker.failed_because, "");
}

TEST(GroupsOfOneRequest, are_made_together_or_not_at_all) {
    Administrator broker;
    broker.starts();
    const auto change = [&](std::string_view groups) {
        return broker
            .orders(RequestCode::update_and_create_subscriptiongroup_list,
                    R"({"groupConfigList":[)" + std::string{groups} + "]}")
            .code;
    };
    EXPECT_EQ(change(R"({"groupName":"good"},{"groupName":"no group"})"), ResponseCode::invalid_parameter);
    EXPECT_THAT(broker.groups(), Not(HasSubstr("\"good\"")));
    EXPECT_EQ(change(R"({"groupName":"some","retryMaxTimes":3},{"groupName":"others"})"),
              ResponseCode::success);
    broker.is_killed_and_restarts();
    EXPECT_THAT(broker.groups(), HasSubstr(R"("groupName":"others")"));
    EXPECT_THAT(broker.groups(), HasSubstr(R"("retryMaxTimes":3)"));
}

TEST(AGroup, is_told_that_it_can_only_pull) {
    Administrator broker;
    broker.starts();
    const auto wants = [&](std::string_view mode) {
        return broker.orders(
            RequestCode::set_message_request_mode,
            R"({"topic":"Orders","consumerGroup":"readers","mode":")" + std::string{mode} + R"("})");
    };
    EXPECT_EQ(wants("PULL").code, ResponseCode::success);
    EXPECT_EQ(wants("POP").code, ResponseCode::invalid_parameter);
    EXPECT_EQ(wants("POP").remark, "POP is not served: readers can only PULL Orders");
}

TEST(AGroup, that_may_not_read_a_topic_is_refused_until_it_may_again) {
    Administrator broker;
    broker.starts();
    broker.sends("Orders", "a");
    broker.orders(RequestCode::heart_beat,
                  R"({"clientID":"one","consumerDataSet":[{"groupName":"consumers","subscriptionDataSet":[)"
                  R"({"topic":"Orders","subString":"*","subVersion":1}]}],"producerDataSet":[]})");
    while (broker.next_answer()) {
    }
    const auto pulls = [&] {
        remoting::PullMessageRequest request;
        request.consumer_group = "consumers";
        request.topic = "Orders";
        request.max_msg_nums = 1;
        request.sub_version = 1;
        return broker.asks(request.code, request).value_or(Answer{});
    };
    const auto may_read = [&](std::optional<bool> readable) {
        const auto answer =
            broker.asks_for(remoting::UpdateGroupForbiddenRequest{"consumers", readable, "Orders"});
        EXPECT_EQ(answer.code, ResponseCode::success) << answer.remark;
        return answer.body;
    };
    EXPECT_EQ(may_read({}), R"({"group":"consumers","readable":true,"topic":"Orders"})");
    EXPECT_EQ(pulls().code, ResponseCode::success);

    EXPECT_EQ(may_read(false), R"({"group":"consumers","readable":false,"topic":"Orders"})");
    EXPECT_EQ(pulls().code, ResponseCode::no_permission);
    EXPECT_EQ(pulls().fields.at("forbiddenType"), "5");
    EXPECT_EQ(pulls().remark, "the consumer group[consumers] is forbidden for topic[Orders]");
    EXPECT_THAT(broker.groups(), HasSubstr(R"("forbiddenTable":{"consumers":{"Orders":4}})"));

    EXPECT_EQ(may_read(true), R"({"group":"consumers","readable":true,"topic":"Orders"})");
    EXPECT_EQ(pulls().code, ResponseCode::success);
    EXPECT_THAT(broker.groups(), HasSubstr(R"("forbiddenTable":{})"));

    may_read(false);
    broker.is_killed_and_restarts();
    EXPECT_THAT(may_read({}), HasSubstr(R"("readable":false)"));
    broker.deletes_group("consumers", true);
    EXPECT_THAT(may_read({}), HasSubstr(R"("readable":true)"));
}

TEST(DeletedGroup, keeps_its_offsets_unless_they_are_to_go_too) {
    Administrator broker;
    broker.starts();
    broker.sends("Orders", "a");
    broker.commits("consumers", "Orders", 1);
    broker.commits("others", "Orders", 1);
    ASSERT_THAT(broker.groups(), HasSubstr("\"consumers\""));

    EXPECT_EQ(broker.deletes_group("consumers", false).code, ResponseCode::success);
    EXPECT_THAT(broker.groups(), Not(HasSubstr("\"consumers\"")));
    EXPECT_EQ(broker.queries("consumers", "Orders").number("offset"), 1);

    EXPECT_EQ(broker.deletes_group("consumers", true).code, ResponseCode::success);
    broker.is_killed_and_restarts();
    EXPECT_THAT(broker.groups(), Not(HasSubstr("\"consumers\"")));
    EXPECT_EQ(broker.queries("consumers", "Orders").code, ResponseCode::query_not_found);
    EXPECT_EQ(broker.queries("others", "Orders").number("offset"), 1);
}

TEST(DeletedGroup, is_none_that_every_broker_has) {
    Administrator broker;
    broker.starts();
    const auto refused = broker.deletes_group("TOOLS_CONSUMER", true);
    EXPECT_EQ(refused.code, ResponseCode::invalid_parameter);
    EXPECT_THAT(refused.remark, HasSubstr("TOOLS_CONSUMER"));
}

TEST(ResetOffsets, hold_until_a_consumer_has_been_told) {
    Administrator broker;
    broker.starts();
    for (const auto* body : {"a", "b", "c"}) broker.sends("Orders", body);
    broker.commits("consumers", "Orders", 3);
    ASSERT_EQ(broker.resets("consumers", "Orders", 0).code, ResponseCode::success);
    EXPECT_EQ(broker.queries("consumers", "Orders").number("offset"), 0);

    // What it has consumed meanwhile does not undo the reset.
    EXPECT_EQ(broker.commits("consumers", "Orders", 3).code, ResponseCode::success);
    EXPECT_EQ(broker.queries("consumers", "Orders").number("offset"), 0);
    const auto told = *broker.pulls("Orders", 3);
    EXPECT_EQ(told.code, ResponseCode::pull_offset_moved);
    EXPECT_EQ(told.number("nextBeginOffset"), 0);
    EXPECT_EQ(broker.reads("Orders"), (std::vector<std::string>{"a", "b", "c"}));
    broker.commits("consumers", "Orders", 2);
    EXPECT_EQ(broker.queries("consumers", "Orders").number("offset"), 2);
}

TEST(ResetOffsets, are_told_at_once_to_a_consumer_that_waits) {
    Administrator broker;
    broker.starts();
    broker.sends("Orders", "a");
    broker.commits("consumers", "Orders", 1);
    ASSERT_FALSE(broker.pulls("Orders", 1, "*", 15'000)) << "held";
    remoting::ResetOffsetRequest request;
    request.group = "consumers";
    request.topic = "Orders";
    broker.hands_over(request.code, request);
    broker.runs(50ms);
    const auto told = broker.next_answer().value_or(Answer{});
    EXPECT_EQ(told.code, ResponseCode::pull_offset_moved);
    EXPECT_EQ(told.number("nextBeginOffset"), 0);
    EXPECT_EQ(broker.next_answer().value_or(Answer{}).code, ResponseCode::success);
}

TEST(ResetOffsets, go_to_an_offset_a_time_or_the_end) {
    Administrator broker;
    broker.starts();
    broker.sends("Orders", "a");
    broker.runs(1s);
    const std::int64_t between = broker.loop.wall_ms();
    broker.runs(1s).sends("Orders", "b");
    broker.commits("consumers", "Orders", 1);
    EXPECT_THAT(broker.resets("consumers", "Orders", between).body,
                HasSubstr("\"queueId\":0,\"topic\":\"Orders\"}:1"));
    EXPECT_THAT(broker.resets("consumers", "Orders", -1).body,
                HasSubstr("\"queueId\":0,\"topic\":\"Orders\"}:2"));
    EXPECT_THAT(broker.resets("consumers", "Orders", -1, 0, 0).body,
                HasSubstr("\"queueId\":0,\"topic\":\"Orders\"}:0"));
    EXPECT_EQ(broker.queries("consumers", "Orders").number("offset"), 0);
    broker.is_killed_and_restarts();
    EXPECT_EQ(broker.queries("consumers", "Orders").number("offset"), 0);
}

TEST(ResetOffsets, are_refused_where_there_is_nothing_to_reset) {
    Administrator broker;
    broker.starts();
    broker.sends("Orders", "a");
    broker.commits("consumers", "Orders", 1);
    EXPECT_EQ(broker.resets("consumers", "Nowhere", -1).code, ResponseCode::topic_not_exist);
    EXPECT_EQ(broker.resets("nobody", "Orders", -1).code, ResponseCode::subscription_group_not_exist);
    const auto beyond = broker.resets("consumers", "Orders", -1, 0, 9);
    EXPECT_EQ(beyond.code, ResponseCode::invalid_parameter);
    EXPECT_THAT(beyond.remark, HasSubstr("[0-1]"));
    EXPECT_EQ(broker.resets("consumers", "Orders", -1, 99).code, ResponseCode::invalid_parameter);
    EXPECT_EQ(broker.queries("consumers", "Orders").number("offset"), 1);
}

TEST(Cleaning, removes_the_queues_of_topics_that_are_not_there) {
    Administrator broker;
    broker.starts();
    broker.sends("Orders", "a");
    broker.sends("Bills", "b");
    broker.stops();
    const std::string path = "/store/config/topics.json";
    auto table = *io::read_file(broker.files, path);
    for (auto at = table.find("Orders"); at != std::string::npos; at = table.find("Orders", at))
        table.replace(at, 6, "Others");
    ASSERT_TRUE(io::replace_file(broker.files, path, table));
    broker.starts();
    const auto has_queue = [&](std::string_view topic) {
        return std::ranges::any_of(broker.inside().store.queues(),
                                   [&](const auto* queue) { return queue->topic() == topic; });
    };
    ASSERT_TRUE(has_queue("Orders"));

    EXPECT_EQ(broker.orders(RequestCode::clean_unused_topic).code, ResponseCode::success);
    EXPECT_FALSE(has_queue("Orders"));
    EXPECT_EQ(broker.reads("Bills"), std::vector<std::string>{"b"});
    EXPECT_EQ(broker.orders(RequestCode::clean_unused_topic).code, ResponseCode::success);
}

TEST(Cleaning, removes_expired_segments_at_any_hour_and_no_younger_ones) {
    Administrator broker;
    broker.config.segment_size = 64 * 1024;
    broker.config.file_reserved_hours = 1;
    broker.config.delete_when = "";
    broker.starts();
    const std::string body(20'000, 'x');
    for (int i = 0; i < 10; ++i) broker.sends("Orders", body);
    broker.runs(10min);
    EXPECT_EQ(broker.orders(RequestCode::delete_expired_commitlog).code, ResponseCode::success);
    EXPECT_EQ(broker.inside().store.commit_log().begin().value(), 0);

    // Meanwhile snapshots have taken the place of what the first segments say.
    for (int i = 0; i < 4; ++i) broker.runs(20min).sends("Orders", "later");
    EXPECT_EQ(broker.inside().store.commit_log().begin().value(), 0);
    EXPECT_EQ(broker.orders(RequestCode::delete_expired_commitlog).code, ResponseCode::success);
    EXPECT_GE(broker.inside().store.commit_log().begin().value(), 2 * 64 * 1024);
    EXPECT_EQ(broker.orders(RequestCode::clean_expired_consumequeue).code, ResponseCode::success);
    EXPECT_GT(broker.inside().store.find_queue("Orders", QueueId{0})->min().value(), 0);
}

TEST(Cleaning, takes_queues_along_later_when_the_disk_fails_meanwhile) {
    Administrator broker;
    broker.config.segment_size = 64 * 1024;
    broker.config.file_reserved_hours = 1;
    broker.config.delete_when = "";
    broker.starts();
    for (int i = 0; i < 10; ++i) broker.sends("Orders", std::string(20'000, 'x'));
    for (int i = 0; i < 5; ++i) broker.runs(18min).sends("Orders", "later");
    const auto first_in_queue = [&] {
        return broker.inside().store.find_queue("Orders", QueueId{0})->min().value();
    };
    broker.files.set_faults({.sync_failures = 1000});
    EXPECT_NE(broker.orders(RequestCode::delete_expired_commitlog).code, ResponseCode::success);
    broker.files.set_faults({});
    ASSERT_GT(broker.inside().store.commit_log().begin().value(), 0);
    ASSERT_EQ(first_in_queue(), 0);
    broker.runs(1min);
    EXPECT_GT(first_in_queue(), 0);
    EXPECT_EQ(broker.failed_because, "");
}

TEST(QueueEntries, are_shown_as_they_lie_there) {
    Administrator broker;
    broker.starts();
    broker.sends("Orders", "a");
    broker.sends("Orders", "b", properties({{"TAGS", "TagA"}}));
    const auto shown = broker.looks_into("Orders", 1, 5);
    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->min_queue_index.value(), 0);
    EXPECT_EQ(shown->max_queue_index.value(), 2);
    ASSERT_EQ(shown->queue_data.size(), 1U);
    EXPECT_EQ(shown->queue_data[0].tags_code, 2598919);
    const auto record = broker.inside().store.commit_log().record_at(shown->queue_data[0].physic_offset);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->body, "b");
    EXPECT_EQ(record->size, shown->queue_data[0].physic_size);

    for (const std::int32_t count : {-1, 0})
        EXPECT_EQ(broker.looks_into("Orders", 0, count)->queue_data.size(), 0U);
    EXPECT_EQ(broker.looks_into("Orders", -7, 1)->queue_data.size(), 1U);
    EXPECT_EQ(broker.looks_into("Orders", INT64_MAX, INT32_MAX)->queue_data.size(), 0U);
    EXPECT_FALSE(broker.looks_into("Nowhere", 0, 1));
}

TEST(ClonedOffsets, are_those_of_the_other_group) {
    Administrator broker;
    broker.starts();
    for (const auto* topic : {"Orders", "Bills"}) broker.sends(topic, "a");
    broker.commits("consumers", "Orders", 1);
    broker.commits("consumers", "Bills", 1);
    broker.runs(1s);
    remoting::CloneGroupOffsetRequest request{"copies", false, "consumers", "Orders"};
    EXPECT_EQ(broker.asks_for(request).code, ResponseCode::success);
    EXPECT_EQ(broker.queries("copies", "Orders").number("offset"), 1);
    EXPECT_EQ(broker.queries("copies", "Bills").code, ResponseCode::query_not_found);

    request.topic.reset();
    EXPECT_EQ(broker.asks_for(request).code, ResponseCode::success);
    broker.is_killed_and_restarts();
    EXPECT_EQ(broker.queries("copies", "Bills").number("offset"), 1);
}

TEST(CorrectionOffsets, are_the_least_of_the_other_groups) {
    Administrator broker;
    broker.starts();
    broker.commits("ahead", "Orders", 3);
    for (const auto* body : {"a", "b", "c"}) broker.sends("Orders", body);
    broker.commits("ahead", "Orders", 3);
    broker.commits("behind", "Orders", 1);
    broker.runs(1s);
    const auto corrected = [&](std::string_view compared, std::string_view left_out) {
        return broker.asks_for(remoting::QueryCorrectionOffsetRequest{compared, left_out, "Orders"}).body;
    };
    EXPECT_EQ(corrected("ahead", ""), R"({"correctionOffsets":{"0":1}})");
    EXPECT_EQ(corrected("ahead", "behind,nobody"), R"({"correctionOffsets":{"0":3}})");
    EXPECT_EQ(corrected("behind", "behind"), R"({"correctionOffsets":{"0":9223372036854775807}})");
}

TEST(AGroup, says_how_far_in_time_it_is) {
    Administrator broker;
    broker.starts();
    const auto first = broker.loop.wall_ms();
    broker.sends("Orders", "a");
    broker.runs(1s).sends("Orders", "b");
    broker.commits("consumers", "Orders", 1);
    broker.runs(2s);
    const auto answer = broker.asks_for(remoting::QueryConsumeTimeSpanRequest{"consumers", "Orders"});
    const auto spans = json::decode<remoting::ConsumeTimeSpans>(answer.body);
    ASSERT_TRUE(spans) << answer.body;
    const auto& span = spans->consume_time_span_set.at(0);
    EXPECT_EQ(span.min_timestamp, first);
    EXPECT_EQ(span.consume_timestamp, first);
    EXPECT_GE(span.max_timestamp, first + 1'000);
    EXPECT_GE(span.delay_ms, 2'000);
    EXPECT_EQ(broker.asks_for(remoting::QueryConsumeTimeSpanRequest{"consumers", "Nowhere"}).code,
              ResponseCode::topic_not_exist);
}

TEST(BrokerStats, count_what_is_stored_read_and_sent_back) {
    Administrator broker;
    broker.starts();
    broker.sends("Orders", "a");
    broker.sends("Orders", "b");
    broker.reads("Orders");
    const auto sum = [&](std::string_view name, std::string_view key) -> std::int64_t {
        const auto answer = broker.asks_for(remoting::ViewBrokerStatsDataRequest{key, name});
        const auto data = json::decode<remoting::BrokerStatsData>(answer.body);
        return answer.code == ResponseCode::success ? data->stats_minute.sum : -1;
    };
    EXPECT_EQ(sum("TOPIC_PUT_NUMS", "Orders"), 2);
    EXPECT_EQ(sum("TOPIC_PUT_SIZE", "Orders"), sum("GROUP_GET_SIZE", "Orders@consumers"));
    EXPECT_EQ(sum("GROUP_GET_NUMS", "Orders@consumers"), 2);
    EXPECT_EQ(sum("BROKER_PUT_NUMS", "DefaultCluster"), 2);
    EXPECT_EQ(sum("BROKER_GET_NUMS_WITHOUT_SYSTEM_TOPIC", "DefaultCluster"), 2);
    EXPECT_EQ(sum("QUEUE_PUT_NUMS", "Orders@0"), 2);
    EXPECT_EQ(sum("QUEUE_GET_NUMS", "Orders@0@consumers"), 2);
    EXPECT_GE(sum("TOPIC_PUT_LATENCY", "0@Orders"), 0);
    EXPECT_GE(sum("GROUP_GET_LATENCY", "0@Orders@consumers"), 0);
    EXPECT_EQ(broker.asks_for(remoting::ViewBrokerStatsDataRequest{"Bills", "TOPIC_PUT_NUMS"}).remark,
              "The stats <TOPIC_PUT_NUMS> <Bills> not exist");
    broker.commits("consumers", "Orders", 1);
    EXPECT_THAT(broker.asks_for(remoting::GetConsumeStatsRequest{"consumers", "Orders"}).body,
                Not(HasSubstr(R"("consumeTps":0)")));
}

TEST(BrokerStats, show_the_rate_of_what_came_in_the_first_second) {
    Administrator broker;
    broker.starts();
    broker.sends("Orders", "a");
    broker.runs(2s);
    EXPECT_THAT(broker.orders(RequestCode::get_broker_runtime_info).body,
                HasSubstr(R"("putTps":"0.500000 0.500000 0.500000 ")"));
}

// The exporter and the dashboard take them apart.
TEST(BrokerStats, show_sizes_in_the_shape_of_rocketmq) {
    Administrator broker;
    broker.files.set_faults({.capacity_bytes = std::int64_t{3} << 29});
    broker.starts();
    const auto shown = [&] { return broker.orders(RequestCode::get_broker_runtime_info).body; };
    EXPECT_THAT(shown(), HasSubstr(R"("putMessageTimesTotal":"1")")) << "nobody is to divide by zero";
    EXPECT_THAT(shown(), HasSubstr(R"("putMessageAverageSize":"0)"));
    EXPECT_THAT(shown(), HasSubstr(R"("commitLogDirCapacity":"Total : 1.5 GiB, Free : 1.5 GiB.")"));
    broker.runs(10s);
    EXPECT_THAT(shown(), HasSubstr(R"("remainHowManyDataToFlush":"0 B")"));
    broker.files.set_faults({.sync_delay_min = 60s, .sync_delay_max = 60s});
    broker.sends("Orders", std::string(100 * 1024, 'x'));
    EXPECT_THAT(shown(), testing::ContainsRegex(R"("remainHowManyDataToFlush":"100\.[0-9] KiB")"));
    broker.sends("Orders", "a");
    EXPECT_THAT(shown(), HasSubstr(R"("putMessageTimesTotal":"2")"));
}

TEST(BrokerStats, remember_what_had_come_when_the_day_began) {
    Administrator broker;
    broker.starts();
    broker.sends("Orders", "a");
    const auto before = broker.orders(RequestCode::get_broker_runtime_info).body;
    EXPECT_THAT(before, HasSubstr(R"("msgPutTotalTodayMorning":"0")"));
    broker.runs(24h);
    broker.sends("Orders", "b");
    const auto after = broker.orders(RequestCode::get_broker_runtime_info).body;
    EXPECT_THAT(after, HasSubstr(R"("msgPutTotalTodayMorning":"1")"));
    EXPECT_THAT(after, HasSubstr(R"("msgPutTotalYesterdayMorning":"0")"));
    EXPECT_THAT(after, HasSubstr(R"("msgPutTotalTodayNow":"2")"));
}

}  // namespace
}  // namespace tern::broker
