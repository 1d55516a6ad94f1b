#include "net/system_random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <utility>

#include "base/assert.hpp"

namespace tern::net {

std::uint64_t SystemRandom::next() {
    if (left_ == 0) {
        // Only before the machine has gathered any chance at all does it wait, and only then a signal ends
        // it.
        ssize_t given = 0;
        do given = ::getrandom(words_.data(), sizeof words_, 0);
        while (given < 0 && errno == EINTR);
        TERN_ASSERT(given == sizeof words_);
        left_ = words_.size();
    }
    return std::exchange(words_[--left_], 0);
}

}  // namespace tern::net
