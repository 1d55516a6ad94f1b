// One entry of a consume queue; docs/formats/consume-queue.md is its specification.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "base/strong.hpp"

namespace tern::store {

struct ConsumeQueueEntry {
    PhysicalOffset record_at;
    std::int32_t record_size{};
    // The Java hash of the tags; the delivery time in the delay queues; an address when at or below
    // ext_address_max.
    std::int64_t tag_code{};

    static constexpr std::size_t record_at_place = 0;
    static constexpr std::size_t record_size_place = 8;
    static constexpr std::size_t tag_code_place = 12;
    static constexpr std::size_t encoded_size = 20;

    // What fills the front of a queue whose first entry is not entry 0.
    static constexpr ConsumeQueueEntry filler() { return {PhysicalOffset{0}, INT32_MAX, 0}; }
    // Tag codes from here down are addresses in Java's consumequeue_ext.
    static constexpr std::int64_t ext_address_max = std::int64_t{INT32_MIN} - 1;

    bool is_valid() const { return record_at.value() >= 0 && record_size > 0; }
    bool is_filler() const { return *this == filler(); }
    PhysicalOffset record_end() const { return record_at + record_size; }

    void encode(char* out) const {
        store_be<std::int64_t>(out + record_at_place, record_at.value());
        store_be<std::int32_t>(out + record_size_place, record_size);
        store_be<std::int64_t>(out + tag_code_place, tag_code);
    }
    static ConsumeQueueEntry decode(const char* in) {
        return {PhysicalOffset{load_be<std::int64_t>(in + record_at_place)},
                load_be<std::int32_t>(in + record_size_place), load_be<std::int64_t>(in + tag_code_place)};
    }
    friend bool operator==(const ConsumeQueueEntry&, const ConsumeQueueEntry&) = default;
};
static_assert(ConsumeQueueEntry::tag_code_place + sizeof(std::int64_t) == ConsumeQueueEntry::encoded_size);

// Consecutive entries as they lie in memory.
class ConsumeQueueSpan {
public:
    ConsumeQueueSpan() = default;
    explicit ConsumeQueueSpan(std::string_view bytes) : bytes_{bytes} {}

    std::size_t size() const { return bytes_.size() / ConsumeQueueEntry::encoded_size; }
    bool empty() const { return size() == 0; }
    ConsumeQueueEntry operator[](std::size_t index) const {
        return ConsumeQueueEntry::decode(bytes_.data() + index * ConsumeQueueEntry::encoded_size);
    }

private:
    std::string_view bytes_;
};

}  // namespace tern::store
