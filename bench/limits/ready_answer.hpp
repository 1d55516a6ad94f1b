// Answers as a broker would write them, encoded once: of the right size, with the right opaque, nearly
// everything else the same each time.
#pragma once

#include <cstdint>
#include <string>

#include "base/buffer.hpp"
#include "base/strong.hpp"
#include "bench/load/frame_template.hpp"
#include "remoting/frame.hpp"
#include "remoting/response_code.hpp"

namespace tern::bench {

class ReadyAnswer {
public:
    ReadyAnswer(remoting::HeaderEncoding encoding, remoting::ResponseCode code,
                const FrameTemplate::AddFields& add_fields);

    // Appends a copy without its body of that size. Returns where it begins, valid until the buffer changes.
    char* append_to(Buffer& out, std::int32_t opaque, std::size_t body_size = 0) const;

private:
    remoting::HeaderEncoding encoding_;
    std::string before_opaque_;
    std::string behind_opaque_;
};

// To a send that was stored.
ReadyAnswer send_answer(remoting::HeaderEncoding encoding);

// To a pull: where the next one begins differs, too.
class PullAnswer {
public:
    PullAnswer(remoting::HeaderEncoding encoding, remoting::ResponseCode code, QueueOffset queue_end);

    void append_to(Buffer& out, std::int32_t opaque, QueueOffset next, std::size_t body_size = 0) const;

private:
    ReadyAnswer answer_;
    Blank next_;
};

}  // namespace tern::bench
