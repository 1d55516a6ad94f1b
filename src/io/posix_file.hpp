// An open file of the operating system, and what it is made of: a descriptor that closes itself, a mapping
// that unmaps itself, and errors in words.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "io/file_system.hpp"
#include "io/job_thread.hpp"

struct iovec;

namespace tern::io {

// What a system call left in errno, as "path: call: what the system says".
std::unexpected<Error> system_failure(std::string_view path, std::string_view call);

class Descriptor {
public:
    explicit Descriptor(int number) : number_{number} {}
    Descriptor(Descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor();
    int number() const { return number_; }

private:
    int number_;
};

class Mapping {
public:
    Mapping(char* begin, std::size_t size) : begin_{begin}, size_{size} {}
    Mapping(Mapping&& other) noexcept : begin_{std::exchange(other.begin_, nullptr)}, size_{other.size_} {}
    ~Mapping();
    std::span<char> bytes() const { return {begin_, size_}; }

private:
    char* begin_;
    std::size_t size_;
};

class PosixFile final : public File {
public:
    // The threads outlive the file.
    PosixFile(std::string path, Descriptor descriptor, JobThread& syncer, JobThread& reader)
        : path_{std::move(path)}, descriptor_{std::move(descriptor)}, syncer_{syncer}, reader_{reader} {}

    using File::write_at;
    Result<std::int64_t> size() const override;
    Result<> write_at(std::int64_t offset, std::span<const std::string_view> parts) override;
    Result<> read_at(std::int64_t offset, std::span<char> out) const override;
    void read(std::int64_t offset, std::span<char> out, Done done) override;
    void sync(Done done) override;
    Result<> sync_now() override;
    Result<> set_size(std::int64_t size) override;
    void reserve(std::int64_t size) override;
    Result<> write_zeros(std::int64_t offset, std::int64_t size) override;
    Result<std::string_view> map() override;
    Result<std::span<char>> map_for_writing() override;

private:
    Result<> write_vectors(std::int64_t offset, std::span<iovec> vectors);
    Result<std::span<char>> map_as(int protection, std::optional<Mapping>& mapping);

    std::string path_;
    Descriptor descriptor_;
    JobThread& syncer_;
    JobThread& reader_;
    std::optional<Mapping> mapping_;
    std::optional<Mapping> writable_mapping_;
};

}  // namespace tern::io
