// The small rules of the domain, each with what Java's would do.
#include "base/random.hpp"
#include "model/data_version.hpp"
#include "model/delay_level.hpp"
#include "model/message_batch.hpp"
#include "model/message_id.hpp"
#include "model/message_properties.hpp"
#include "model/message_queue.hpp"
#include "model/permission.hpp"
#include "model/tag_filter.hpp"
#include "model/topic_config.hpp"
#include "model/topic_name.hpp"

namespace tern::model {
namespace {

using testing::ElementsAre;

// Readable separators: "=" for 0x01, ";" for 0x02.
std::string properties(std::string_view readable) {
    std::string text{readable};
    std::ranges::replace(text, '=', property_name_end);
    std::ranges::replace(text, ';', property_value_end);
    return text;
}
std::string readable(std::string_view properties) {
    std::string text{properties};
    std::ranges::replace(text, property_name_end, '=');
    std::ranges::replace(text, property_value_end, ';');
    return text;
}

TEST(MessageProperties, are_found_by_their_whole_name) {
    const auto text = properties("KEYS=k1 k2;XTAGS=no;TAGS=yes;");
    EXPECT_EQ(find_property(text, property::tags), "yes");
    EXPECT_EQ(find_property(text, property::keys), "k1 k2");
    EXPECT_EQ(find_property(text, "TAG"), std::nullopt);
    EXPECT_EQ(find_property("", "TAGS"), std::nullopt);
}

TEST(MessageProperties, count_last_when_they_come_twice) {
    EXPECT_EQ(find_property(properties("a=1;b=2;a=3;"), "a"), "3");
}

TEST(MessageProperties, may_lack_the_last_separator) {
    EXPECT_EQ(find_property(properties("a=1;b=2"), "b"), "2");
    PropertyEditor editor{properties("a=1;b=2")};
    editor.set("c", "3");
    EXPECT_EQ(readable(editor.view()), "a=1;b=2;c=3;");
}

TEST(PropertyEditor, replaces_and_removes_every_entry_of_a_name) {
    PropertyEditor editor{properties("a=1;POP_CK=x;a=2;b=3;")};
    editor.set("a", "9");
    editor.remove(property::pop_check_point);
    editor.set("b", "");
    EXPECT_EQ(readable(editor.view()), "a=9;");
    EXPECT_EQ(editor.find("a"), "9");
    editor.reset("");
    editor.set("n", "v");
    EXPECT_EQ(readable(editor.view()), "n=v;");
}

TEST(PropertyEditor, leaves_what_it_does_not_understand_alone) {
    PropertyEditor editor{properties("junk;=x;a=;ok=1;")};
    editor.remove("a");
    editor.set("z", "1");
    EXPECT_EQ(readable(editor.view()), "junk;=x;a=;ok=1;z=1;");
}

TEST(MessageBatch, is_these_bytes_for_one_entry) {
    Buffer out;
    append_batch_entry(out, {.flag = 0,
                             .body = "hi",
                             .properties = "TAGS\x01"
                                           "A\x02"});
    const unsigned char expected[]{0, 0, 0, 0x1f, 0,   0,   0, 0, 0,   0,   0,   0,   0, 0,   0, 0,
                                   0, 0, 0, 2,    'h', 'i', 0, 7, 'T', 'A', 'G', 'S', 1, 'A', 2};
    EXPECT_EQ(out.view(), (std::string_view{reinterpret_cast<const char*>(expected), sizeof expected}));
}

TEST(MessageBatch, that_is_cut_or_lies_about_a_length_is_refused) {
    Buffer out;
    append_batch_entry(out, {.flag = 1, .body = "body", .properties = "p"});
    for (std::size_t size = 1; size < out.size(); ++size)
        EXPECT_FALSE(BatchReader{out.view().substr(0, size)}.next()) << size;
    for (std::size_t place = 0; place < out.size(); ++place) {
        std::string bytes{out.view()};
        bytes[place] = static_cast<char>(bytes[place] ^ 0x81);
        BatchReader reader{bytes};
        while (true) {  // Whatever it says, it ends.
            const auto entry = reader.next();
            if (!entry || !*entry) break;
        }
    }
}

class FixedClock final : public Clock {
public:
    Instant now() const override { return {}; }
    WallMillis wall_ms() const override { return wall; }
    WallMillis wall{1'700'000'000'000};  // 14 November 2023, 22:13:20 UTC.
};

TEST(UniqueIds, hold_address_process_chance_time_and_counter) {
    FixedClock clock;
    SeededRandom random{1};
    UniqueIdGenerator ids{*Host::parse("127.0.0.1:0"), 0x1234, random, clock};
    const auto first = ids.next();
    EXPECT_EQ(first.text().size(), 32U);
    EXPECT_EQ(first.text().substr(0, 12), "7F0000011234");
    EXPECT_EQ(first.text().substr(20),
              "47B760000000");  // Milliseconds since the first of November; counter 0.
    EXPECT_EQ(ids.next().text().substr(28), "0001");
    EXPECT_EQ(unique_id_time(first.text(), clock.wall + 1), clock.wall);
}

TEST(UniqueIds, begin_to_count_time_again_with_every_month) {
    FixedClock clock;
    SeededRandom random{1};
    UniqueIdGenerator ids{*Host::parse("[::1]:0"), 1, random, clock};
    ids.next();
    clock.wall = 1'701'388'800'000 + 7;  // 1 December 2023, 00:00 UTC, and seven.
    const auto id = ids.next();
    EXPECT_EQ(id.text().size(), 56U);
    EXPECT_EQ(id.text().substr(44, 8), "00000007");
    EXPECT_EQ(unique_id_time(id.text(), clock.wall + 1'000), clock.wall);
}

TEST(UniqueIds, are_of_last_month_when_their_time_is_still_to_come) {
    FixedClock clock;
    SeededRandom random{1};
    UniqueIdGenerator ids{*Host::parse("127.0.0.1:0"), 1, random, clock};
    const auto id = ids.next();
    EXPECT_EQ(unique_id_time(id.text(), 1'701'388'800'000 + 1'000), clock.wall);
    EXPECT_EQ(unique_id_time("nonsense", clock.wall), std::nullopt);
}

TEST(OffsetMessageId, that_is_none_is_refused) {
    for (const auto* text : {"", "7F00000100002A9F00000000000010", "XX00000100002A9F0000000000001000"})
        EXPECT_EQ(parse_offset_message_id(text).error().code, Errc::malformed) << text;
}

TEST(DelayLevels, are_eighteen_by_default) {
    const auto levels = DelayLevels::parse(default_delay_levels);
    ASSERT_TRUE(levels);
    EXPECT_EQ(levels->max(), 18);
    EXPECT_EQ(levels->delay_ms(1), 1'000);
    EXPECT_EQ(levels->delay_ms(5), 60'000);
    EXPECT_EQ(levels->delay_ms(18), 7'200'000);
    EXPECT_EQ(levels->clamp(99), 18);
    EXPECT_EQ(levels->clamp(3), 3);
}

TEST(DelayLevels, that_do_not_parse_are_named) {
    EXPECT_EQ(DelayLevels::parse("1d  2h")->delay_ms(1), 86'400'000);
    for (const auto* bad : {"1x", "s", "-1s", "99999d", "1"}) EXPECT_FALSE(DelayLevels::parse(bad)) << bad;
    EXPECT_EQ(DelayLevels::parse("1s 5q").error().detail, "delay level: 5q");
}

TEST(TagSubscription, takes_the_tags_between_bars) {
    const auto subscription = tag_subscription("T", " TagA||TagB  || ", 5);
    ASSERT_TRUE(subscription);
    EXPECT_THAT(subscription->tags_set, ElementsAre("TagA", "TagB"));
    EXPECT_THAT(subscription->code_set, ElementsAre(2598919, 2598920));
    EXPECT_TRUE(matches_tag_code(*subscription, tag_code("TagA")));
    EXPECT_FALSE(matches_tag_code(*subscription, tag_code("")));
    EXPECT_TRUE(matches_tag_code(*subscription, std::int64_t{INT32_MIN} - 1));  // An address, not a hash.
}

TEST(TagSubscription, of_nothing_and_of_a_star_asks_for_all) {
    for (const auto* expression : {"", "*"}) {
        const auto subscription = tag_subscription("T", expression, 5);
        ASSERT_TRUE(subscription);
        EXPECT_EQ(subscription->sub_string, "*");
        EXPECT_TRUE(matches_tag_code(*subscription, 12345));
    }
    EXPECT_EQ(tag_subscription("T", " || ", 5).error().code, Errc::subscription_malformed);
}

TEST(TopicConfigLine, that_lacks_a_part_is_refused) {
    EXPECT_TRUE(parse_topic_config_line("T 1 2 6 SINGLE_TAG"));
    for (const auto* line :
         {"", "T", "T 1 2 6", "T 1 x 6 SINGLE_TAG", "T 1 2 6 SINGLE_TAG {", " 1 2 6 SINGLE_TAG"})
        EXPECT_FALSE(parse_topic_config_line(line)) << line;
}

TEST(Names, of_groups_follow_those_of_topics) {
    EXPECT_TRUE(check_group("CID_a-b"));
    EXPECT_FALSE(check_group(""));
    EXPECT_FALSE(check_group("a b"));
    EXPECT_TRUE(check_group(std::string(120, 'g')));
    EXPECT_FALSE(check_group(std::string(121, 'g')));
    EXPECT_TRUE(is_system_group("CID_RMQ_SYS_TRANS"));
    EXPECT_FALSE(is_system_group("CID_mine"));
}

TEST(Names, of_retry_and_dead_letter_topics_hold_their_group) {
    EXPECT_EQ(retry_topic("g"), "%RETRY%g");
    EXPECT_EQ(dlq_topic("g"), "%DLQ%g");
    EXPECT_EQ(group_of_topic("%RETRY%g"), "g");
    EXPECT_EQ(group_of_topic("%DLQ%g"), "g");
    EXPECT_EQ(group_of_topic("t"), "t");
}

TEST(DataVersion, counts_by_epoch_then_by_changes) {
    DataVersion version{.counter = 9, .state_version = 1, .timestamp = 5};
    const auto before = version;
    version.advance(2, 4);
    EXPECT_EQ(version.counter, 10);
    EXPECT_LT(before, version);
    EXPECT_LT((DataVersion{.counter = 100, .state_version = 1}),
              (DataVersion{.counter = 1, .state_version = 2}));
}

TEST(MessageQueues, are_sorted_as_java_sorts_them) {
    EXPECT_LT((MessageQueue{"b", QueueId{0}, "T1"}), (MessageQueue{"a", QueueId{0}, "T2"}));
    EXPECT_LT((MessageQueue{"a", QueueId{2}, "T"}), (MessageQueue{"a", QueueId{10}, "T"}));
}

TEST(Permissions, are_printed_as_three_letters) {
    EXPECT_EQ(permission_text(6), "RW-");
    EXPECT_EQ(permission_text(7), "RWX");
    EXPECT_EQ(permission_text(4), "R--");
}

}  // namespace
}  // namespace tern::model
