#include "io/posix_file.hpp"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace tern::io {

std::unexpected<Error> system_failure(std::string_view path, std::string_view call) {
    const int number = errno;
    std::string detail{path};
    detail.append(": ").append(call).append(": ").append(std::generic_category().message(number));
    return failure(Errc::io_failed, std::move(detail));
}

Descriptor::~Descriptor() {
    if (number_ >= 0) ::close(number_);
}

Mapping::~Mapping() {
    if (begin_ != nullptr) ::munmap(begin_, size_);
}

Result<std::int64_t> PosixFile::size() const {
    struct stat status{};
    if (::fstat(descriptor_.number(), &status) != 0) return system_failure(path_, "fstat");
    return status.st_size;
}

Result<> PosixFile::write_at(std::int64_t offset, std::span<const std::string_view> parts) {
    std::array<iovec, IOV_MAX> vectors;
    std::size_t next = 0;
    while (next < parts.size()) {
        std::size_t count = 0;
        std::int64_t bytes = 0;
        for (; next < parts.size() && count < vectors.size(); ++next) {
            if (parts[next].empty()) continue;
            vectors[count++] = {.iov_base = const_cast<char*>(parts[next].data()),
                                .iov_len = parts[next].size()};
            bytes += static_cast<std::int64_t>(parts[next].size());
        }
        if (auto written = write_vectors(offset, {vectors.data(), count}); !written) return written;
        offset += bytes;
    }
    return {};
}

// Writes all of them; the system may take less than it is given, then the rest follows.
Result<> PosixFile::write_vectors(std::int64_t offset, std::span<iovec> vectors) {
    while (!vectors.empty()) {
        const auto count = static_cast<int>(vectors.size());
        const ssize_t written = ::pwritev(descriptor_.number(), vectors.data(), count, offset);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return system_failure(path_, "pwritev");
        offset += written;
        auto taken = static_cast<std::size_t>(written);
        while (!vectors.empty() && taken >= vectors.front().iov_len) {
            taken -= vectors.front().iov_len;
            vectors = vectors.subspan(1);
        }
        if (taken > 0) {
            vectors.front().iov_base = static_cast<char*>(vectors.front().iov_base) + taken;
            vectors.front().iov_len -= taken;
        }
    }
    return {};
}

Result<> PosixFile::read_at(std::int64_t offset, std::span<char> out) const {
    while (!out.empty()) {
        const ssize_t count = ::pread(descriptor_.number(), out.data(), out.size(), offset);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return system_failure(path_, "pread");
        if (count == 0)
            return failure(Errc::io_failed, path_ + ": pread: end of file at " + std::to_string(offset));
        offset += count;
        out = out.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

void PosixFile::read(std::int64_t offset, std::span<char> out, Done done) {
    auto job = std::make_unique<Job>();
    job->work = [this, offset, out] { return read_at(offset, out); };
    job->done = std::move(done);
    reader_.add(std::move(job));
}

void PosixFile::sync(Done done) {
    auto job = std::make_unique<Job>();
    job->work = [this] { return sync_now(); };
    job->done = std::move(done);
    job->same_work = this;
    syncer_.add(std::move(job));
}

// An interrupted fdatasync may be repeated: it reports no failure of the disk. After any other error nothing
// is.
Result<> PosixFile::sync_now() {
    while (::fdatasync(descriptor_.number()) != 0) {
        if (errno != EINTR) return system_failure(path_, "fdatasync");
    }
    return {};
}

Result<> PosixFile::set_size(std::int64_t size) {
    while (::ftruncate(descriptor_.number(), size) != 0) {
        if (errno != EINTR) return system_failure(path_, "ftruncate");
    }
    return {};
}

// A file system in memory would take the memory.
void PosixFile::reserve(std::int64_t size) {
    struct statfs where{};
    if (::fstatfs(descriptor_.number(), &where) != 0 || where.f_type == TMPFS_MAGIC) return;
    (void)::fallocate(descriptor_.number(), FALLOC_FL_KEEP_SIZE, 0, size);
}

// Real zeros, not a reservation: blocks that are only reserved change the file's metadata when they are first
// written.
Result<> PosixFile::write_zeros(std::int64_t offset, std::int64_t size) {
    static constexpr std::array<char, 65'536> zeros{};
    while (size > 0) {
        std::array<std::string_view, 16> parts;
        std::size_t count = 0;
        std::int64_t bytes = 0;
        for (; count < parts.size() && bytes < size; ++count) {
            const auto part = std::min<std::int64_t>(size - bytes, zeros.size());
            parts[count] = {zeros.data(), static_cast<std::size_t>(part)};
            bytes += part;
        }
        if (auto written = write_at(offset, std::span{parts}.first(count)); !written) return written;
        offset += bytes;
        size -= bytes;
    }
    return {};
}

Result<std::string_view> PosixFile::map() {
    const auto mapped = map_as(PROT_READ, mapping_);
    if (!mapped) return std::unexpected{mapped.error()};
    return std::string_view{mapped->data(), mapped->size()};
}

Result<std::span<char>> PosixFile::map_for_writing() {
    return map_as(PROT_READ | PROT_WRITE, writable_mapping_);
}

Result<std::span<char>> PosixFile::map_as(int protection, std::optional<Mapping>& mapping) {
    if (!mapping) {
        const auto length = size();
        if (!length) return std::unexpected{length.error()};
        const auto bytes = static_cast<std::size_t>(*length);
        void* begin = nullptr;  // No bytes can't be mapped, and need not be.
        if (bytes > 0) begin = ::mmap(nullptr, bytes, protection, MAP_SHARED, descriptor_.number(), 0);
        if (begin == MAP_FAILED) return system_failure(path_, "mmap");
        mapping.emplace(static_cast<char*>(begin), bytes);
    }
    return mapping->bytes();
}

}  // namespace tern::io
