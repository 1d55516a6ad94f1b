#include "broker/put_times.hpp"

#include <string_view>
#include <utility>

namespace tern::broker {
namespace {

// RocketMQ's ranges, each up to a time that it does not hold any more.
struct Range {
    std::string_view name;
    std::uint64_t below_ms;
};
constexpr Range ranges[] = {
    {"[0~10ms]", 10},     {"[10~50ms]", 50},     {"[50~100ms]", 100}, {"[100~200ms]", 200},
    {"[200~500ms]", 500}, {"[500ms~1s]", 1'000}, {"[1~2s]", 2'000},   {"[2~3s]", 3'000},
    {"[3~4s]", 4'000},    {"[4~5s]", 5'000},     {"[5~10s]", 10'000},
};

}  // namespace

void PutTimes::end_minute() {
    std::swap(minute_, last_minute_);
    minute_->below_1ms = 0;
    minute_->ms.clear();
}

std::string PutTimes::distribution() const {
    std::string text;
    const auto append = [&text](std::string_view range, std::uint64_t count) {
        text.append(range).append(":").append(std::to_string(count)).append(" ");
    };
    append("[<=0ms]", last_minute_->below_1ms);
    std::uint64_t below = 0;
    for (const auto& range : ranges) {
        const auto up_to = last_minute_->ms.count_at_most(range.below_ms - 1);
        append(range.name, up_to - below);
        below = up_to;
    }
    append("[10s~]", last_minute_->ms.count() - below);
    return text;
}

std::uint64_t PutTimes::quantile_ms(double share) const {
    const auto slow = last_minute_->ms.count();
    const auto all = static_cast<double>(last_minute_->below_1ms + slow);
    const auto fast = static_cast<double>(last_minute_->below_1ms);
    if (slow == 0 || share * all <= fast) return 0;
    return last_minute_->ms.quantile((share * all - fast) / static_cast<double>(slow));
}

}  // namespace tern::broker
