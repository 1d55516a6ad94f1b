#include "base/buffer.hpp"

#include <algorithm>

namespace tern {

void Buffer::make_room(std::size_t count) {
    const std::size_t used = size();
    if (capacity_ - used >= count && begin_ >= used) {  // Moving is cheap and makes the room.
        std::memcpy(storage_.get(), storage_.get() + begin_, used);
    } else {
        const std::size_t wanted = std::max({used + count, capacity_ * 2, std::size_t{1024}});
        std::unique_ptr<char[], Free> larger{static_cast<char*>(std::malloc(wanted))};
        TERN_ASSERT(larger != nullptr);
        if (used > 0) std::memcpy(larger.get(), storage_.get() + begin_, used);
        storage_ = std::move(larger);
        capacity_ = wanted;
    }
    begin_ = 0;
    end_ = used;
}

}  // namespace tern
