// A consumer group with one member, whom the broker asks on the connection that the member's heartbeat came
// over: here the one that the administrator asks on, too.
#include "broker/client_call_service.hpp"

#include "broker/broker_scenario.hpp"

namespace tern::broker {
namespace {

using remoting::RequestCode;
using remoting::ResponseCode;
using testing::HasSubstr;

struct NoFields {
    static constexpr auto fields() { return list_of(); }
};

struct GroupWithAMember : BrokerScenario {
    static constexpr std::string_view member = "10.0.0.9@1";

    explicit GroupWithAMember(bool server_side_reset = true,
                              remoting::Language language = remoting::Language::java) {
        config.server_side_reset = server_side_reset;
        speaks = language;
        starts();
        asks(RequestCode::heart_beat, NoFields{},
             R"({"clientID":"10.0.0.9@1","consumerDataSet":[{"groupName":"consumers","subscriptionDataSet":[
                 {"topic":"Orders","subString":"TagA"}]}]})");
        while (next_answer()) {
        }
    }
    // What comes back first: a question to the member, or an answer.
    template <HasFields Header>
    Answer asks_for(const Header& header) {
        return asks(Header::code, header).value_or(Answer{});
    }
    Answer after_the_member_answers(const Answer& question, std::string_view body, std::int32_t code = 0) {
        Buffer bytes;
        remoting::FrameWriter frame{
            bytes,
            remoting::HeaderEncoding::json,
            {.code = code, .opaque = question.opaque, .flag = remoting::flag_response}};
        frame.finish(body);
        remoting::CommandDecoder decoder;
        transport.handlers.at(port)->on_command(connection(),
                                                *decoder.decode(**remoting::cut_frame(bytes.view())));
        return next_answer().value_or(Answer{});
    }
    remoting::ConsumeMessageDirectlyRequest consumption_of(std::string_view id) {
        remoting::ConsumeMessageDirectlyRequest request;
        request.consumer_group = "consumers";
        request.client_id = member;
        request.msg_id = id;
        return request;
    }
};

TEST(AGroup, says_its_topics_and_what_it_wants_of_them) {
    GroupWithAMember broker;
    broker.sends("Orders", "a");
    broker.commits("consumers", "Orders", 1);
    broker.runs(1s);
    EXPECT_EQ(broker.asks_for(remoting::QueryTopicsByConsumerRequest{"consumers"}).body,
              R"({"brokerAddr":"10.0.0.1:10911","topicList":["Orders"]})");
    EXPECT_THAT(broker.asks_for(remoting::QuerySubscriptionByConsumerRequest{"consumers", "Orders"}).body,
                HasSubstr(R"("subString":"TagA")"));
    EXPECT_EQ(broker.asks_for(remoting::QuerySubscriptionByConsumerRequest{"nobody", "Orders"}).body,
              R"({"group":"nobody","topic":"Orders"})");
}

TEST(AMember, is_given_a_message_to_consume_at_once) {
    GroupWithAMember broker;
    const auto id = broker.sends("Orders", "b").fields.at("msgId");
    const auto question = broker.asks_for(broker.consumption_of(id));
    EXPECT_EQ(static_cast<RequestCode>(question.code), RequestCode::consume_message_directly);
    EXPECT_EQ(question.fields.at("brokerName"), "broker-a");
    EXPECT_EQ(question.fields.at("topicSysFlag"), "0");
    EXPECT_EQ(broker.records(question).at(0).body, "b");

    const auto answer = broker.after_the_member_answers(question, R"({"consumeResult":"CR_SUCCESS"})");
    EXPECT_EQ(answer.code, ResponseCode::success);
    EXPECT_EQ(answer.body, R"({"consumeResult":"CR_SUCCESS"})");
}

TEST(AMember, is_given_nothing_that_is_not_there) {
    GroupWithAMember broker;
    const auto id = broker.sends("Orders", "b").fields.at("msgId");
    const std::string beyond = id.substr(0, 24) + "00FFFFFF";
    EXPECT_EQ(broker.asks_for(broker.consumption_of(beyond)).code, ResponseCode::query_not_found);
    EXPECT_EQ(broker.asks_for(broker.consumption_of("no id")).code, ResponseCode::system_error);
    auto request = broker.consumption_of(id);
    request.client_id = "another";
    EXPECT_EQ(broker.asks_for(request).remark, "The Consumer <consumers> <another> not online");
}

TEST(AMember, is_told_where_the_group_goes_on_when_the_broker_is_to_leave_it_to_the_members) {
    GroupWithAMember broker{false};
    for (const auto* body : {"a", "b", "c"}) broker.sends("Orders", body);
    broker.commits("consumers", "Orders", 2);
    broker.runs(1s);
    remoting::ResetOffsetRequest request;
    request.group = "consumers";
    request.topic = "Orders";
    request.is_force = true;
    request.timestamp = -1;
    request.queue_id = QueueId{0};
    const auto order = broker.asks_for(request);
    EXPECT_EQ(static_cast<RequestCode>(order.code), RequestCode::reset_consumer_client_offset);
    EXPECT_EQ(order.fields.at("topic"), "Orders");
    EXPECT_EQ(order.fields.at("group"), "consumers");
    EXPECT_EQ(order.body, R"({"offsetTable":{{"brokerName":"broker-a","queueId":0,"topic":"Orders"}:3}})");
    EXPECT_EQ(broker.next_answer().value_or(Answer{}).body, order.body);
    EXPECT_EQ(broker.queries("consumers", "Orders").number("offset"), 2) << "the member has yet to commit it";

    request.is_force = false;
    EXPECT_THAT(broker.asks_for(request).body, HasSubstr(R"("topic":"Orders"}:2})")) << "nothing is skipped";
    broker.next_answer();
    request.group = "TOOLS_CONSUMER";
    EXPECT_EQ(broker.asks_for(request).code, ResponseCode::consumer_not_online);
}

TEST(AMember, that_speaks_cpp_is_told_in_its_way) {
    GroupWithAMember broker{false, remoting::Language::cpp};
    broker.sends("Orders", "a");
    remoting::ResetOffsetRequest request;
    request.group = "consumers";
    request.topic = "Orders";
    request.queue_id = QueueId{0};
    EXPECT_EQ(broker.asks_for(request).body,
              R"({"offsetTable":[{"brokerName":"broker-a","offset":0,"queueId":0,"topic":"Orders"}]})");
}

TEST(AMember, that_does_not_answer_is_given_up) {
    GroupWithAMember broker;
    broker.asks_for(remoting::GetConsumerRunningInfoRequest{broker.member, "consumers", true});
    broker.runs(ClientCallService::timeout);
    EXPECT_EQ(broker.next_answer().value_or(Answer{}).code, ResponseCode::consume_msg_timeout);
}

TEST(AMember, says_which_offsets_it_has_in_memory) {
    GroupWithAMember broker;
    const remoting::GetConsumerStatusRequest request{std::nullopt, "consumers", "Orders"};
    const auto question = broker.asks_for(request);
    EXPECT_EQ(static_cast<RequestCode>(question.code), RequestCode::get_consumer_status_from_client);
    const auto answer = broker.after_the_member_answers(
        question, R"({"messageQueueTable":{{"brokerName":"broker-a","queueId":0,"topic":"Orders"}:7}})");
    EXPECT_THAT(answer.body,
                HasSubstr(R"("10.0.0.9@1":{{"brokerName":"broker-a","queueId":0,"topic":"Orders"}:7})"));

    const remoting::GetConsumerStatusRequest of_nobody{"another", "consumers", "Orders"};
    EXPECT_EQ(broker.asks_for(of_nobody).body, R"({"consumerTable":{},"messageQueueTable":{}})");
    EXPECT_EQ(broker.asks_for(remoting::GetConsumerStatusRequest{std::nullopt, "nobody", "Orders"}).code,
              ResponseCode::consumer_not_online);
}

}  // namespace
}  // namespace tern::broker
