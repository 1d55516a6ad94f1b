// Who consumes in a group, as the leader of three members says it to the consumers, who divide their queues
// by it: they tell each member that they live, but only every half minute.
#include <gmock/gmock.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "json/fields.hpp"
#include "remoting/body/heartbeat.hpp"
#include "remoting/body/lists.hpp"
#include "simulation/three_members.hpp"

namespace tern::simulation {
namespace {

using remoting::RequestCode;
using remoting::ResponseCode;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

struct NoFields {
    static constexpr auto fields() { return list_of(); }
};

class ConsumerLists : public ThreeMembers {
protected:
    // One connection to each member, as stock clients have them.
    struct Consumer {
        std::string id;
        std::array<std::unique_ptr<AskingClient>, 3> connections;
    };
    Consumer joins(std::string id, std::size_t number) {
        Consumer consumer{std::move(id), {}};
        for (std::size_t i = 0; i < 3; ++i) {
            consumer.connections[i] = std::make_unique<AskingClient>(
                time_, network_, "10.0." + std::to_string(10 + number) + "." + std::to_string(i + 1));
            tells(consumer, i);
        }
        return consumer;
    }
    // A heartbeat to one member.
    void tells(Consumer& consumer, std::size_t member) {
        remoting::HeartbeatData data{.client_id = consumer.id};
        data.consumer_data_set.push_back({.group_name = "group"});
        auto& connection = *consumer.connections[member];
        connection.asks(hosts_[member]->text(), RequestCode::heart_beat, NoFields{}, json::encode(data));
        runs_until([&] { return connection.answer.has_value(); });
    }
    void restarts(std::size_t member) {
        hosts_[member]->kill();
        time_.run_for(3s);
        ASSERT_TRUE(hosts_[member]->start());
    }
    std::vector<std::string> list_of_leader() {
        client_.asks(leader()->text(), RequestCode::get_consumer_list_by_group,
                     remoting::GetConsumerListByGroupRequest{"group"});
        runs_until([&] { return client_.answer.has_value(); });
        if (client_.answer->code != ResponseCode::success) return {client_.answer->remark};
        return json::decode<remoting::ConsumerListBody>(client_.answer->body)->consumer_id_list;
    }
};

TEST_F(ConsumerLists, are_whole_at_a_leader_that_was_just_started) {
    auto one = joins("one", 1);
    auto two = joins("two", 2);
    const auto member = follower();
    restarts(member);
    comes_to_lead(member);
    EXPECT_THAT(list_of_leader(), ElementsAre("one", "two"));
    tells(two, member);
    EXPECT_THAT(list_of_leader(), UnorderedElementsAre("one", "two"));
}

TEST_F(ConsumerLists, are_given_by_a_member_that_was_just_started_when_it_knows_them) {
    auto one = joins("one", 1);
    auto two = joins("two", 2);
    const auto member = follower();
    restarts(member);
    client_.asks(hosts_[member]->text(), RequestCode::get_consumer_list_by_group,
                 remoting::GetConsumerListByGroupRequest{"group"});
    runs_until([&] { return client_.answer.has_value(); });
    EXPECT_EQ(client_.answer->body, R"({"consumerIdList":["one","two"]})");
}

TEST_F(ConsumerLists, lose_a_consumer_that_leaves_within_about_a_second) {
    auto one = joins("one", 1);
    auto two = joins("two", 2);
    const auto member = follower();
    restarts(member);
    comes_to_lead(member);
    two = {};
    time_.run_for(1100ms);
    EXPECT_THAT(list_of_leader(), ElementsAre("one"));
}

// It is told to divide the queues again, for when it was told by another member the list had not changed yet.
TEST_F(ConsumerLists, are_told_to_have_changed_when_they_have) {
    auto one = joins("one", 1);
    auto two = joins("two", 2);
    const auto member = follower();
    restarts(member);
    comes_to_lead(member);
    tells(one, member);
    auto& connection = *one.connections[member];
    connection.answer.reset();
    two = {};
    time_.run_for(1100ms);
    ASSERT_TRUE(connection.answer);
    EXPECT_EQ(static_cast<RequestCode>(connection.answer->code), RequestCode::notify_consumer_ids_changed);
}

TEST_F(ConsumerLists, are_the_leaders_own_again_when_it_has_been_up_for_long_enough) {
    auto one = joins("one", 1);
    auto two = joins("two", 2);
    const auto member = follower();
    restarts(member);
    comes_to_lead(member);
    tells(one, member);
    time_.run_for(36s);
    EXPECT_THAT(list_of_leader(), ElementsAre("one"));
}

TEST_F(ConsumerLists, are_what_they_are_when_all_members_were_just_started) {
    auto one = joins("one", 1);
    for (const auto& host : hosts_) host->kill();
    for (const auto& host : hosts_) ASSERT_TRUE(host->start());
    runs_until([&] { return leader() != nullptr; });
    for (std::size_t i = 0; i < 3; ++i) tells(one, i);
    time_.run_for(1s);
    EXPECT_THAT(list_of_leader(), ElementsAre("one"));
}

TEST_F(ConsumerLists, are_whole_when_the_leader_was_killed_and_leads_again) {
    auto one = joins("one", 1);
    const auto member = static_cast<std::size_t>(
        std::ranges::find(hosts_, leader(), &std::unique_ptr<BrokerHost>::get) - hosts_.begin());
    restarts(member);
    comes_to_lead(member);
    EXPECT_THAT(list_of_leader(), ElementsAre("one"));
}

}  // namespace
}  // namespace tern::simulation
