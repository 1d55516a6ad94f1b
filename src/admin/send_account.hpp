// The account of a series of numbered messages: what was promised of each, what readers found in the queues,
// and how long sends were not accepted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/runtime.hpp"
#include "base/strong.hpp"

namespace tern::admin {

// A body that carries its number and a checksum, and tells on its own whether it is whole. The series is a
// name without blanks; size is in bytes, and a body is longer when its number needs more.
std::string numbered_body(std::string_view series, std::int64_t number, std::size_t size);
// Nothing when it is not whole or of another series.
std::optional<std::int64_t> number_of(std::string_view series, std::string_view body);

// What happened to a member on purpose, and when sends were accepted again.
struct Fault {
    std::string what;                  // "SIGKILL", "SIGSTOP 1.5 s"
    std::string member;                // "n0"
    Duration at{};                     // Since the first send.
    std::optional<Duration> recovery;  // From the signal to the answer of the first accepted send issued
                                       // after it; nothing while there was none.
};

struct Totals {
    std::int64_t sent{0};
    std::int64_t acknowledged{0};
    std::int64_t refused{0};  // Certainly not stored.
    std::int64_t unknown{
        0};                // Neither: a time-out, a closed connection, an answer less certain than asked for.
    std::int64_t read{0};  // Different messages that the last reading found.
    std::int64_t lost{0};  // Acknowledged, and not at the queue and offset told.
    std::int64_t doubled{0};  // Found in more than one place: once for each place too many.
    std::int64_t damaged{0};  // Bodies that are not whole or not of the series, in either reading.
    std::int64_t changed{
        0};  // Read along while the sends went on, and something else or nothing there at last.
    std::vector<std::string> first_wrong;  // The first few of what is lost, damaged or changed, in words.
    Duration longest_gap{0};  // Without an acknowledgement, from the first send to the last answer.

    bool nothing_is_wrong() const { return lost == 0 && damaged == 0 && changed == 0; }
};

// Of one topic whose queues are numbered from 0. Each message is begun and ended once; readers tell what they
// find, first those who read along, then once, from the first offset on, who reads it all.
class SendAccount {
public:
    SendAccount(std::string series, std::size_t queues);

    // The number of the message to send now.
    std::int64_t begin(Instant now);
    void acknowledged(std::int64_t number, QueueId queue, QueueOffset offset, Instant now);
    void refused(std::int64_t number, Instant now);
    void unknown(std::int64_t number, Instant now);
    std::int64_t outstanding() const { return begun() - ended_; }
    std::int64_t begun() const { return static_cast<std::int64_t>(messages_.size()); }

    void fault(std::string what, std::string member, Instant now);
    // Whether a send was accepted since the last fault.
    bool has_recovered() const { return faults_.empty() || faults_.back().recovery.has_value(); }
    const std::vector<Fault>& faults() const { return faults_; }

    // Offsets of a queue in order, without gaps, from 0 on.
    void read_along(QueueId queue, QueueOffset offset, std::string_view body);
    void read_at_last(QueueId queue, QueueOffset offset, std::string_view body);
    // One behind the highest offset that was acknowledged or read along: the last reading has to get there.
    QueueOffset needed_end(QueueId queue) const;

    Totals totals() const;

private:
    struct Message {
        Instant begun;
        std::int32_t queue{-1};  // Below 0: not acknowledged.
        std::int64_t offset{0};
    };
    // By offset the number found there; -1: a body that is not whole.
    using Found = std::vector<std::int64_t>;

    void end(Instant now);
    void note(std::vector<Found>& reading, QueueId queue, QueueOffset offset, std::string_view body);

    std::string series_;
    std::vector<Message> messages_;  // By number.
    std::vector<Found> along_;       // By queue, as are
    std::vector<Found> at_last_;
    std::vector<std::int64_t> acknowledged_end_;
    std::vector<Fault> faults_;
    Instant fault_at_{};
    Instant first_begun_{};
    Instant progressed_at_{};
    Duration longest_gap_{0};
    Instant last_ended_{};
    std::int64_t ended_{0};
    std::int64_t acknowledged_{0};
    std::int64_t refused_{0};
    std::int64_t unknown_{0};
};

// The smallest of them that at least so many percent are not above; 0 when there are none.
Duration percentile(std::vector<Duration> durations, int percent);
// Of the faults after which a send was accepted.
std::vector<Duration> recoveries(const std::vector<Fault>& faults);

}  // namespace tern::admin
