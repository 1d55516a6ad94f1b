// The simulated clients against a broker that answers as the test says.
#include "simulation/client.hpp"

#include <functional>
#include <memory>

#include "base/hash.hpp"
#include "json/fields.hpp"
#include "model/message_id.hpp"
#include "remoting/body/lists.hpp"
#include "remoting/header/offset.hpp"
#include "remoting/header/send.hpp"
#include "remoting/responder.hpp"
#include "simulation/message.hpp"
#include "simulation/producer.hpp"
#include "simulation/push_consumer.hpp"
#include "simulation/simulated_network.hpp"

namespace tern::simulation {
namespace {

using remoting::RequestCode;
using remoting::ResponseCode;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string server_address = "10.0.0.2:10911";

// NameServer and broker at once; it knows one topic with four queues.
class ScriptedServer final : public remoting::ConnectionHandler {
public:
    using Script = std::function<void(remoting::Responder, const remoting::Command&)>;

    ScriptedServer(SimulatedTime& time, SimulatedNetwork& network, const std::string& address)
        : process_{time, address, 1, log_},
          transport_{network.attach(process_, address)},
          listener_{*transport_->listen(*model::Host::parse(address + ":10911"), *this)} {
        on(RequestCode::get_routeinfo_by_topic,
           [](remoting::Responder responder, const remoting::Command& command) {
               if (command.field("topic") != "Orders") return responder.answer(ResponseCode::topic_not_exist);
               const remoting::TopicRouteData route{
                   .broker_datas = {{.broker_addrs = {{BrokerId{0}, server_address}},
                                     .broker_name = "broker-a"}},
                   .queue_datas = {
                       {.broker_name = "broker-a", .perm = 6, .read_queue_nums = 4, .write_queue_nums = 4}}};
               responder.answer(ResponseCode::success, {}, json::encode(route));
           });
    }
    ~ScriptedServer() override { process_.kill(); }

    void on(RequestCode code, Script script) { scripts_[code] = std::move(script); }
    std::size_t count(RequestCode code) const {
        return static_cast<std::size_t>(std::ranges::count(heard, static_cast<std::int32_t>(code)));
    }

    void on_command(const Ref<remoting::Connection>& connection, const remoting::Command& command) override {
        heard.push_back(command.code);
        const auto script = scripts_.find(RequestCode{command.code});
        remoting::Responder responder{connection, command};
        if (script == scripts_.end()) return responder.answer(ResponseCode::success);
        script->second(std::move(responder), command);
    }
    void on_closed(const Ref<remoting::Connection>&, std::string_view) override {}

    std::vector<std::int32_t> heard;

private:
    SilentLog log_;
    SimulatedProcess process_;
    std::unique_ptr<SimulatedTransport> transport_;
    std::unique_ptr<remoting::Listener> listener_;
    std::map<RequestCode, Script> scripts_;
};

class ClientTest : public ::testing::Test {
protected:
    ~ClientTest() override { process_.kill(); }

    void answers_sends_with(ResponseCode code) {
        server_.on(RequestCode::send_message_v2, [code](remoting::Responder responder,
                                                        const remoting::Command&) {
            responder.answer(code, remoting::SendMessageResponse{
                                       .msg_id = model::offset_message_id(*model::Host::parse(server_address),
                                                                          PhysicalOffset{500})
                                                     .text(),
                                       .queue_offset = QueueOffset{7}});
        });
    }
    const std::vector<Send>& sends(ProducerPlan plan) {
        plan.group = "producers";
        plan.topic = "Orders";
        producer_ = std::make_unique<Producer>(client_, histories_, plan, delays_);
        producer_->start();
        time_.run_for(20s);
        return history_.sends();
    }

    SilentLog log_;
    SimulatedTime time_{1, Ties::shuffled};
    SimulatedNetwork network_{time_, 1, {}};
    ScriptedServer server_{time_, network_, "10.0.0.2"};
    SimulatedProcess process_{time_, "client", 1, log_};
    std::unique_ptr<SimulatedTransport> transport_{network_.attach(process_, "10.0.0.1")};
    model::DelayLevels delays_{*model::DelayLevels::parse("1s 2s")};
    Histories histories_;
    History& history_ = histories_.add("broker-a", process_);
    Client client_{process_.runtime(), *transport_, "c1", {server_address}};
    std::unique_ptr<Producer> producer_;
};

TEST_F(ClientTest, learns_the_queues_of_a_topic_and_where_its_master_is) {
    client_.follow_topic("Orders");
    EXPECT_THAT(client_.write_queues("Orders"), IsEmpty());
    time_.run_for(1s);
    EXPECT_THAT(client_.write_queues("Orders"), SizeIs(4));
    EXPECT_EQ(client_.master_of("broker-a"), server_address);
    EXPECT_THAT(client_.read_queues("Unknown"), IsEmpty());
}

TEST_F(ClientTest, asks_another_name_server_when_one_does_not_answer) {
    Client client{process_.runtime(), *transport_, "c2", {"10.0.0.8:9876", server_address, "10.0.0.9:9876"}};
    client.follow_topic("Orders");
    time_.run_for(100s);
    EXPECT_THAT(client.write_queues("Orders"), SizeIs(4));
}

TEST_F(ClientTest, sends_heartbeats_to_every_broker_it_knows) {
    client_.follow_topic("Orders");
    time_.run_for(1s);
    client_.introduce(remoting::ProducerData{"producers"});
    time_.run_for(61s);
    EXPECT_EQ(server_.count(RequestCode::heart_beat), 3);
}

TEST_F(ClientTest, knows_that_a_oneway_is_settled_when_a_later_request_is_answered) {
    int settled = 0;
    const remoting::UpdateConsumerOffsetRequest update{.consumer_group = "g", .topic = "Orders"};
    client_.send_oneway(server_address, update, {}, [&] { ++settled; });
    time_.run_for(1s);
    EXPECT_EQ(settled, 0);
    client_.refresh_route("Orders");
    time_.run_for(1s);
    EXPECT_EQ(settled, 1);
}

TEST_F(ClientTest, knows_that_a_oneway_is_settled_when_the_connection_has_ended) {
    int settled = 0;
    const remoting::UpdateConsumerOffsetRequest update{.consumer_group = "g", .topic = "Orders"};
    client_.send_oneway(server_address, update, {}, [&] { ++settled; });
    time_.run_for(1s);
    network_.reset_connections("10.0.0.1", 1);
    time_.run_for(1s);
    EXPECT_EQ(settled, 1);
}

TEST_F(ClientTest, takes_code_0_for_acknowledged_with_the_place_of_the_answer) {
    answers_sends_with(ResponseCode::success);
    const auto& made = sends({.messages = 3});
    ASSERT_THAT(made, SizeIs(3));
    EXPECT_TRUE(producer_->is_done());
    EXPECT_THAT(made, Each(Field(&Send::outcome, Outcome::acknowledged)));
    EXPECT_EQ(made[0].offset, QueueOffset{7});
    EXPECT_EQ(made[0].record_at, PhysicalOffset{500});
    EXPECT_EQ(made[0].key, "c1-0");
}

TEST_F(ClientTest, takes_a_code_after_the_append_for_unknown_and_does_not_try_again) {
    answers_sends_with(ResponseCode::flush_disk_timeout);
    EXPECT_THAT(sends({.messages = 2}), AllOf(SizeIs(2), Each(Field(&Send::outcome, Outcome::unknown))));
}

TEST_F(ClientTest, takes_a_code_before_the_append_for_refused_and_tries_again_where_stock_producers_do) {
    answers_sends_with(ResponseCode::system_busy);
    EXPECT_THAT(sends({.messages = 2}), AllOf(SizeIs(6), Each(Field(&Send::outcome, Outcome::refused))));
}

TEST_F(ClientTest, does_not_try_again_what_is_illegal) {
    answers_sends_with(ResponseCode::message_illegal);
    EXPECT_THAT(sends({.messages = 2}), AllOf(SizeIs(2), Each(Field(&Send::outcome, Outcome::refused))));
}

TEST_F(ClientTest, takes_no_answer_for_unknown) {
    server_.on(RequestCode::send_message_v2, [kept = std::make_shared<std::vector<remoting::Responder>>()](
                                                 remoting::Responder responder, const remoting::Command&) {
        kept->push_back(std::move(responder));
    });
    EXPECT_THAT(sends({.messages = 2}), AllOf(SizeIs(2), Each(Field(&Send::outcome, Outcome::unknown))));
}

TEST_F(ClientTest, has_a_window_of_requests_under_way_when_it_pipelines) {
    auto kept = std::make_shared<std::vector<remoting::Responder>>();
    server_.on(RequestCode::send_message_v2, [kept](remoting::Responder responder, const remoting::Command&) {
        kept->push_back(std::move(responder));
    });
    producer_ = std::make_unique<Producer>(
        client_, histories_,
        ProducerPlan{
            .group = "g", .topic = "Orders", .style = SendStyle::pipelined, .messages = 20, .window = 5},
        delays_);
    producer_->start();
    time_.run_for(2s);
    EXPECT_THAT(*kept, SizeIs(5));
    kept->clear();
}

TEST_F(ClientTest, sends_one_way_without_asking_for_an_answer) {
    EXPECT_THAT(sends({.style = SendStyle::one_way, .messages = 4}),
                AllOf(SizeIs(4), Each(Field(&Send::outcome, Outcome::unknown))));
    EXPECT_EQ(server_.count(RequestCode::send_message_v2), 4);
    EXPECT_TRUE(producer_->is_done());
}

TEST_F(ClientTest, gives_each_message_of_a_batch_its_offset) {
    server_.on(RequestCode::send_batch_message, [](remoting::Responder responder, const remoting::Command&) {
        const auto host = *model::Host::parse(server_address);
        const auto ids = std::string{model::offset_message_id(host, PhysicalOffset{100}).text()} + "," +
                         std::string{model::offset_message_id(host, PhysicalOffset{300}).text()};
        responder.answer(ResponseCode::success,
                         remoting::SendMessageResponse{.msg_id = ids, .queue_offset = QueueOffset{7}});
    });
    const auto& made = sends({.style = SendStyle::batches, .messages = 2, .batch_size = 2});
    ASSERT_THAT(made, SizeIs(2));
    EXPECT_EQ(made[1].offset, QueueOffset{8});
    EXPECT_EQ(made[1].record_at, PhysicalOffset{300});
}

TEST(AllocateAveragely, gives_each_queue_to_one_member_and_the_rest_to_the_first) {
    std::vector<model::MessageQueue> queues;
    for (int id = 0; id < 5; ++id) queues.push_back({"broker-a", QueueId{id}, "Orders"});
    const std::vector<std::string> members{"a", "b", "c"};
    const auto ids = [&](const std::string& member) {
        std::vector<int> mine;
        for (const auto& queue : allocate_averagely(queues, members, member))
            mine.push_back(queue.queue_id.value());
        return mine;
    };
    EXPECT_THAT(ids("a"), ElementsAre(0, 1));
    EXPECT_THAT(ids("b"), ElementsAre(2, 3));
    EXPECT_THAT(ids("c"), ElementsAre(4));
    EXPECT_THAT(ids("stranger"), IsEmpty());
}

TEST(AllocateAveragely, leaves_some_without_a_queue_when_there_are_more_members) {
    const std::vector<model::MessageQueue> queues{{"broker-a", QueueId{0}, "Orders"}};
    EXPECT_THAT(allocate_averagely(queues, {"a", "b"}, "a"), SizeIs(1));
    EXPECT_THAT(allocate_averagely(queues, {"a", "b"}, "b"), IsEmpty());
}

TEST(MessageBody, begins_with_its_key_and_differs_from_key_to_key) {
    EXPECT_EQ(message_body("p1-7", 0), "p1-7");
    EXPECT_THAT(message_body("p1-7", 100), SizeIs(100));
    EXPECT_NE(message_body("p1-7", 100).substr(4), message_body("p1-8", 100).substr(4));
}

}  // namespace
}  // namespace tern::simulation
