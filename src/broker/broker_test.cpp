#include "broker/broker.hpp"

#include "broker/broker_scenario.hpp"
#include "broker/queue_locks.hpp"
#include "json/fields.hpp"
#include "model/message_id.hpp"
#include "remoting/body/lock_batch.hpp"
#include "remoting/header/admin.hpp"
#include "replication/group.hpp"

namespace tern::broker {
namespace {

using remoting::RequestCode;
using remoting::ResponseCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct NoFields {
    static constexpr auto fields() { return list_of(); }
};

TEST(Sending, makes_the_topic_from_its_template_and_counts_queue_offsets_up) {
    BrokerScenario broker;
    broker.starts();
    EXPECT_EQ(broker.sends("Orders", "a").number("queueOffset"), 0);
    const auto second = broker.sends("Orders", "b");
    EXPECT_EQ(second.code, ResponseCode::success);
    EXPECT_EQ(second.number("queueOffset"), 1);
    EXPECT_EQ(second.fields.at("msgId").size(), 32U);
    EXPECT_THAT(broker.reads("Orders"), ElementsAre("a", "b"));
}

TEST(Sending, is_refused_where_topics_are_not_made_by_themselves) {
    BrokerScenario broker;
    broker.config.auto_create_topic = false;
    broker.starts();
    const auto refused = broker.sends("Orders", "a");
    EXPECT_EQ(refused.code, ResponseCode::topic_not_exist);
    EXPECT_EQ(refused.fields.at("MSG_REGION"), "DefaultRegion");
}

TEST(Sending, refuses_what_can_never_be_stored_and_says_why) {
    BrokerScenario broker;
    broker.config.message_size_max = 1024;
    broker.starts();
    EXPECT_EQ(broker.sends("Orders", "").code, ResponseCode::message_illegal);
    const auto too_large = broker.sends("Orders", std::string(1025, 'x'));
    EXPECT_EQ(too_large.code, ResponseCode::message_illegal);
    EXPECT_THAT(too_large.remark, HasSubstr("1025"));
    EXPECT_EQ(broker.sends("bad/../name", "a").code, ResponseCode::invalid_parameter);
    EXPECT_EQ(broker.sends("SCHEDULE_TOPIC_XXXX", "a").code, ResponseCode::no_permission);
    EXPECT_EQ(broker.sends("Orders", "a", properties({{"TRAN_MSG", "true"}})).code,
              ResponseCode::no_permission);
    EXPECT_EQ(broker.sends("Orders", "a", {}, 99).code, ResponseCode::invalid_parameter);
}

TEST(Sending, adds_what_a_broker_adds_to_the_properties) {
    BrokerScenario broker;
    broker.starts();
    broker.sends("Orders", "a", properties({{"TAGS", "TagA"}, {"CLUSTER", "forged"}}));
    const auto answer = *broker.pulls("Orders", 0);
    const auto records = broker.records(answer);
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(model::find_property(records[0].properties, "CLUSTER"), "DefaultCluster");
    EXPECT_EQ(model::find_property(records[0].properties, "MSG_REGION"), "DefaultRegion");
    EXPECT_EQ(model::find_property(records[0].properties, "UNIQ_KEY")->size(), 32U);
}

TEST(SyncFlush, answers_no_earlier_than_the_flush_that_covers_the_message) {
    BrokerScenario broker;
    broker.config.flush_disk_type = FlushDiskType::sync_flush;
    broker.starts();
    broker.sends("Orders", "first");
    broker.files.set_faults({.sync_delay_min = 200ms, .sync_delay_max = 200ms});
    broker.sends("Orders", "a");
    EXPECT_FALSE(broker.next_answer());
    EXPECT_THAT(broker.reads("Orders"), ElementsAre("first")) << "what is not flushed is not read either";
    broker.runs(500ms);
    EXPECT_EQ(broker.next_answer()->code, ResponseCode::success);
}

TEST(SyncFlush, says_that_the_flush_took_too_long) {
    BrokerScenario broker;
    broker.config.flush_disk_type = FlushDiskType::sync_flush;
    broker.starts();
    broker.sends("Orders", "first");
    broker.files.set_faults({.sync_delay_min = 60s, .sync_delay_max = 60s});
    broker.sends("Orders", "a");
    broker.runs(6s);
    const auto answer = broker.next_answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->code, ResponseCode::flush_disk_timeout);
    EXPECT_EQ(answer->number("queueOffset"), 1) << "clients crash without it";
}

TEST(SyncFlush, acknowledges_nothing_after_a_failed_one_and_ends_the_broker) {
    BrokerScenario broker;
    broker.config.flush_disk_type = FlushDiskType::sync_flush;
    broker.starts();
    broker.sends("Orders", "kept");
    broker.files.set_faults({.sync_failures = 1'000});
    EXPECT_EQ(broker.sends("Orders", "unknown").code, ResponseCode::system_error);
    EXPECT_THAT(broker.failed_because, testing::Not(IsEmpty()));
    EXPECT_EQ(broker.sends("Orders", "refused").code, ResponseCode::service_not_available);
}

TEST(Restart, after_a_kill_keeps_all_that_was_acknowledged) {
    BrokerScenario broker;
    broker.starts();
    broker.sends("Orders", "a");
    broker.sends("Orders", "b");
    broker.is_killed_and_restarts();
    EXPECT_THAT(broker.reads("Orders"), ElementsAre("a", "b"));
    EXPECT_EQ(broker.sends("Orders", "c").number("queueOffset"), 2);
}

TEST(Restart, after_a_power_loss_keeps_what_was_flushed) {
    BrokerScenario broker;
    broker.config.flush_disk_type = FlushDiskType::sync_flush;
    broker.starts();
    broker.sends("Orders", "a");
    broker.loses_power_and_restarts();
    EXPECT_THAT(broker.reads("Orders"), ElementsAre("a"));
}

TEST(Restart, keeps_topics_and_offsets_that_are_only_in_the_log) {
    BrokerScenario broker;
    broker.starts();
    broker.sends("Orders", "a");
    broker.commits("consumers", "Orders", 1);
    broker.runs(200ms);
    broker.is_killed_and_restarts();
    EXPECT_EQ(broker.queries("consumers", "Orders").number("offset"), 1);
}

TEST(Restart, after_a_clean_stop_leaves_no_abort_mark_and_the_files_of_java) {
    BrokerScenario broker;
    broker.starts();
    broker.sends("Orders", "a");
    EXPECT_TRUE(broker.files.exists("/store/abort"));
    broker.stops();
    EXPECT_FALSE(broker.files.exists("/store/abort"));
    EXPECT_THAT(*io::read_file(broker.files, "/store/config/topics.json"), HasSubstr("\"Orders\""));
    broker.starts();
    EXPECT_THAT(broker.reads("Orders"), ElementsAre("a"));
}

TEST(Restart, finds_new_topics_in_the_files_of_java_soon_after_they_were_made) {
    BrokerScenario broker;
    broker.starts();
    broker.sends("Orders", "a");
    broker.runs(300ms);
    EXPECT_THAT(*io::read_file(broker.files, "/store/config/topics.json"), HasSubstr("\"Orders\""));
    broker.sends("Bills", "a");
    broker.runs(300ms);
    EXPECT_THAT(*io::read_file(broker.files, "/store/config/topics.json"), HasSubstr("\"Bills\""));
}

TEST(Restart, believes_the_json_files_that_somebody_changed_while_it_was_stopped) {
    BrokerScenario broker;
    broker.starts();
    broker.sends("Orders", "a");
    broker.stops();
    const std::string path = "/store/config/consumerOffset.json";
    ASSERT_TRUE(io::replace_file(broker.files, path, R"({"offsetTable":{"Orders@consumers":{0:7}}})"));
    broker.starts();
    EXPECT_EQ(broker.queries("consumers", "Orders").number("offset"), 7);
}

TEST(Pulling, waits_for_a_message_and_is_answered_when_it_comes) {
    BrokerScenario broker;
    broker.starts();
    broker.sends("Orders", "a");
    EXPECT_FALSE(broker.pulls("Orders", 1, "*", 15'000)) << "held";
    const auto first = broker.sends("Orders", "b");
    const auto second = broker.next_answer();
    ASSERT_TRUE(second);
    // The send's answer and the pull's leave in one turn; the pull's is the one with a body.
    const Answer& pulled = first.body.empty() ? *second : first;
    EXPECT_EQ(pulled.code, ResponseCode::success);
    const auto records = broker.records(pulled);
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].body, "b");
}

TEST(Pulling, is_answered_when_its_time_is_over) {
    BrokerScenario broker;
    broker.starts();
    broker.sends("Orders", "a");
    const auto answer = broker.pulls("Orders", 1, "*", 5'000, 5'100ms);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->code, ResponseCode::pull_not_found);
    EXPECT_EQ(answer->number("nextBeginOffset"), 1);
}

TEST(Pulling, gives_only_what_the_tags_let_through_and_says_where_to_go_on) {
    BrokerScenario broker;
    broker.starts();
    broker.sends("Orders", "a", properties({{"TAGS", "TagA"}}));
    broker.sends("Orders", "b", properties({{"TAGS", "TagB"}}));
    const auto answer = *broker.pulls("Orders", 0, "TagB");
    const auto records = broker.records(answer);
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].body, "b");
    EXPECT_EQ(answer.number("nextBeginOffset"), 2);
    EXPECT_EQ(broker.pulls("Orders", 0, "TagC")->code, ResponseCode::pull_retry_immediately);
}

TEST(Pulling, moves_a_reader_that_is_out_of_bounds) {
    BrokerScenario broker;
    broker.starts();
    broker.sends("Orders", "a");
    const auto answer = *broker.pulls("Orders", 9);
    EXPECT_EQ(answer.code, ResponseCode::pull_offset_moved);
    EXPECT_EQ(answer.number("nextBeginOffset"), 1);
}

// Of a broker alone: nobody has it any more.
TEST(Pulling, passes_over_what_the_disk_has_changed) {
    BrokerScenario broker;
    broker.config.checksum_block_bytes = 512;
    broker.starts();
    for (const char* const text : {"a", "b", "c", "d"}) broker.sends("Orders", std::string(2'000, *text));
    const auto changed = broker.records(*broker.pulls("Orders", 1))[0].physical_offset.value() + 1'000;
    broker.runs(10s).is_killed_and_restarts();
    const std::string segment = "/store/commitlog/00000000000000000000";
    const auto bytes = io::read_file(broker.files, segment);
    broker.files.damage(segment, changed, std::string{static_cast<char>((*bytes)[changed] ^ 1)});

    const auto first = *broker.pulls("Orders", 0);
    EXPECT_EQ(first.code, ResponseCode::success);
    ASSERT_EQ(broker.records(first).size(), 1U);
    EXPECT_EQ(first.number("nextBeginOffset"), 1);
    const auto second = *broker.pulls("Orders", 1);
    EXPECT_EQ(second.code, ResponseCode::success);
    EXPECT_EQ(broker.records(second)[0].body, std::string(2'000, 'c'));
    EXPECT_EQ(broker.inside().group.damaged_blocks(), 1U);
}

TEST(Pulling, leaves_out_nothing_that_the_disk_did_not_give) {
    BrokerScenario broker;
    broker.config.hot_bytes = 0;
    broker.starts();
    broker.sends("Orders", "a");
    broker.sends("Orders", "b");
    broker.files.set_faults({.read_failures = 1000});
    const auto refused = *broker.pulls("Orders", 0);
    EXPECT_EQ(refused.code, ResponseCode::service_not_available);
    EXPECT_THAT(refused.remark, HasSubstr("pread"));
    broker.files.set_faults({});
    EXPECT_EQ(broker.records(*broker.pulls("Orders", 0)).size(), 2U);
}

class PullingOfAChangedHead : public testing::TestWithParam<int> {};

// The entry is right, and the message is not.
TEST_P(PullingOfAChangedHead, finds_the_damage) {
    BrokerScenario broker;
    broker.config.checksum_block_bytes = 512;
    broker.starts();
    for (const char* const text : {"a", "b", "c", "d"}) broker.sends("Orders", std::string(2'000, *text));
    const auto changed = broker.records(*broker.pulls("Orders", 1))[0].physical_offset.value() + GetParam();
    broker.runs(10s).is_killed_and_restarts();
    broker.files.damage("/store/commitlog/00000000000000000000", changed, "\x7f");

    const auto answer = *broker.pulls("Orders", 1);
    EXPECT_EQ(answer.code, ResponseCode::success);
    EXPECT_EQ(broker.records(answer)[0].body, std::string(2'000, 'c'));
    EXPECT_EQ(broker.inside().group.damaged_blocks(), 1U);
    EXPECT_EQ(broker.inside().store.probe().mended_entries, 0U);
}

// Its size, its magic, its places in the queue and in the log.
INSTANTIATE_TEST_SUITE_P(AnyField, PullingOfAChangedHead, testing::Values(2, 5, 27, 30));

// The second of four entries of a queue on the disk.
class PullingByAChangedEntry : public testing::TestWithParam<bool> {
protected:
    void SetUp() override {
        const bool is_cold = GetParam();
        if (is_cold) broker.config.hot_bytes = 0;
        broker.starts();
        for (const char* const text : {"a", "b", "c", "d"}) broker.sends("Orders", std::string(2'000, *text));
        broker.runs(10s).is_killed_and_restarts();
    }
    store::ConsumeQueueEntry entry(int at) {
        const auto bytes = *io::read_file(broker.files, queue);
        return store::ConsumeQueueEntry::decode(bytes.data() + at * 20);
    }
    void becomes(const store::ConsumeQueueEntry& changed) {
        std::string bytes(20, '\0');
        changed.encode(bytes.data());
        broker.files.damage(queue, 20, bytes);
    }
    // A pull that is sent back is repeated, as clients do.
    std::string reads_all() {
        std::string read;
        for (std::int64_t at = 0, pulls = 0; at < 4 && pulls < 10; ++pulls) {
            const auto answer = *broker.pulls("Orders", at);
            at = answer.number("nextBeginOffset");
            if (answer.code != ResponseCode::success) continue;
            for (const auto& record : broker.records(answer)) read += record.body.front();
        }
        return read;
    }

    const std::string queue = "/store/consumequeue/Orders/0/00000000000000000000";
    BrokerScenario broker;
};

TEST_P(PullingByAChangedEntry, finds_the_message_in_the_log_and_mends_the_entry) {
    const auto right = entry(1);
    auto beyond = right;
    beyond.record_at += std::int64_t{1} << 40;
    auto below = right;
    below.record_at = PhysicalOffset{-1};
    auto longer = right;
    longer.record_size ^= 1 << 20;
    auto empty = right;
    empty.record_size = 0;
    auto inside = right;
    inside.record_at += 64;
    for (const auto& changed : {beyond, below, longer, empty, inside, entry(3)}) {
        becomes(changed);
        EXPECT_EQ(reads_all(), "abcd") << changed.record_at.value() << ' ' << changed.record_size;
        EXPECT_EQ(entry(1), right);
    }
    EXPECT_EQ(broker.inside().store.probe().mended_entries, 6U);
}

// It can be anywhere: nobody looks through the whole log while consumers wait.
TEST_P(PullingByAChangedEntry, passes_it_over_when_no_entry_around_it_is_right_either) {
    for (int at = 0; at < 4; ++at) broker.files.damage(queue, at * 20 + 8, std::string(4, '\x7f'));
    EXPECT_EQ(reads_all(), "");
    broker.sends("Orders", "e");
    EXPECT_EQ(broker.records(*broker.pulls("Orders", 4))[0].body, "e");
}

TEST_P(PullingByAChangedEntry, is_likewise_for_what_is_delayed) {
    const auto delayed = properties({{"DELAY", "4"}});
    for (const char* const text : {"e", "f", "g"}) broker.sends("Later", text, delayed);
    broker.runs(10s).is_killed_and_restarts();
    broker.files.damage("/store/consumequeue/SCHEDULE_TOPIC_XXXX/3/00000000000000000000", 20 + 4,
                        std::string(4, '\x7f'));
    broker.runs(30s);
    EXPECT_THAT(broker.reads("Later"), ElementsAre("e", "f", "g"));
    EXPECT_EQ(broker.inside().store.probe().mended_entries, 1U);
}

// Of a broker alone: nobody has it any more.
TEST(Delayed, is_not_delivered_when_the_disk_has_changed_it) {
    BrokerScenario broker;
    broker.config.checksum_block_bytes = 512;
    broker.starts();
    const auto delayed = properties({{"DELAY", "3"}});
    for (const char* const text : {"a", "b", "c"}) broker.sends("Later", std::string(2'000, *text), delayed);
    const auto changed = broker.inside()
                             .store.find_queue("SCHEDULE_TOPIC_XXXX", QueueId{2})
                             ->entry(QueueOffset{1})
                             ->record_at.value() +
                         1'000;
    broker.runs(9s).is_killed_and_restarts();
    const std::string segment = "/store/commitlog/00000000000000000000";
    broker.files.damage(segment, changed, "?");
    broker.runs(5s);
    EXPECT_THAT(broker.reads("Later"), ElementsAre(std::string(2'000, 'a'), std::string(2'000, 'c')));
}

INSTANTIATE_TEST_SUITE_P(MemoryAndDisk, PullingByAChangedEntry, testing::Bool());

TEST(FastChannel, serves_no_pulls) {
    BrokerScenario broker;
    broker.starts();
    remoting::PullMessageRequest request;
    request.consumer_group = "consumers";
    request.topic = "Orders";
    const auto answer =
        broker.asks(remoting::RequestCode::pull_message, request, {}, 50ms, BrokerScenario::port - 2);
    EXPECT_EQ(answer->code, ResponseCode::request_code_not_supported);
}

TEST(Offsets, are_readable_at_once_by_whoever_asks_after_the_commit) {
    BrokerScenario broker;
    broker.starts();
    broker.sends("Orders", "a");
    EXPECT_EQ(broker.queries("consumers", "Orders").code, ResponseCode::query_not_found);
    broker.commits("consumers", "Orders", 1);
    EXPECT_EQ(broker.queries("consumers", "Orders").number("offset"), 1);
}

// A member that has kept one hands it over when its own table shows the group behind it, which may be old.
TEST(Offsets, that_a_member_has_kept_count_only_between_what_it_knew_and_what_the_group_has) {
    BrokerScenario broker;
    broker.starts();
    broker.sends("Orders", "a");
    const auto hands_over = [&](std::int64_t offset, std::int64_t since) {
        remoting::UpdateConsumerOffsetRequest kept{QueueOffset{offset}, "consumers", QueueId{0}, "Orders",
                                                   QueueOffset{since}};
        EXPECT_EQ(broker.asks(remoting::RequestCode::update_consumer_offset, kept)->code,
                  ResponseCode::success);
        return broker.queries("consumers", "Orders").number("offset");
    };
    broker.commits("consumers", "Orders", 6);
    EXPECT_EQ(hands_over(5, 3), 6) << "the group is further by now";
    EXPECT_EQ(hands_over(9, 7), 6) << "somebody has set it back";
    EXPECT_EQ(hands_over(8, 6), 8);
}

// Of a group that has committed nothing (spec/broker-semantics.md 6.2).
TEST(Offsets, of_a_new_group_are_zero_while_the_topic_is_young) {
    BrokerScenario broker;
    broker.config.memory_bytes = 100'000;
    broker.config.memory_ratio_max = 40;
    broker.starts();
    EXPECT_EQ(broker.queries("consumers", "Orders", true).code, ResponseCode::query_not_found);
    broker.sends("Orders", "a");
    EXPECT_EQ(broker.queries("consumers", "Orders", false).code, ResponseCode::query_not_found);
    const auto young = broker.queries("consumers", "Orders", true);
    EXPECT_EQ(young.code, ResponseCode::success);
    EXPECT_EQ(young.number("offset"), 0);
    // Whatever the topic, 40,000 bytes are in memory.
    broker.sends("Bills", std::string(30'000, 'x'));
    EXPECT_EQ(broker.queries("consumers", "Orders", true).code, ResponseCode::success);
    broker.sends("Bills", std::string(10'000, 'x'));
    EXPECT_EQ(broker.queries("consumers", "Orders", true).code, ResponseCode::query_not_found);
    broker.sends("Later", "a");
    EXPECT_EQ(broker.queries("consumers", "Later", true).code, ResponseCode::success);
}

TEST(Offsets, of_a_new_group_are_not_known_once_the_first_message_has_expired) {
    BrokerScenario broker;
    broker.config.segment_size = 64 * 1024;
    broker.config.file_reserved_hours = 1;
    broker.config.delete_when = "";
    broker.starts();
    for (int i = 0; i < 10; ++i) broker.sends("Orders", std::string(20'000, 'x'));
    EXPECT_EQ(broker.queries("consumers", "Orders", true).code, ResponseCode::success);
    for (int i = 0; i < 4; ++i) broker.runs(20min).sends("Orders", "later");
    EXPECT_EQ(broker.asks(RequestCode::delete_expired_commitlog, NoFields{})->code, ResponseCode::success);
    ASSERT_GT(broker.inside().store.commit_log().begin(), PhysicalOffset{0});
    EXPECT_EQ(broker.queries("consumers", "Orders", true).code, ResponseCode::query_not_found);
    EXPECT_EQ(broker.asks(RequestCode::clean_expired_consumequeue, NoFields{})->code, ResponseCode::success);
    ASSERT_GT(broker.inside().store.find_queue("Orders", QueueId{0})->min(), QueueOffset{0});
    EXPECT_EQ(broker.queries("consumers", "Orders", true).code, ResponseCode::query_not_found);
}

TEST(DelayedMessages, come_when_their_time_has_come_and_not_before) {
    BrokerScenario broker;
    broker.starts();
    broker.sends("Orders", "now");
    broker.sends("Orders", "later", properties({{"DELAY", "1"}}));
    broker.runs(800ms);
    EXPECT_THAT(broker.reads("Orders"), ElementsAre("now"));
    broker.runs(300ms);
    EXPECT_THAT(broker.reads("Orders"), ElementsAre("now", "later"));
}

// Their real topic and queue come to what the producer gave.
TEST(DelayedMessages, are_refused_when_no_room_is_left_for_where_they_go) {
    for (const std::string& topic : {std::string{"T"}, std::string(127, 't')}) {
        BrokerScenario broker;
        broker.starts();
        std::size_t refused = 0;
        for (std::size_t size = 32'500; size <= 32'767; ++size) {
            const auto answer = broker.sends(
                topic, "x", properties({{"DELAY", "99"}, {"A", std::string(size - 3 - 9, 'v')}}));
            if (answer.code == ResponseCode::success) continue;
            ASSERT_EQ(answer.code, ResponseCode::message_illegal) << size << ": " << answer.remark;
            EXPECT_THAT(answer.remark, HasSubstr("bytes are longer than 32767"));
            ++refused;
        }
        EXPECT_GT(refused, 100U);
        EXPECT_LT(refused, 268U);
    }
}

// No message of such a size can be stored under the longer name.
TEST(DelayedMessages, that_fit_no_segment_once_they_go_to_their_topic_hold_up_no_others) {
    BrokerScenario broker;
    broker.config.segment_size = 65'536;
    broker.starts();
    const std::string topic(127, 't');
    const auto delayed = properties({{"DELAY", "1"}});
    std::size_t size = 65'500;
    while (broker.sends(topic, std::string(size, 'x'), delayed).code != ResponseCode::success) --size;
    EXPECT_EQ(broker.sends(topic, "y", delayed).code, ResponseCode::success);
    broker.runs(3s);
    EXPECT_THAT(broker.reads(topic), ElementsAre("y"));
}

// RocketMQ takes them off: of a message that has both, the level is what counts.
TEST(DelayedMessages, go_without_the_times_that_timers_would_have_gone_by) {
    BrokerScenario broker;
    broker.starts();
    for (const char* const name : {"TIMER_DELIVER_MS", "TIMER_DELAY_MS", "TIMER_DELAY_SEC"}) {
        EXPECT_EQ(broker.sends("Orders", name, properties({{name, "10"}})).code,
                  ResponseCode::message_illegal);
        EXPECT_EQ(broker.sends("Orders", name, properties({{"DELAY", "1"}, {name, "10"}, {"A", "b"}})).code,
                  ResponseCode::success);
    }
    broker.runs(2s);
    const auto answer = *broker.pulls("Orders", 0);
    const auto records = broker.records(answer);
    ASSERT_EQ(records.size(), 3U);
    for (const auto& record : records) {
        EXPECT_EQ(model::find_property(record.properties, record.body), std::nullopt) << record.body;
        EXPECT_EQ(model::find_property(record.properties, "A"), "b");
    }
}

TEST(DelayedMessages, are_neither_lost_nor_repeated_by_a_kill) {
    BrokerScenario broker;
    broker.starts();
    broker.sends("Orders", "early", properties({{"DELAY", "1"}}));
    broker.sends("Orders", "late", properties({{"DELAY", "2"}}));
    broker.runs(1'500ms);
    broker.is_killed_and_restarts();
    broker.runs(6s);
    broker.is_killed_and_restarts();
    broker.runs(6s);
    EXPECT_THAT(broker.reads("Orders"), ElementsAre("early", "late"));
}

TEST(SendingBack, delivers_again_after_the_delay_of_the_attempt) {
    BrokerScenario broker;
    broker.starts();
    broker.sends("Orders", "a");
    remoting::ConsumerSendMsgBackRequest request;
    request.offset = broker.records(*broker.pulls("Orders", 0))[0].physical_offset;
    request.group = "consumers";
    request.delay_level = 1;
    EXPECT_EQ(broker.asks(remoting::RequestCode::consumer_send_msg_back, request)->code,
              ResponseCode::success);
    broker.runs(1'100ms);
    const auto records = broker.records(*broker.pulls("%RETRY%consumers", 0));
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].reconsume_times, 1);
    EXPECT_EQ(model::find_property(records[0].properties, "RETRY_TOPIC"), "Orders");
}

TEST(SendingBack, is_refused_when_another_message_lies_where_the_consumers_had_been) {
    BrokerScenario broker;
    broker.starts();
    broker.sends("Orders", "a", properties({{"UNIQ_KEY", "7F000001000000000000000000000001"}}));
    remoting::ConsumerSendMsgBackRequest request;
    request.offset = broker.records(*broker.pulls("Orders", 0))[0].physical_offset;
    request.group = "consumers";
    request.delay_level = 1;
    const auto by_place = model::offset_message_id(*model::Host::parse("10.0.0.1:10911"), request.offset);
    const auto sends_back = [&](std::string_view named) {
        request.origin_msg_id = named;
        return broker.asks(remoting::RequestCode::consumer_send_msg_back, request)->code;
    };
    for (const auto* another : {"7F000001000000000000000000000002", "of another length"})
        EXPECT_EQ(sends_back(another), ResponseCode::system_error) << another;
    for (const std::string_view its : {std::string_view{"7F000001000000000000000000000001"},
                                       std::string_view{by_place.text()}, std::string_view{}})
        EXPECT_EQ(sends_back(its), ResponseCode::success) << its;
}

TEST(SendingBack, is_refused_when_the_properties_have_no_room_for_the_retry) {
    BrokerScenario broker;
    broker.starts();
    const std::size_t added = [&] {
        broker.sends("Orders", "a", properties({{"A", "v"}}));
        return broker.records(*broker.pulls("Orders", 0))[0].properties.size() - 4;
    }();
    broker.sends("Orders", "b", properties({{"A", std::string(32'767 - 3 - added, 'v')}}));
    const auto longest = broker.records(*broker.pulls("Orders", 0))[1];
    ASSERT_EQ(longest.properties.size(), 32'767U);
    remoting::ConsumerSendMsgBackRequest request;
    request.offset = longest.physical_offset;
    request.group = "consumers";
    for (const std::int32_t attempts : {16, 0}) {  // To be tried again, and as a dead letter.
        request.max_reconsume_times = attempts;
        const auto answer = broker.asks(remoting::RequestCode::consumer_send_msg_back, request);
        EXPECT_EQ(answer->code, ResponseCode::message_illegal);
        EXPECT_THAT(answer->remark, HasSubstr("bytes are longer than 32767"));
    }
}

// A producer can say how often its message has been tried.
TEST(SendingBack, counts_attempts_as_far_as_they_can_be_counted) {
    BrokerScenario broker;
    broker.starts();
    const auto sends_back = [&](std::int32_t tried) {
        remoting::SendMessageRequest send;
        send.topic = "Orders";
        send.default_topic = "TBW102";
        send.default_topic_queue_nums = 1;
        send.queue_id = QueueId{0};
        send.reconsume_times = tried;
        const auto sent = broker.asks(remoting::RequestCode::send_message, send, std::to_string(tried));
        remoting::ConsumerSendMsgBackRequest back;
        const auto pulled = *broker.pulls("Orders", sent->number("queueOffset"));
        back.offset = broker.records(pulled)[0].physical_offset;
        back.group = "consumers";
        back.max_reconsume_times = INT32_MAX;
        EXPECT_EQ(broker.asks(back.code, back)->code, ResponseCode::success);
    };
    sends_back(INT32_MAX - 1);
    const auto* last_level = broker.inside().store.find_queue("SCHEDULE_TOPIC_XXXX", QueueId{17});
    ASSERT_NE(last_level, nullptr);
    EXPECT_EQ(last_level->max(), QueueOffset{1});
    sends_back(INT32_MAX);
    const auto answer = *broker.pulls("%DLQ%consumers", 0);
    const auto records = broker.records(answer);
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].reconsume_times, INT32_MAX);
}

// Else each message could make the broker count something new.
TEST(SendingBack, is_counted_under_a_topic_that_there_is) {
    BrokerScenario broker;
    broker.starts();
    for (const char* const topic : {"Nowhere", "Bills"})
        broker.sends("Orders", "a", properties({{"RETRY_TOPIC", topic}}));
    broker.sends("Bills", "b");
    const auto pulled = *broker.pulls("Orders", 0);
    for (const auto& record : broker.records(pulled)) {
        remoting::ConsumerSendMsgBackRequest back;
        back.offset = record.physical_offset;
        back.group = "consumers";
        EXPECT_EQ(broker.asks(back.code, back)->code, ResponseCode::success);
    }
    const auto is_counted = [&](std::string_view topic) {
        const auto key = std::string{topic} + "@consumers";
        const remoting::ViewBrokerStatsDataRequest request{key, "SNDBCK_PUT_NUMS"};
        return broker.asks(request.code, request)->code == ResponseCode::success;
    };
    EXPECT_TRUE(is_counted("Orders"));
    EXPECT_TRUE(is_counted("Bills"));
    EXPECT_FALSE(is_counted("Nowhere"));
}

TEST(SendingBack, buries_a_message_after_its_last_attempt) {
    BrokerScenario broker;
    broker.starts();
    broker.sends("Orders", "a");
    remoting::ConsumerSendMsgBackRequest request;
    request.offset = broker.records(*broker.pulls("Orders", 0))[0].physical_offset;
    request.group = "consumers";
    request.max_reconsume_times = 0;
    EXPECT_EQ(broker.asks(remoting::RequestCode::consumer_send_msg_back, request)->code,
              ResponseCode::success);
    EXPECT_THAT(broker.reads("%DLQ%consumers"), ElementsAre("a"));
}

std::vector<model::MessageQueue> locks(BrokerScenario& broker, const std::string& client,
                                       Duration within = 50ms) {
    const remoting::LockBatchRequestBody body{
        client, "consumers", {{"broker-a", QueueId{0}, "Orders"}}, false};
    const auto answer =
        broker.asks(remoting::RequestCode::lock_batch_mq, NoFields{}, json::encode(body), within);
    return json::decode<remoting::LockBatchResponseBody>(answer->body)->lock_ok_mq_set;
}

TEST(PassedOnSends, are_refused_in_another_term_also_while_nobody_is_linked) {
    BrokerScenario broker;
    broker.starts();
    const remoting::FieldView in_the_first_term{"ternForwarded", "1"};
    EXPECT_EQ(broker.sends("Orders", "a", {}, 0, in_the_first_term).code, ResponseCode::success);
    broker.is_killed_and_restarts();
    EXPECT_EQ(broker.sends("Orders", "b", {}, 0, in_the_first_term).code,
              ResponseCode::service_not_available);
    EXPECT_THAT(broker.reads("Orders"), ElementsAre("a"));
}

TEST(QueueLocks, are_held_by_one_client_until_its_lease_ends) {
    BrokerScenario broker;
    broker.starts();
    EXPECT_EQ(locks(broker, "one").size(), 1U);
    EXPECT_THAT(locks(broker, "two"), IsEmpty());
    broker.runs(61s);
    EXPECT_EQ(locks(broker, "two").size(), 1U);
}

TEST(QueueLocks, are_told_to_nobody_before_the_disk_has_them_however_often_he_asks) {
    BrokerScenario broker;
    broker.config.flush_disk_type = FlushDiskType::sync_flush;
    broker.starts();
    broker.files.set_faults({.sync_delay_min = 60s, .sync_delay_max = 60s});
    EXPECT_THAT(locks(broker, "one", 6s), IsEmpty());
    EXPECT_THAT(locks(broker, "one", 6s), IsEmpty());
    broker.runs(60s);
    EXPECT_EQ(locks(broker, "one").size(), 1U);
}

// RocketMQ's own, which a later version of ours will read.
TEST(Sends, are_not_taken_to_topics_that_only_brokers_write) {
    BrokerScenario broker;
    broker.starts();
    for (const auto* topic :
         {"rmq_sys_wheel_timer", "rmq_sys_REVIVE_LOG_DefaultCluster", "SCHEDULE_TOPIC_XXXX"})
        EXPECT_EQ(broker.sends(topic, "a").code, ResponseCode::no_permission) << topic;
    EXPECT_EQ(broker.sends("rmq_sys_of_mine", "a").code, ResponseCode::success);
}

TEST(Batches, hold_no_messages_that_would_need_something_else) {
    BrokerScenario broker;
    broker.starts();
    const auto code_of = [&](std::string_view second) {
        std::string batch;
        const auto number = [&](std::int64_t value, int bytes) {
            while (bytes-- > 0) batch += static_cast<char>(value >> (8 * bytes));
        };
        for (const std::string_view properties : {std::string_view{"KEYS\1k"}, second}) {
            const std::string body = "body";
            number(static_cast<std::int64_t>(22 + body.size() + properties.size()), 4);
            for (int i = 0; i < 3; ++i) number(0, 4);
            number(std::ssize(body), 4);
            batch += body;
            number(std::ssize(properties), 2);
            batch += properties;
        }
        remoting::SendMessageRequest request;
        request.producer_group = "producers";
        request.topic = "Orders";
        request.default_topic = "TBW102";
        request.default_topic_queue_nums = 4;
        request.queue_id = QueueId{0};
        request.batch = true;
        return broker.asks(remoting::RequestCode::send_message, request, batch)->code;
    };
    EXPECT_EQ(code_of("TAGS\1t"), ResponseCode::success);
    for (const auto* bad : {"DELAY\0013", "TRAN_MSG\1true", "TIMER_DELIVER_MS\0011700000000000",
                            "TIMER_DELAY_SEC\00110", "TIMER_DELAY_MS\00110"})
        EXPECT_EQ(code_of(bad), ResponseCode::message_illegal) << bad;
    EXPECT_THAT(broker.reads("Orders"), ElementsAre("body", "body"));
}

TEST(QueueLocks, that_are_asked_for_again_let_nobody_be_answered_before_his_flush) {
    BrokerScenario broker;
    broker.config.flush_disk_type = FlushDiskType::sync_flush;
    broker.starts();
    broker.sends("Orders", "first");
    broker.files.set_faults({.sync_delay_min = 1s, .sync_delay_max = 1s});
    const auto locks = json::encode(
        remoting::LockBatchRequestBody{"one", "consumers", {{"broker-a", QueueId{0}, "Orders"}}, false});
    remoting::SendMessageRequest send;
    send.topic = "Orders";
    send.queue_id = QueueId{0};
    broker.hands_over(remoting::RequestCode::lock_batch_mq, NoFields{}, locks);
    broker.runs(10ms);
    broker.hands_over(remoting::RequestCode::send_message, send, "second");
    broker.runs(10ms);
    broker.hands_over(remoting::RequestCode::lock_batch_mq, NoFields{}, locks);
    const auto sends_answered = [&] {
        int count = 0;
        while (const auto answer = broker.next_answer()) count += answer->fields.contains("msgId") ? 1 : 0;
        return count;
    };
    broker.runs(1s);  // The flush of the lock has ended; that of the message has only begun.
    EXPECT_EQ(sends_answered(), 0);
    broker.runs(1s);
    EXPECT_EQ(sends_answered(), 1);
}

// Clients may name what they like: the queues need not be there.
TEST(QueueLocks, are_so_many_at_most_until_leases_end) {
    constexpr std::int32_t at_a_time = 2'000;
    BrokerScenario broker;
    broker.starts();
    const auto locks_from = [&](std::int32_t first) {
        remoting::LockBatchRequestBody body{"one", "consumers", {}, false};
        for (std::int32_t id = first; id < first + at_a_time; ++id)
            body.mq_set.push_back({"broker-a", QueueId{id}, "Any"});
        const auto answer =
            broker.asks(remoting::RequestCode::lock_batch_mq, NoFields{}, json::encode(body), 1s);
        return json::decode<remoting::LockBatchResponseBody>(answer->body)->lock_ok_mq_set.size();
    };
    for (std::int32_t id = 0; id < std::int32_t{QueueLocks::locks_max}; id += at_a_time)
        ASSERT_EQ(locks_from(id), at_a_time);
    EXPECT_THAT(locks(broker, "two"), IsEmpty());
    EXPECT_EQ(locks_from(0), at_a_time);
    broker.runs(61s);
    EXPECT_EQ(locks(broker, "two").size(), 1U);
    broker.is_killed_and_restarts();
    EXPECT_EQ(locks(broker, "two").size(), 1U);
}

TEST(QueueLocks, survive_the_broker) {
    BrokerScenario broker;
    broker.starts();
    EXPECT_EQ(locks(broker, "one").size(), 1U);
    broker.is_killed_and_restarts();
    EXPECT_THAT(locks(broker, "two"), IsEmpty());
    EXPECT_EQ(locks(broker, "one").size(), 1U);
}

TEST(ATurnsMessages, are_written_together_until_they_are_a_large_batch) {
    BrokerScenario broker;
    broker.starts();
    broker.sends("Orders", "first");
    const auto& log = broker.inside().store.commit_log();
    const auto begin = log.written();
    remoting::SendMessageRequest request;
    request.topic = "Orders";
    const std::string body(100'000, 'x');
    for (int i = 0; i < 5; ++i) broker.hands_over(remoting::RequestCode::send_message, request, body);
    EXPECT_EQ(log.written(), begin);
    broker.hands_over(remoting::RequestCode::send_message, request, body);
    EXPECT_EQ(log.written(), log.end());
    EXPECT_GT(log.written() - begin, replication::Group::batch_bytes_max);
    broker.hands_over(remoting::RequestCode::send_message, request, body);
    EXPECT_LT(log.written(), log.end());
    broker.runs(10ms);
    EXPECT_EQ(log.written(), log.end());
}

}  // namespace
}  // namespace tern::broker
