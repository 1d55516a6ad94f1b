// What settings of a broker come to among the members of a group.
#include "simulation/three_members.hpp"

namespace tern::simulation {
namespace {

struct NothingToSay {
    static constexpr auto fields() { return list_of(); }
};

class GroupSettings : public ThreeMembers {
protected:
    void all_start_again(const broker::BrokerConfig& with) {
        for (std::size_t i = 0; i < hosts_.size(); ++i) {
            auto config = config_of(i, {});
            config.cluster_secret = with.cluster_secret;
            config.raft_preferred = with.raft_preferred;
            starts_again(i, std::move(config));
        }
        runs_until([&] { return leader() != nullptr; });
    }
    // By an operator on its machine.
    void is_told(std::size_t member, std::string_view settings) {
        AskingClient operator_there{time_, network_, hosts_[member]->machine().address()};
        operator_there.asks(hosts_[member]->text(), remoting::RequestCode::update_broker_config,
                            NothingToSay{}, settings);
        runs_until([&] { return operator_there.answer.has_value(); });
        EXPECT_EQ(operator_there.answer->code, remoting::ResponseCode::success)
            << operator_there.answer->remark;
    }
    void is_cut_off(std::size_t member) {
        for (const auto& host : hosts_) {
            if (host != hosts_[member])
                network_.partition(host->machine().address(), hosts_[member]->machine().address());
        }
    }
    bool has_a_leader(std::size_t member) { return hosts_[member]->inside()->group.leader_is_alive(); }
};

TEST_F(GroupSettings, cluster_secret_keeps_out_who_has_another_one_or_none) {
    all_start_again({.cluster_secret = "ours"});
    const auto other = follower();
    runs_until([&] { return has_a_leader(other); });
    for (const auto* secret : {"theirs", ""}) {
        auto config = config_of(other, {});
        config.cluster_secret = secret;
        starts_again(other, std::move(config));
        time_.run_for(10s);
        EXPECT_FALSE(has_a_leader(other)) << "with the secret '" << secret << "'";
        EXPECT_NE(leader(), nullptr) << "the others go on";
    }
    auto config = config_of(other, {});
    config.cluster_secret = "ours";
    starts_again(other, std::move(config));
    runs_until([&] { return has_a_leader(other); });
}

TEST_F(GroupSettings, preferred_leader_comes_to_lead_whenever_it_is_there) {
    for (const std::size_t preferred : {1U, 2U}) {
        all_start_again({.raft_preferred = "n" + std::to_string(preferred)});
        const auto leads = [&] { return leader() == hosts_[preferred].get(); };
        runs_until(leads);
        hosts_[preferred]->kill();
        runs_until([&] { return leader() != nullptr; });
        EXPECT_FALSE(leads());
        ASSERT_TRUE(hosts_[preferred]->start());
        runs_until(leads);
    }
}

TEST_F(GroupSettings, forward_timeout_counts_from_the_next_request_on) {
    const auto member = follower();
    const auto refused_after = [&] {
        const auto begun = time_.now();
        client_.sends(hosts_[member]->text(), "body");
        runs_until([&] { return client_.answer.has_value(); });
        EXPECT_NE(client_.answer->code, remoting::ResponseCode::success);
        return time_.now() - begun;
    };
    is_cut_off(member);
    EXPECT_GT(refused_after(), 500ms);
    is_told(member, "forwardTimeoutMs=100");
    EXPECT_LT(refused_after(), 200ms);
}

TEST_F(GroupSettings, link_silence_counts_from_now_on) {
    const auto is_linked = [&](std::size_t member) {
        for (const auto& other : leader()->inside()->group.members())
            if (other.id.value() == static_cast<std::int32_t>(member)) return other.linked;
        return false;
    };
    const auto member = follower();
    runs_until([&] { return is_linked(member); });
    for (std::size_t i = 0; i < hosts_.size(); ++i) is_told(i, "linkSilenceMaxMs=6000");
    time_.run_for(1s);
    is_cut_off(member);
    time_.run_for(4s);
    EXPECT_TRUE(is_linked(member));
    time_.run_for(4s);
    EXPECT_FALSE(is_linked(member));
}

}  // namespace
}  // namespace tern::simulation
