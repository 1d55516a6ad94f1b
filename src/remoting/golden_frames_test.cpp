// Every frame recorded from the Java system is cut, decoded and encoded again, and so are the headers and
// bodies that have types here (tests/compatibility/golden/README.md).
#include <filesystem>
#include <fstream>
#include <set>

#include "base/text.hpp"
#include "json/fields.hpp"
#include "remoting/body/connections.hpp"
#include "remoting/body/heartbeat.hpp"
#include "remoting/body/lists.hpp"
#include "remoting/body/lock_batch.hpp"
#include "remoting/body/offset_tables.hpp"
#include "remoting/body/register_broker.hpp"
#include "remoting/body/route_data.hpp"
#include "remoting/body/stats.hpp"
#include "remoting/body/subscription_group_table.hpp"
#include "remoting/command.hpp"
#include "remoting/fields.hpp"
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

using FieldMap = std::map<std::string, std::string>;

// One side of an exchange: the recorded bytes, and what the recorder made of them.
struct Recorded {
    std::string name;
    json::Value header;
    std::string bytes;
    bool whole{};  // Of long frames only the beginning was kept.

    bool is_probe() const { return name.find("noheader") != std::string::npos; }
};

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::optional<Recorded> side_of(const json::Value& exchange, const std::string& side) {
    const auto* whole = exchange[side + "_hex"].string();
    const auto* prefix = exchange[side + "_hex_prefix"].string();
    if (whole == nullptr && prefix == nullptr) return std::nullopt;
    return Recorded{.name = *exchange["name"].string() + " " + *exchange["variant"].string() + " " + side,
                    .header = exchange[side + "_header"],
                    .bytes = from_hex(whole != nullptr ? *whole : *prefix).value_or(""),
                    .whole = whole != nullptr};
}

struct Exchange {
    std::int32_t code{};
    std::optional<Recorded> request;
    std::optional<Recorded> response;
};

const std::vector<Exchange>& exchanges() {
    static const auto all = [] {
        std::vector<Exchange> found;
        const std::filesystem::path folder{TERN_SOURCE_DIR "/tests/compatibility/golden/frames"};
        for (const auto& file : std::filesystem::directory_iterator{folder}) {
            const auto exchange = json::parse(read_file(file.path()));
            EXPECT_TRUE(exchange) << file.path();
            if (!exchange) continue;
            found.push_back({static_cast<std::int32_t>(*(*exchange)["code"].integer()),
                             side_of(*exchange, "request"), side_of(*exchange, "response")});
        }
        return found;
    }();
    return all;
}

// Calls visit(recorded, code of the request, is_response) for every frame.
template <class Visit>
void for_each_frame(Visit&& visit) {
    for (const auto& exchange : exchanges()) {
        if (exchange.request) visit(*exchange.request, exchange.code, false);
        if (exchange.response) visit(*exchange.response, exchange.code, true);
    }
}

// The frame of a recording; of one whose end is missing the header alone.
std::optional<FrameView> cut(const Recorded& recorded) {
    if (recorded.whole) {
        const auto frame = cut_frame(recorded.bytes);
        EXPECT_TRUE(frame && *frame) << recorded.name;
        return frame.value_or(std::nullopt);
    }
    const auto encoding_and_size = load_be<std::uint32_t>(recorded.bytes.data() + 4);
    const auto header_size = encoding_and_size & 0xFFFFFFU;
    if (frame_prefix_size + header_size > recorded.bytes.size()) return std::nullopt;
    return FrameView{.encoding = static_cast<HeaderEncoding>(encoding_and_size >> 24U),
                     .header = std::string_view{recorded.bytes}.substr(frame_prefix_size, header_size),
                     .body = {},
                     .size = {}};
}

FieldMap field_map(const Command& command) {
    FieldMap map;
    for (const auto& field : command.fields) map[std::string{field.name}] = field.value;
    return map;
}

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
    for (const auto& field : command.fields) frame.named_field(field.name, field.value);
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

// Everything of expected is in actual; what is added there are defaults that the older release does not
// write.
bool contains(const json::Value& actual, const json::Value& expected) {
    if (const auto* members = expected.object()) {
        return std::ranges::all_of(*members, [&](const json::Member& member) {
            const auto* same = actual.object();
            if (same == nullptr) return false;
            return std::ranges::any_of(*same, [&](const json::Member& other) {
                return other.key == member.key && contains(other.value, member.value);
            });
        });
    }
    if (const auto* elements = expected.array()) {
        const auto* same = actual.array();
        if (same == nullptr || same->size() != elements->size()) return false;
        return std::ranges::all_of(*elements, [&](const json::Value& element) {  // Sets come in any order.
            return std::ranges::any_of(*same,
                                       [&](const json::Value& other) { return contains(other, element); });
        });
    }
    return actual == expected;
}

template <class Body>
void expect_typed_body(const Command& command, const std::string& name) {
    if (command.body.empty()) return;
    const auto body = json::decode<Body>(command.body);
    ASSERT_TRUE(body) << name << ": " << body.error().detail;
    const auto quoted = json::encode(*body);
    EXPECT_EQ(json::encode(*json::decode<Body>(quoted)), quoted) << name;
    const auto bare = json::encode(*body, {.bare_integer_keys = true});
    EXPECT_EQ(json::decode<Body>(bare), *body) << name;
    if (!contains(*json::parse(bare), *json::parse(command.body)))
        EXPECT_EQ(bare, command.body) << name << " says something that its type does not";
}

using Check = void (*)(const Command& command, const std::string& name);

struct Typed {
    Check request{};
    Check response{};
    Check request_body{};
    Check response_body{};
};

void expect_registration(const Command& command, const std::string& name) {
    const bool compressed = command.field("compressed") == "true";
    const auto body = decode_register_broker_body(command.body, compressed, command.version);
    ASSERT_TRUE(body) << name << ": " << body.error().detail;
    if (!compressed) return expect_typed_body<RegisterBrokerBody>(command, name);
    const auto again = encode_compressed_register_broker_body(*body, command.version);
    EXPECT_EQ(decode_register_broker_body(again, true, command.version), *body) << name;
}

void expect_route(const Command& command, const std::string& name) {
    // Bare keys before 4.9.4; the parser takes both, so compare what they mean.
    const auto body = json::decode<TopicRouteData>(command.body);
    ASSERT_TRUE(body) << name << ": " << body.error().detail;
    EXPECT_FALSE(body->broker_datas.empty()) << name;
    EXPECT_EQ(json::decode<TopicRouteData>(json::encode(*body, {.ascii = true})), *body) << name;
}

template <class H>
constexpr Check header = &expect_typed_header<H>;
template <class B>
constexpr Check body = &expect_typed_body<B>;

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
        {18, {.request_body = body<TopicConfigList>}},
        {21,
         {.request = header<GetAllTopicConfigRequest>,
          .response = header<GetAllTopicConfigResponse>,
          .response_body = body<TopicConfigTable>}},
        {26, {.response = header<GetBrokerConfigResponse>}},
        {28, {.response_body = body<KVTable>}},
        {29, {.request = header<SearchOffsetRequest>, .response = header<OffsetResponse>}},
        {30, {.request = header<GetMaxOffsetRequest>, .response = header<OffsetResponse>}},
        {31, {.request = header<GetMinOffsetRequest>, .response = header<OffsetResponse>}},
        {32,
         {.request = header<GetEarliestMsgStoretimeRequest>,
          .response = header<GetEarliestMsgStoretimeResponse>}},
        {33, {.request = header<ViewMessageRequest>}},
        {34, {.response = header<HeartbeatResponse>, .request_body = body<HeartbeatData>}},
        {35, {.request = header<UnregisterClientRequest>}},
        {36, {.request = header<ConsumerSendMsgBackRequest>}},
        {38, {.request = header<GetConsumerListByGroupRequest>, .response_body = body<ConsumerListBody>}},
        {40, {.request = header<NotifyConsumerIdsChangedRequest>}},
        {41, {.request_body = body<LockBatchRequestBody>, .response_body = body<LockBatchResponseBody>}},
        {42, {.request_body = body<LockBatchRequestBody>}},
        {43, {.response_body = body<ConsumerOffsetTable>}},
        {45, {.response_body = body<DelayOffsetTable>}},
        {46, {.request_body = body<CheckClientRequestBody>}},
        {100, {.request = header<PutKvConfigRequest>}},
        {101, {.request = header<GetKvConfigRequest>, .response = header<GetKvConfigResponse>}},
        {102, {.request = header<DeleteKvConfigRequest>}},
        {103,
         {.request = header<RegisterBrokerRequest>,
          .response = header<RegisterBrokerResponse>,
          .request_body = expect_registration,
          .response_body = body<KVTable>}},
        {104, {.request = header<UnregisterBrokerRequest>}},
        {105, {.request = header<GetRouteInfoRequest>, .response_body = expect_route}},
        {106, {.response_body = body<ClusterInfo>}},
        {200, {.request_body = body<model::SubscriptionGroupConfig>}},
        {201,
         {.request = header<GetAllSubscriptionGroupRequest>,
          .response = header<GetAllSubscriptionGroupResponse>,
          .response_body = body<SubscriptionGroupTable>}},
        {202, {.request = header<GetTopicStatsInfoRequest>, .response_body = body<TopicStatsTable>}},
        {203,
         {.request = header<GetConsumerConnectionListRequest>, .response_body = body<ConsumerConnection>}},
        {204,
         {.request = header<GetProducerConnectionListRequest>, .response_body = body<ProducerConnection>}},
        {205, {.request = header<WipeWritePermRequest>, .response = header<WipeWritePermResponse>}},
        {206, {.response_body = body<TopicList>}},
        {207, {.request = header<DeleteSubscriptionGroupRequest>}},
        {208, {.request = header<GetConsumeStatsRequest>, .response_body = body<ConsumeStats>}},
        {215, {.request = header<DeleteTopicRequest>}},
        {216, {.request = header<DeleteTopicInNamesrvRequest>}},
        {217, {.request = header<RegisterTopicRequest>, .request_body = body<TopicRouteData>}},
        {219, {.request = header<GetKvListRequest>, .response_body = body<KVTable>}},
        {222, {.request = header<ResetOffsetRequest>, .response_body = body<OffsetTableBody>}},
        {224, {.request = header<GetTopicsByClusterRequest>, .response_body = body<TopicList>}},
        {225, {.request_body = body<SubscriptionGroupList>}},
        {300, {.request = header<QueryTopicConsumeByWhoRequest>, .response_body = body<GroupList>}},
        {304, {.response_body = body<TopicList>}},
        {305, {.response_body = body<TopicList>}},
        {307, {.request = header<GetConsumerRunningInfoRequest>}},
        {309, {.request = header<ConsumeMessageDirectlyRequest>}},
        {310, {.request = short_send, .response = header<SendMessageResponse>}},
        {317, {.request = header<GetBrokerConsumeStatsRequest>, .response_body = body<BrokerConsumeStats>}},
        {320, {.request = short_send, .response = header<SendMessageResponse>}},
        {321, {.request = header<QueryConsumeQueueRequest>, .response_body = body<ConsumeQueueBody>}},
        {322,
         {.request = header<QueryDataVersionRequest>,
          .response = header<QueryDataVersionResponse>,
          .request_body = body<model::DataVersion>,
          .response_body = body<model::DataVersion>}},
        {327, {.request = header<AddWritePermRequest>, .response = header<AddWritePermResponse>}},
        {328, {.response_body = body<ProducerTableInfo>}},
        {343, {.request = header<QueryTopicsByConsumerRequest>, .response_body = body<TopicList>}},
        {351, {.request = header<GetTopicConfigRequest>, .response_body = body<model::TopicConfig>}},
        {352,
         {.request = header<GetSubscriptionGroupRequest>,
          .response_body = body<model::SubscriptionGroupConfig>}},
        {361, {.request = header<PullMessageRequest>, .response = header<PullMessageResponse>}},
        {901, {.request = header<GetBrokerMemberGroupRequest>, .response_body = body<BrokerMemberGroupBody>}},
        {904, {.request = header<BrokerHeartbeatRequest>}},
        {905, {.request = header<NotifyMinBrokerIdChangeRequest>}},
    };
    return table;
}

// Codes whose answers carry their header; others are errors, with a header of their own or none.
bool has_typed_answer(std::int32_t code, std::int32_t request_code) {
    const bool pull = request_code == 11 || request_code == 361;
    return code == 0 || (pull && code >= 19 && code <= 21);
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

TEST(GoldenFrames, have_bodies_that_survive_their_types) {
    CommandDecoder decoder;
    for_each_frame([&](const Recorded& recorded, std::int32_t code, bool is_response) {
        if (!recorded.whole || recorded.is_probe() || !typed().contains(code)) return;
        const auto frame = cut(recorded);
        const auto command = decoder.decode(*frame);
        ASSERT_TRUE(command) << recorded.name;
        if (is_response && !has_typed_answer(command->code, code)) return;
        const auto check = is_response ? typed().at(code).response_body : typed().at(code).request_body;
        if (check != nullptr) check(*command, recorded.name);
    });
}

}  // namespace
}  // namespace tern::remoting
