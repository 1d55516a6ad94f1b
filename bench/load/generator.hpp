// One run of the load: connections, and a loop on one thread that reads what was answered, begins what is due
// and lets it leave, connection by connection in one write.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "bench/load/measurement.hpp"
#include "bench/load/options.hpp"
#include "bench/load/pace.hpp"
#include "bench/load/puller.hpp"
#include "bench/load/sender.hpp"
#include "bench/load/target.hpp"

namespace tern::bench {

class Generator {
public:
    // options outlive the generator. Connects when run.
    Generator(const Options& options, Target target);

    // An error when a connection fails, an answer is none or, with --verify, is wrong, or
    // when nothing was answered for as long as the options' patience.
    Result<> run();
    // Closes the window as if its time were over. Safe in a signal handler.
    void interrupt() { interrupted_.store(true); }
    const Measurement& measurement() const { return measurement_; }

private:
    Result<> connect();
    Result<> add_senders();
    Result<> add_pullers();
    std::vector<std::vector<Puller::Position>> pull_positions(std::vector<std::int64_t> from) const;

    Result<> turn();
    Result<> flush();
    void begin_what_is_due(Instant now);
    Duration wait(Instant now) const;
    bool has_room() const;
    Result<> notice_silence(Instant now);
    // After the window no request is left behind whose answer is due.
    Result<> drain();
    // Requests under way, without pulls that wait for what is sent.
    std::size_t answers_due() const;

    const Options& options_;
    Target target_;
    Pace pace_;
    Measurement measurement_;
    std::optional<Poller> poller_;
    std::optional<SendRequests> requests_;
    std::optional<SendVerification> send_verification_;
    std::optional<PullVerification> pull_verification_;
    std::vector<std::unique_ptr<Channel>> channels_;
    std::vector<Sender*> senders_;  // Those of the channels that send,
    std::vector<Puller*> pullers_;  // and those that pull.
    std::size_t next_sender_{0};
    Instant last_answer_{};
    std::atomic<bool> interrupted_{false};
};

}  // namespace tern::bench
