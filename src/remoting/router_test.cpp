#include "remoting/router.hpp"

#include <optional>

#include "base/strong.hpp"
#include "remoting/error_response.hpp"
#include "remoting/fake_connection.hpp"

namespace tern::remoting {
namespace {

struct OffsetRequest {
    static constexpr RequestCode code = RequestCode::query_consumer_offset;
    std::string_view group;
    QueueId queue_id;
    static constexpr auto fields() {
        using R = OffsetRequest;
        return list_of(field("consumerGroup", &R::group), field("queueId", &R::queue_id));
    }
    static constexpr auto short_fields() {
        using R = OffsetRequest;
        return list_of(field("a", &R::group), field("b", &R::queue_id));
    }
};

struct OffsetAnswer {
    QueueOffset offset;
    std::optional<std::string_view> hint;
    static constexpr auto fields() {
        using R = OffsetAnswer;
        return list_of(field("offset", &R::offset), field("hint", &R::hint));
    }
};

// Knows the offset of one queue of one group; what it is asked for otherwise it keeps, or forgets.
class OffsetService {
public:
    void committed(const OffsetRequest& request, std::string_view body, Reply<OffsetAnswer> reply) {
        if (request.group == "held") return void(held.emplace(std::move(reply)));
        if (request.group == "forgotten") return;
        if (request.group != "G") return reply(failure(Errc::query_not_found, "no group of that name"));
        reply(OffsetAnswer{QueueOffset{request.queue_id.value() * 100}, std::nullopt}, body);
    }
    void by_version(const OffsetRequest& request, Request& whole) {
        whole.responder.answer(ResponseCode::success, std::to_string(whole.command.version), request.group);
    }
    void list(Request& request) { request.responder.answer(ResponseCode::success, {}, "all of them"); }

    std::optional<Reply<OffsetAnswer>> held;
};

constexpr std::int32_t committed_code = static_cast<std::int32_t>(RequestCode::query_consumer_offset);
constexpr std::int32_t short_code = static_cast<std::int32_t>(RequestCode::update_consumer_offset);
constexpr std::int32_t by_version_code = static_cast<std::int32_t>(RequestCode::pull_message);
constexpr std::int32_t list_code = static_cast<std::int32_t>(RequestCode::batch_ack_message);

class RoutedRequests : public ::testing::Test {
protected:
    RoutedRequests() {
        router.on(offsets, &OffsetService::committed);
        router.on<&OffsetRequest::short_fields>(RequestCode::update_consumer_offset, offsets,
                                                &OffsetService::committed);
        router.on(RequestCode::pull_message, offsets, &OffsetService::by_version);
        router.on(RequestCode::batch_ack_message, offsets, &OffsetService::list);
    }
    void ask(std::int32_t code, std::vector<FieldView> fields = {}, std::string_view body = {}) {
        command.code = code;
        command.fields = Fields{fields};
        command.body = body;
        router.dispatch(connection, command);
    }
    const Command& answer() { return connection->take_sent(); }

    Ref<FakeConnection> connection = make_counted<FakeConnection>();
    Command command{.version = 407, .opaque = 77};
    OffsetService offsets;
    Router router;
};

TEST_F(RoutedRequests, reach_their_service_as_a_typed_header_and_come_back_as_one) {
    ask(committed_code, {{"consumerGroup", "G"}, {"queueId", "3"}}, "body");
    const auto& sent = answer();
    EXPECT_EQ(sent.code, 0);
    EXPECT_EQ(sent.opaque, 77);
    EXPECT_EQ(sent.flag, flag_response);
    EXPECT_EQ(sent.field("offset"), "300");
    EXPECT_EQ(sent.field("hint"), std::nullopt);
    EXPECT_EQ(sent.body, "body");
}
TEST_F(RoutedRequests, may_be_read_by_another_list_of_the_same_header) {
    ask(short_code, {{"a", "G"}, {"b", "4"}});
    EXPECT_EQ(answer().field("offset"), "400");
}
TEST_F(RoutedRequests, bring_the_whole_command_to_a_service_that_asks_for_it) {
    ask(by_version_code, {{"consumerGroup", "G"}, {"queueId", "3"}});
    const auto& sent = answer();
    EXPECT_EQ(sent.remark, "407");
    EXPECT_EQ(sent.body, "G");
    EXPECT_TRUE(sent.fields.entries()->empty());
}
TEST_F(RoutedRequests, of_codes_beyond_the_array_are_found_too) {
    ask(list_code);
    EXPECT_EQ(answer().body, "all of them");
}
TEST_F(RoutedRequests, of_a_code_that_nobody_serves_get_code_3) {
    for (const std::int32_t code : {13, 1023, 1024, 200'050, -1}) {
        ask(code);
        const auto& sent = answer();
        EXPECT_EQ(sent.code, 3);
        EXPECT_EQ(sent.remark, " request type " + std::to_string(code) + " not supported");
    }
}
TEST_F(RoutedRequests, whose_header_does_not_decode_are_answered_with_the_field) {
    ask(committed_code, {{"consumerGroup", "G"}});
    EXPECT_THAT(answer(),
                ::testing::AllOf(::testing::Field(&Command::code, 1),
                                 ::testing::Field(&Command::remark, ::testing::HasSubstr("queueId"))));
    ask(committed_code, {{"consumerGroup", "G"}, {"queueId", "three"}});
    EXPECT_THAT(answer().remark, ::testing::HasSubstr("three"));
}
TEST_F(RoutedRequests, that_fail_get_the_code_of_the_error_and_its_words) {
    ask(committed_code, {{"consumerGroup", "other"}, {"queueId", "3"}});
    const auto& sent = answer();
    EXPECT_EQ(sent.code, 22);
    EXPECT_EQ(sent.remark, "no group of that name");
}
TEST_F(RoutedRequests, may_be_answered_later) {
    ask(committed_code, {{"consumerGroup", "held"}, {"queueId", "3"}});
    EXPECT_FALSE(connection->has_sent());
    (*offsets.held)(OffsetAnswer{QueueOffset{5}, "late"});
    const auto& sent = answer();
    EXPECT_EQ(sent.opaque, 77);
    EXPECT_EQ(sent.field("hint"), "late");
}
TEST_F(RoutedRequests, that_a_service_forgets_are_answered_all_the_same) {
    ask(committed_code, {{"consumerGroup", "forgotten"}, {"queueId", "3"}});
    EXPECT_EQ(answer().code, 1);
    ask(committed_code, {{"consumerGroup", "held"}, {"queueId", "3"}});
    offsets.held.reset();
    EXPECT_EQ(answer().code, 1);
    EXPECT_FALSE(connection->has_sent());
}
TEST_F(RoutedRequests, that_are_one_way_are_served_and_not_answered) {
    command.flag = flag_oneway;
    ask(committed_code, {{"consumerGroup", "G"}, {"queueId", "3"}});
    ask(committed_code, {{"consumerGroup", "other"}, {"queueId", "3"}});
    ask(committed_code, {{"consumerGroup", "forgotten"}, {"queueId", "3"}});
    ask(4);
    EXPECT_FALSE(connection->has_sent());
}
TEST_F(RoutedRequests, are_answered_in_the_encoding_they_came_in) {
    command.encoding = HeaderEncoding::binary;
    ask(committed_code, {{"consumerGroup", "G"}, {"queueId", "3"}});
    EXPECT_EQ(answer().encoding, HeaderEncoding::binary);
}
TEST_F(RoutedRequests, of_a_connection_that_closed_meanwhile_are_answered_into_the_void) {
    ask(committed_code, {{"consumerGroup", "held"}, {"queueId", "3"}});
    connection->close("gone");
    (*offsets.held)(OffsetAnswer{QueueOffset{5}, "late"});
    EXPECT_FALSE(connection->has_sent());
}
TEST_F(RoutedRequests, whose_answer_no_peer_would_take_get_an_error) {
    const std::string large(answer_body_size_max + 1, 'x');
    ask(committed_code, {{"consumerGroup", "G"}, {"queueId", "3"}}, large);
    const auto& sent = answer();
    EXPECT_EQ(sent.code, 1);
    EXPECT_EQ(sent.body, "");
    EXPECT_THAT(sent.remark, ::testing::HasSubstr(std::to_string(answer_body_size_max) + " bytes"));
}
TEST_F(RoutedRequests, get_remarks_of_a_bounded_size_that_end_with_a_whole_character) {
    Responder{connection, command}.fail({Errc::internal, "x" + std::string(remark_size_max, '\xC3')});
    std::string umlauts = "x";
    while (umlauts.size() <= remark_size_max) umlauts += "\xC3\xA4";
    Responder{connection, command}.fail({Errc::internal, umlauts});
    EXPECT_LE(answer().remark.size(), remark_size_max);
    EXPECT_THAT(answer().remark, ::testing::EndsWith("\xC3\xA4"));
}
TEST_F(RoutedRequests, are_no_answers_to_what_nobody_asked) {
    command.flag = flag_response;
    ask(4);
    EXPECT_FALSE(connection->has_sent());
}

TEST(ErrorResponse, promises_that_nothing_was_stored_only_for_errors_that_mean_it) {
    EXPECT_EQ(response_code_of(Errc::busy), ResponseCode::system_busy);
    EXPECT_EQ(response_code_of(Errc::invalid_argument), ResponseCode::invalid_parameter);
    for (const auto error :
         {Errc::io_failed, Errc::deadline_exceeded, Errc::internal, Errc::connection_closed})
        EXPECT_EQ(response_code_of(error), ResponseCode::system_error);
}

}  // namespace
}  // namespace tern::remoting
