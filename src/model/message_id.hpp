// The two ids of a message: where it is stored, given by the broker, and who sent it when, given by the
// producer. Both are upper-case hexadecimal, 32 characters with an IPv4 address in them, 56 with an IPv6 one
// (wire-protocol 16.6).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "base/runtime.hpp"
#include "base/strong.hpp"
#include "model/host.hpp"

namespace tern::model {

// The text of an id, kept in place.
class MessageId {
public:
    MessageId() = default;
    explicit MessageId(std::string_view bytes);  // At most 28, in binary.

    std::string_view text() const { return {text_.data(), size_}; }
    friend bool operator==(const MessageId& a, const MessageId& b) { return a.text() == b.text(); }

private:
    std::array<char, 56> text_;  // Of which so many count:
    std::uint8_t size_{0};
};

// Names the record at an offset of the log that is served at an address.
MessageId offset_message_id(const Host& store_host, PhysicalOffset offset);

struct StoredAt {
    Host store_host;
    PhysicalOffset offset;
};
// Errc::malformed for what is no offset id.
Result<StoredAt> parse_offset_message_id(std::string_view text);

// Ids that no other process gives: address, process, a number drawn at the start, the time within the month
// and a counter. Owned by one thread.
class UniqueIdGenerator {
public:
    UniqueIdGenerator(const Host& address, std::uint16_t process, Random& random, const Clock& clock);
    MessageId next();

private:
    const Clock& clock_;
    std::array<char, 28> bytes_{};
    std::size_t prefix_size_;  // Address, process and drawn number.
    WallMillis month_begin_{0};
    WallMillis month_end_{0};
    std::uint16_t counter_{0};
};

// When a unique id was made, provided that was within the last month; nothing for what is no unique id.
std::optional<WallMillis> unique_id_time(std::string_view id, WallMillis now);

}  // namespace tern::model
