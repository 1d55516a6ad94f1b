#include "bench/load/generator.hpp"

#include <sys/prctl.h>

#include <algorithm>
#include <cmath>

namespace tern::bench {
namespace {

constexpr Duration connect_timeout = 10s;
constexpr Duration drain_timeout = 5s;
constexpr Duration look_up_interval = 20ms;  // How precisely the window closes while nothing is answered.

Instant clock_now() {
    return std::chrono::steady_clock::now();
}

Duration seconds(double count) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{count});
}

Window window_of(const Options& options) {
    Window window{.warmup = seconds(options.warmup_s), .length = {}, .messages = options.messages};
    if (options.seconds) window.length = seconds(*options.seconds);
    return window;
}

Pace pace_of(const Options& options) {
    const auto each = static_cast<std::uint64_t>(options.messages_a_request());
    const auto limit = options.messages ? (*options.messages + each - 1) / each : Pace::unlimited;
    return Pace{options.rate / static_cast<double>(each), options.sends() ? limit : 0};
}

}  // namespace

Generator::Generator(const Options& options, Target target)
    : options_{options},
      target_{std::move(target)},
      pace_{pace_of(options)},
      measurement_{window_of(options), options.server_pids} {
    if (options.by_second) measurement_.count_by_second();
    if (options.verify) {
        send_verification_.emplace();
        pull_verification_.emplace(options.topic);
    }
}

Result<> Generator::run() {
    prctl(PR_SET_TIMERSLACK, 1'000);  // Nanoseconds: an open loop is to be on time.
    if (auto connected = connect(); !connected) return connected;
    const Instant start = last_answer_ = clock_now();
    pace_.begin(start);
    measurement_.begin(start);
    for (auto* puller : pullers_) puller->begin(start);
    begin_what_is_due(start);
    if (auto flushed = flush(); !flushed) return flushed;
    while (!measurement_.is_closed()) {
        if (auto turned = turn(); !turned) return turned;
        if (interrupted_ || (pace_.ended() && answers_due() == 0)) measurement_.close(clock_now());
    }
    if (auto drained = drain(); !drained) return drained;
    if (send_verification_ && measurement_.sends().refusals.empty()) {
        if (auto checked = send_verification_->check_offsets(); !checked) return checked;
    }
    return {};
}

Result<> Generator::connect() {
    auto poller = Poller::open();
    if (!poller) return std::unexpected(poller.error());
    poller_ = std::move(*poller);
    if (options_.sends()) {
        if (auto added = add_senders(); !added) return added;
    }
    if (options_.pulls()) {
        if (auto added = add_pullers(); !added) return added;
    }
    for (const auto& channel : channels_) poller_->add(channel->fd(), channel.get());
    return {};
}

Result<> Generator::add_senders() {
    requests_.emplace(SendShape{.group = options_.group,
                                .topic = options_.topic,
                                .broker_name = target_.broker_name,
                                .queues = target_.queues,
                                .body_size = static_cast<std::size_t>(options_.size),
                                .batch_size = static_cast<std::size_t>(options_.messages_a_request()),
                                .is_batch = options_.mode == Mode::batch,
                                .stamps_bodies = options_.mode == Mode::mixed,
                                .encoding = options_.header});
    for (std::int32_t i = 0; i < options_.connections; ++i) {
        auto fd = dial(target_.address, connect_timeout);
        if (!fd) return std::unexpected(fd.error());
        auto sender = std::make_unique<Sender>(std::move(*fd), static_cast<std::size_t>(options_.outstanding),
                                               *requests_, measurement_,
                                               send_verification_ ? &*send_verification_ : nullptr);
        senders_.push_back(sender.get());
        channels_.push_back(std::move(sender));
    }
    return {};
}

Result<> Generator::add_pullers() {
    const bool waits = options_.mode == Mode::mixed;
    const PullShape shape{.group = options_.group,
                          .topic = options_.topic,
                          .broker_name = target_.broker_name,
                          .messages_max = options_.pull_max,
                          .at_the_end_begins_again = !waits && (options_.seconds || options_.messages),
                          .at_the_end_waits = waits,
                          .encoding = options_.header};
    std::vector<std::int64_t> from(static_cast<std::size_t>(target_.queues), 0);
    if (waits) {
        auto ends = max_offsets(target_, options_.topic);
        if (!ends) return std::unexpected(ends.error());
        from = std::move(*ends);
    }
    for (auto& positions : pull_positions(std::move(from))) {
        auto fd = dial(target_.address, connect_timeout);
        if (!fd) return std::unexpected(fd.error());
        auto puller = std::make_unique<Puller>(std::move(*fd), shape, std::move(positions), measurement_,
                                               pull_verification_ ? &*pull_verification_ : nullptr);
        pullers_.push_back(puller.get());
        channels_.push_back(std::move(puller));
    }
    return {};
}

// Every queue has a reader, and beside what is sent one only; else as many as connections and requests allow.
std::vector<std::vector<Puller::Position>> Generator::pull_positions(std::vector<std::int64_t> from) const {
    const auto connections = std::min(static_cast<std::size_t>(options_.connections), from.size());
    const auto wanted =
        static_cast<std::size_t>(options_.connections) * static_cast<std::size_t>(options_.outstanding);
    const auto readers = options_.mode == Mode::mixed ? from.size() : std::max(wanted, from.size());
    std::vector<std::vector<Puller::Position>> positions(
        options_.mode == Mode::mixed ? connections : static_cast<std::size_t>(options_.connections));
    for (std::size_t reader = 0; reader < readers; ++reader) {
        const auto queue = reader % from.size();
        positions[reader % positions.size()].push_back({static_cast<std::int32_t>(queue), from[queue]});
    }
    return positions;
}

Result<> Generator::turn() {
    for (const auto& event : poller_->wait(wait(clock_now()))) {
        if ((event.events & ~std::uint32_t{EPOLLOUT}) == 0) continue;
        const auto answered = static_cast<Channel*>(event.data.ptr)->read_answers();
        if (!answered) return std::unexpected(answered.error());
        if (*answered > 0) last_answer_ = clock_now();
    }
    const Instant now = clock_now();
    measurement_.advance(now);
    begin_what_is_due(now);
    if (auto flushed = flush(); !flushed) return flushed;
    return notice_silence(now);
}

Result<> Generator::flush() {
    for (const auto& channel : channels_) {
        if (auto flushed = channel->flush(*poller_); !flushed) return flushed;
    }
    return {};
}

void Generator::begin_what_is_due(Instant now) {
    for (std::size_t full = 0; full < senders_.size();) {
        Sender& sender = *senders_[next_sender_];
        if (++next_sender_ == senders_.size()) next_sender_ = 0;
        if (!sender.has_room()) {
            ++full;
            continue;
        }
        const auto intended = pace_.take(now);
        if (!intended) return;
        sender.send(*intended);
        full = 0;
    }
    if (options_.gives_up) measurement_.given_up(pace_.give_up(now));
}

Duration Generator::wait(Instant now) const {
    if (options_.rate > 0 && has_room()) return std::min(pace_.wait(now), look_up_interval);
    return look_up_interval;
}

bool Generator::has_room() const {
    return std::ranges::any_of(senders_, [](const Sender* sender) { return sender->has_room(); });
}

Result<> Generator::notice_silence(Instant now) {
    if (answers_due() == 0) last_answer_ = now;
    if (now - last_answer_ < seconds(options_.patience_s)) return {};
    return failure(Errc::deadline_exceeded, "no answer for " + std::to_string((now - last_answer_) / 1s) +
                                                " s, requests under way: " + std::to_string(answers_due()));
}

Result<> Generator::drain() {
    pace_.end();
    for (auto* puller : pullers_) puller->end();
    const Instant deadline = clock_now() + drain_timeout;
    while (answers_due() > 0 && clock_now() < deadline) {
        if (auto turned = turn(); !turned) return turned;
    }
    if (answers_due() == 0) return {};
    return failure(Errc::deadline_exceeded,
                   "requests without an answer at the end: " + std::to_string(answers_due()));
}

std::size_t Generator::answers_due() const {
    std::size_t count = 0;
    for (const auto* sender : senders_) count += sender->under_way();
    if (senders_.empty())
        for (const auto* puller : pullers_) count += puller->under_way();
    return count;
}

}  // namespace tern::bench
