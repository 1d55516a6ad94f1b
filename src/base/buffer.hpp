// Bytes that are appended at one end and taken from the other; the storage is reused, so a buffer that has
// found its size allocates no more.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/assert.hpp"
#include "base/bytes.hpp"

namespace tern {

class Buffer {
public:
    Buffer() = default;

    std::size_t size() const { return end_ - begin_; }
    bool empty() const { return end_ == begin_; }
    std::size_t capacity() const { return capacity_; }
    char* data() { return storage_.get() + begin_; }
    std::string_view view() const { return {storage_.get() + begin_, size()}; }

    // Room for at least count bytes behind the end; they become part of the buffer by commit().
    char* prepare(std::size_t count) {
        if (capacity_ - end_ < count) make_room(count);
        return storage_.get() + end_;
    }
    std::size_t room() const { return capacity_ - end_; }
    void commit(std::size_t count) {
        TERN_ASSERT(count <= capacity_ - end_);
        end_ += count;
    }
    // Takes count bytes from the front.
    void consume(std::size_t count) {
        TERN_ASSERT(count <= size());
        begin_ += count;
        if (begin_ == end_) begin_ = end_ = 0;
    }
    void append(std::string_view bytes) {
        if (bytes.empty()) return;
        std::memcpy(prepare(bytes.size()), bytes.data(), bytes.size());
        end_ += bytes.size();
    }
    template <class Int>
    void append_be(std::type_identity_t<Int> value) {
        store_be<Int>(prepare(sizeof(Int)), value);
        end_ += sizeof(Int);
    }
    void truncate(std::size_t new_size) {
        TERN_ASSERT(new_size <= size());
        end_ = begin_ + new_size;
    }
    void clear() { begin_ = end_ = 0; }
    // Gives storage beyond keep back; for buffers that a rare large frame has blown up. Only when empty.
    void shrink(std::size_t keep) {
        if (!empty() || capacity_ <= keep) return;
        storage_.reset();
        capacity_ = begin_ = end_ = 0;
    }

private:
    void make_room(std::size_t count);

    struct Free {
        void operator()(char* bytes) const { std::free(bytes); }
    };
    std::unique_ptr<char[], Free> storage_;
    std::size_t capacity_{0};
    std::size_t begin_{0};
    std::size_t end_{0};
};

}  // namespace tern
