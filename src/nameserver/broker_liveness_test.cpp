#include "nameserver/broker_liveness.hpp"

#include "remoting/fake_connection.hpp"

namespace tern::nameserver {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const BrokerKey a{"C", "broker-a", "10.0.0.1:10911"};
const BrokerKey b{"C", "broker-b", "10.0.0.2:10911"};

class BrokersThatLive : public ::testing::Test {
protected:
    std::vector<BrokerKey> silent_at(Duration time) {
        std::vector<BrokerKey> silent;
        for (auto& each : liveness.silent(Instant{time})) silent.push_back(std::move(each.broker));
        return silent;
    }

    Ref<remoting::FakeConnection> one = make_counted<remoting::FakeConnection>(1);
    Ref<remoting::FakeConnection> other = make_counted<remoting::FakeConnection>(2);
    BrokerLiveness liveness;
};

TEST_F(BrokersThatLive, are_silent_when_the_time_is_over_that_each_asked_for) {
    liveness.registered(a, one, 10s, Instant{});
    liveness.registered(b, other, 120s, Instant{});
    EXPECT_THAT(silent_at(10s), IsEmpty());
    EXPECT_THAT(silent_at(10s + 1ms), ElementsAre(a));
    EXPECT_THAT(silent_at(121s), ElementsAre(a, b));
}
TEST_F(BrokersThatLive, live_on_when_they_are_heard_of) {
    liveness.registered(a, one, 10s, Instant{});
    liveness.heard(a, Instant{9s});
    EXPECT_THAT(silent_at(19s), IsEmpty());
    EXPECT_THAT(silent_at(20s), ElementsAre(a));
}
TEST_F(BrokersThatLive, must_have_registered) {
    liveness.heard(a, Instant{});
    EXPECT_THAT(silent_at(1'000s), IsEmpty());
    EXPECT_EQ(liveness.next_due(), std::nullopt);
}
TEST_F(BrokersThatLive, live_by_the_connection_that_registered_them_last) {
    liveness.registered(a, one, 10s, Instant{});
    liveness.registered(b, one, 10s, Instant{});
    liveness.registered(a, other, 10s, Instant{1s});
    EXPECT_THAT(liveness.living_by(*one), ElementsAre(b));
    EXPECT_THAT(liveness.living_by(*other), ElementsAre(a));
}
TEST_F(BrokersThatLive, are_forgotten_when_they_leave) {
    liveness.registered(a, one, 10s, Instant{});
    liveness.forget(a);
    EXPECT_THAT(liveness.living_by(*one), IsEmpty());
    EXPECT_THAT(silent_at(1'000s), IsEmpty());
}
TEST_F(BrokersThatLive, say_when_the_first_of_them_will_be_silent) {
    liveness.registered(a, one, 120s, Instant{});
    liveness.registered(b, other, 10s, Instant{5s});
    EXPECT_EQ(liveness.next_due(), Instant{15s});
}

}  // namespace
}  // namespace tern::nameserver
