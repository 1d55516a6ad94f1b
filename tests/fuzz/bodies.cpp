// Bodies in their types; the first byte says which. What is accepted is written and read again as the same.
#include "check.hpp"
#include "json/fields.hpp"
#include "remoting/body/connections.hpp"
#include "remoting/body/consume_directly.hpp"
#include "remoting/body/consumer_running_info.hpp"
#include "remoting/body/ha_status.hpp"
#include "remoting/body/heartbeat.hpp"
#include "remoting/body/lists.hpp"
#include "remoting/body/lock_batch.hpp"
#include "remoting/body/offset_tables.hpp"
#include "remoting/body/register_broker.hpp"
#include "remoting/body/route_data.hpp"
#include "remoting/body/stats.hpp"
#include "remoting/body/subscription_group_table.hpp"
#include "remoting/body/topic_config_table.hpp"

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

void check_topic_line(std::string_view text) {
    (void)model::parse_topic_config_line(text);
}

// The first ones by the number that the corpora know.
constexpr void (*checks[])(std::string_view) = {
    check<HeartbeatData>,
    check<RegisterBrokerBody>,
    check_compressed_registration,
    check<LockBatchRequestBody>,
    check<TopicRouteData>,
    check<SubscriptionGroupTable>,
    check<ConsumerConnection>,
    check<ConsumeStats>,
    check<ConsumerOffsetTable>,
    check<TopicConfigTable>,
    check_topic_line,
    check<TopicConfigList>,
    check<SubscriptionGroupList>,
    check<ConsumerStatusBody>,
    check<MessageRequestModeBody>,
    check<ConsumerRunningInfo>,
    check<CheckClientRequestBody>,
    check<model::DataVersion>,
    check<LockBatchResponseBody>,
    check<model::SubscriptionGroupConfig>,
    check<model::TopicConfig>,
    check<SubscriptionBody>,
    check<ProducerConnection>,
    check<ProducerTableInfo>,
    check<HaStatus>,
    check<TopicList>,
    check<GroupList>,
    check<ConsumerListBody>,
    check<KVTable>,
    check<DelayOffsetTable>,
    check<ClusterInfo>,
    check<BrokerMemberGroupBody>,
    check<TopicStatsTable>,
    check<BrokerConsumeStats>,
    check<OffsetTableBody>,
    check<OffsetListBody>,
    check<ConsumeTimeSpans>,
    check<CorrectionOffsets>,
    check<BrokerStatsData>,
    check<ConsumeQueueBody>,
    check<ConsumersBody>,
    check<ConsumeDirectlyResult>,
};

}  // namespace
}  // namespace tern::remoting

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using tern::remoting::checks;
    if (size > 0) checks[data[0] % std::size(checks)](tern::as_bytes(data + 1, size - 1));
    return 0;
}
