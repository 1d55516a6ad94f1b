// What NameServers know of a group whose leader changes, while another NameServer is silent.
#include <array>
#include <string>

#include "json/fields.hpp"
#include "remoting/body/route_data.hpp"
#include "remoting/header/route.hpp"
#include "simulation/three_members.hpp"

namespace tern::simulation {
namespace {

class Registrations : public ThreeMembers {
protected:
    void SetUp() override {
        for (auto& server : name_servers_) ASSERT_TRUE(server.start());
        members_start(name_servers_[0].text() + ";" + name_servers_[1].text());
        makes_topic("First");
        knows_leader_of("First");
        time_.run_for(2s);  // Those that follow register, too.
    }
    // No connection to it ends, and nothing comes of it any more.
    void falls_silent(NameServerHost& server) {
        for (const auto& host : hosts_)
            network_.partition(host->machine().address(), server.machine().address());
    }
    void makes_topic(const std::string& topic) {
        remoting::SendMessageRequest request;
        request.producer_group = "producers";
        request.topic = topic;
        request.default_topic = "TBW102";
        request.default_topic_queue_nums = 4;
        client_.asks(leader()->text(), remoting::RequestCode::send_message, request, "body");
    }
    // How long it takes until the NameServer that answers says that who leads is the group's master.
    Duration knows_leader_of(const std::string& topic) {
        const Instant begun = time_.now();
        runs_until([&] {
            const auto route = route_of(topic);
            return leader() != nullptr && !route.broker_datas.empty() &&
                   route.broker_datas.front().broker_addrs.contains(BrokerId{0}) &&
                   route.broker_datas.front().broker_addrs.at(BrokerId{0}) == leader()->text();
        });
        return time_.now() - begun;
    }
    template <class Condition>
    void while_a_master_is_shown(Condition is_over) {
        for (int asked = 0; !is_over(); ++asked) {
            ASSERT_LT(asked, 100'000);
            ASSERT_TRUE(has_master(route_of("First"))) << "at " << time_.now().time_since_epoch() / 1us;
        }
    }
    static bool has_master(const remoting::TopicRouteData& route) {
        return !route.broker_datas.empty() && route.broker_datas.front().broker_addrs.contains(BrokerId{0});
    }
    static std::size_t members_in(const remoting::TopicRouteData& route) {
        return route.broker_datas.empty() ? 0 : route.broker_datas.front().broker_addrs.size();
    }
    remoting::TopicRouteData route_of(const std::string& topic) {
        asking_.asks(name_servers_[1].text(), remoting::RequestCode::get_routeinfo_by_topic,
                     remoting::GetRouteInfoRequest{.accept_standard_json_only = true, .topic = topic});
        runs_until([&] { return asking_.answer.has_value(); });
        const auto route = json::decode<remoting::TopicRouteData>(asking_.answer->body);
        return route.value_or(remoting::TopicRouteData{});
    }

    std::array<NameServerHost, 2> name_servers_{
        {{surroundings_, "namesrv-0", "10.0.3.1", 4}, {surroundings_, "namesrv-1", "10.0.3.2", 5}}};
    AskingClient asking_{time_, network_, "10.0.2.2"};
};

TEST_F(Registrations, of_a_new_leader_wait_for_no_silent_name_server) {
    falls_silent(name_servers_[0]);
    makes_topic("Second");
    time_.run_for(100ms);
    comes_to_lead(follower());
    EXPECT_LT(knows_leader_of("First"), 100ms);
}

TEST_F(Registrations, of_topics_wait_for_no_silent_name_server) {
    falls_silent(name_servers_[0]);
    makes_topic("Second");
    time_.run_for(100ms);
    makes_topic("Third");
    time_.run_for(100ms);
    EXPECT_FALSE(route_of("Third").broker_datas.empty());
}

// A client that is told of none fails its send at once.
TEST_F(Registrations, show_a_master_at_any_time_while_leaders_hand_over) {
    for (int i = 0; i < 10; ++i) {
        auto* led = leader();
        client_.asks(led->text(), remoting::RequestCode::transfer_leadership,
                     remoting::TransferLeadershipRequest{});
        while_a_master_is_shown([&] { return leader() != nullptr && leader() != led; });
        const Instant begun = time_.now();
        while_a_master_is_shown([&] { return time_.now() - begun > 2s; });
        ASSERT_EQ(members_in(route_of("First")), 3) << "the one that led is a slave now";
    }
}

TEST_F(Registrations, show_a_master_at_any_time_while_the_leader_stops) {
    auto* leaves = leader();
    leaves->stop([](const Result<>&) {});
    while_a_master_is_shown([&] { return leader() != nullptr && leader() != leaves; });
    const Instant begun = time_.now();
    while_a_master_is_shown([&] { return time_.now() - begun > 2s; });
}

TEST_F(Registrations, of_a_leader_that_nobody_follows_are_those_of_a_slave) {
    const auto led = leader()->text();
    for (const auto& host : hosts_)
        if (host->text() != led) host->kill();
    runs_until([&] {
        const auto route = route_of("First");
        return members_in(route) == 1 && !has_master(route);
    });
}

TEST_F(Registrations, of_a_member_that_drains_are_gone) {
    auto* leaves = leader();
    leaves->stop([](const Result<>&) {});
    runs_until([&] { return leader() != nullptr && leader() != leaves; });
    knows_leader_of("First");
    time_.run_for(10s);
    ASSERT_TRUE(leaves->is_up()) << "the one that makes topics is connected to it";
    const auto route = route_of("First");
    ASSERT_EQ(route.broker_datas.size(), 1);
    for (const auto& [id, address] : route.broker_datas.front().broker_addrs)
        EXPECT_NE(address, leaves->text());
    EXPECT_EQ(route.broker_datas.front().broker_addrs.at(BrokerId{0}), leader()->text());
}

}  // namespace
}  // namespace tern::simulation
