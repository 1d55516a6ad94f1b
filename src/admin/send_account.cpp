#include "admin/send_account.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/assert.hpp"
#include "base/hash.hpp"
#include "base/random.hpp"

namespace tern::admin {
namespace {

constexpr std::size_t wrong_shown_max = 5;
constexpr std::int64_t not_whole = -1;

std::size_t index(QueueId queue) {
    return static_cast<std::size_t>(queue.value());
}

}  // namespace

std::string numbered_body(std::string_view series, std::int64_t number, std::size_t size) {
    std::string content = fmt::format("{} {} ", series, number);
    SeededRandom random{static_cast<std::uint64_t>(number)};
    constexpr std::size_t sum_size = 9;
    while (content.size() + sum_size < size) content += static_cast<char>('a' + random.below(26));
    return fmt::format("{:08x} {}", crc32(content), content);
}

std::optional<std::int64_t> number_of(std::string_view series, std::string_view body) {
    const auto blank = body.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    std::string_view content = body.substr(blank + 1);
    if (fmt::format("{:08x}", crc32(content)) != body.substr(0, blank)) return std::nullopt;
    if (!content.starts_with(series)) return std::nullopt;
    content.remove_prefix(series.size());
    if (!content.starts_with(' ')) return std::nullopt;
    std::int64_t number = 0;
    const auto [end, failed] = std::from_chars(content.data() + 1, content.data() + content.size(), number);
    if (failed != std::errc{} || end == content.data() + content.size() || *end != ' ') return std::nullopt;
    return number;
}

SendAccount::SendAccount(std::string series, std::size_t queues)
    : series_{std::move(series)}, along_(queues), at_last_(queues), acknowledged_end_(queues) {}

std::int64_t SendAccount::begin(Instant now) {
    if (messages_.empty()) first_begun_ = progressed_at_ = now;
    messages_.push_back({.begun = now});
    return begun() - 1;
}

void SendAccount::acknowledged(std::int64_t number, QueueId queue, QueueOffset offset, Instant now) {
    end(now);
    auto& message = messages_.at(static_cast<std::size_t>(number));
    message.queue = queue.value();
    message.offset = offset.value();
    if (index(queue) < acknowledged_end_.size())
        acknowledged_end_[index(queue)] = std::max(acknowledged_end_[index(queue)], offset.value() + 1);
    ++acknowledged_;
    longest_gap_ = std::max(longest_gap_, now - progressed_at_);
    progressed_at_ = now;
    if (!has_recovered() && message.begun >= fault_at_) faults_.back().recovery = now - fault_at_;
}

void SendAccount::refused(std::int64_t, Instant now) {
    end(now);
    ++refused_;
}

void SendAccount::unknown(std::int64_t, Instant now) {
    end(now);
    ++unknown_;
}

void SendAccount::end(Instant now) {
    ++ended_;
    last_ended_ = now;
}

void SendAccount::fault(std::string what, std::string member, Instant now) {
    faults_.push_back({std::move(what), std::move(member), now - first_begun_, {}});
    fault_at_ = now;
}

void SendAccount::read_along(QueueId queue, QueueOffset offset, std::string_view body) {
    note(along_, queue, offset, body);
}

void SendAccount::read_at_last(QueueId queue, QueueOffset offset, std::string_view body) {
    note(at_last_, queue, offset, body);
}

void SendAccount::note(std::vector<Found>& reading, QueueId queue, QueueOffset offset,
                       std::string_view body) {
    auto& found = reading.at(index(queue));
    TERN_ASSERT(offset.value() == static_cast<std::int64_t>(found.size()));
    const auto number = number_of(series_, body);
    found.push_back(number && *number >= 0 && *number < begun() ? *number : not_whole);
}

QueueOffset SendAccount::needed_end(QueueId queue) const {
    return QueueOffset{std::max(acknowledged_end_.at(index(queue)),
                                static_cast<std::int64_t>(along_.at(index(queue)).size()))};
}

Totals SendAccount::totals() const {
    Totals totals{.sent = begun(), .acknowledged = acknowledged_, .refused = refused_, .unknown = unknown_};
    totals.longest_gap = std::max(longest_gap_, last_ended_ - progressed_at_);
    const auto wrong = [&totals](std::int64_t& count, auto&& words) {
        ++count;
        if (totals.first_wrong.size() < wrong_shown_max) totals.first_wrong.push_back(words());
    };
    std::vector<std::uint32_t> places(messages_.size());
    for (std::size_t queue = 0; queue < at_last_.size(); ++queue) {
        const auto& last = at_last_[queue];
        for (std::size_t offset = 0; offset < last.size(); ++offset) {
            if (last[offset] == not_whole)
                wrong(totals.damaged, [&] {
                    return fmt::format("queue {}, offset {}: not one of the messages sent", queue, offset);
                });
            else if (places[static_cast<std::size_t>(last[offset])]++ == 0)
                ++totals.read;
            else
                ++totals.doubled;
        }
        const auto& along = along_[queue];
        for (std::size_t offset = 0; offset < along.size(); ++offset) {
            if (along[offset] == not_whole)
                wrong(totals.damaged, [&] {
                    return fmt::format("queue {}, offset {}: read along, and not one of the messages sent",
                                       queue, offset);
                });
            else if (offset >= last.size() || last[offset] != along[offset])
                wrong(totals.changed, [&] {
                    return fmt::format("queue {}, offset {}: message {} was read along, at last there was {}",
                                       queue, offset, along[offset],
                                       offset >= last.size() ? "nothing" : "something else");
                });
        }
    }
    for (std::size_t number = 0; number < messages_.size(); ++number) {
        const auto& message = messages_[number];
        if (message.queue < 0) continue;
        const auto queue = static_cast<std::size_t>(message.queue);
        const auto offset = static_cast<std::size_t>(message.offset);
        const bool is_there = queue < at_last_.size() && offset < at_last_[queue].size() &&
                              at_last_[queue][offset] == static_cast<std::int64_t>(number);
        if (!is_there)
            wrong(totals.lost, [&] {
                return fmt::format("message {} was acknowledged at queue {}, offset {}, and is {}", number,
                                   queue, offset, places[number] == 0 ? "nowhere" : "elsewhere");
            });
    }
    return totals;
}

Duration percentile(std::vector<Duration> durations, int percent) {
    if (durations.empty()) return {};
    std::ranges::sort(durations);
    const std::size_t rank = (durations.size() * static_cast<std::size_t>(percent) + 99) / 100;
    return durations[std::max<std::size_t>(rank, 1) - 1];
}

std::vector<Duration> recoveries(const std::vector<Fault>& faults) {
    std::vector<Duration> all;
    for (const auto& fault : faults)
        if (fault.recovery) all.push_back(*fault.recovery);
    return all;
}

}  // namespace tern::admin
