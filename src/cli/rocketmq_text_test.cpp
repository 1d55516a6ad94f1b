#include "cli/rocketmq_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace tern::cli {
namespace {

class TimeText : public testing::Test {
protected:
    TimeText() {
        ::setenv("TZ", "UTC", 1);
        ::tzset();
    }
};

TEST_F(TimeText, is_local_time) {
    EXPECT_EQ(time_text(1'795'267'411'445), "2026-11-21 13:23:31");
    EXPECT_EQ(time_text_ms(1'795'267'411'045), "2026-11-21 13:23:31,045");
}
TEST_F(TimeText, is_read_as_operators_write_it) {
    EXPECT_EQ(*parse_time("1795267411445", 1), 1'795'267'411'445);
    EXPECT_EQ(*parse_time("now", 77), 77);
    EXPECT_EQ(*parse_time("2026-11-21#13:23:31:445", 1), 1'795'267'411'445);
    EXPECT_THAT(parse_time("yesterday", 1).error().detail, testing::HasSubstr("yesterday"));
    EXPECT_FALSE(parse_time("2026-11-21 13:23:31:445", 1));
}

TEST(VersionText, is_the_name_of_the_release) {
    EXPECT_EQ(version_text(513), "V5_5_0");
    EXPECT_EQ(version_text(407), "V4_9_7");
    EXPECT_EQ(version_text(479), "V5_3_3");
    EXPECT_EQ(version_text(333), "V4_6_0");
    EXPECT_EQ(version_text(213), "V4_0_0");
    EXPECT_EQ(version_text(232), "V4_1_0_SNAPSHOT");
}
TEST(CutText, keeps_characters_whole) {
    EXPECT_EQ(cut("topic", 64), "topic");
    EXPECT_EQ(cut("topic", 3), "top");
    EXPECT_EQ(cut("a\xC3\xA9z", 2), "a");
}
TEST(DoubleText, always_has_a_fraction) {
    EXPECT_EQ(double_text(0), "0.0");
    EXPECT_EQ(double_text(46.776611694152926), "46.776611694152926");
}
TEST(ConfigText, is_that_of_the_reference_implementation) {
    EXPECT_EQ(topic_config_text({.name = "LabTopic2",
                                 .read_queue_nums = 8,
                                 .write_queue_nums = 8,
                                 .attributes = {{"+message.type", "FIFO"}}}),
              "TopicConfig [topicName=LabTopic2, readQueueNums=8, writeQueueNums=8, perm=RW-, "
              "topicFilterType=SINGLE_TAG, topicSysFlag=0, order=false, attributes={+message.type=FIFO}]");
    EXPECT_EQ(
        group_config_text(
            {.consume_broadcast_enable = false, .consume_from_min_enable = false, .group_name = "lab_sub"}),
        "SubscriptionGroupConfig{groupName=lab_sub, consumeEnable=true, consumeFromMinEnable=false, "
        "consumeBroadcastEnable=false, consumeMessageOrderly=false, retryQueueNums=1, retryMaxTimes=16, "
        "groupRetryPolicy=GroupRetryPolicy{type=CUSTOMIZED, exponentialRetryPolicy=null, "
        "customizedRetryPolicy=null}, brokerId=0, whichBrokerWhenConsumeSlowly=1, "
        "notifyConsumerIdsChangedEnable=true, groupSysFlag=0, consumeTimeoutMinute=15, "
        "subscriptionDataSet=null, attributes={}}");
}
TEST(MessageText, is_that_of_the_reference_implementation) {
    const client::ReceivedMessage message{.queue = {"broker-a", QueueId{1}, "NoSuch"},
                                          .queue_offset = QueueOffset{0},
                                          .physical_offset = PhysicalOffset{541},
                                          .message_id = "FD00",
                                          .offset_message_id = "7F000001000065BD000000000000021D",
                                          .body = "x\xFF",
                                          .properties = "WAIT\x01true\x02TRACE_ON\x01true\x02",
                                          .stored_size = 236,
                                          .body_crc = 215750275,
                                          .born_timestamp = 1795277589486,
                                          .born_host = *model::Host::parse("127.0.0.1:44584"),
                                          .store_timestamp = 1795277589810,
                                          .store_host = *model::Host::parse("127.0.0.1:26045")};
    EXPECT_EQ(message_text(message),
              "MessageExt [brokerName=broker-a, queueId=1, storeSize=236, queueOffset=0, sysFlag=0, "
              "bornTimestamp=1795277589486, bornHost=/127.0.0.1:44584, storeTimestamp=1795277589810, "
              "storeHost=/127.0.0.1:26045, msgId=7F000001000065BD000000000000021D, commitLogOffset=541, "
              "bodyCRC=215750275, reconsumeTimes=0, preparedTransactionOffset=0, "
              "toString()=Message{topic='NoSuch', "
              "flag=0, properties={WAIT=true, TRACE_ON=true}, body=[120, -1], transactionId='null'}]");
}

}  // namespace
}  // namespace tern::cli
