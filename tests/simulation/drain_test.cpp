// A member of three that is told to stop while a client is connected: it passes on what the client sends,
// until that has gone or had the time to ask for the route.
#include <memory>

#include "simulation/three_members.hpp"

namespace tern::simulation {
namespace {

class Drain : public ThreeMembers {
protected:
    void SetUp() override {
        ThreeMembers::SetUp();
        leaves_ = leader();
        visitor_ = std::make_unique<AskingClient>(time_, network_, "10.0.2.2");
        sends();
        visitor_->answer.reset();
    }
    void is_told_to_stop() {
        told_ = time_.now();
        leaves_->stop([](const Result<>& stopped) { EXPECT_TRUE(stopped); });
    }
    // To the one that leaves.
    void sends() {
        visitor_->sends(leaves_->text(), "body");
        runs_until([&] { return visitor_->answer || visitor_->is_refused; });
        ASSERT_TRUE(visitor_->answer);
        EXPECT_EQ(visitor_->answer->code, remoting::ResponseCode::success) << visitor_->answer->remark;
    }
    Duration took() {
        runs_until([&] { return !leaves_->is_up(); }, 60s);
        return time_.now() - told_;
    }

    BrokerHost* leaves_{nullptr};
    std::unique_ptr<AskingClient> visitor_;
    Instant told_{};
};

TEST_F(Drain, lasts_as_long_as_the_settings_say) {
    is_told_to_stop();
    for (int i = 0; i < 30; ++i) {
        time_.run_for(1s);
        ASSERT_TRUE(leaves_->is_up()) << "after " << i << " s";
        sends();
    }
    const auto lasted = took();
    EXPECT_GE(lasted, 35s);
    EXPECT_LT(lasted, 37s);
}

TEST_F(Drain, begins_before_the_member_has_heard_who_leads_now) {
    // It leads no more when it sees its successor's request, which it grants when its vote is on the disk.
    for (const auto& host : hosts_)
        host->machine().bare_disk().set_faults({.sync_delay_min = 100ms, .sync_delay_max = 100ms});
    is_told_to_stop();
    time_.run_for(10s);
    ASSERT_TRUE(leaves_->is_up());
    sends();
}

TEST_F(Drain, is_over_when_the_last_client_has_left) {
    {
        AskingClient another{time_, network_, "10.0.2.3"};
        another.sends(hosts_[follower()]->text(), "body");
        runs_until([&] { return another.answer.has_value(); });
    }
    is_told_to_stop();
    time_.run_for(10s);
    ASSERT_TRUE(leaves_->is_up());
    visitor_.reset();
    const auto lasted = took();
    EXPECT_LT(lasted, 10s + 500ms) << "the connections of other members do not count";
}

TEST_F(Drain, goes_on_when_the_member_comes_to_lead_again) {
    is_told_to_stop();
    time_.run_for(1s);
    for (const auto& host : hosts_) {
        // It is elected, or the third one is.
        if (host.get() != leader()) continue;
        host->kill();
        break;
    }
    time_.run_for(10s);
    ASSERT_TRUE(leaves_->is_up());
    EXPECT_NE(leader(), leaves_);
    sends();
}

TEST_F(Drain, is_none_of_a_member_that_has_not_led) {
    auto* other = hosts_[follower()].get();
    AskingClient another{time_, network_, "10.0.2.3"};
    another.sends(other->text(), "body");
    runs_until([&] { return another.answer.has_value(); });
    told_ = time_.now();
    other->stop([](const Result<>& stopped) { EXPECT_TRUE(stopped); });
    runs_until([&] { return !other->is_up(); });
    EXPECT_LT(time_.now() - told_, 1s);
}

TEST_F(Drain, is_none_without_clients) {
    visitor_.reset();
    time_.run_for(1s);
    is_told_to_stop();
    EXPECT_LT(took(), 1s);
}

TEST_F(Drain, does_not_hold_up_members_that_all_stop) {
    std::vector<std::unique_ptr<AskingClient>> visitors;
    for (const auto& host : hosts_) {
        visitors.push_back(
            std::make_unique<AskingClient>(time_, network_, "10.0.2." + std::to_string(3 + visitors.size())));
        visitors.back()->sends(host->text(), "body");
        runs_until([&] { return visitors.back()->answer.has_value(); });
    }
    for (const auto& host : hosts_)
        if (host.get() != leaves_) host->stop([](const Result<>&) {});
    is_told_to_stop();
    runs_until([&] { return std::ranges::none_of(hosts_, [](const auto& host) { return host->is_up(); }); },
               60s);
    EXPECT_LT(time_.now() - told_, 10s);
}

}  // namespace
}  // namespace tern::simulation
