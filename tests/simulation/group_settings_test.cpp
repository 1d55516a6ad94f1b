// What settings of a broker come to among the members of a group.
#include "simulation/three_members.hpp"

namespace tern::simulation {
namespace {

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

}  // namespace
}  // namespace tern::simulation
