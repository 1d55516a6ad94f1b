// Chance from the operating system: what nobody can guess who has seen all of it that came before, as nonces
// and the ids of groups have to be. A simulation has base/random.hpp.
#pragma once

#include <array>
#include <cstddef>

#include "base/runtime.hpp"

namespace tern::net {

// Asks for many words at a time, and keeps none that it has given out. Of one thread.
class SystemRandom final : public Random {
public:
    std::uint64_t next() override;

private:
    std::array<std::uint64_t, 32> words_{};  // 256 bytes: what the system gives at once, always.
    std::size_t left_{0};                    // At the front of words_.
};

}  // namespace tern::net
