// A stretch of zeroed memory that costs only what is written to: address space is reserved at once, pages
// come with the first write. So a file of a gigabyte that is mostly zeros is cheap, and views into it never
// move.
#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <utility>

#include "base/assert.hpp"

namespace tern::io {

class LazyMemory {
public:
    LazyMemory() = default;
    explicit LazyMemory(std::size_t size) : size_{size} {
        void* begin =
            ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        TERN_ASSERT(begin != MAP_FAILED);
        begin_ = static_cast<char*>(begin);
    }
    LazyMemory(LazyMemory&& other) noexcept { swap(other); }
    LazyMemory& operator=(LazyMemory&& other) noexcept {
        swap(other);
        return *this;
    }
    ~LazyMemory() {
        if (begin_ != nullptr) ::munmap(begin_, size_);
    }

    char* data() const { return begin_; }
    explicit operator bool() const { return begin_ != nullptr; }

private:
    void swap(LazyMemory& other) {
        std::swap(begin_, other.begin_);
        std::swap(size_, other.size_);
    }

    char* begin_{nullptr};
    std::size_t size_{0};
};

}  // namespace tern::io
