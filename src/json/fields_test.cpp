#include "json/fields.hpp"

#include "base/strong.hpp"

namespace tern::json {
namespace {

using testing::ElementsAre;
using testing::Pair;

enum class Model { broadcasting, clustering };
constexpr std::array<std::string_view, 2> enum_names(Model) {
    return {"BROADCASTING", "CLUSTERING"};
}

struct Queue {
    std::string broker_name;
    QueueId queue_id;

    static constexpr auto fields() {
        return list_of(field("brokerName", &Queue::broker_name), field("queueId", &Queue::queue_id));
    }
    friend auto operator<=>(const Queue&, const Queue&) = default;
};

struct Everything {
    bool flag{};
    std::int32_t small{};
    std::int64_t large{};
    double real{};
    Model model{};
    std::string text{"default"};
    std::optional<Queue> queue{};
    std::vector<std::int64_t> numbers{};
    std::set<std::string> names{};
    std::map<std::string, Queue> by_name{};
    std::map<QueueId, QueueOffset> by_id{};
    std::map<Queue, std::int64_t> by_queue{};

    static constexpr auto fields() {
        using E = Everything;
        return list_of(field("flag", &E::flag), field("small", &E::small), optional_field("large", &E::large),
                       optional_field("real", &E::real), optional_field("model", &E::model),
                       optional_field("text", &E::text), field("queue", &E::queue),
                       optional_field("numbers", &E::numbers), optional_field("names", &E::names),
                       optional_field("byName", &E::by_name), optional_field("byId", &E::by_id),
                       optional_field("byQueue", &E::by_queue));
    }
    friend bool operator==(const Everything&, const Everything&) = default;
};

Everything sample() {
    return {.flag = true,
            .small = -7,
            .large = 1'700'000'000'000,
            .real = 0.5,
            .model = Model::clustering,
            .text = "a\x01\"b",
            .queue = Queue{"b", QueueId{3}},
            .numbers = {1, 2},
            .names = {"x", "y"},
            .by_name = {{"k", {"b", QueueId{1}}}},
            .by_id = {{QueueId{0}, QueueOffset{5}}},
            .by_queue = {{{"b", QueueId{0}}, 9}}};
}

template <class T>
std::string error_of(std::string_view text) {
    const auto decoded = decode<T>(text);
    return decoded ? "no error" : decoded.error().detail;
}

TEST(JsonFields, are_written_in_the_order_of_their_list) {
    EXPECT_EQ(
        encode(sample()),
        R"({"flag":true,"small":-7,"large":1700000000000,"real":0.5,"model":"CLUSTERING","text":"a\u0001\"b",)"
        R"("queue":{"brokerName":"b","queueId":3},"numbers":[1,2],"names":["x","y"],)"
        R"("byName":{"k":{"brokerName":"b","queueId":1}},"byId":{"0":5},)"
        R"("byQueue":{{"brokerName":"b","queueId":0}:9}})");
}

TEST(JsonFields, survive_the_round_trip_in_every_style) {
    for (const Style& style :
         {Style{}, Style{.ascii = true}, Style{.bare_integer_keys = true}, config_file_style})
        EXPECT_EQ(decode<Everything>(encode(sample(), style)), sample());
}

TEST(JsonFields, may_be_absent_or_null_when_optional) {
    const auto decoded = decode<Everything>(R"({"flag":false,"small":1,"text":null,"queue":null})");
    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, (Everything{.small = 1}));
    EXPECT_EQ(decoded->text, "default");
}

TEST(JsonFields, accept_numbers_booleans_and_enums_in_other_clothes) {
    const auto decoded = decode<Everything>(
        R"({"flag":"true","small":"12","large":5.0,"real":"0.25","model":1,"byId":{"3":"4"},"names":[7],"other":[{}]})");
    ASSERT_TRUE(decoded) << decoded.error().detail;
    EXPECT_EQ(*decoded, (Everything{.flag = true,
                                    .small = 12,
                                    .large = 5,
                                    .real = 0.25,
                                    .model = Model::clustering,
                                    .names = {"7"},
                                    .by_id = {{QueueId{3}, QueueOffset{4}}}}));
}

TEST(JsonFields, that_are_required_are_missed_by_their_path) {
    EXPECT_EQ(decode<Everything>(R"({"small":1})").error().code, Errc::missing_field);
    EXPECT_EQ(error_of<Everything>(R"({"small":1})"), "json.flag: missing");
    EXPECT_EQ(error_of<Everything>(R"({"flag":true,"small":1,"byName":{"k":{"queueId":1}}})"),
              R"(json.byName."k".brokerName: missing)");
    EXPECT_EQ(error_of<std::vector<Queue>>(R"([{"brokerName":"b","queueId":0},{"brokerName":"b"}])"),
              "json[1].queueId: missing");
}

TEST(JsonFields, of_a_wrong_type_are_refused_by_their_path) {
    EXPECT_EQ(error_of<Everything>("[]"), "json: not an object");
    EXPECT_EQ(error_of<Everything>(R"({"flag":1,"small":3000000000})"),
              "json.small: out of range: 3000000000");
    EXPECT_EQ(error_of<Everything>(R"({"flag":1,"small":"x"})"), "json.small: not an integer: x");
    EXPECT_EQ(error_of<Everything>(R"({"flag":1,"small":1,"model":2})"), "json.model: unknown name: 2");
    EXPECT_EQ(error_of<Everything>(R"({"flag":1,"small":1,"numbers":[1,{}]})"),
              "json.numbers[1]: not an integer");
    EXPECT_EQ(error_of<Everything>(R"({"flag":[],"small":1})"), "json.flag: not a boolean");
}

TEST(JsonFields, keyed_by_numbers_are_read_with_bare_and_with_quoted_keys) {
    using Offsets = std::map<std::string, std::map<QueueId, std::int64_t>>;
    for (const auto* text : {R"({"T@g":{0:10,1:11}})", R"({"T@g":{"0":10,"1":11}})"}) {
        const auto decoded = decode<Offsets>(text);
        ASSERT_TRUE(decoded);
        EXPECT_THAT(decoded->at("T@g"), ElementsAre(Pair(QueueId{0}, 10), Pair(QueueId{1}, 11)));
    }
}

}  // namespace
}  // namespace tern::json
