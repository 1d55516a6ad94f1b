// Any values in the fields of every header; the first byte says of which, then come the values in turn: a
// length, or 255 for a field that is absent, and the text. What is accepted is written and read again as the
// same, in both encodings.
#include "check.hpp"
#include "remoting/fields.hpp"
#include "remoting/header/admin.hpp"
#include "remoting/header/client.hpp"
#include "remoting/header/group.hpp"
#include "remoting/header/offset.hpp"
#include "remoting/header/pull.hpp"
#include "remoting/header/query.hpp"
#include "remoting/header/route.hpp"
#include "remoting/header/send.hpp"
#include "remoting/header/topic.hpp"

namespace tern::remoting {
namespace {

constexpr std::uint8_t absent = 255;

template <class H>
std::string encoded(const H& header, HeaderEncoding encoding) {
    Buffer out;
    FrameWriter frame{out, encoding, {}};
    encode_fields(frame, header);
    frame.finish();
    return std::string{out.view()};
}

// Of the values it has, some stand in JSON without a check.
bool is_plain(std::span<const FieldView> fields) {
    return std::ranges::all_of(fields, [](const FieldView& field) {
        return std::ranges::all_of(field.value,
                                   [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
    });
}

template <class H>
void check_again(const std::string& frame, const std::string& expected) {
    CommandDecoder decoder;
    const auto command = decoder.decode(**cut_frame(frame));
    TERN_ASSERT(command);
    const auto again = decode_fields<H>(*command);
    TERN_ASSERT(again && encoded(*again, HeaderEncoding::binary) == expected);
}

template <class H>
void check(std::string_view input) {
    std::vector<FieldView> fields;
    ByteReader in{input};
    for_each_field<H>([&](const auto& field) {
        const auto size = in.read<std::uint8_t>().value_or(absent);
        if (size != absent)
            fields.push_back({field.name, *in.read_bytes(std::min<std::size_t>(size, in.rest().size()))});
    });
    Command command;
    command.fields = Fields{fields};
    const auto header = decode_fields<H>(command);
    if (!header) return;
    const auto binary = encoded(*header, HeaderEncoding::binary);
    check_again<H>(binary, binary);
    if (is_plain(fields)) check_again<H>(encoded(*header, HeaderEncoding::json), binary);
}

template <class... Headers>
void check_one_of(std::uint8_t selector, std::string_view input) {
    constexpr void (*checks[])(std::string_view) = {check<Headers>...};
    checks[selector % std::size(checks)](input);
}

}  // namespace
}  // namespace tern::remoting

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tern::remoting;
    if (size == 0) return 0;
    check_one_of<
        GetBrokerConfigResponse, GetTopicStatsInfoRequest, GetConsumerConnectionListRequest,
        GetProducerConnectionListRequest, GetConsumeStatsRequest, GetBrokerConsumeStatsRequest,
        QueryTopicConsumeByWhoRequest, QueryTopicsByConsumerRequest, GetConsumerRunningInfoRequest,
        ConsumeMessageDirectlyRequest, QueryConsumeQueueRequest, ResetOffsetRequest,
        QuerySubscriptionByConsumerRequest, QueryConsumeTimeSpanRequest, ViewBrokerStatsDataRequest,
        GetConsumerStatusRequest, CloneGroupOffsetRequest, QueryCorrectionOffsetRequest, HeartbeatResponse,
        UnregisterClientRequest, GetConsumerListByGroupRequest, NotifyConsumerIdsChangedRequest,
        TransferLeadershipRequest, OffsetResponse, QueryConsumerOffsetRequest, UpdateConsumerOffsetRequest,
        SearchOffsetRequest, GetMaxOffsetRequest, GetMinOffsetRequest, GetEarliestMsgStoretimeRequest,
        GetEarliestMsgStoretimeResponse, PullMessageRequest, PullMessageResponse, PullForbiddenResponse,
        QueryMessageRequest, QueryMessageResponse, ViewMessageRequest, RegisterBrokerRequest,
        RegisterBrokerResponse, UnregisterBrokerRequest, QueryDataVersionRequest, QueryDataVersionResponse,
        BrokerHeartbeatRequest, NotifyMinBrokerIdChangeRequest, GetRouteInfoRequest,
        GetBrokerMemberGroupRequest, GetTopicsByClusterRequest, DeleteTopicInNamesrvRequest,
        RegisterTopicRequest, WipeWritePermRequest, WipeWritePermResponse, AddWritePermRequest,
        AddWritePermResponse, PutKvConfigRequest, GetKvConfigRequest, GetKvConfigResponse,
        DeleteKvConfigRequest, GetKvListRequest, SendMessageRequest, PushReplyRequest, SendMessageResponse,
        SendMessageRefusal, ConsumerSendMsgBackRequest, CreateTopicRequest, DeleteTopicRequest,
        GetTopicConfigRequest, GetAllTopicConfigRequest, GetAllTopicConfigResponse,
        GetAllSubscriptionGroupRequest, GetAllSubscriptionGroupResponse, DeleteSubscriptionGroupRequest,
        GetSubscriptionGroupRequest, GetConsumerStatusFromClientRequest, ResetConsumerClientOffsetRequest>(
        data[0], tern::as_bytes(data + 1, size - 1));
    return 0;
}
