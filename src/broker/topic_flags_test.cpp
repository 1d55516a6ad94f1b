// Flags of topics that others decide on: whether a topic is ordered, which the NameServers keep, and whether
// it is one of units, which clients say.
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

struct FlaggedTopics : BrokerScenario {
    FlaggedTopics() { config.namesrv_addr = "10.0.0.2:9876"; }
    // Answers what the NameServer was asked; registrations with those topics in order.
    void name_server_answers(const std::string& ordered = {}) {
        auto& [connection, handler] = transport.outgoing.front();
        while (connection->has_sent()) {
            const auto& asked = connection->take_sent();
            const bool registers = asked.code == static_cast<std::int32_t>(RequestCode::register_broker);
            Buffer bytes;
            remoting::FrameWriter frame{bytes,
                                        remoting::HeaderEncoding::json,
                                        {.opaque = asked.opaque, .flag = remoting::flag_response}};
            frame.finish(registers ? ordered : "");
            remoting::CommandDecoder decoder;
            handler->on_command(connection, *decoder.decode(**remoting::cut_frame(bytes.view())));
        }
        runs(20ms);
    }
    Answer sends_to_new(std::string_view topic, bool unit_mode = false) {
        remoting::SendMessageRequest request;
        request.producer_group = "producers";
        request.topic = topic;
        request.default_topic = "TBW102";
        request.default_topic_queue_nums = 4;
        request.queue_id = QueueId{0};
        request.unit_mode = unit_mode;
        hands_over(RequestCode::send_message, request, "a");
        runs(20ms);
        name_server_answers();
        return next_answer().value_or(Answer{});
    }
    const model::TopicConfig& topic(std::string_view name) {
        remoting::GetTopicConfigRequest request;
        request.topic = name;
        const auto answer = asks(request.code, request).value_or(Answer{});
        return shown_ = json::decode<model::TopicConfig>(answer.body).value_or(model::TopicConfig{});
    }

private:
    model::TopicConfig shown_;
};

TEST(OrderedTopics, are_those_that_a_name_server_names) {
    FlaggedTopics broker;
    broker.starts();
    broker.sends_to_new("Orders");
    broker.sends_to_new("Bills");
    EXPECT_FALSE(broker.topic("Orders").order);
    broker.runs(30s);
    broker.name_server_answers(R"({"table":{"Orders":"broker-a:4","Nowhere":"broker-a:4"}})");
    EXPECT_TRUE(broker.topic("Orders").order);
    EXPECT_FALSE(broker.topic("Bills").order);
    EXPECT_EQ(broker.topic("Orders").write_queue_nums, 4);
    broker.is_killed_and_restarts();
    EXPECT_TRUE(broker.topic("Orders").order);
}

// The first check of a send (spec/broker-semantics.md 2).
TEST(OrderedTopics, take_nothing_from_producers_of_a_broker_that_is_not_writable) {
    FlaggedTopics broker;
    broker.starts();
    broker.sends_to_new("Orders");
    broker.sends_to_new("Bills");
    broker.runs(30s);
    broker.name_server_answers(R"({"table":{"Orders":"broker-a:4"}})");
    EXPECT_EQ(broker.sends("Orders", "b").code, ResponseCode::success);
    broker.config.permission = model::permission::read;
    broker.is_killed_and_restarts();
    const auto refused = broker.sends("Orders", "c");
    EXPECT_EQ(refused.code, ResponseCode::no_permission);
    EXPECT_THAT(refused.remark, HasSubstr("sending message is forbidden"));
    EXPECT_EQ(broker.sends("Bills", "c").code, ResponseCode::success);
}

}  // namespace
}  // namespace tern::broker
