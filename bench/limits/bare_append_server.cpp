// The most that a broker with this log could do on one core: as the bare echo server, and every body becomes
// a record with its checksum, the records of a turn one write at the end of a file. Headers are not decoded,
// no queue is kept, nothing is synced. The file's place for new records goes back to its beginning after a
// gigabyte, so that a disk is never filled.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "bench/limits/frame_server.hpp"
#include "bench/limits/send_answer.hpp"
#include "model/message_record.hpp"

namespace {

using namespace tern;
using namespace tern::bench;

constexpr std::int64_t file_size_max = std::int64_t{1} << 30;
// As long as those that a Java producer sends and a broker adds to.
constexpr std::string_view properties =
    "UNIQ_KEY\x01"
    "7F00000100002A139A6D18B4AAC20000\x02WAIT\x01true\x02TAGS\x01TagA\x02MSG_REGION\x01"
    "DefaultRegion\x02TRACE_ON\x01true\x02";

class Append final : public FrameService {
public:
    explicit Append(UniqueFd file) : file_{std::move(file)} {}

    void serve(const Answer& request, Buffer& answers) override {
        const bool is_json = request.frame.encoding == remoting::HeaderEncoding::json;
        (is_json ? json_ : binary_).append_to(answers, request.opaque);
        if (request.frame.body.empty()) return;
        const model::RecordDraft draft{.topic = "bench",
                                       .queue_id = QueueId{1},
                                       .born_timestamp = 1'700'000'000'000,
                                       .born_host = host_,
                                       .store_host = host_,
                                       .body = request.frame.body,
                                       .properties = properties};
        const std::size_t record_at = records_.size();
        model::encode_record(records_, draft);
        model::place_record(
            records_.data() + record_at,
            {.queue_offset = QueueOffset{next_offset_++},
             .physical_offset = PhysicalOffset{written_ + static_cast<std::int64_t>(record_at)},
             .store_timestamp = 1'700'000'000'000});
    }

    Result<> end_turn() override {
        while (!records_.empty()) {
            const auto count =
                pwrite(file_.get(), records_.data(), records_.size(), written_ % file_size_max);
            if (count < 0) return failure(Errc::io_failed, std::string{"write: "} + std::strerror(errno));
            written_ += count;
            records_.consume(static_cast<std::size_t>(count));
        }
        return {};
    }

private:
    UniqueFd file_;
    SendAnswer json_{remoting::HeaderEncoding::json};
    SendAnswer binary_{remoting::HeaderEncoding::binary};
    model::Host host_ = model::Host::v4({127, 0, 0, 1}, 10911);
    Buffer records_;
    std::int64_t written_{0};
    std::int64_t next_offset_{0};
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: bare_append_server IP:PORT FILE     port 0: any; FILE is overwritten\n");
        return 2;
    }
    UniqueFd file{open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
    if (file.get() < 0) {
        std::fprintf(stderr, "%s: %s\n", argv[2], std::strerror(errno));
        return 1;
    }
    Append append{std::move(file)};
    return serve_at(argv[1], append);
}
