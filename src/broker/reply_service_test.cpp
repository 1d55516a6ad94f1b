// A producer that asks and one that replies, over one connection.
#include "broker/reply_service.hpp"

#include "broker/broker_scenario.hpp"

namespace tern::broker {
namespace {

using remoting::RequestCode;
using remoting::ResponseCode;
using testing::HasSubstr;

struct Asking : BrokerScenario {
    // A message that one who waits for the reply sends, and others that carry the same properties.
    Answer asks_by_a_message(std::string_view client_id, std::string_view topic = "Questions",
                             const remoting::FieldView& more = {}) {
        return sends(topic, "the question",
                     properties({{"REPLY_TO_CLIENT", client_id}, {"CORRELATION_ID", "7"}}), 0, more);
    }
    // The next requests come over another connection.
    Ref<remoting::FakeConnection> becomes_another_client() {
        return std::exchange(client, make_counted<remoting::FakeConnection>(++connections_));
    }
    void loses(const Ref<remoting::FakeConnection>& connection) {
        transport.handlers.at(port)->on_closed(connection, "gone");
    }
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

private:
    std::uint64_t connections_{10};
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

// A producer that has just been started sends its first heartbeat long after its first message.
TEST(Reply, finds_who_asked_by_the_message_alone) {
    Asking broker;
    broker.starts();
    EXPECT_EQ(broker.asks_by_a_message("asker").code, ResponseCode::success);
    const auto asker = broker.becomes_another_client();
    EXPECT_EQ(broker.replies_to("asker").code, ResponseCode{}) << "it waits for who asked";
    ASSERT_TRUE(asker->has_sent());
    EXPECT_EQ(static_cast<RequestCode>(asker->take_sent().code), RequestCode::push_reply_message_to_client);

    broker.loses(asker);
    EXPECT_EQ(broker.next_answer()->code, ResponseCode::system_error);
    EXPECT_THAT(broker.replies_to("asker").remark, HasSubstr("channel of <asker> not found"));
}

TEST(Reply, finds_who_asked_where_its_latest_message_came_from) {
    Asking broker;
    broker.starts();
    broker.asks_by_a_message("asker");
    const auto before = broker.becomes_another_client();
    broker.asks_by_a_message("asker");
    broker.loses(before);
    EXPECT_EQ(static_cast<RequestCode>(broker.replies_to("asker").code),
              RequestCode::push_reply_message_to_client);
}

// The reply itself, a copy that a consumer sends back, and what another member has passed on.
TEST(Reply, goes_to_nobody_who_only_sends_what_names_another) {
    Asking broker;
    broker.starts();
    broker.asks_by_a_message("asker", "%RETRY%consumers");
    broker.asks_by_a_message("asker", "Questions", {"ternForwarded", "1"});
    EXPECT_EQ(broker.replies_to("asker").code, ResponseCode::system_error);

    broker.asks_by_a_message("asker");
    const auto asker = broker.becomes_another_client();
    for (int i = 0; i < 2; ++i) {
        broker.replies_to("asker");
        ASSERT_TRUE(asker->has_sent());
        const auto pushed = asker->take_sent().opaque;
        EXPECT_EQ(broker.after_the_requester_answers({.opaque = pushed}, 0).code, ResponseCode::success);
    }
}

TEST(Reply, may_be_empty_and_is_not_stored_then) {
    Asking broker;
    broker.starts();
    broker.is_a_producer("asker");
    const auto pushed = broker.replies_to("asker", "");
    EXPECT_EQ(static_cast<RequestCode>(pushed.code), RequestCode::push_reply_message_to_client);
    EXPECT_EQ(pushed.body, "");
    const auto answer = broker.after_the_requester_answers(pushed, 0);
    EXPECT_EQ(answer.code, ResponseCode::success);
    EXPECT_EQ(answer.fields.at("msgId"), "0");
    EXPECT_EQ(answer.number("queueOffset"), 0);
    EXPECT_TRUE(broker.reads("DefaultCluster_REPLY_TOPIC").empty());
}

TEST(Reply, is_refused_and_not_pushed_when_it_is_longer_than_any_message) {
    Asking broker;
    broker.config.message_size_max = 1024;
    broker.starts();
    broker.is_a_producer("asker");
    const auto refused = broker.replies_to("asker", std::string(1025, 'r'));
    EXPECT_EQ(refused.code, ResponseCode::message_illegal);
    EXPECT_THAT(refused.remark, HasSubstr("1025"));
}

}  // namespace
}  // namespace tern::broker
