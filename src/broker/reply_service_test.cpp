// A producer that asks and one that replies, over one connection.
#include "broker/reply_service.hpp"

#include "broker/broker_scenario.hpp"

namespace tern::broker {
namespace {

using remoting::RequestCode;
using remoting::ResponseCode;
using testing::HasSubstr;

struct Asking : BrokerScenario {
    struct NoFields {
        static constexpr auto fields() { return list_of(); }
    };
    void is_a_producer(const std::string& client_id) {
        asks(RequestCode::heart_beat, NoFields{},
             R"({"clientID":")" + client_id +
                 R"(","consumerDataSet":[],"producerDataSet":[{"groupName":"producers"}]})");
    }
    // The first frame that comes back for a reply: what is pushed, or a refusal.
    Answer replies_to(std::string_view client_id, std::string_view reply = "the reply") {
        const auto text =
            properties({{"MSG_TYPE", "reply"}, {"REPLY_TO_CLIENT", client_id}, {"CORRELATION_ID", "7"}});
        remoting::SendMessageRequest request;
        request.producer_group = "producers";
        request.topic = "DefaultCluster_REPLY_TOPIC";
        request.default_topic = "TBW102";
        request.default_topic_queue_nums = 1;
        request.properties = text;
        return asks(RequestCode::send_reply_message, request, reply).value_or(Answer{});
    }
    Answer after_the_requester_answers(const Answer& pushed, std::int32_t code) {
        Buffer bytes;
        remoting::FrameWriter frame{bytes,
                                    remoting::HeaderEncoding::json,
                                    {.code = code, .opaque = pushed.opaque, .flag = remoting::flag_response}};
        frame.finish();
        remoting::CommandDecoder decoder;
        const auto command = decoder.decode(**remoting::cut_frame(bytes.view()));
        transport.handlers.at(port)->on_command(connection(), *command);
        runs(50ms);
        return next_answer().value_or(Answer{});
    }
};

TEST(Reply, is_pushed_to_who_asked_then_stored_then_answered) {
    Asking broker;
    broker.starts();
    broker.is_a_producer("asker");
    const auto pushed = broker.replies_to("asker");
    EXPECT_EQ(static_cast<RequestCode>(pushed.code), RequestCode::push_reply_message_to_client);
    EXPECT_EQ(pushed.body, "the reply");
    EXPECT_THAT(pushed.fields.at("properties"), HasSubstr("CORRELATION_ID\0017\002"));
    EXPECT_THAT(pushed.fields.at("properties"), HasSubstr("PUSH_REPLY_TIME\001"));
    EXPECT_EQ(pushed.fields.at("storeHost"), "10.0.0.1:10911");
    EXPECT_TRUE(broker.reads("DefaultCluster_REPLY_TOPIC").empty());

    const auto answer = broker.after_the_requester_answers(pushed, 0);
    EXPECT_EQ(answer.code, ResponseCode::success);
    EXPECT_EQ(answer.number("queueOffset"), 0);
    EXPECT_EQ(broker.reads("DefaultCluster_REPLY_TOPIC"), std::vector<std::string>{"the reply"});
}

TEST(Reply, is_refused_while_too_many_wait_for_those_who_asked) {
    Asking broker;
    broker.starts();
    broker.is_a_producer("asker");
    const std::string large(ReplyService::pushed_bytes_max / 16, 'r');
    std::vector<Answer> pushed;
    for (int i = 0; i < 15; ++i) pushed.push_back(broker.replies_to("asker", large));
    EXPECT_EQ(static_cast<RequestCode>(pushed.back().code), RequestCode::push_reply_message_to_client);
    EXPECT_EQ(broker.replies_to("asker", large).code, ResponseCode::system_busy);

    EXPECT_EQ(broker.after_the_requester_answers(pushed.front(), 0).code, ResponseCode::message_illegal);
    EXPECT_EQ(static_cast<RequestCode>(broker.replies_to("asker").code),
              RequestCode::push_reply_message_to_client);
}

TEST(Reply, is_refused_when_who_asked_is_gone_or_does_not_take_it) {
    Asking broker;
    broker.starts();
    broker.is_a_producer("asker");
    const auto nobody = broker.replies_to("another");
    EXPECT_EQ(nobody.code, ResponseCode::system_error);
    EXPECT_EQ(nobody.remark, "push reply message fail, channel of <another> not found.");

    const auto refused = broker.after_the_requester_answers(broker.replies_to("asker"), 1);
    EXPECT_EQ(refused.code, ResponseCode::system_error);
    EXPECT_THAT(refused.remark, HasSubstr("push reply message to <asker> fail"));
    EXPECT_TRUE(broker.reads("DefaultCluster_REPLY_TOPIC").empty());
}

}  // namespace
}  // namespace tern::broker
