// Three members of a Raft group, on machines of their own, and a client that asks them one question at a
// time.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "remoting/header/group.hpp"
#include "replication/group.hpp"
#include "simulation/asking_client.hpp"
#include "simulation/servers.hpp"

namespace tern::simulation {

class ThreeMembers : public ::testing::Test {
protected:
    void SetUp() override { members_start({}); }

    static broker::BrokerConfig config_of(std::size_t index, const std::string& name_servers) {
        broker::BrokerConfig config;
        configure_small_broker(config, index);
        config.namesrv_addr = name_servers;
        config.raft_group = true;
        config.raft_group_name = "broker-a";
        config.raft_self = "n" + std::to_string(index);
        config.raft_peers = "n0-10.0.1.1:40911;n1-10.0.1.2:40911;n2-10.0.1.3:40911";
        return config;
    }

    // "host:port;host:port" of NameServers.
    void members_start(const std::string& name_servers) {
        for (std::size_t i = 0; i < 3; ++i) {
            hosts_.push_back(std::make_unique<BrokerHost>(surroundings_, "broker-" + std::to_string(i),
                                                          config_of(i, name_servers), 10 + i,
                                                          [](const Error&) {}));
            ASSERT_TRUE(hosts_.back()->start());
        }
        runs_until([&] { return leader() != nullptr; });
    }
    // Ends one and starts it with these settings.
    void starts_again(std::size_t member, broker::BrokerConfig config) {
        hosts_[member]->kill();
        hosts_[member]->configure(std::move(config));
        ASSERT_TRUE(hosts_[member]->start());
    }
    void comes_to_lead(std::size_t member) {
        const std::string name = "n" + std::to_string(member);
        runs_until([&] {
            if (leader() == hosts_[member].get()) return true;
            client_.asks(leader()->text(), remoting::RequestCode::transfer_leadership,
                         remoting::TransferLeadershipRequest{.to = name});
            runs_until([&] { return client_.answer || client_.is_refused; });
            runs_until([&] { return leader() != nullptr; });
            return leader() == hosts_[member].get();
        });
    }
    std::size_t follower() { return hosts_[0].get() == leader() ? 1 : 0; }
    BrokerHost* leader() {
        for (const auto& host : hosts_) {
            const auto inside = host->inside();
            if (inside && inside->group.accepts()) return host.get();
        }
        return nullptr;
    }
    template <class Condition>
    void runs_until(Condition condition, Duration at_most = 30s) {
        ASSERT_TRUE(step_until(time_, condition, at_most));
    }

    SimulatedTime time_{1, Ties::shuffled};
    SimulatedNetwork network_{time_, 2, {}};
    Trace trace_{time_};
    Surroundings surroundings_{time_, network_, trace_};
    std::vector<std::unique_ptr<BrokerHost>> hosts_;
    AskingClient client_{time_, network_};
};

}  // namespace tern::simulation
