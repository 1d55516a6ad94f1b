// Answers pulls with messages that lie ready in a file: those of a queue one behind the other, so that an
// answer is a header and one range of the page cache. Sends are answered as if they were stored.
#pragma once

#include <string>

#include "bench/limits/frame_server.hpp"
#include "bench/limits/ready_answer.hpp"

namespace tern::bench {

class PullService final : public FrameService {
public:
    struct Messages {
        std::int64_t queues;
        std::int64_t in_each;
        std::size_t body_size;
    };
    // Overwrites the file with so many messages, and keeps it mapped for as long as the process runs.
    static Result<PullService> open(const std::string& path, const Messages& messages);

    std::string_view serve(const Answer& request, Buffer& answers) override;

private:
    struct Ready {
        Ready(remoting::HeaderEncoding encoding, QueueOffset queue_end);
        ReadyAnswer sent;
        PullAnswer found;
        PullAnswer at_end;
    };
    PullService(std::string_view records, const Messages& messages);

    std::string_view records_;
    Messages messages_;
    std::int64_t record_size_;
    Ready json_;
    Ready binary_;
};

}  // namespace tern::bench
