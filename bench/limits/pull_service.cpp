#include "bench/limits/pull_service.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "bench/limits/record.hpp"
#include "remoting/request_code.hpp"

namespace tern::bench {
namespace {

std::unexpected<Error> system_error(const std::string& what) {
    return failure(Errc::io_failed, what + ": " + std::strerror(errno));
}

Result<std::int64_t> write_messages(int file, const PullService::Messages& messages) {
    const std::string body(messages.body_size, 'x');
    Buffer records;
    std::int64_t size = 0;
    for (std::int64_t offset = 0; offset < messages.in_each; ++offset) {
        for (std::int64_t queue = 0; queue < messages.queues; ++queue)
            append_record(records, body, QueueId{static_cast<std::int32_t>(queue)}, QueueOffset{offset},
                          PhysicalOffset{size + static_cast<std::int64_t>(records.size())});
        size += static_cast<std::int64_t>(records.size());
        while (!records.empty()) {
            const auto count = write(file, records.data(), records.size());
            if (count < 0) return system_error("write");
            records.consume(static_cast<std::size_t>(count));
        }
    }
    return size;
}

}  // namespace

PullService::Ready::Ready(remoting::HeaderEncoding encoding, QueueOffset queue_end)
    : sent{send_answer(encoding)},
      found{encoding, remoting::ResponseCode::success, queue_end},
      at_end{encoding, remoting::ResponseCode::pull_not_found, queue_end} {}

PullService::PullService(std::string_view records, const Messages& messages)
    : records_{records},
      messages_{messages},
      record_size_{static_cast<std::int64_t>(records.size()) / (messages.queues * messages.in_each)},
      json_{remoting::HeaderEncoding::json, QueueOffset{messages.in_each}},
      binary_{remoting::HeaderEncoding::binary, QueueOffset{messages.in_each}} {}

Result<PullService> PullService::open(const std::string& path, const Messages& messages) {
    const UniqueFd file{::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
    if (file.get() < 0) return system_error(path);
    const auto size = write_messages(file.get(), messages);
    if (!size) return std::unexpected(size.error());
    const auto length = static_cast<std::size_t>(*size);
    void* const begin = mmap(nullptr, length, PROT_READ, MAP_SHARED | MAP_POPULATE, file.get(), 0);
    if (begin == MAP_FAILED) return system_error("mmap");
    return PullService{{static_cast<const char*>(begin), length}, messages};
}

std::span<const std::string_view> PullService::serve(const Answer& request, Buffer& answers) {
    const auto& ready = request.frame.encoding == remoting::HeaderEncoding::json ? json_ : binary_;
    if (request.code != static_cast<std::int32_t>(remoting::RequestCode::pull_message)) {
        ready.sent.append_to(answers, request.opaque);
        return {};
    }
    const auto queue = scan_number_field(request.frame, "queueId").value_or(0) % messages_.queues;
    const auto from = scan_number_field(request.frame, "queueOffset").value_or(0);
    const auto wanted = scan_number_field(request.frame, "maxMsgNums").value_or(0);
    const auto count = std::min(wanted, messages_.in_each - from);
    if (count <= 0 || from < 0 || queue < 0) {
        ready.at_end.append_to(answers, request.opaque, QueueOffset{from});
        return {};
    }
    const auto size = static_cast<std::size_t>(record_size_);
    ready.found.append_to(answers, request.opaque, QueueOffset{from + count},
                          static_cast<std::size_t>(count) * size);
    answered_.clear();
    for (std::int64_t offset = from; offset < from + count; ++offset)
        answered_.push_back(
            records_.substr(static_cast<std::size_t>(offset * messages_.queues + queue) * size, size));
    return answered_;
}

}  // namespace tern::bench
