// The properties of a message: name, 0x01, value, 0x02, repeated, in one string that is stored and sent as it
// is (docs/formats/message-record.md). Searched and changed in place, for every message passes through here.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_scan.hpp"
#include "base/bytes.hpp"

namespace tern::model {

inline constexpr char property_name_end = '\x01';
inline constexpr char property_value_end = '\x02';

// Names that mean something to brokers (wire-protocol 16.4).
namespace property {
inline constexpr std::string_view keys = "KEYS";
inline constexpr std::string_view tags = "TAGS";
inline constexpr std::string_view wait_store_ok = "WAIT";
inline constexpr std::string_view delay_level = "DELAY";
inline constexpr std::string_view unique_key = "UNIQ_KEY";
inline constexpr std::string_view region = "MSG_REGION";
inline constexpr std::string_view trace_on = "TRACE_ON";
inline constexpr std::string_view cluster = "CLUSTER";
inline constexpr std::string_view retry_topic = "RETRY_TOPIC";
inline constexpr std::string_view real_topic = "REAL_TOPIC";
inline constexpr std::string_view real_queue_id = "REAL_QID";
inline constexpr std::string_view origin_message_id = "ORIGIN_MESSAGE_ID";
inline constexpr std::string_view reconsume_time = "RECONSUME_TIME";
inline constexpr std::string_view max_reconsume_times = "MAX_RECONSUME_TIMES";
inline constexpr std::string_view transaction_prepared = "TRAN_MSG";
inline constexpr std::string_view producer_group = "PGROUP";
inline constexpr std::string_view transaction_id = "__transactionId__";
inline constexpr std::string_view transaction_check_times = "TRANSACTION_CHECK_TIMES";
inline constexpr std::string_view pop_check_point = "POP_CK";
inline constexpr std::string_view first_pop_time = "1ST_POP_TIME";
inline constexpr std::string_view timer_delay_seconds = "TIMER_DELAY_SEC";
inline constexpr std::string_view timer_delay_ms = "TIMER_DELAY_MS";
inline constexpr std::string_view timer_deliver_ms = "TIMER_DELIVER_MS";
inline constexpr std::string_view inner_multi_dispatch = "INNER_MULTI_DISPATCH";
inline constexpr std::string_view inner_multi_queue_offset = "INNER_MULTI_QUEUE_OFFSET";
inline constexpr std::string_view inner_batch_count = "INNER_NUM";
inline constexpr std::string_view inner_batch_base = "INNER_BASE";
inline constexpr std::string_view dlq_origin_topic = "DLQ_ORIGIN_TOPIC";
inline constexpr std::string_view dlq_origin_message_id = "DLQ_ORIGIN_MESSAGE_ID";
inline constexpr std::string_view correlation_id = "CORRELATION_ID";
inline constexpr std::string_view reply_to_client = "REPLY_TO_CLIENT";
inline constexpr std::string_view message_type = "MSG_TYPE";
inline constexpr std::string_view message_type_reply = "reply";  // Its value.
inline constexpr std::string_view push_reply_time = "PUSH_REPLY_TIME";
inline constexpr std::string_view sharding_key = "__SHARDINGKEY";
inline constexpr std::string_view crc32 = "__CRC32#";
}  // namespace property

// One entry, as it lies in the string; size counts its separators.
struct PropertyView {
    std::string_view name{};
    std::string_view value{};
    std::size_t size{};
};

// The entry at the front of properties, which is not empty. Name and value are empty for one that Java
// ignores: shorter than three bytes, without a separator, with an empty name or an empty value.
PropertyView first_property(std::string_view properties);

// Calls visit(name, value) for each in order. Of several with one name the last counts.
template <class Visit>
void for_each_property(std::string_view properties, Visit&& visit) {
    for_each_part<property_value_end>(properties, [&](std::string_view entry) {
        const char* const end = entry.data() + entry.size();
        const char* const name_end = find_either<property_name_end, property_name_end>(entry.data(), end);
        if (name_end != entry.data() && end - name_end > 1)
            visit(std::string_view{entry.data(), name_end}, std::string_view{name_end + 1, end});
    });
}

// The value of an entry, as for_each_part<property_value_end> gives it, if that is its name; empty otherwise.
inline std::string_view value_if(std::string_view name, std::string_view entry) {
    const bool is_it =
        entry.size() > name.size() && entry[name.size()] == property_name_end && entry.starts_with(name);
    return is_it ? entry.substr(name.size() + 1) : std::string_view{};
}

// The value that counts, as a view into properties.
std::optional<std::string_view> find_property(std::string_view properties, std::string_view name);

// Changes a property string. Reused, it allocates no more once it has found its size.
class PropertyEditor {
public:
    PropertyEditor() = default;
    explicit PropertyEditor(std::string_view properties) { reset(properties); }

    // Begins anew with a copy of properties.
    void reset(std::string_view properties);
    // An empty value removes: there is no other way to say it on the wire.
    void set(std::string_view name, std::string_view value);
    void remove(std::string_view name);
    std::optional<std::string_view> find(std::string_view name) const { return find_property(text_, name); }

    // Valid until the next change.
    std::string_view view() const { return text_; }

private:
    std::string text_;  // Ends with a separator, or is empty.
};

}  // namespace tern::model
