#include "bench/limits/record.hpp"

namespace tern::bench {
namespace {

// What the load's producer sends and a broker adds to.
constexpr std::string_view properties =
    "UNIQ_KEY\x01"
    "7F00000100002A139A6D18B4AAC20000\x02WAIT\x01true\x02TAGS\x01TagA\x02MSG_REGION\x01"
    "DefaultRegion\x02TRACE_ON\x01true\x02"
    "CLUSTER\x01"
    "DefaultCluster\x02";
constexpr std::int64_t any_time_ms = 1'700'000'000'000;

}  // namespace

void append_record(Buffer& records, std::string_view body, QueueId queue, QueueOffset queue_offset,
                   PhysicalOffset physical_offset) {
    static const auto host = model::Host::v4({127, 0, 0, 1}, 10911);
    const std::size_t record_at = records.size();
    model::encode_record(records, {.topic = "bench",
                                   .queue_id = queue,
                                   .born_timestamp = any_time_ms,
                                   .born_host = host,
                                   .store_host = host,
                                   .body = body,
                                   .properties = properties});
    model::place_record(
        records.data() + record_at,
        {.queue_offset = queue_offset, .physical_offset = physical_offset, .store_timestamp = any_time_ms});
}

}  // namespace tern::bench
