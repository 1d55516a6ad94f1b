#include "admin/task.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/timer_queue.hpp"
#include "client/scripted_servers.hpp"

namespace tern::admin {
namespace {

using testing::ElementsAre;

// Something outside that answers when the test says so.
template <class T>
struct Outside {
    auto asked() {
        return answer_of<T>([this](Answering<T> done) { answering.emplace(std::move(done)); });
    }
    void answers(T value) { (*answering)(std::move(value)); }
    std::optional<Answering<T>> answering;
};

Task<int> plus_one(Outside<int>& outside) {
    const auto number = co_await outside.asked();
    co_return number + 1;
}
Task<int> plus_two(Outside<int>& outside) {
    const auto number = co_await plus_one(outside);
    co_return number + 1;
}

TEST(Task, begins_when_it_is_started_and_ends_with_the_last_answer) {
    Outside<int> outside;
    auto task = plus_two(outside);
    EXPECT_FALSE(outside.answering);
    int result = 0;
    task.start([&result](int value) { result = value; });
    EXPECT_TRUE(outside.answering);
    outside.answers(40);
    EXPECT_EQ(result, 42);
}
TEST(Task, takes_an_answer_that_is_there_at_once) {
    const auto immediate = []() -> Task<int> {
        co_return co_await answer_of<int>([](const Answering<int>& done) { done(7); });
    };
    auto task = immediate();
    int result = 0;
    task.start([&result](int value) { result = value; });
    EXPECT_EQ(result, 7);
}
TEST(Task, that_is_dropped_hears_no_answer_any_more) {
    Outside<int> outside;
    bool ended = false;
    {
        auto task = plus_two(outside);
        task.start([&ended](int) { ended = true; });
        EXPECT_TRUE(outside.answering->is_awaited());
    }
    EXPECT_FALSE(outside.answering->is_awaited());
    outside.answers(1);
    EXPECT_FALSE(ended);
}
TEST(Task, may_be_dropped_by_what_it_tells_its_result) {
    Outside<int> outside;
    std::optional<Task<int>> task{plus_one(outside)};
    task->start([&task](int) { task.reset(); });
    outside.answers(1);
    EXPECT_FALSE(task);
}
TEST(TasksSideBySide, all_begin_at_once_and_their_results_keep_their_order) {
    std::vector<Outside<int>> outside(3);
    std::vector<Task<int>> tasks;
    for (auto& each : outside) tasks.push_back(plus_one(each));
    auto together = all(std::move(tasks));
    std::vector<int> results;
    together.start([&results](std::vector<int> values) { results = std::move(values); });
    outside[2].answers(2);
    outside[0].answers(0);
    EXPECT_TRUE(results.empty());
    outside[1].answers(1);
    EXPECT_THAT(results, ElementsAre(1, 2, 3));
}
TEST(TasksSideBySide, of_no_tasks_are_done_at_once) {
    auto none = all(std::vector<Task<int>>{});
    bool ended = false;
    none.start([&ended](const std::vector<int>& values) { ended = values.empty(); });
    EXPECT_TRUE(ended);
}
TEST(Pause, ends_when_its_time_is_over) {
    client::ScriptedTime time;
    const auto sleeper = [](Timers& timers) -> Task<std::string> {
        co_await pause(timers, 5s);
        co_return "awake";
    };
    const auto result = wait_for(sleeper(time), [&time](const auto& condition) {
        while (!condition() && time.run_next_timer(Instant{1h})) {
        }
    });
    EXPECT_EQ(result, "awake");
    EXPECT_EQ(time.now().time_since_epoch(), 5s);
}

}  // namespace
}  // namespace tern::admin
