// Who may read, and what who may not is told (spec/broker-semantics.md 4.1).
#include "broker/pull_service.hpp"

#include "broker/broker_scenario.hpp"
#include "json/fields.hpp"
#include "remoting/body/heartbeat.hpp"
#include "remoting/header/topic.hpp"

namespace tern::broker {
namespace {

using remoting::RequestCode;
using remoting::ResponseCode;
using testing::HasSubstr;

struct NoFields {
    static constexpr auto fields() { return list_of(); }
};

struct AReader : BrokerScenario {
    AReader() { config.notify_consumer_ids_changed = false; }
    AReader& starts_with_a_message() {
        starts();
        sends("Orders", "a");
        return *this;
    }
    void beats(remoting::MessageModel model = remoting::MessageModel::clustering) {
        remoting::HeartbeatData data{.client_id = "one"};
        auto& consumer = data.consumer_data_set.emplace_back();
        consumer.group_name = "consumers";
        consumer.message_model = model;
        consumer.subscription_data_set.push_back({.sub_string = "*", .topic = "Orders"});
        EXPECT_EQ(asks(RequestCode::heart_beat, NoFields{}, json::encode(data))->code, ResponseCode::success);
    }
    void has_group(std::string_view settings) {
        const auto body = R"({"groupName":"consumers",)" + std::string{settings} + "}";
        EXPECT_EQ(asks(RequestCode::update_and_create_subscriptiongroup, NoFields{}, body)->code,
                  ResponseCode::success);
    }
    void has_topic_with(std::int32_t permission) {
        remoting::CreateTopicRequest request;
        request.topic = "Orders";
        request.perm = permission;
        request.read_queue_nums = request.write_queue_nums = 4;
        EXPECT_EQ(asks(request.code, request)->code, ResponseCode::success);
    }
    // By what it has registered.
    Answer pulls_registered() {
        remoting::PullMessageRequest pull;
        pull.consumer_group = "consumers";
        pull.topic = "Orders";
        pull.max_msg_nums = 32;
        return asks(pull.code, pull).value_or(Answer{});
    }
};

struct Forbidden {
    std::string_view by;  // PullForbiddenResponse.
    void (*prepare)(AReader&);
    std::string_view remark;
};

class AReaderThatMayNot : public testing::TestWithParam<Forbidden> {};

TEST_P(AReaderThatMayNot, is_told_by_whom_it_is_forbidden) {
    AReader broker;
    broker.starts_with_a_message();
    broker.beats();
    EXPECT_EQ(broker.pulls_registered().code, ResponseCode::success);
    GetParam().prepare(broker);
    const auto refused = broker.pulls_registered();
    EXPECT_EQ(refused.code, ResponseCode::no_permission);
    EXPECT_EQ(refused.fields.at("forbiddenType"), GetParam().by);
    EXPECT_EQ(refused.remark, GetParam().remark);
}

INSTANTIATE_TEST_SUITE_P(
    EachOfThem, AReaderThatMayNot,
    testing::Values(Forbidden{"2", [](AReader& broker) { broker.has_group(R"("consumeEnable":false)"); },
                              "subscription group no permission, consumers"},
                    Forbidden{"3", [](AReader& broker) { broker.has_topic_with(model::permission::write); },
                              "the topic[Orders] pulling message is forbidden"},
                    Forbidden{"4",
                              [](AReader& broker) {
                                  broker.has_group(R"("consumeBroadcastEnable":false)");
                                  broker.beats(remoting::MessageModel::broadcasting);
                              },
                              "the consumer group[consumers] can not consume by broadcast way"}));

TEST(AReader, may_broadcast_where_its_group_may) {
    AReader broker;
    broker.starts_with_a_message();
    broker.beats(remoting::MessageModel::broadcasting);
    EXPECT_EQ(broker.pulls_registered().code, ResponseCode::success);
}

TEST(AGroup, is_not_made_by_itself_where_that_is_off) {
    AReader broker;
    broker.config.auto_create_group = false;
    broker.starts_with_a_message();
    remoting::ConsumerSendMsgBackRequest back;
    back.group = "consumers";
    const auto is_refused = [](const Answer& answer) {
        EXPECT_EQ(answer.code, ResponseCode::subscription_group_not_exist);
        EXPECT_THAT(answer.remark, HasSubstr("[consumers] does not exist"));
    };
    is_refused(broker.pulls("Orders", 0).value_or(Answer{}));
    is_refused(broker.commits("consumers", "Orders", 1));
    is_refused(broker.asks(back.code, back).value_or(Answer{}));
    broker.beats();  // It is good, and makes nothing.
    is_refused(broker.pulls("Orders", 0).value_or(Answer{}));
    EXPECT_EQ(
        broker
            .asks(RequestCode::get_topic_config, remoting::GetTopicConfigRequest{.topic = "%RETRY%consumers"})
            ->code,
        ResponseCode::topic_not_exist);

    broker.has_group(R"("retryQueueNums":1)");
    EXPECT_EQ(broker.pulls("Orders", 0)->code, ResponseCode::success);
    EXPECT_EQ(broker.commits("consumers", "Orders", 1).code, ResponseCode::success);
}

}  // namespace
}  // namespace tern::broker
