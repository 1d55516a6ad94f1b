// Pulls queues from front to back, the next request as soon as an answer is there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/channel.hpp"
#include "bench/load/frame_template.hpp"
#include "bench/load/measurement.hpp"
#include "bench/load/verification.hpp"

namespace tern::bench {

struct PullShape {
    std::string group{"bench"};
    std::string topic{};
    std::string broker_name{};
    std::int32_t messages_max{32};  // A request.
    bool at_the_end_begins_again{false};
    bool at_the_end_waits{false};  // For more, by long polling; bodies then have stamps.
    remoting::HeaderEncoding encoding{};
};

class Puller final : public Channel {
public:
    struct Position {
        std::int32_t queue;
        std::int64_t offset;
    };
    // One request at a time for each position. measurement and verification, which may be nullptr, outlive
    // the puller.
    Puller(UniqueFd fd, const PullShape& shape, std::vector<Position> positions, Measurement& measurement,
           PullVerification* verification);

    void begin(Instant now);
    // No further request after those under way.
    void end() { ended_ = true; }

private:
    struct Cursor {
        std::int32_t queue;
        std::int64_t offset;
        FrameTemplate frame;
        Blank offset_blank;
    };
    Result<> on_answer(std::size_t slot, const Answer& answer, Instant now) override;
    Result<> take_messages(const Cursor& cursor, const Answer& answer, std::int64_t next, Instant asked,
                           Instant now);
    void pull(std::size_t slot, Instant now);

    PullShape shape_;
    Measurement& measurement_;
    PullVerification* verification_;
    std::vector<Cursor> cursors_;  // Each has the slot of its number.
    bool ended_{false};
};

}  // namespace tern::bench
