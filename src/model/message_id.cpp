#include "model/message_id.hpp"

#include <chrono>
#include <cstring>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/text.hpp"

namespace tern::model {
namespace {

constexpr std::size_t id_size_v4 = 16;
constexpr std::size_t id_size_v6 = 28;
constexpr std::size_t time_and_counter_size = 6;

std::chrono::year_month month_of(WallMillis time) {
    using namespace std::chrono;
    const year_month_day day{floor<days>(sys_time<milliseconds>{milliseconds{time}})};
    return {day.year(), day.month()};
}

WallMillis begin_of(std::chrono::year_month month) {
    using namespace std::chrono;
    return sys_time<milliseconds>{sys_days{month / 1}}.time_since_epoch().count();
}

std::optional<std::string> id_bytes(std::string_view text) {
    if (text.size() != 2 * id_size_v4 && text.size() != 2 * id_size_v6) return std::nullopt;
    return from_hex(text);
}

}  // namespace

MessageId::MessageId(std::string_view bytes) : size_{static_cast<std::uint8_t>(bytes.size() * 2)} {
    TERN_ASSERT(bytes.size() * 2 <= text_.size());
    write_hex(text_.data(), bytes);
}

MessageId offset_message_id(const Host& store_host, PhysicalOffset offset) {
    std::array<char, id_size_v6> bytes;
    const auto host_size = store_host.encoded_size();
    store_host.encode(bytes.data());
    store_be<std::int64_t>(bytes.data() + host_size, offset.value());
    return MessageId{{bytes.data(), host_size + sizeof(std::int64_t)}};
}

Result<StoredAt> parse_offset_message_id(std::string_view text) {
    const auto bytes = id_bytes(text);
    if (!bytes) return failure(Errc::malformed, "offset message id: " + std::string{text.substr(0, 64)});
    const auto host_size = bytes->size() - sizeof(std::int64_t);
    return StoredAt{Host::decode(std::string_view{*bytes}.substr(0, host_size)),
                    PhysicalOffset{load_be<std::int64_t>(bytes->data() + host_size)}};
}

UniqueIdGenerator::UniqueIdGenerator(const Host& address, std::uint16_t process, Random& random,
                                     const Clock& clock)
    : clock_{clock} {
    const auto address_bytes = address.address_bytes();
    char* at = bytes_.data();
    std::memcpy(at, address_bytes.data(), address_bytes.size());
    at += address_bytes.size();
    store_be<std::uint16_t>(at, process);
    at += sizeof(std::uint16_t);
    store_be<std::uint32_t>(at, static_cast<std::uint32_t>(random.next()));
    at += sizeof(std::uint32_t);
    prefix_size_ = static_cast<std::size_t>(at - bytes_.data());
}

MessageId UniqueIdGenerator::next() {
    const auto now = clock_.wall_ms();
    if (now < month_begin_ || now >= month_end_) {
        const auto month = month_of(now);
        month_begin_ = begin_of(month);
        month_end_ = begin_of(month + std::chrono::months{1});
    }
    store_be<std::uint32_t>(bytes_.data() + prefix_size_, static_cast<std::uint32_t>(now - month_begin_));
    store_be<std::uint16_t>(bytes_.data() + prefix_size_ + sizeof(std::uint32_t), counter_++);
    return MessageId{{bytes_.data(), prefix_size_ + time_and_counter_size}};
}

std::optional<WallMillis> unique_id_time(std::string_view id, WallMillis now) {
    const auto bytes = id_bytes(id);
    if (!bytes) return std::nullopt;
    const auto within_month = load_be<std::uint32_t>(bytes->data() + bytes->size() - time_and_counter_size);
    const auto month = month_of(now);
    const auto time = begin_of(month) + within_month;
    return time < now ? time : begin_of(month - std::chrono::months{1}) + within_month;
}

}  // namespace tern::model
