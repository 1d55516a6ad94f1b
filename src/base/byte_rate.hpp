// How many bytes may go in a second, as a value: room comes back with time, up to a tenth of a second's
// worth. What is too large for the room goes all the same, and the next waits for as long as it takes.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/runtime.hpp"

namespace tern {

class ByteRate {
public:
    // 0: there is no limit.
    explicit ByteRate(std::int64_t bytes_per_s = 0) { set(bytes_per_s); }
    void set(std::int64_t bytes_per_s) {
        if (bytes_per_s == bytes_per_s_) return;
        bytes_per_s_ = bytes_per_s;
        room_ = std::min(room_, room_max());
        if (bytes_per_s == 0) room_ = 0;
    }

    bool limits() const { return bytes_per_s_ > 0; }
    // What may go now; 0: nothing. Of a rate that limits.
    std::int64_t room(Instant now) {
        const std::int64_t passed_ns = (now - at_).count();
        const std::int64_t lacks = room_max() - room_;
        if (passed_ns >= lacks * ns_per_s / bytes_per_s_) {
            at_ = now;
            room_ = room_max();
        } else {  // What has come in part comes later.
            const std::int64_t came = passed_ns * bytes_per_s_ / ns_per_s;
            at_ += Duration{came * ns_per_s / bytes_per_s_};
            room_ += came;
        }
        return std::max<std::int64_t>(room_, 0);
    }
    void spend(std::int64_t bytes) { room_ -= bytes; }
    // After room() was 0: until there is some again.
    Duration until_room() const {
        return std::chrono::milliseconds{1 + (1 - room_) * 1'000 / std::max<std::int64_t>(bytes_per_s_, 1)};
    }

private:
    static constexpr std::int64_t ns_per_s = 1'000'000'000;
    std::int64_t room_max() const { return bytes_per_s_ / 10; }

    std::int64_t bytes_per_s_{0};
    std::int64_t room_{0};
    Instant at_{};
};

}  // namespace tern
