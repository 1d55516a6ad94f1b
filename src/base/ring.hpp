// A queue in a ring that grows by doubling and never gives back: one that has found its size allocates no
// more.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "base/assert.hpp"

namespace tern {

template <class T>
class Ring {
public:
    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    T& front() {
        TERN_ASSERT(size_ > 0);
        return slots_[begin_];
    }
    T& operator[](std::size_t index) {
        TERN_ASSERT(index < size_);
        return slots_[(begin_ + index) & (slots_.size() - 1)];
    }
    void push(T value) { push_slot() = std::move(value); }
    // A new last one to be filled in: as one that was popped has left it.
    T& push_slot() {
        if (size_ == slots_.size()) grow();
        return slots_[(begin_ + size_++) & (slots_.size() - 1)];
    }
    T pop() {
        T value = std::move(front());
        drop();
        return value;
    }
    // Pops without a look at it.
    void drop() {
        TERN_ASSERT(size_ > 0);
        begin_ = (begin_ + 1) & (slots_.size() - 1);
        --size_;
    }
    void clear() { begin_ = size_ = 0; }

private:
    void grow() {
        std::vector<T> larger(slots_.empty() ? 16 : slots_.size() * 2);
        for (std::size_t i = 0; i < size_; ++i) larger[i] = std::move((*this)[i]);
        slots_ = std::move(larger);
        begin_ = 0;
    }

    std::vector<T> slots_;  // A power of two, or empty.
    std::size_t begin_{0};
    std::size_t size_{0};
};

}  // namespace tern
