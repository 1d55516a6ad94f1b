// Answers pulls with messages that lie ready in a file, as senders that take the queues in turn leave them in
// a commit log: an answer is a header, and pieces of the page cache. Sends are answered as if they were
// stored.
#pragma once

#include <string>
#include <vector>

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

    std::span<const std::string_view> serve(const Answer& request, Buffer& answers) override;

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
    std::vector<std::string_view> answered_;  // What serve() gave last.
    Ready json_;
    Ready binary_;
};

}  // namespace tern::bench
