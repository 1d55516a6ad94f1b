// What clients may make of a broker by saying names: groups, topics, offsets.
#include "broker/broker_scenario.hpp"
#include "broker/client_registry.hpp"
#include "broker/forwarder.hpp"
#include "broker/held_pulls.hpp"
#include "broker/subscription_groups.hpp"
#include "broker/topics.hpp"
#include "json/fields.hpp"
#include "remoting/body/heartbeat.hpp"
#include "remoting/body/stats.hpp"
#include "remoting/header/topic.hpp"

namespace tern::broker {
namespace {

using remoting::RequestCode;
using remoting::ResponseCode;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

struct NoFields {
    static constexpr auto fields() { return list_of(); }
};

struct CrowdedBroker : BrokerScenario {
    Answer says(const remoting::HeartbeatData& data, std::size_t padding = 0) {
        const std::string body = json::encode(data) + std::string(padding, ' ');
        return asks(RequestCode::heart_beat, NoFields{}, body).value_or(Answer{});
    }
    Answer produces_in(std::size_t groups, std::string_view prefix = "group") {
        remoting::HeartbeatData data{.client_id = "client"};
        for (std::size_t i = 0; i < groups; ++i)
            data.producer_data_set.push_back({std::string{prefix} + std::to_string(i)});
        return says(data);
    }
    // How often somebody was beyond that limit.
    std::int64_t limited(std::string_view limit) {
        return counted("broker_limited_total{limit=\"" + std::string{limit} + "\"}");
    }
    std::int64_t counted(std::string_view series) {
        const auto text = asks(RequestCode::get_metrics, NoFields{}).value_or(Answer{}).body;
        const auto at = text.find("\n" + std::string{series} + " ");
        EXPECT_NE(at, std::string::npos) << series;
        return at == std::string::npos ? -1 : std::stoll(text.substr(at + series.size() + 2));
    }
    std::string producers() {
        return asks(RequestCode::get_all_producer_info, NoFields{}).value_or(Answer{}).body;
    }
    Answer deletes_topic(std::string_view topic) {
        remoting::DeleteTopicRequest request;
        request.topic = topic;
        return asks(request.code, request).value_or(Answer{});
    }
    Answer commits_of_queue(std::int32_t queue) {
        remoting::UpdateConsumerOffsetRequest request{QueueOffset{1}, "consumers", QueueId{queue}, "Orders"};
        return asks(RequestCode::update_consumer_offset, request).value_or(Answer{});
    }
    // So many entries of a table, as a store of Java's has them.
    void has_on_disk(std::string_view file, std::string_view table, std::string_view name_field,
                     std::size_t entries) {
        json::Object all;
        for (std::size_t i = 0; i < entries; ++i) {
            const auto name = "N" + std::to_string(i);
            all.push_back({name, json::Object{{name_field, name}}});
        }
        const auto text = json::write(json::Object{{table, std::move(all)}});
        ASSERT_TRUE(files.create_directories("/store/config"));
        const std::string_view view = text;
        const auto opened =
            files.open("/store/config/" + std::string{file}, io::OpenMode::create_or_truncate);
        ASSERT_TRUE(opened && (*opened)->write_at(0, {&view, 1}));
    }
    // One connection goes, the next requests come over another.
    void reconnects() {
        transport.handlers.at(port)->on_closed(client, "gone");
        client = make_counted<remoting::FakeConnection>(++connections_);
    }

private:
    std::uint64_t connections_{100};
};

TEST(AClient, is_in_so_many_groups_and_no_more) {
    CrowdedBroker broker;
    broker.starts();
    const auto most = ClientRegistry::groups_of_client_max;
    const auto refused = broker.produces_in(most + 1);
    EXPECT_EQ(refused.code, ResponseCode::invalid_parameter);
    EXPECT_THAT(refused.remark, HasSubstr("1025 groups"));
    EXPECT_EQ(broker.produces_in(most).code, ResponseCode::success);
    EXPECT_EQ(broker.produces_in(10, "other").code, ResponseCode::success);
    EXPECT_THAT(broker.producers(), HasSubstr("group1023"));
    EXPECT_THAT(broker.producers(), Not(HasSubstr("other")));
    EXPECT_EQ(broker.limited("groups_of_client"), 10);
}

TEST(AClient, may_come_to_other_groups_when_it_has_left_some) {
    CrowdedBroker broker;
    broker.starts();
    broker.produces_in(ClientRegistry::groups_of_client_max);
    remoting::UnregisterClientRequest leaves;
    leaves.client_id = "client";
    leaves.producer_group = "group7";
    EXPECT_EQ(broker.asks(leaves.code, leaves)->code, ResponseCode::success);
    broker.produces_in(1, "other");
    EXPECT_THAT(broker.producers(), HasSubstr("other0"));
    EXPECT_THAT(broker.producers(), Not(HasSubstr("\"group7\"")));
}

TEST(Clients, are_heard_as_long_as_there_is_room_for_what_they_say) {
    CrowdedBroker broker;
    broker.starts();
    const std::size_t size = ClientRegistry::heartbeat_bytes_max / 8;
    for (int i = 0; i < 7; ++i) {
        EXPECT_EQ(broker.says({.client_id = "client"}, size).code, ResponseCode::success);
        EXPECT_EQ(broker.says({.client_id = "client"}, size).code,
                  ResponseCode::success);  // In place of the first.
        broker.client = make_counted<remoting::FakeConnection>(static_cast<std::uint64_t>(10 + i));
    }
    EXPECT_EQ(broker.says({.client_id = "client"}, size).code, ResponseCode::system_busy);
    EXPECT_EQ(broker.limited("heartbeats"), 1);
    EXPECT_EQ(broker.says({.client_id = "client"}).code, ResponseCode::success);
}

TEST(Clients, make_room_when_they_go) {
    CrowdedBroker broker;
    broker.starts();
    const std::size_t size = ClientRegistry::heartbeat_bytes_max / 8;
    for (int i = 0; i < 12; ++i) {
        EXPECT_EQ(broker.says({.client_id = "client"}, size).code, ResponseCode::success);
        broker.reconnects();
    }
}

TEST(Topics, are_not_made_by_themselves_once_there_are_too_many) {
    CrowdedBroker broker;
    broker.has_on_disk("topics.json", "topicConfigTable", "topicName", Topics::made_by_themselves_max);
    broker.starts();
    EXPECT_EQ(broker.sends("N7", "known").code, ResponseCode::success);
    const auto refused = broker.sends("OneMore", "unknown");
    EXPECT_EQ(refused.code, ResponseCode::invalid_parameter);
    EXPECT_THAT(refused.remark, HasSubstr("topic[OneMore] is not made by itself: there are 20"));
    EXPECT_EQ(broker.limited("topics_made_by_themselves"), 1);
}

TEST(Groups, are_not_made_by_themselves_once_there_are_too_many) {
    CrowdedBroker broker;
    broker.has_on_disk("subscriptionGroup.json", "subscriptionGroupTable", "groupName",
                       SubscriptionGroups::made_by_themselves_max);
    broker.starts();
    broker.sends("Orders", "a");
    const auto refused = broker.pulls("Orders", 0);  // By the group "consumers".
    EXPECT_EQ(refused->code, ResponseCode::invalid_parameter);
    EXPECT_THAT(refused->remark, HasSubstr("group [consumers] is not made by itself"));
    EXPECT_GE(broker.limited("groups_made_by_themselves"), 1);
}

TEST(Pulls, wait_as_long_as_there_is_room_for_them) {
    CrowdedBroker broker;
    broker.starts();
    broker.sends("Orders", "a");
    // Each is kept with what it subscribes to.
    const std::string expression(std::size_t{900} * 1024, 't');
    std::size_t waiting = 0;
    while (waiting < HeldPulls::held_bytes_max / expression.size() + 2) {
        if (broker.pulls("Orders", 1, expression, 20'000, 0ms)) break;
        ++waiting;
    }
    EXPECT_LE(waiting * expression.size(), HeldPulls::held_bytes_max);
    EXPECT_GE((waiting + 1) * 2 * expression.size(), HeldPulls::held_bytes_max);
    EXPECT_EQ(broker.limited("held_pulls"), 1);
    EXPECT_EQ(broker.counted("broker_held_pulls"), static_cast<std::int64_t>(waiting));

    broker.reconnects();
    EXPECT_EQ(broker.counted("broker_held_pulls"), 0);
    EXPECT_FALSE(broker.pulls("Orders", 1, "*", 20'000));
}

TEST(Pulls, that_wait_are_so_many_at_most) {
    io::SimulatedLoop loop;
    HeldPulls held{loop.runtime(), [](HeldPull) {}};
    const auto connection = make_counted<remoting::FakeConnection>();
    const remoting::Command command;
    for (std::size_t i = 0; i < HeldPulls::held_max; ++i) {
        ASSERT_FALSE(held.full());
        held.hold({.group = "g", .topic = "t", .responder = {connection, command}}, 1h);
    }
    EXPECT_TRUE(held.full());
    held.on_closed(*connection);
    EXPECT_FALSE(held.full());
    EXPECT_EQ(held.size(), 0U);
}

struct LonelyMember : CrowdedBroker {
    LonelyMember() {
        config.raft_group = true;
        config.raft_group_name = "broker-a";
        config.raft_peers = "n0-10.0.0.1:40911;n1-10.0.0.2:40911;n2-10.0.0.3:40911";
        config.raft_self = "n0";
    }
    // Requests in a row, of which none is answered while there is no leader; how many it takes until one is.
    template <HasFields Header>
    std::size_t waiting(RequestCode code, const Header& header, std::string_view body, std::size_t most) {
        std::size_t sent = 0;
        while (!client->has_sent() && sent <= most) {
            hands_over(code, header, body);
            ++sent;
        }
        const auto answer = next_answer().value_or(Answer{});
        EXPECT_EQ(answer.code, ResponseCode::system_busy);
        EXPECT_THAT(answer.remark, HasSubstr("too many requests wait for the group's leader"));
        return sent - 1;
    }
    std::size_t waiting_sends(std::size_t body_size) {
        remoting::SendMessageRequest request;
        request.topic = "Orders";
        request.default_topic = "TBW102";
        return waiting(RequestCode::send_message, request, std::string(body_size, 'x'),
                       Forwarder::waiting_max);
    }
    std::size_t waiting_pulls(std::size_t expression_size) {
        const std::string expression(expression_size, 't');
        remoting::PullMessageRequest request;
        request.consumer_group = "consumers";
        request.topic = "Orders";
        request.sys_flag = remoting::pull_sys_flag::subscription | remoting::pull_sys_flag::suspend;
        request.suspend_timeout_ms = 20'000;
        request.subscription = expression;
        return waiting(RequestCode::pull_message, request, {}, Forwarder::pulls_max);
    }
};

TEST(RequestsForTheLeader, are_so_many_at_most) {
    LonelyMember broker;
    broker.starts();
    EXPECT_EQ(broker.waiting_sends(10), Forwarder::waiting_max);
    EXPECT_EQ(broker.counted("broker_refused_requests_total"), 1);
}

TEST(RequestsForTheLeader, are_kept_as_long_as_there_is_room_for_them) {
    LonelyMember broker;
    broker.starts();
    constexpr std::size_t size = std::size_t{4} * 1024 * 1024;
    const auto waiting = broker.waiting_sends(size - 1024);
    EXPECT_EQ(waiting, Forwarder::held_bytes_max / size);
    EXPECT_EQ(broker.counted("broker_refused_requests_total"), 1);
}

TEST(PullsForTheLeader, are_so_many_at_most_and_leave_the_room_of_sends_alone) {
    LonelyMember broker;
    broker.starts();
    EXPECT_EQ(broker.waiting_pulls(1), Forwarder::pulls_max);
    EXPECT_EQ(broker.limited("forwarded_pulls"), 1);
    EXPECT_EQ(broker.inside().forwarder.pulls(), Forwarder::pulls_max);
    EXPECT_EQ(broker.waiting_sends(10), Forwarder::waiting_max);
    EXPECT_EQ(broker.inside().forwarder.waiting(), Forwarder::waiting_max);
}

TEST(PullsForTheLeader, are_kept_as_long_as_there_is_room_for_them) {
    LonelyMember broker;
    broker.starts();
    constexpr std::size_t size = std::size_t{900} * 1024;
    EXPECT_EQ(broker.waiting_pulls(size), Forwarder::pull_bytes_max / size + 1);
    EXPECT_EQ(broker.limited("forwarded_pulls"), 1);
    EXPECT_EQ(broker.waiting_sends(10), Forwarder::waiting_max);
}

TEST(PullsForTheLeader, make_room_when_they_are_refused) {
    LonelyMember broker;
    broker.starts();
    broker.waiting_pulls(1);
    broker.runs(36s);
    EXPECT_EQ(broker.inside().forwarder.pulls(), 0U);
    EXPECT_FALSE(broker.inside().forwarder.has_unrepeatable());
}

TEST(ConsumerOffsets, are_those_of_queues_that_there_are) {
    CrowdedBroker broker;
    broker.starts();
    broker.sends("Orders", "a");
    EXPECT_EQ(broker.commits_of_queue(3).code, ResponseCode::success);
    for (const std::int32_t queue : {4, -1, INT32_MAX, INT32_MIN}) {
        const auto refused = broker.commits_of_queue(queue);
        EXPECT_EQ(refused.code, ResponseCode::invalid_parameter) << queue;
        EXPECT_THAT(refused.remark, HasSubstr("queueId[" + std::to_string(queue) + "] is illegal"));
    }
}

TEST(Topics, are_deleted_by_names_that_they_may_have) {
    CrowdedBroker broker;
    broker.starts();
    for (const char* name : {"../../x", "a/b", "..", "a\nb"}) {
        const auto refused = broker.deletes_topic(name);
        EXPECT_EQ(refused.code, ResponseCode::invalid_parameter) << name;
        EXPECT_THAT(refused.remark, HasSubstr("illegal characters"));
    }
    EXPECT_EQ(broker.failed_because, "");
    EXPECT_EQ(broker.deletes_topic("Unknown").code, ResponseCode::success);
    broker.is_killed_and_restarts();
    EXPECT_EQ(broker.sends("Orders", "a").code, ResponseCode::success);
}

}  // namespace
}  // namespace tern::broker
