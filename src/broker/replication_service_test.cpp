#include "broker/replication_service.hpp"

#include "broker/broker_scenario.hpp"
#include "json/fields.hpp"
#include "remoting/body/ha_status.hpp"
#include "replication/group.hpp"
#include "store/message_store.hpp"

namespace tern::broker {
namespace {

class ALag : public ::testing::Test {
protected:
    ALag() { broker.starts(); }

    PhysicalOffset end() const { return broker.inside().store.commit_log().end(); }
    ReplicationLag lag_from(PhysicalOffset from) {
        const auto inside = broker.inside();
        const ReplicationService service{broker.loop.runtime(),
                                         {broker.config, inside.group, inside.store, inside.forwarder}};
        return service.lag_from(from);
    }
    BrokerScenario broker;
};

TEST_F(ALag, of_who_has_all_is_nothing) {
    broker.sends("Orders", "a");
    broker.runs(5s);
    const auto lag = lag_from(end());
    EXPECT_EQ(lag.bytes, 0);
    EXPECT_EQ(lag.messages, 0);
    EXPECT_EQ(lag.age, 0s);
}
TEST_F(ALag, counts_messages_and_the_time_since_the_oldest_of_them) {
    broker.sends("Orders", "a");
    const PhysicalOffset from = end();
    broker.sends("Orders", "b");
    broker.commits("consumers", "Orders", 1);  // A record that is no message.
    broker.runs(3s);
    broker.sends("Orders", "c");
    const auto lag = lag_from(from);
    EXPECT_EQ(lag.bytes, end() - from);
    EXPECT_EQ(lag.messages, 2);
    EXPECT_TRUE(lag.counted);
    EXPECT_GE(lag.age, 3s);
    EXPECT_LT(lag.age, 4s);
}
TEST_F(ALag, that_is_long_is_estimated_from_its_beginning) {
    const PhysicalOffset from = end();
    for (int i = 0; i < 60; ++i) broker.sends("Orders", std::string(50'000, 'x'));
    const auto lag = lag_from(from);
    EXPECT_FALSE(lag.counted);
    EXPECT_NEAR(static_cast<double>(lag.messages), 60, 3);
}

TEST(HaStatus, of_a_master_without_slaves_has_none) {
    struct NoFields {
        static constexpr auto fields() { return list_of(); }
    };
    BrokerScenario broker;
    broker.starts();
    const auto answer =
        broker.asks(remoting::RequestCode::get_broker_ha_status, NoFields{}).value_or(Answer{});
    const auto status = json::decode<remoting::HaStatus>(answer.body);
    ASSERT_TRUE(status);
    EXPECT_TRUE(status->master);
    EXPECT_TRUE(status->connections.empty());
    EXPECT_EQ(status->master_max_offset, broker.inside().store.commit_log().end().value());
}

}  // namespace
}  // namespace tern::broker
