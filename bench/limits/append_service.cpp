#include "bench/limits/append_service.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "bench/limits/record.hpp"

namespace tern::bench {
namespace {

constexpr std::int64_t file_size_max = std::int64_t{1} << 30;

std::unexpected<Error> system_error(const std::string& what) {
    return failure(Errc::io_failed, what + ": " + std::strerror(errno));
}

Result<> fill_with_zeros(int file) {
    const std::string zeros(std::size_t{1} << 20, '\0');
    for (std::int64_t at = 0; at < file_size_max; at += static_cast<std::int64_t>(zeros.size()))
        if (pwrite(file, zeros.data(), zeros.size(), at) != static_cast<ssize_t>(zeros.size()))
            return system_error("write");
    if (fsync(file) != 0) return system_error("fsync");
    return {};
}

}  // namespace

Result<AppendService> AppendService::open(const std::string& path, Sync sync) {
    UniqueFd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
    if (file.get() < 0) return system_error(path);
    if (sync == Sync::each_turn) {
        if (auto filled = fill_with_zeros(file.get()); !filled) return std::unexpected(filled.error());
    }
    return AppendService{std::move(file), sync};
}

std::span<const std::string_view> AppendService::serve(const Answer& request, Buffer& answers) {
    const bool is_json = request.frame.encoding == remoting::HeaderEncoding::json;
    (is_json ? json_ : binary_).append_to(answers, request.opaque);
    if (request.frame.body.empty()) return {};
    append_record(records_, request.frame.body, QueueId{1}, QueueOffset{next_offset_++},
                  PhysicalOffset{written_ + static_cast<std::int64_t>(records_.size())});
    return {};
}

Result<> AppendService::end_turn() {
    if (records_.empty()) return {};
    while (!records_.empty()) {
        const auto count = pwrite(file_.get(), records_.data(), records_.size(), written_ % file_size_max);
        if (count < 0) return system_error("write");
        written_ += count;
        records_.consume(static_cast<std::size_t>(count));
    }
    if (sync_ == Sync::each_turn && fdatasync(file_.get()) != 0) return system_error("fdatasync");
    return {};
}

}  // namespace tern::bench
