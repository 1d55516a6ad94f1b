// What a request has made or changed is known to the NameServers before the request is answered, unless they
// are silent for too long.
#include "broker/registration.hpp"

#include "broker/broker_scenario.hpp"
#include "json/fields.hpp"
#include "remoting/body/heartbeat.hpp"
#include "remoting/header/topic.hpp"

namespace tern::broker {
namespace {

using remoting::RequestCode;
using remoting::ResponseCode;

struct NoFields {
    static constexpr auto fields() { return list_of(); }
};

struct WithNameServer : BrokerScenario {
    WithNameServer() {
        config.namesrv_addr = "10.0.0.2:9876";
        config.notify_consumer_ids_changed = false;
    }
    WithNameServer& starts_and_is_registered() {
        starts();
        name_server_answers("");
        return *this;
    }
    // Answers all that the NameServer was asked; whether a registration was in it that has the topic.
    bool name_server_answers(std::string_view topic) {
        bool has_topic = false;
        auto& [connection, handler] = transport.outgoing.front();
        while (connection->has_sent()) {
            const auto& asked = connection->take_sent();
            has_topic |= asked.body.contains("\"" + std::string{topic} + "\"");
            Buffer bytes;
            remoting::FrameWriter frame{bytes,
                                        remoting::HeaderEncoding::json,
                                        {.opaque = asked.opaque, .flag = remoting::flag_response}};
            frame.finish();
            remoting::CommandDecoder decoder;
            handler->on_command(connection, *decoder.decode(**remoting::cut_frame(bytes.view())));
        }
        runs(1ms);
        return has_topic;
    }
    void hands_over_a_send(std::string_view topic) {
        remoting::SendMessageRequest request;
        request.producer_group = "producers";
        request.topic = topic;
        request.default_topic = "TBW102";
        request.default_topic_queue_nums = 4;
        request.queue_id = QueueId{0};
        hands_over(RequestCode::send_message, request, "a");
    }
    void hands_over_a_heartbeat(const std::string& client_id, std::string_view group = "readers") {
        remoting::HeartbeatData data{.client_id = client_id};
        data.consumer_data_set.emplace_back().group_name = group;
        hands_over(RequestCode::heart_beat, NoFields{}, json::encode(data));
    }
    // The next requests come over another connection.
    void becomes_another_client() { client = make_counted<remoting::FakeConnection>(++connections_); }

private:
    std::uint64_t connections_{10};
};

TEST(Sending, to_a_new_topic_is_answered_when_the_name_servers_know_it) {
    WithNameServer broker;
    broker.starts_and_is_registered();
    broker.hands_over_a_send("Orders");
    broker.hands_over_a_send("Orders");
    broker.runs(20ms);
    EXPECT_FALSE(broker.next_answer());
    EXPECT_TRUE(broker.name_server_answers("Orders"));
    EXPECT_TRUE(broker.next_answer());
    EXPECT_TRUE(broker.next_answer());

    broker.hands_over_a_send("Orders");
    broker.runs(20ms);
    EXPECT_TRUE(broker.next_answer());
    EXPECT_FALSE(broker.name_server_answers("Orders"));
}

TEST(Sending, to_a_new_topic_does_not_wait_for_a_silent_name_server_for_long) {
    WithNameServer broker;
    broker.starts_and_is_registered();
    broker.hands_over_a_send("Orders");
    broker.runs(20ms);
    EXPECT_FALSE(broker.next_answer());
    broker.runs(1s);
    EXPECT_TRUE(broker.next_answer());
}

struct AnAdministrator : WithNameServer {
    AnAdministrator() { starts_and_is_registered(); }
    void makes_topic(std::string_view topic) {
        remoting::CreateTopicRequest request;
        request.topic = topic;
        request.perm = 6;
        request.read_queue_nums = request.write_queue_nums = 4;
        hands_over(request.code, request);
    }
    void makes_topics(std::string_view topic) {
        const auto body = R"({"topicConfigList":[{"topicName":")" + std::string{topic} + R"("}]})";
        hands_over(RequestCode::update_and_create_topic_list, NoFields{}, body);
    }
    void deletes_topic(std::string_view topic) {
        remoting::DeleteTopicRequest request;
        request.topic = topic;
        hands_over(request.code, request);
    }
    // The code of an answer that is there.
    std::optional<ResponseCode> answered() {
        const auto answer = next_answer();
        return answer ? std::optional{answer->code} : std::nullopt;
    }
};

TEST(AChangeOfTopics, is_answered_when_the_name_servers_know_it) {
    AnAdministrator broker;
    for (const auto& [topic, makes] : {std::pair{"Orders", &AnAdministrator::makes_topic},
                                       std::pair{"Bills", &AnAdministrator::makes_topics}}) {
        // Who asks for it once more waits as long.
        for (int i = 0; i < 2; ++i) {
            (broker.*makes)(topic);
            broker.runs(20ms);
            EXPECT_FALSE(broker.answered()) << topic;
        }
        EXPECT_TRUE(broker.name_server_answers(topic));
        for (int i = 0; i < 2; ++i) EXPECT_EQ(broker.answered(), ResponseCode::success) << topic;
    }
    broker.deletes_topic("Orders");
    broker.runs(20ms);
    EXPECT_FALSE(broker.answered());
    EXPECT_FALSE(broker.name_server_answers("Orders"));
    EXPECT_EQ(broker.answered(), ResponseCode::success);
}

TEST(AChangeOfTopics, does_not_wait_for_a_silent_name_server_for_long) {
    AnAdministrator broker;
    broker.makes_topic("Orders");
    broker.runs(900ms);
    EXPECT_FALSE(broker.answered());
    broker.runs(200ms);
    EXPECT_EQ(broker.answered(), ResponseCode::success);
}

struct AConsumerThatSendsBack : WithNameServer {
    AConsumerThatSendsBack() {
        starts_and_is_registered();
        hands_over_a_send("Orders");
        runs(20ms);
        name_server_answers("Orders");
        next_answer();
        sent_.offset = records(*pulls("Orders", 0))[0].physical_offset;
        sent_.group = "consumers";
    }
    void sends_back(std::int32_t attempts_max) {
        sent_.max_reconsume_times = attempts_max;
        hands_over(sent_.code, sent_);
        runs(20ms);
    }

private:
    remoting::ConsumerSendMsgBackRequest sent_;
};

TEST(SendingBack, is_answered_when_the_name_servers_know_the_topic_that_it_made) {
    AConsumerThatSendsBack broker;
    for (const auto& [topic, attempts_max] :
         {std::pair{"%RETRY%consumers", 16}, std::pair{"%DLQ%consumers", 0}}) {
        broker.sends_back(attempts_max);
        EXPECT_FALSE(broker.next_answer()) << topic;
        EXPECT_TRUE(broker.name_server_answers(topic));
        EXPECT_EQ(broker.next_answer().value_or(Answer{.code = ResponseCode::system_error}).code,
                  ResponseCode::success);
        broker.sends_back(attempts_max);
        EXPECT_TRUE(broker.next_answer()) << "known already";
    }
}

TEST(SendingBack, does_not_wait_for_a_silent_name_server_for_long) {
    AConsumerThatSendsBack broker;
    broker.sends_back(16);
    broker.runs(1s);
    EXPECT_TRUE(broker.next_answer());
}

// A consumer asks for its retry topic's route right after its first heartbeat.
TEST(AHeartbeat, is_answered_when_the_name_servers_know_its_retry_topic) {
    WithNameServer broker;
    broker.starts_and_is_registered();
    broker.hands_over_a_heartbeat("one");
    broker.runs(20ms);
    EXPECT_FALSE(broker.next_answer());
    EXPECT_TRUE(broker.name_server_answers("%RETRY%readers"));
    EXPECT_EQ(broker.next_answer().value_or(Answer{}).code, ResponseCode::success);

    broker.hands_over_a_heartbeat("one");
    broker.runs(1ms);
    EXPECT_TRUE(broker.next_answer());
}

TEST(AHeartbeat, waits_with_the_one_that_came_first_in_the_group) {
    WithNameServer broker;
    broker.starts_and_is_registered();
    const auto one = broker.client;
    const auto beats_as_another = [&](const std::string& client_id) {
        broker.becomes_another_client();
        broker.hands_over_a_heartbeat(client_id);
        return broker.client;
    };
    broker.hands_over_a_heartbeat("one");
    const auto two = beats_as_another("two");  // The topic is proposed,
    broker.runs(20ms);
    const auto three = beats_as_another("three");  // and committed now.
    broker.runs(20ms);
    for (const auto& client : {one, two, three}) EXPECT_FALSE(client->has_sent());
    EXPECT_TRUE(broker.name_server_answers("%RETRY%readers"));
    for (const auto& client : {one, two, three}) EXPECT_TRUE(client->has_sent());
}

TEST(AHeartbeat, of_another_group_does_not_wait_with_it) {
    WithNameServer broker;
    broker.starts_and_is_registered();
    broker.hands_over_a_heartbeat("one", "others");
    broker.runs(20ms);
    broker.name_server_answers("");
    EXPECT_TRUE(broker.next_answer());
    broker.hands_over_a_heartbeat("one", "readers");
    broker.runs(20ms);
    broker.becomes_another_client();
    broker.hands_over_a_heartbeat("two", "others");
    broker.runs(1ms);
    EXPECT_TRUE(broker.next_answer());
}

TEST(AHeartbeat, does_not_wait_for_a_silent_name_server_for_long) {
    WithNameServer broker;
    broker.starts_and_is_registered();
    broker.hands_over_a_heartbeat("one");
    broker.runs(20ms);
    const auto one = broker.client;
    broker.becomes_another_client();
    broker.hands_over_a_heartbeat("two");
    broker.runs(900ms);
    EXPECT_FALSE(one->has_sent());
    EXPECT_FALSE(broker.client->has_sent());
    broker.runs(200ms);
    EXPECT_TRUE(one->has_sent());
    EXPECT_TRUE(broker.client->has_sent());
}

}  // namespace
}  // namespace tern::broker
