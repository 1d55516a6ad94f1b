#include "replication/member_links.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "simulation/simulated_network.hpp"

namespace tern::simulation {
namespace {

using raft::MemberId;
using replication::MemberLinks;
using replication::RaftFrame;

constexpr std::int64_t members = 3;

std::string machine_of(std::int64_t id) {
    return "10.0.0." + std::to_string(id);
}

// One life of a member.
class Life final : public MemberLinks::Handler {
public:
    Life(SimulatedTime& time, SimulatedNetwork& network, std::int64_t id, std::uint64_t life)
        : incarnation{life},
          process{time, machine_of(id), life, log_},
          transport{network.attach(process, machine_of(id))} {
        replication::MemberLinksConfig config{.identity = {.group_name = "broker-a",
                                                           .self = MemberId{id},
                                                           .incarnation = incarnation,
                                                           .secret = "secret"},
                                              .listen = *model::Host::parse(machine_of(id) + ":10912")};
        for (std::int64_t peer = 1; peer <= members; ++peer)
            config.peers.push_back({MemberId{peer}, machine_of(peer) + ":10912"});
        links = std::make_unique<MemberLinks>(config, process.runtime(), *transport, *this);
        EXPECT_TRUE(links->start());
    }
    ~Life() override {
        process.kill();
        transport->leave();
        links.reset();
    }

    void on_link_up(const replication::LinkPeer& peer) override {
        EXPECT_TRUE(up.emplace(peer.member, peer.incarnation).second);
        EXPECT_TRUE(links->is_up(peer.member));
    }
    void on_link_down(MemberId peer, std::string_view) override { up.erase(peer); }
    void on_message(MemberId from, const replication::GroupFrame& any) override {
        EXPECT_TRUE(up.contains(from));
        const auto& frame = std::get<RaftFrame>(any);
        heard[from] = std::get<raft::TimeoutNow>(frame.message).term;
    }

    raft::Incarnation incarnation;
    SilentLog log_;
    SimulatedProcess process;
    std::unique_ptr<SimulatedTransport> transport;
    std::unique_ptr<MemberLinks> links;
    std::map<MemberId, raft::Incarnation> up;
    std::map<MemberId, raft::Term> heard;
};

class LinksInTrouble : public ::testing::TestWithParam<std::uint64_t> {
protected:
    void start(std::int64_t id) { lives_[id] = std::make_unique<Life>(time_, network_, id, ++incarnation_); }
    std::int64_t any() { return 1 + static_cast<std::int64_t>(random_.below(members)); }
    void something_happens() {
        const auto one = any();
        switch (random_.below(6)) {
            case 0:
                network_.reset_connections(machine_of(one), 1 + random_.below(2));
                break;
            case 1:
                if (const auto other = any(); other != one)
                    network_.partition(machine_of(one), machine_of(other));
                break;
            case 2:
                network_.heal_all();
                break;
            case 3:
                lives_.erase(one);
                start(one);
                break;
            case 4:  // Nobody is told.
                network_.power_off(machine_of(one));
                lives_.erase(one);
                network_.power_on(machine_of(one));
                start(one);
                break;
            default:
                lives_.at(one)->process.stall_until(time_.now() + Duration{random_.below(3'000'000'000)});
        }
    }
    // Whether what each says now is heard by all others.
    bool all_hear_each_other() {
        const raft::Term now{++said_};
        for (const auto& [id, life] : lives_)
            for (std::int64_t to = 1; to <= members; ++to)
                if (to != id) (void)life->links->send(MemberId{to}, RaftFrame{raft::TimeoutNow{now}});
        time_.run_for(1s);
        for (const auto& [id, life] : lives_)
            for (std::int64_t from = 1; from <= members; ++from)
                if (from != id && life->heard[MemberId{from}] != now) return false;
        return true;
    }

    SimulatedTime time_{GetParam(), Ties::shuffled};
    SimulatedNetwork network_{time_, GetParam(), {.pieces_max = 100}};
    SeededRandom random_{GetParam()};
    std::map<std::int64_t, std::unique_ptr<Life>> lives_;
    std::uint64_t incarnation_{100};
    std::int64_t said_{0};
};

TEST_P(LinksInTrouble, are_all_there_again_soon_after_it) {
    for (std::int64_t id = 1; id <= members; ++id) start(id);
    for (int n = 0; n < 50; ++n) {
        something_happens();
        time_.run_for(Duration{random_.below(2'000'000'000)});
    }
    network_.heal_all();
    time_.run_for(10s);
    EXPECT_TRUE(all_hear_each_other());
    for (const auto& [id, life] : lives_)
        for (const auto& [peer, incarnation] : life->up)
            EXPECT_EQ(incarnation, lives_.at(peer.value())->incarnation);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LinksInTrouble, ::testing::Range<std::uint64_t>(1, 51));

}  // namespace
}  // namespace tern::simulation
