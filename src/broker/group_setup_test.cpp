#include "broker/group_setup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/foreign_settings.hpp"

namespace tern::broker {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

// The settings of a file, over those of an empty one.
BrokerConfig reads(const std::string& text) {
    BrokerConfig config;
    config.broker_name = "broker-a";
    Settings settings{foreign_settings, config};
    const auto properties = *parse_properties(text);
    EXPECT_TRUE(settings.apply("broker.conf", properties));
    return config;
}

std::string refusal(const std::string& text) {
    const auto setup = group_setup(reads(text));
    return setup ? "" : setup.error().detail;
}

TEST(AGroupSetup, of_no_group_at_all_is_a_master_that_slaves_may_follow) {
    const auto setup = group_setup(reads("listenPort=10911\nflushDiskType=SYNC_FLUSH\n"));
    ASSERT_TRUE(setup);
    EXPECT_THAT(setup->members, ElementsAre(Field(&raft::Member::id, raft::MemberId{0})));
    EXPECT_TRUE(setup->admits_slaves);
    EXPECT_EQ(setup->link_port, 10912);
    EXPECT_FALSE(setup->replicas.waits());
    EXPECT_EQ(setup->raft.quorum, raft::QuorumPolicy::durable);
}

TEST(AGroupSetup, of_a_synchronous_master_waits_for_one_slave) {
    EXPECT_EQ(group_setup(reads("brokerRole=SYNC_MASTER\nhaListenPort=5000\n"))->replicas.wanted, 2);
    const auto others = group_setup(reads(
        "brokerRole=SYNC_MASTER\ninSyncReplicas=3\nminInSyncReplicas=2\nenableAutoInSyncReplicas=true\n"));
    EXPECT_EQ(others->replicas.wanted, 3);
    EXPECT_EQ(others->replicas.least, 2);
    EXPECT_TRUE(others->replicas.adapts);
    EXPECT_TRUE(
        group_setup(reads("brokerRole=SYNC_MASTER\nallAckInSyncStateSet=true\n"))->replicas.all_in_sync);
    EXPECT_FALSE(group_setup(reads("inSyncReplicas=3\n"))->replicas.waits());
    EXPECT_EQ(group_setup(reads("brokerRole=SYNC_MASTER\nhaListenPort=5000\n"))->link_port, 5000);
}

TEST(AGroupSetup, of_a_slave_follows_its_master_and_is_never_counted) {
    const auto setup = group_setup(reads("brokerRole=SLAVE\nbrokerId=2\nhaMasterAddress=10.0.0.1:10912\n"));
    ASSERT_TRUE(setup);
    EXPECT_EQ(setup->self, raft::MemberId{2});
    EXPECT_EQ(setup->follower_id, 2);
    EXPECT_EQ(setup->members.at(1).kind, raft::MemberKind::learner);
    EXPECT_EQ(setup->peers.at(0).address, "10.0.0.1:10912");
    EXPECT_EQ(setup->link_port, 0);
    EXPECT_THAT(refusal("brokerRole=SLAVE\n"), HasSubstr("brokerId=0"));
}

constexpr const char* peers = "n0-10.0.0.1:40911;n1-10.0.0.2:40912;n2-[::1]:40913";

TEST(AGroupSetup, of_raft_is_read_in_both_spellings_of_dledger) {
    for (const std::string name : {"dLeger", "dLedger"}) {
        const std::string enable = name == "dLeger" ? "enableDLegerCommitLog" : "enableDLedgerCommitLog";
        const auto setup =
            group_setup(reads(enable + "=true\n" + name + "Group=g\n" + name + "Peers=" + peers + "\n" +
                              name + "SelfId=n1\npreferredLeaderId=n2\n"));
        ASSERT_TRUE(setup) << setup.error().detail;
        EXPECT_EQ(setup->name, "g");
        EXPECT_EQ(setup->self, raft::MemberId{1});
        EXPECT_EQ(setup->follower_id, 2);
        EXPECT_EQ(setup->link_port, 40912);
        EXPECT_EQ(setup->members.size(), 3U);
        EXPECT_EQ(setup->members.at(2).priority, 1);
        EXPECT_THAT(setup->peers, ElementsAre(Field(&GroupPeer::address, "10.0.0.1:40911"),
                                              Field(&GroupPeer::address, "[::1]:40913")));
        EXPECT_EQ(setup->raft.quorum, raft::QuorumPolicy::durable);
        EXPECT_FALSE(setup->admits_slaves);
    }
}

TEST(AGroupSetup, takes_times_as_files_of_dledger_have_them) {
    const auto setup =
        group_setup(reads("heartBeatTimeIntervalMs=2000\nminElectTimeIntervalMs=1000\n"
                          "maxVoteIntervalMs=3000\n"));
    EXPECT_TRUE(setup->raft.check());
    EXPECT_LE(setup->raft.heartbeat_interval, 334ms);
    EXPECT_EQ(setup->raft.election_timeout_min, 1s);
    EXPECT_EQ(setup->raft.election_timeout_max, 3s);
    EXPECT_TRUE(raft_config(reads("minElectTimeIntervalMs=30000\nmaxElectTimeIntervalMs=60\n")).check());
    EXPECT_TRUE(raft_config(reads("minElectTimeIntervalMs=30000\nheartBeatTimeIntervalMs=5000\n")).check());
    EXPECT_TRUE(raft_config(reads("minElectTimeIntervalMs=50\nmaxElectTimeIntervalMs=60\n")).check());
}

TEST(AGroupSetup, names_the_setting_that_is_wrong) {
    const std::string raft = "enableDLegerCommitLog=true\n";
    EXPECT_THAT(refusal(raft), HasSubstr("dLegerPeers"));
    EXPECT_THAT(refusal(raft + "dLegerPeers=n0-host\n"), HasSubstr("'n0-host'"));
    EXPECT_THAT(refusal(raft + "dLegerPeers=0-host:1\n"), HasSubstr("'0-host:1'"));
    EXPECT_THAT(refusal(raft + "dLegerPeers=n0-a:1;n0-b:1\n"), HasSubstr("n0 twice"));
    EXPECT_THAT(refusal(raft + "dLegerPeers=n0-a:1;n1-b:1\ndLegerSelfId=n2\n"), HasSubstr("dLegerSelfId=n2"));
    EXPECT_THAT(refusal(raft + "dLegerPeers=n0-a:1\ndLegerSelfId=n0\npreferredLeaderId=n7\n"),
                HasSubstr("preferredLeaderId=n7"));
}

}  // namespace
}  // namespace tern::broker
