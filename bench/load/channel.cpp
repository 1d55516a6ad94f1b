#include "bench/load/channel.hpp"

#include "base/assert.hpp"
#include "bench/load/frame_template.hpp"

namespace tern::bench {

Result<std::size_t> Channel::read_answers() {
    const auto size = stream_.read();
    if (!size) return std::unexpected(size.error());
    const Instant now = std::chrono::steady_clock::now();
    std::size_t count = 0;
    while (true) {
        const auto answer = scan_answer(stream_.input());
        if (!answer) return std::unexpected(answer.error());
        if (!*answer) return count;
        if (auto handled = handle(**answer, now); !handled) return std::unexpected(handled.error());
        stream_.consume((*answer)->frame.size);
        ++count;
    }
}

Result<> Channel::handle(const Answer& answer, Instant now) {
    const auto slot = static_cast<std::size_t>(std::int64_t{answer.opaque} - opaque_first);
    if (slot >= slots_.size() || !slots_[slot].busy)
        return failure(Errc::malformed, "an answer to no request: opaque " + std::to_string(answer.opaque));
    slots_[slot].busy = false;
    --under_way_;
    return on_answer(slot, answer, now);
}

Result<> Channel::flush(Poller& poller) {
    if (!stream_.has_unsent()) return {};
    if (auto flushed = stream_.flush(); !flushed) return flushed;
    if (stream_.has_unsent() != waits_for_room_) {
        waits_for_room_ = stream_.has_unsent();
        poller.want_writable(fd(), this, waits_for_room_);
    }
    return {};
}

std::int32_t Channel::begin_request(std::size_t slot, Instant intended) {
    TERN_ASSERT(!slots_[slot].busy);
    slots_[slot] = {.intended = intended, .busy = true};
    ++under_way_;
    return opaque_first + static_cast<std::int32_t>(slot);
}

}  // namespace tern::bench
