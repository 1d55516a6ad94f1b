// The answer to a send that was stored, as a broker would write it, with nothing behind it: of the right
// size, with the right opaque, everything else the same each time.
#pragma once

#include <cstdint>
#include <string>

#include "base/buffer.hpp"
#include "remoting/frame.hpp"

namespace tern::bench {

class SendAnswer {
public:
    explicit SendAnswer(remoting::HeaderEncoding encoding);

    void append_to(Buffer& out, std::int32_t opaque) const;

private:
    remoting::HeaderEncoding encoding_;
    std::string before_opaque_;
    std::string behind_opaque_;
};

}  // namespace tern::bench
