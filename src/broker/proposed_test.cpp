#include "broker/proposed.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace tern::broker {
namespace {

struct Config {
    std::string name;
    int value{};
};

using Done = std::function<void(Result<>)>;

class AProposed : public testing::Test {
protected:
    Result<> propose(std::vector<Config> configs) {
        return proposed_.propose(std::move(configs), Done{[this](Result<>) { ++told_; }}, [this](auto ended) {
            under_way_.push_back(std::make_shared<decltype(ended)>(std::move(ended)));
            ends_.push_back(
                [kept = under_way_.back()] { (*std::static_pointer_cast<decltype(ended)>(kept))({}); });
            return Result<>{};
        });
    }
    // 0: there is none.
    int value(std::string_view name) const {
        const auto* found = proposed_.find(name);
        return found == nullptr ? 0 : found->value;
    }

    Proposed<Config, &Config::name> proposed_;
    std::vector<std::shared_ptr<void>> under_way_;
    std::vector<std::function<void()>> ends_;
    int told_{0};
};

TEST_F(AProposed, is_found_until_its_record_has_its_end) {
    ASSERT_TRUE(propose({{"a", 1}, {"b", 2}}));
    EXPECT_EQ(value("a"), 1);
    EXPECT_EQ(value("b"), 2);
    EXPECT_EQ(value("c"), 0);
    EXPECT_EQ(told_, 0);
    ends_.at(0)();
    EXPECT_EQ(value("a"), 0);
    EXPECT_EQ(value("b"), 0);
    EXPECT_EQ(told_, 1);
}

TEST_F(AProposed, stays_the_newest_when_an_older_one_ends) {
    ASSERT_TRUE(propose({{"a", 1}, {"b", 1}}));
    ASSERT_TRUE(propose({{"a", 2}}));
    EXPECT_EQ(value("a"), 2);
    ends_.at(0)();
    EXPECT_EQ(value("a"), 2);
    EXPECT_EQ(value("b"), 0);
    ends_.at(1)();
    EXPECT_EQ(value("a"), 0);
    EXPECT_EQ(proposed_.size(), 0U);
}

TEST_F(AProposed, is_not_there_when_its_record_was_refused) {
    const auto refused = proposed_.propose(std::vector<Config>{{"a", 1}}, Done{},
                                           [](auto) { return Result<>{failure(Errc::busy, "not now")}; });
    EXPECT_FALSE(refused);
    EXPECT_EQ(value("a"), 0);
}

}  // namespace
}  // namespace tern::broker
