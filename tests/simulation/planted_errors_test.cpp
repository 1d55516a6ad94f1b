// Every kind of lie that a broker could tell, planted in a history without fault: exactly the rule that it
// breaks reports it.
#include <ostream>

#include "simulation/checker.hpp"
#include "simulation/good_run.hpp"

namespace tern::simulation {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Queue orders_0{"Orders", QueueId{0}};
const Queue orders_1{"Orders", QueueId{1}};
const Queue unread{"Unread", QueueId{0}};
const Queue retry{"%RETRY%workers", QueueId{0}};
const Queue dead_letters{"%DLQ%workers", QueueId{0}};

struct Planted {
    const char* error;
    Rule breaks;
    void (*plant)(PlantedError&);
    Promise promise{};

    friend void PrintTo(const Planted& planted, std::ostream* out) { *out << planted.error; }
};

std::vector<std::string_view> broken_rules(const History& history, const Promise& promise) {
    std::vector<std::string_view> names;
    for (const auto& violation : check(history, promise)) {
        EXPECT_FALSE(violation.words.empty());
        names.push_back(rule_name(violation.rule));
    }
    return names;
}

constexpr Promise async_flush{.synced_before_answer = false};

const Planted planted_errors[]{
    {"an_acknowledged_message_is_gone_from_the_end_of_its_queue", Rule::acknowledged_is_kept,
     [](PlantedError& error) { error.drop_last_of(unread); }},
    {"an_acknowledged_message_is_gone_from_the_middle", Rule::acknowledged_is_kept,
     [](PlantedError& error) { error.not_found_in_the_end("v2"); }},
    {"an_answer_names_the_wrong_offset", Rule::acknowledged_is_kept,
     [](PlantedError& error) {
         const auto& reading = error.final_reading("u6");
         error.acknowledged_at("u6", reading.place.offset + 100, reading.record_at);
     }},
    {"an_answer_names_the_wrong_message_id", Rule::acknowledged_is_kept,
     [](PlantedError& error) {
         const auto& reading = error.final_reading("u3");
         error.acknowledged_at("u3", reading.place.offset, reading.record_at + 100);
     }},
    {"two_acknowledged_messages_have_changed_places", Rule::acknowledged_is_kept,
     [](PlantedError& error) { std::swap(error.final_reading("u3").key, error.final_reading("v3").key); }},
    {"the_body_of_an_acknowledged_message_has_changed", Rule::acknowledged_is_kept,
     [](PlantedError& error) { error.final_reading("v1").checksum ^= 1; }},
    {"a_loss_of_power_takes_what_was_flushed_before_its_answer", Rule::acknowledged_is_kept,
     [](PlantedError& error) {
         error.power_was_lost(error.final_reading("v2").record_at);
         error.not_found_in_the_end("v2");
     }},
    {"a_loss_of_power_takes_what_was_synced_already", Rule::acknowledged_is_kept,
     [](PlantedError& error) {
         error.power_was_lost(error.final_reading("v2").record_at + 100);
         error.not_found_in_the_end("v2");
     },
     async_flush},
    {"a_message_is_gone_that_lies_where_the_log_begins", Rule::acknowledged_is_kept,
     [](PlantedError& error) {
         error.log_begins_at(error.final_reading("v2").record_at, "lost answer");
         error.not_found_in_the_end("v2");
     }},
    {"a_message_that_was_sent_back_is_gone_and_cannot_have_expired", Rule::delayed_is_not_lost,
     [](PlantedError& error) {
         error.log_begins_at(error.final_reading("v2").record_at, "a0");
         error.drop_last_of(retry);
     }},
    {"a_group_is_never_given_a_message_that_no_broker_had_lost", Rule::group_skips_nothing,
     [](PlantedError& error) {
         error.expired_once(error.final_reading("a4").record_at);
         error.drop_consumption("a4");
     }},
    {"a_queue_offset_is_given_twice", Rule::one_value_for_ever,
     [](PlantedError& error) {
         const auto& reading = error.final_reading("u0");
         error.acknowledged_at("v0", reading.place.offset, reading.record_at);
     }},
    {"a_consumer_saw_another_message_at_an_offset", Rule::one_value_for_ever,
     [](PlantedError& error) { error.earlier_reading("a1").key = "b3"; }},
    {"a_record_has_moved_in_the_log", Rule::one_value_for_ever,
     [](PlantedError& error) { error.earlier_reading("a1").record_at += 1; }},
    {"a_message_is_read_that_nobody_sent", Rule::no_phantom,
     [](PlantedError& error) { error.add_at_the_end_of(unread, "from nowhere"); }},
    {"bytes_are_read_that_are_no_message_of_ours", Rule::no_phantom,
     [](PlantedError& error) { error.add_at_the_end_of(unread, ""); }},
    {"a_message_is_in_a_queue_that_it_was_not_sent_to", Rule::no_phantom,
     [](PlantedError& error) { error.send("lost answer").queue = QueueId{1}; }},
    {"the_body_of_a_message_without_an_answer_has_changed", Rule::no_phantom,
     [](PlantedError& error) { error.final_reading("lost answer").checksum ^= 1; }},
    {"an_offset_has_no_message", Rule::no_hole,
     [](PlantedError& error) { error.not_found_in_the_end("lost answer"); }},
    {"two_acknowledged_messages_were_stored_in_the_other_order", Rule::order_in_time,
     [](PlantedError& error) { error.swap_places("u2", "u4"); }},
    {"a_message_without_an_answer_was_stored_before_what_was_acknowledged_earlier", Rule::order_in_time,
     [](PlantedError& error) { error.swap_places("u5", "lost answer"); }},
    {"a_refused_message_is_read", Rule::refused_is_never_read,
     [](PlantedError& error) { error.send("lost answer").outcome = Outcome::refused; }},
    {"a_message_is_stored_twice_by_one_attempt", Rule::no_unexplained_copy,
     [](PlantedError& error) { error.add_at_the_end_of(unread, "v4"); }},
    {"a_message_is_stored_more_often_than_it_was_tried", Rule::no_unexplained_copy,
     [](PlantedError& error) { error.add_at_the_end_of(unread, "twice"); }},
    {"a_delayed_message_comes_early", Rule::delayed_is_not_early,
     [](PlantedError& error) { error.final_reading("delayed").store_timestamp -= 2; }},
    {"a_delayed_message_comes_twice", Rule::no_unexplained_copy,
     [](PlantedError& error) { error.add_at_the_end_of(orders_1, "delayed"); }},
    {"a_delayed_message_never_comes", Rule::delayed_is_not_lost,
     [](PlantedError& error) { error.drop_last_of(orders_1); }},
    {"a_message_sent_back_never_comes_again", Rule::delayed_is_not_lost,
     [](PlantedError& error) { error.drop_last_of(retry); }},
    {"a_dead_letter_is_lost", Rule::delayed_is_not_lost,
     [](PlantedError& error) { error.drop_last_of(dead_letters); }},
    {"a_message_is_a_dead_letter_before_its_last_attempt", Rule::dead_letter_after_maximum,
     [](PlantedError& error) {
         error.drop_last_of(retry);
         error.add_at_the_end_of(dead_letters, "b5", 2);
     }},
    {"a_stored_offset_goes_back", Rule::offset_never_goes_back,
     [](PlantedError& error) { error.queries()[1].offset = QueueOffset{0}; }},
    {"a_stored_offset_is_forgotten", Rule::offset_never_goes_back,
     [](PlantedError& error) { error.queries()[1].offset = std::nullopt; }},
    {"a_stored_offset_is_one_that_nobody_stored", Rule::offset_never_goes_back,
     [](PlantedError& error) { error.queries()[1].offset = QueueOffset{10}; }},
    {"a_reader_is_sent_back_behind_what_was_read", Rule::nobody_is_sent_back,
     [](PlantedError& error) { error.send_back_from(orders_0, QueueOffset{1}); }},
    {"a_group_is_never_given_a_message", Rule::group_skips_nothing,
     [](PlantedError& error) { error.drop_consumption("a4"); }},
    {"a_group_is_given_a_message_of_a_tag_that_it_did_not_ask_for", Rule::group_gets_only_its_tags,
     [](PlantedError& error) { error.subscriptions().front().tags = {"another"}; }},
    {"a_queue_is_locked_by_two", Rule::lock_has_one_holder,
     [](PlantedError& error) { error.locks()[0].until += 1ms; }},
};

class Checker : public ::testing::TestWithParam<Planted> {};

TEST_P(Checker, reports_by_its_rule_that) {
    PlantedError error;
    GetParam().plant(error);
    EXPECT_THAT(broken_rules(error.history(), GetParam().promise), ElementsAre(rule_name(GetParam().breaks)));
}
INSTANTIATE_TEST_SUITE_P(Planted, Checker, ::testing::ValuesIn(planted_errors),
                         [](const auto& info) { return std::string{info.param.error}; });

TEST(CheckerOfGoodHistories, finds_nothing_wrong) {
    const GoodRun run;
    EXPECT_THAT(broken_rules(run.history(), GoodRun::promise()), IsEmpty());
    EXPECT_THAT(broken_rules(run.history(), async_flush), IsEmpty());
}

TEST(CheckerOfGoodHistories, lets_a_loss_of_power_void_what_was_not_synced_and_only_with_async_flush) {
    PlantedError error;
    error.power_was_lost(error.final_reading("u6").record_at);
    error.drop_last_of(unread);
    error.drop_last_of(unread);
    EXPECT_THAT(broken_rules(error.history(), async_flush), IsEmpty());
    EXPECT_THAT(broken_rules(error.history(), {}), ElementsAre("acknowledged_is_kept"));
}

TEST(CheckerOfGoodHistories, lets_a_loss_of_power_void_a_message_that_did_not_wait_for_its_flush) {
    PlantedError error;
    error.power_was_lost(error.final_reading("u6").record_at);
    error.send("u6").waits_for_flush = false;
    error.send("last of the unread").waits_for_flush = false;
    error.drop_last_of(unread);
    error.drop_last_of(unread);
    EXPECT_THAT(broken_rules(error.history(), {}), IsEmpty());
}

TEST(CheckerOfGoodHistories, lets_a_leader_take_with_it_what_did_not_wait_for_the_others) {
    PlantedError error;
    error.send("last of the unread").waits_for_flush = false;
    error.drop_last_of(unread);
    EXPECT_THAT(broken_rules(error.history(), {.is_kept_by_others = true}), IsEmpty());
    EXPECT_THAT(broken_rules(error.history(), {}), ElementsAre("acknowledged_is_kept"));
}

TEST(CheckerOfGoodHistories, lets_delays_come_out_shorter_when_the_clock_was_set_back) {
    PlantedError error;
    error.final_reading("delayed").store_timestamp -= 2;
    EXPECT_THAT(broken_rules(error.history(), {.clock_set_back = 2ms}), IsEmpty());
}

TEST(CheckerOfGoodHistories, lets_a_delayed_message_be_lost_with_a_segment_that_its_leader_had_lost) {
    PlantedError error;
    error.drop_last_of(orders_1);
    error.send("delayed").record_at = PhysicalOffset{5'000};
    error.expired_once(PhysicalOffset{5'000});
    EXPECT_THAT(broken_rules(error.history(), {}), ElementsAre("delayed_is_not_lost"));
    error.expired_once(PhysicalOffset{5'001});
    EXPECT_THAT(broken_rules(error.history(), {}), IsEmpty());
}

TEST(CheckerOfGoodHistories, lets_a_message_expire_that_lies_before_the_begin_of_the_log) {
    PlantedError error;
    error.log_begins_at(error.final_reading("last of the unread").record_at + 1, "lost answer");
    error.drop_last_of(unread);
    EXPECT_THAT(broken_rules(error.history(), {}), IsEmpty());
}

TEST(CheckerOfGoodHistories, lets_a_delayed_message_expire_that_waited_before_the_begin_of_the_log) {
    PlantedError error;
    error.log_begins_at(error.send("delayed").record_at.value() + 1, "delayed");
    error.drop_last_of(orders_1);
    EXPECT_THAT(broken_rules(error.history(), {}), IsEmpty());
}

TEST(CheckerOfGoodHistories, lets_a_group_miss_what_a_broker_had_lost) {
    PlantedError error;
    error.expired_once(error.final_reading("a4").record_at + 1);
    error.drop_consumption("a4");
    EXPECT_THAT(broken_rules(error.history(), {}), IsEmpty());
}

TEST(CheckerOfGoodHistories, lets_a_group_be_told_0_of_a_young_queue_and_nothing_of_an_older_one) {
    PlantedError error;
    error.queries()[0].offset = QueueOffset{0};
    error.queries()[1].offset = std::nullopt;
    EXPECT_THAT(broken_rules(error.history(), {}), IsEmpty());
}

TEST(CheckerOfGoodHistories, says_what_happened_where_and_when) {
    PlantedError error;
    error.queries()[1].offset = std::nullopt;
    const auto violations = check(error.history(), {});
    ASSERT_THAT(violations, ::testing::SizeIs(1));
    EXPECT_EQ(violations.front().words, "workers on Orders/0 got 6 at 0.034000 s, and nothing at 5.036000 s");
}

}  // namespace
}  // namespace tern::simulation
