// Bodies in their types; the first byte says which. What is accepted is written and read again as the same.
#include "check.hpp"
#include "json/fields.hpp"
#include "remoting/body/connections.hpp"
#include "remoting/body/consumer_running_info.hpp"
#include "remoting/body/heartbeat.hpp"
#include "remoting/body/lock_batch.hpp"
#include "remoting/body/offset_tables.hpp"
#include "remoting/body/register_broker.hpp"
#include "remoting/body/route_data.hpp"
#include "remoting/body/stats.hpp"
#include "remoting/body/subscription_group_table.hpp"

namespace tern::remoting {
namespace {

constexpr json::Limits limits{.depth = 64, .values = 10'000};

template <class Body>
void check(std::string_view text) {
    const auto body = json::decode<Body>(text, limits);
    if (!body) return;
    const auto encoded = json::encode(*body);
    const auto again = json::decode<Body>(encoded);
    TERN_ASSERT(again && json::encode(*again) == encoded);
}

void check_compressed_registration(std::string_view bytes) {
    const auto body = decode_register_broker_body(bytes, true, 513);
    if (!body) return;
    const auto again =
        decode_register_broker_body(encode_compressed_register_broker_body(*body, 513), true, 513);
    (void)again;  // A name with a blank in it cannot be said in the compressed form, so it may differ.
}

void check(std::uint8_t type, std::string_view text) {
    switch (type) {
        case 0:
            return check<HeartbeatData>(text);
        case 1:
            return check<RegisterBrokerBody>(text);
        case 2:
            return check_compressed_registration(text);
        case 3:
            return check<LockBatchRequestBody>(text);
        case 4:
            return check<TopicRouteData>(text);
        case 5:
            return check<SubscriptionGroupTable>(text);
        case 6:
            return check<ConsumerConnection>(text);
        case 7:
            return check<ConsumeStats>(text);
        case 8:
            return check<ConsumerOffsetTable>(text);
        case 9:
            return check<TopicConfigTable>(text);
        case 11:
            return check<TopicConfigList>(text);
        case 12:
            return check<SubscriptionGroupList>(text);
        case 13:
            return check<ConsumerStatusBody>(text);
        case 14:
            return check<MessageRequestModeBody>(text);
        case 15:
            return check<ConsumerRunningInfo>(text);
        default:
            (void)model::parse_topic_config_line(text);
    }
}

}  // namespace
}  // namespace tern::remoting

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 0) tern::remoting::check(data[0], tern::as_bytes(data + 1, size - 1));
    return 0;
}
