#include "broker/peer_consumers.hpp"

#include "broker/broker_scenario.hpp"
#include "broker/client_service.hpp"
#include "json/fields.hpp"
#include "remoting/body/lists.hpp"
#include "remoting/header/group.hpp"
#include "replication/group.hpp"

namespace tern::broker {
namespace {

using remoting::ConsumersBody;
using remoting::RequestCode;
using remoting::ResponseCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Ids = PeerConsumers::ClientIds;

// A member that was just started, of a group with n1 and n2.
struct YoungMember : ClientRegistry::Watcher {
    explicit YoungMember(std::vector<raft::MemberId> awaited = {raft::MemberId{1}, raft::MemberId{2}}) {
        peers.start(awaited);
    }
    void link_comes_up(std::int64_t member) {
        peers.member_is_at(raft::MemberId{member}, "10.0.0.2:10911");
        connections[member] = transport.outgoing.back();
    }
    // It was asked since it was looked for last.
    bool is_asked(std::int64_t member) {
        if (!connections.contains(member) || !connections.at(member).connection->has_sent()) return false;
        const auto& question = connections.at(member).connection->take_sent();
        EXPECT_EQ(static_cast<RequestCode>(question.code), RequestCode::get_consumers);
        opaque = question.opaque;
        return true;
    }
    void answers(std::int64_t member, ResponseCode code, std::string_view body = {}) {
        ASSERT_TRUE(is_asked(member));
        Buffer bytes;
        remoting::FrameWriter frame{
            bytes,
            remoting::HeaderEncoding::json,
            {.code = static_cast<std::int32_t>(code), .opaque = opaque, .flag = remoting::flag_response}};
        frame.finish(body);
        remoting::CommandDecoder decoder;
        auto& [connection, handler] = connections.at(member);
        handler->on_command(connection, *decoder.decode(**remoting::cut_frame(bytes.view())));
    }
    void says(std::int64_t member, Ids ids) {
        answers(member, ResponseCode::success, json::encode(ConsumersBody{false, {{"group", ids}}}));
    }
    void says_as_a_young_one(std::int64_t member, Ids ids) {
        answers(member, ResponseCode::success, json::encode(ConsumersBody{true, {{"group", ids}}}));
    }
    void is_lost(std::int64_t member) {
        auto& [connection, handler] = connections.at(member);
        connection->close("gone");
        handler->on_closed(connection, "gone");
    }
    void hears(std::string_view client_id) {
        const auto connection = make_counted<remoting::FakeConnection>(++heard);
        own.heard_consumer({.group_name = "group"}, Client{connection, std::string{client_id}});
    }
    // Whether that list is another one since it was looked at last.
    bool is_changed() { return std::exchange(changes, 0) > 0; }

    void on_group_changed(std::string_view, const ConsumerGroup&) override {}

    io::SimulatedLoop loop;
    CapturedTransport transport;
    ClientRegistry own{loop.runtime(), *this};
    int changes{0};
    PeerConsumers peers{loop.runtime(), transport, own, [this](std::string_view) { ++changes; }};
    std::map<std::int64_t, CapturedTransport::Outgoing> connections;
    std::int32_t opaque{0};
    std::uint64_t heard{100};
};

TEST(AYoungMember, asks_the_others_when_their_links_come_up_and_once_a_second) {
    YoungMember member;
    member.link_comes_up(1);
    EXPECT_TRUE(member.is_asked(1));
    EXPECT_FALSE(member.is_asked(2));
    member.loop.advance(3s);
    EXPECT_TRUE(member.is_asked(1));
}

TEST(AYoungMember, knows_enough_when_one_that_knows_all_has_answered) {
    YoungMember member;
    EXPECT_FALSE(member.peers.knows_enough());
    member.link_comes_up(1);
    member.link_comes_up(2);
    EXPECT_FALSE(member.peers.knows_enough());
    member.says(2, {"a", "b"});
    EXPECT_TRUE(member.peers.knows_enough());
    EXPECT_THAT(member.peers.heard_of("group"), ElementsAre("a", "b"));
    EXPECT_THAT(member.peers.heard_of("another"), IsEmpty());
}

TEST(AYoungMember, knows_as_much_as_there_is_when_all_others_are_as_young) {
    YoungMember member;
    member.link_comes_up(1);
    member.says_as_a_young_one(1, {"a"});
    EXPECT_FALSE(member.peers.knows_enough());
    member.link_comes_up(2);
    member.says_as_a_young_one(2, {"b"});
    EXPECT_TRUE(member.peers.knows_enough());
    EXPECT_THAT(member.peers.heard_of("group"), ElementsAre("a", "b"));
}

TEST(AYoungMember, does_not_wait_long_for_one_that_is_away) {
    YoungMember member;
    member.link_comes_up(1);
    member.says_as_a_young_one(1, {"a"});
    member.loop.advance(PeerConsumers::away_after);
    EXPECT_TRUE(member.peers.knows_enough());
}

TEST(AYoungMember, waits_for_one_of_those_that_are_configured) {
    YoungMember member;
    member.link_comes_up(1);
    member.is_lost(1);
    member.loop.advance(10s);
    EXPECT_FALSE(member.peers.knows_enough());
}

TEST(AYoungMember, takes_an_older_version_for_one_that_knows_nobody) {
    YoungMember member;
    for (const int other : {1, 2}) {
        member.link_comes_up(other);
        member.answers(other, ResponseCode::request_code_not_supported);
    }
    EXPECT_TRUE(member.peers.knows_enough());
    EXPECT_THAT(member.peers.heard_of("group"), IsEmpty());
}

TEST(AYoungMember, believes_what_was_said_last_and_tells_of_changes_that_make_a_difference) {
    YoungMember member;
    member.link_comes_up(1);
    member.link_comes_up(2);
    member.says(1, {"a", "b"});
    EXPECT_TRUE(member.is_changed());
    member.says(2, {"a", "b"});
    EXPECT_FALSE(member.is_changed());
    member.loop.advance(1s);
    member.says(1, {"a"});
    EXPECT_FALSE(member.is_changed());
    member.says(2, {"a"});
    EXPECT_TRUE(member.is_changed());
    EXPECT_THAT(member.peers.heard_of("group"), ElementsAre("a"));
}

TEST(AYoungMember, keeps_what_the_last_one_that_knew_all_has_said) {
    YoungMember member;
    member.link_comes_up(1);
    member.link_comes_up(2);
    member.says(1, {"a", "b"});
    member.says(2, {"a", "b", "c"});
    member.is_lost(1);
    member.loop.advance(1s);
    EXPECT_THAT(member.peers.heard_of("group"), ElementsAre("a", "b", "c"));
    member.link_comes_up(1);
    member.says_as_a_young_one(1, {});
    member.says_as_a_young_one(2, {"c"});
    EXPECT_THAT(member.peers.heard_of("group"), ElementsAre("a", "b", "c"));
    EXPECT_TRUE(member.peers.knows_enough());
}

TEST(AMemberThatHasGrownUp, has_forgotten_what_others_said_and_asks_no_more) {
    YoungMember member;
    member.hears("a");
    member.link_comes_up(1);
    member.says(1, {"a"});
    EXPECT_FALSE(member.is_changed());
    member.loop.advance(PeerConsumers::youth);
    EXPECT_FALSE(member.peers.is_young());
    EXPECT_FALSE(member.is_changed());
    EXPECT_FALSE(member.connections.at(1).connection->is_open());
    EXPECT_THAT(member.peers.heard_of("group"), IsEmpty());
    EXPECT_TRUE(member.peers.knows_enough());
    const auto connections = member.transport.outgoing.size();
    member.peers.member_is_at(raft::MemberId{2}, "10.0.0.3:10911");
    EXPECT_EQ(member.transport.outgoing.size(), connections);
}

TEST(AMaster, waits_for_no_slaves_that_have_not_come) {
    YoungMember member{{}};
    EXPECT_TRUE(member.peers.knows_enough());
    member.link_comes_up(1);
    EXPECT_FALSE(member.peers.knows_enough());
    member.says(1, {"a"});
    EXPECT_THAT(member.peers.heard_of("group"), ElementsAre("a"));
}

TEST(AMaster, asks_so_many_slaves_and_no_more) {
    YoungMember member{{}};
    for (std::size_t slave = 1; slave <= PeerConsumers::peers_max + 3; ++slave)
        member.peers.member_is_at(raft::MemberId{static_cast<std::int64_t>(slave)}, "10.0.0.2:10911");
    EXPECT_EQ(member.transport.outgoing.size(), PeerConsumers::peers_max);
}

struct BrokerWithConsumers : BrokerScenario {
    void hears(std::string_view client_id, std::string_view group) {
        client = make_counted<remoting::FakeConnection>(++connections);
        remoting::HeartbeatData data{.client_id = std::string{client_id}};
        data.consumer_data_set.push_back({.group_name = std::string{group}});
        asks(RequestCode::heart_beat, remoting::GetConsumersRequest{}, json::encode(data));
        while (next_answer()) {
        }
    }
    Answer tells_of_consumers() {
        return asks(RequestCode::get_consumers, remoting::GetConsumersRequest{}).value_or(Answer{});
    }
    std::uint64_t connections{100};
};

TEST(AMember, tells_the_others_whom_it_hears_itself) {
    BrokerWithConsumers broker;
    broker.starts();
    broker.hears("a", "group");
    broker.hears("b", "group");
    broker.hears("a", "other");
    const std::string consumers = R"("consumers":{"group":["a","b"],"other":["a"]})";
    EXPECT_EQ(broker.tells_of_consumers().body, R"({"young":true,)" + consumers + "}");
    broker.runs(PeerConsumers::youth);
    EXPECT_EQ(broker.tells_of_consumers().body, R"({"young":false,)" + consumers + "}");
}

TEST(AMember, does_not_answer_for_an_older_version_that_passes_the_question_on) {
    BrokerWithConsumers broker;
    broker.starts();
    const auto epoch = std::to_string(broker.inside().group.epoch().value());
    const remoting::FieldView in_this_term{"ternForwarded", epoch};
    const auto refused = broker.asks(RequestCode::get_consumers, remoting::GetConsumerListByGroupRequest{},
                                     {}, 50ms, BrokerScenario::port, in_this_term);
    EXPECT_EQ(refused->code, ResponseCode::request_code_not_supported) << refused->remark;
}

TEST(AMember, does_not_tell_of_more_consumers_than_a_frame_takes) {
    BrokerWithConsumers broker;
    broker.starts();
    for (int i = 0; i < 9; ++i) broker.hears(std::to_string(i) + std::string(1024 * 1024, 'c'), "group");
    EXPECT_EQ(broker.tells_of_consumers().code, ResponseCode::system_busy);
}

struct LonelyMemberWithConsumers : BrokerWithConsumers {
    LonelyMemberWithConsumers() {
        config.raft_group = true;
        config.raft_group_name = "broker-a";
        config.raft_peers = "n0-10.0.0.1:40911;n1-10.0.0.2:40911;n2-10.0.0.3:40911";
        config.raft_self = "n0";
    }
};

TEST(AMember, that_was_just_started_lets_who_asks_for_a_list_wait_but_not_too_many) {
    LonelyMemberWithConsumers broker;
    broker.starts();
    const remoting::GetConsumerListByGroupRequest list{"group"};
    for (std::size_t i = 0; i < ClientService::questions_max; ++i) broker.hands_over(list.code, list);
    EXPECT_FALSE(broker.next_answer());
    EXPECT_EQ(broker.asks(list.code, list)->code, ResponseCode::system_busy);
}

TEST(AMember, that_was_just_started_gives_no_list_before_another_one_has_answered) {
    LonelyMemberWithConsumers broker;
    broker.starts();
    broker.hears("a", "group");
    const remoting::GetConsumerListByGroupRequest list{"group"};
    EXPECT_FALSE(broker.asks(list.code, list, {}, 5'500ms));
    broker.runs(ClientService::question_patience - 5s);
    const auto refused = broker.next_answer().value_or(Answer{});
    EXPECT_EQ(refused.code, ResponseCode::system_error);
    EXPECT_THAT(refused.remark, HasSubstr("just started"));
    broker.runs(PeerConsumers::youth - 10s);
    EXPECT_EQ(broker.asks(list.code, list, {}, 5s).value_or(Answer{}).body, R"({"consumerIdList":["a"]})");
}

}  // namespace
}  // namespace tern::broker
