// Stores under chance: appends, flushes, checkpoints, cuts, and crashes of process and machine in any order.
// What was flushed must be there after every restart, in order, in the queues and in the index, and nothing
// that never was.
#include <cstdlib>
#include <map>

#include "base/text.hpp"
#include "store/store_scenario.hpp"

namespace tern::store {
namespace {

class StoreUnderChance {
public:
    explicit StoreUnderChance(std::uint64_t seed) : random_{seed}, store_{config_of(seed), seed} {}

    void runs(int steps) {
        for (int step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
            takes_a_step();
            if (random_.below(12) == 0) crashes();
        }
        crashes();
    }

private:
    static StoreConfig config_of(std::uint64_t seed) {
        StoreConfig config = small_files();
        config.sync_flush = seed % 2 == 0;
        config.dispatch_at_open = seed % 3 != 0;
        return config;
    }

    void takes_a_step() {
        switch (random_.below(10)) {
            case 0:
                return void(store_.writes());
            case 1:
                return flushes();
            case 2:
                return void(store_.dispatches());
            case 3:
                return checkpoints();
            case 4:
                return random_.below(8) == 0 ? cuts() : begins_a_checkpoint();
            case 5:
                return random_.below(8) == 0 ? stops() : void(store_.loop().advance(1ms));
            default:
                return appends();
        }
    }

    void appends() {
        for (auto count = 1 + random_.below(6); count > 0; --count) {
            const auto queue = static_cast<std::int32_t>(random_.below(3));
            const std::string body = std::to_string(++written_) + "-" + std::string(random_.below(300), 'x');
            store_.appends_to(topic_of(queue), queue, body);
            expected_.emplace(store_.log().end(), body);
        }
    }

    void flushes() {
        store_.flushes();
        durable_ = store_.log().flushed();
    }
    void checkpoints() {
        store_.checkpoints();
        durable_ = store_.log().flushed();
    }
    // Goes on while other things happen, or until the crash.
    void begins_a_checkpoint() {
        store_.dispatches();
        store_.store().checkpoint([](const Result<>& done) { EXPECT_TRUE(done); });
        for (auto turns = random_.below(4); turns > 0; --turns) store_.appends_to("TopicC", 2, "between");
        rebuild_expected();
        if (random_.below(2) == 0) crashes();
        store_.loop().run();
    }
    void cuts() {
        if (store_.log().begin() == store_.log().end()) return;
        auto at = expected_.begin();
        std::advance(at, static_cast<std::ptrdiff_t>(random_.below(expected_.size())));
        const PhysicalOffset to = at->first;
        ASSERT_TRUE(store_.store().truncate(to));
        expected_.erase(expected_.upper_bound(to), expected_.end());
        durable_ = std::min(durable_, to);
    }
    void stops() {
        store_.stops();
        durable_ = expected_.empty() ? PhysicalOffset{0} : expected_.rbegin()->first;
        store_.restarts();
        EXPECT_TRUE(store_.recovery().clean);
        EXPECT_EQ(store_.recovery().cut_bytes, 0);
        checks(durable_);
    }

    void crashes() {
        if (random_.below(2) == 0) {
            const PhysicalOffset written = store_.log().written();
            store_.dies().restarts();
            checks(written);
        } else {
            store_.loses_power(io::CrashOdds{}).restarts();
            checks(durable_);
        }
    }

    void rebuild_expected() {
        const auto& log = store_.log();
        expected_.clear();
        ASSERT_TRUE(log.scan(log.begin(), log.end(), [this](const model::RecordView& record) -> Result<> {
            expected_.emplace(record.physical_offset + record.size, record.body);
            return {};
        }));
    }

    // All that was promised is there; what else is there was appended; queues and index say the same.
    void checks(PhysicalOffset promised) {
        ASSERT_FALSE(testing::Test::HasFailure());
        const PhysicalOffset end = store_.log().end();
        std::map<PhysicalOffset, std::string> promised_only{expected_.begin(),
                                                            expected_.upper_bound(promised)};
        const auto appended = expected_;
        rebuild_expected();
        for (const auto& [at, body] : promised_only) {
            ASSERT_TRUE(expected_.contains(at)) << "lost: " << body;
            EXPECT_EQ(expected_.at(at), body);
        }
        for (const auto& [at, body] : expected_) {
            ASSERT_TRUE(appended.contains(at)) << "never appended: " << body;
            EXPECT_EQ(appended.at(at), body);
        }
        EXPECT_GE(end, promised);
        ASSERT_TRUE(store_.store().dispatch_to(end));
        checks_queues();
        durable_ = std::min(durable_, end);
    }
    void checks_queues() {
        std::map<std::string, std::vector<std::string>> by_queue;
        const auto& log = store_.log();
        ASSERT_TRUE(log.scan(log.begin(), log.end(), [&](const model::RecordView& record) -> Result<> {
            by_queue[std::string{record.topic}].emplace_back(record.body);
            return {};
        }));
        for (std::int32_t queue = 0; queue < 3; ++queue) {
            EXPECT_EQ(store_.queue(topic_of(queue), queue), by_queue[std::string{topic_of(queue)}]);
            for (const auto& body : by_queue[std::string{topic_of(queue)}]) {
                EXPECT_THAT(store_.with_key("key-" + body, topic_of(queue)), testing::Contains(body));
            }
        }
    }

    static std::string_view topic_of(std::int32_t queue) {
        constexpr std::string_view topics[]{"TopicA", "TopicB", "TopicC"};
        return topics[queue];
    }

    SeededRandom random_;
    StoreScenario store_;
    std::map<PhysicalOffset, std::string> expected_;  // By the end of the record.
    PhysicalOffset durable_;
    int written_{0};
};

}  // namespace

TEST(StoreUnderChance, loses_nothing_that_was_promised) {
    const char* more = std::getenv("TERN_STORE_SEEDS");  // A campaign asks for more.
    const std::uint64_t seeds = more != nullptr ? parse_number<std::uint64_t>(more).value_or(0) : 100;
    for (std::uint64_t seed = 1; seed <= seeds && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        StoreUnderChance{seed}.runs(60);
    }
}

// A loss of power brings removed names back as it likes.
TEST(StoreUnderRetention, has_no_gap_whenever_the_machine_dies) {
    int cut_short = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        StoreScenario store{small_files(), seed};
        store.appends_many(200).checkpoints();
        store.files().set_faults({.sync_failures = 100});
        cut_short += !store.store().remove_expired({.bound = store.log().end(), .regardless_of_age = true});
        store.files().set_faults({});
        const auto end = store.log().end();
        store.loses_power(io::CrashOdds{}).restarts();
        ASSERT_FALSE(testing::Test::HasFailure()) << seed;
        EXPECT_EQ(store.log().end(), end) << seed;
        // A segment may be back whose entries are gone.
        const auto queue = store.queue();
        auto messages = store.messages();
        ASSERT_LE(queue.size(), messages.size()) << seed;
        messages.erase(messages.begin(), messages.end() - static_cast<std::ptrdiff_t>(queue.size()));
        EXPECT_EQ(queue, messages) << seed;
        EXPECT_THAT(queue, testing::Not(testing::IsEmpty())) << seed;
    }
    EXPECT_GT(cut_short, 10);
}

}  // namespace tern::store
