// Every frame recorded from the Java system is cut, decoded and encoded again, and so are the headers that
// have types here (tests/compatibility/golden/README.md).
#include <set>

#include "remoting/fields.hpp"
#include "remoting/golden_frames.hpp"
#include "remoting/header/admin.hpp"
#include "remoting/header/client.hpp"
#include "remoting/header/offset.hpp"
#include "remoting/header/pull.hpp"
#include "remoting/header/query.hpp"
#include "remoting/header/route.hpp"
#include "remoting/header/send.hpp"
#include "remoting/header/topic.hpp"
#include "remoting/response_code.hpp"

namespace tern::remoting {
namespace {

FieldMap expected_fields(const json::Value& header) {
    FieldMap map;
    const auto* members = header["extFields"].object();
    if (members == nullptr) return map;
    for (const auto& member : *members)
        if (const auto* text = member.value.string(); text != nullptr) map[*member.key.string()] = *text;
    return map;
}

void expect_header(const Command& command, const json::Value& expected, const std::string& name) {
    EXPECT_EQ(command.code, *expected["code"].integer()) << name;
    EXPECT_EQ(command.opaque, *expected["opaque"].integer()) << name;
    EXPECT_EQ(command.flag, *expected["flag"].integer()) << name;
    EXPECT_EQ(command.version, *expected["version"].integer()) << name;
    EXPECT_EQ(language_name(command.language), *expected["language"].string()) << name;
    const auto* remark = expected["remark"].string();
    EXPECT_EQ(command.remark, remark != nullptr ? *remark : "") << name;
    EXPECT_EQ(field_map(command), expected_fields(expected)) << name;
}

// Encodes what was decoded.
std::string frame_of(const Command& command, HeaderEncoding encoding) {
    Buffer out;
    FrameWriter frame{out,
                      encoding,
                      {.code = command.code,
                       .language = command.language,
                       .version = command.version,
                       .opaque = command.opaque,
                       .flag = command.flag,
                       .remark = command.remark}};
    const auto fields = command.fields.entries();
    for (const auto& field : *fields) frame.named_field(field.name, field.value);
    frame.finish(command.body);
    return std::string{out.view()};
}

TEST(GoldenFrames, are_there) {
    EXPECT_GT(exchanges().size(), 1'000U);
}

TEST(GoldenFrames, decode_to_what_the_recorder_saw) {
    CommandDecoder decoder;
    for_each_frame([&](const Recorded& recorded, std::int32_t, bool) {
        const auto frame = cut(recorded);
        if (!frame) return;
        const auto command = decoder.decode(*frame);
        ASSERT_TRUE(command) << recorded.name << ": " << command.error().detail;
        expect_header(*command, recorded.header, recorded.name);
    });
}

TEST(GoldenFrames, survive_being_encoded_again_in_either_encoding) {
    CommandDecoder decoder;
    CommandDecoder again;
    for_each_frame([&](const Recorded& recorded, std::int32_t, bool) {
        const auto frame = cut(recorded);
        if (!frame) return;
        const auto command = decoder.decode(*frame);
        ASSERT_TRUE(command) << recorded.name;
        for (const auto encoding : {HeaderEncoding::json, HeaderEncoding::binary}) {
            const auto bytes = frame_of(*command, encoding);
            const auto view = cut_frame(bytes);
            ASSERT_TRUE(view && *view) << recorded.name;
            EXPECT_EQ((*view)->size, bytes.size()) << recorded.name;
            EXPECT_EQ((*view)->body, frame->body) << recorded.name;
            const auto second = again.decode(**view);
            ASSERT_TRUE(second) << recorded.name << ": " << second.error().detail;
            if (encoding == HeaderEncoding::json || expected_fields(recorded.header) == field_map(*second))
                expect_header(*second, recorded.header, recorded.name);
        }
    });
}

// Fields that any request may carry and that the typed headers leave aside.
const std::set<std::string> ignored_fields{"bname", "ReqT", "AccessKey", "Signature"};

// A header in its type says what the recorded one says.
template <class H, auto List = &H::fields>
void expect_typed_header(const Command& command, const std::string& name) {
    const auto header = decode_fields<H, List>(command);
    ASSERT_TRUE(header) << name << ": " << header.error().detail;
    Buffer out;
    FrameWriter frame{out, HeaderEncoding::json, {}};
    encode_fields<H, List>(frame, *header);
    frame.finish();
    CommandDecoder decoder;
    const auto again = decoder.decode(**cut_frame(out.view()));
    ASSERT_TRUE(again) << name;
    const auto encoded = field_map(*again);
    for (const auto& [key, value] : field_map(command)) {
        if (encoded.contains(key)) {
            EXPECT_EQ(encoded.at(key), value) << name << " " << key;
        } else {
            EXPECT_TRUE(ignored_fields.contains(key)) << name << " " << key << " has no place in its type";
        }
    }
}

using Check = void (*)(const Command& command, const std::string& name);

struct Typed {
    Check request{};
    Check response{};
};

template <class H>
constexpr Check header = &expect_typed_header<H>;

const std::map<std::int32_t, Typed>& typed() {
    static constexpr Check short_send =
        &expect_typed_header<SendMessageRequest, &SendMessageRequest::short_fields>;
    static const std::map<std::int32_t, Typed> table{
        {10, {.request = header<SendMessageRequest>, .response = header<SendMessageResponse>}},
        {11, {.request = header<PullMessageRequest>, .response = header<PullMessageResponse>}},
        {12, {.request = header<QueryMessageRequest>, .response = header<QueryMessageResponse>}},
        {14, {.request = header<QueryConsumerOffsetRequest>, .response = header<OffsetResponse>}},
        {15, {.request = header<UpdateConsumerOffsetRequest>}},
        {17, {.request = header<CreateTopicRequest>}},
        {21, {.request = header<GetAllTopicConfigRequest>, .response = header<GetAllTopicConfigResponse>}},
        {26, {.response = header<GetBrokerConfigResponse>}},
        {29, {.request = header<SearchOffsetRequest>, .response = header<OffsetResponse>}},
        {30, {.request = header<GetMaxOffsetRequest>, .response = header<OffsetResponse>}},
        {31, {.request = header<GetMinOffsetRequest>, .response = header<OffsetResponse>}},
        {32,
         {.request = header<GetEarliestMsgStoretimeRequest>,
          .response = header<GetEarliestMsgStoretimeResponse>}},
        {33, {.request = header<ViewMessageRequest>}},
        {34, {.response = header<HeartbeatResponse>}},
        {35, {.request = header<UnregisterClientRequest>}},
        {36, {.request = header<ConsumerSendMsgBackRequest>}},
        {38, {.request = header<GetConsumerListByGroupRequest>}},
        {40, {.request = header<NotifyConsumerIdsChangedRequest>}},
        {100, {.request = header<PutKvConfigRequest>}},
        {101, {.request = header<GetKvConfigRequest>, .response = header<GetKvConfigResponse>}},
        {102, {.request = header<DeleteKvConfigRequest>}},
        {103, {.request = header<RegisterBrokerRequest>, .response = header<RegisterBrokerResponse>}},
        {104, {.request = header<UnregisterBrokerRequest>}},
        {105, {.request = header<GetRouteInfoRequest>}},
        {201,
         {.request = header<GetAllSubscriptionGroupRequest>,
          .response = header<GetAllSubscriptionGroupResponse>}},
        {202, {.request = header<GetTopicStatsInfoRequest>}},
        {203, {.request = header<GetConsumerConnectionListRequest>}},
        {204, {.request = header<GetProducerConnectionListRequest>}},
        {205, {.request = header<WipeWritePermRequest>, .response = header<WipeWritePermResponse>}},
        {207, {.request = header<DeleteSubscriptionGroupRequest>}},
        {208, {.request = header<GetConsumeStatsRequest>}},
        {215, {.request = header<DeleteTopicRequest>}},
        {216, {.request = header<DeleteTopicInNamesrvRequest>}},
        {217, {.request = header<RegisterTopicRequest>}},
        {219, {.request = header<GetKvListRequest>}},
        {222, {.request = header<ResetOffsetRequest>}},
        {224, {.request = header<GetTopicsByClusterRequest>}},
        {300, {.request = header<QueryTopicConsumeByWhoRequest>}},
        {307, {.request = header<GetConsumerRunningInfoRequest>}},
        {309, {.request = header<ConsumeMessageDirectlyRequest>}},
        {310, {.request = short_send, .response = header<SendMessageResponse>}},
        {317, {.request = header<GetBrokerConsumeStatsRequest>}},
        {320, {.request = short_send, .response = header<SendMessageResponse>}},
        {321, {.request = header<QueryConsumeQueueRequest>}},
        {322, {.request = header<QueryDataVersionRequest>, .response = header<QueryDataVersionResponse>}},
        {327, {.request = header<AddWritePermRequest>, .response = header<AddWritePermResponse>}},
        {343, {.request = header<QueryTopicsByConsumerRequest>}},
        {351, {.request = header<GetTopicConfigRequest>}},
        {352, {.request = header<GetSubscriptionGroupRequest>}},
        {361, {.request = header<PullMessageRequest>, .response = header<PullMessageResponse>}},
        {901, {.request = header<GetBrokerMemberGroupRequest>}},
        {904, {.request = header<BrokerHeartbeatRequest>}},
        {905, {.request = header<NotifyMinBrokerIdChangeRequest>}},
    };
    return table;
}

TEST(GoldenFrames, have_headers_that_survive_their_types) {
    CommandDecoder decoder;
    for_each_frame([&](const Recorded& recorded, std::int32_t code, bool is_response) {
        const auto frame = cut(recorded);
        if (!frame || recorded.is_probe() || !typed().contains(code)) return;
        const auto command = decoder.decode(*frame);
        ASSERT_TRUE(command) << recorded.name;
        if (is_response && !has_typed_answer(command->code, code)) return;
        const auto check = is_response ? typed().at(code).response : typed().at(code).request;
        if (check != nullptr) check(*command, recorded.name);
    });
}

}  // namespace
}  // namespace tern::remoting
