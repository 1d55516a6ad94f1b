#include "remoting/caller.hpp"

#include "base/timer_queue.hpp"
#include "remoting/fake_connection.hpp"
#include "remoting/header/offset.hpp"

namespace tern::remoting {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CallerTest : public testing::Test, public Timers {
protected:
    TimerId after(Duration delay, Task task) override { return timers_.add(now_ + delay, std::move(task)); }
    void cancel(TimerId timer) override { timers_.cancel(timer); }

    void passes(Duration time) {
        now_ += time;
        while (auto task = timers_.take_due(now_)) (*task)();
    }

    // Asks, and notes the end of it under that name.
    void asks(const Ref<FakeConnection>& connection, const std::string& name, Duration timeout = 3s) {
        caller_.call(
            connection, GetMaxOffsetRequest{.queue_id = QueueId{1}, .topic = "T"}, "", timeout,
            [this, name](Result<Command> answer) {
                const auto offset = answer ? decode_answer<OffsetResponse>(*answer)
                                           : Result<OffsetResponse>{std::unexpected{answer.error()}};
                ended_.push_back(name + ": " +
                                 (offset ? std::to_string(offset->offset.value()) : offset.error().detail));
            });
    }
    // The oldest request that is not answered yet gets this answer.
    bool answers(const Ref<FakeConnection>& connection, ResponseCode code, std::int64_t offset = 0) {
        return answers_to(connection, connection->take_sent().opaque, code, offset);
    }
    bool answers_to(const Ref<FakeConnection>& connection, std::int32_t opaque, ResponseCode code,
                    std::int64_t offset = 0) {
        Buffer out;
        FrameWriter frame{out,
                          HeaderEncoding::json,
                          {.code = static_cast<std::int32_t>(code),
                           .opaque = opaque,
                           .flag = flag_response,
                           .remark = "why"}};
        frame.number("offset", offset);
        frame.finish();
        CommandDecoder decoder;
        return caller_.on_answer(connection, *decoder.decode(**cut_frame(out.view())));
    }

    Instant now_{};
    TimerQueue timers_;
    Caller caller_{*this};
    Ref<FakeConnection> connection_ = make_counted<FakeConnection>(1U);
    Ref<FakeConnection> other_ = make_counted<FakeConnection>(2U, "10.0.0.2:10911");
    std::vector<std::string> ended_;
};

TEST_F(CallerTest, sends_a_request_with_its_header) {
    asks(connection_, "a");
    const auto& sent = connection_->take_sent();
    EXPECT_EQ(sent.code, static_cast<std::int32_t>(RequestCode::get_max_offset));
    EXPECT_EQ(sent.field("topic"), "T");
    EXPECT_FALSE(sent.is_response());
    EXPECT_FALSE(sent.is_oneway());
}

TEST_F(CallerTest, gives_each_answer_to_the_one_who_asked) {
    asks(connection_, "a");
    asks(connection_, "b");
    const auto first = connection_->take_sent().opaque;
    EXPECT_TRUE(answers(connection_, ResponseCode::success, 2));
    EXPECT_TRUE(answers_to(connection_, first, ResponseCode::success, 1));
    EXPECT_THAT(ended_, ElementsAre("b: 2", "a: 1"));
    EXPECT_EQ(caller_.waiting(), 0U);
}

TEST_F(CallerTest, gives_an_error_of_the_other_side_its_name) {
    asks(connection_, "a");
    answers(connection_, ResponseCode::topic_not_exist);
    EXPECT_THAT(ended_, ElementsAre("a: TOPIC_NOT_EXIST (17): why"));
}

TEST_F(CallerTest, ends_a_wait_when_its_time_is_over_and_takes_no_answer_then) {
    asks(connection_, "a", 3s);
    passes(2999ms);
    EXPECT_THAT(ended_, IsEmpty());
    passes(1ms);
    EXPECT_THAT(ended_, ElementsAre("a: no answer in time: 10.0.0.1:50000"));
    EXPECT_FALSE(answers(connection_, ResponseCode::success));
    EXPECT_EQ(ended_.size(), 1U);
}

TEST_F(CallerTest, ends_the_waits_of_a_connection_that_closes_and_no_others) {
    asks(connection_, "a");
    asks(other_, "b");
    asks(connection_, "c");
    caller_.on_closed(connection_);
    EXPECT_THAT(ended_, ElementsAre("a: closed before the answer: 10.0.0.1:50000",
                                    "c: closed before the answer: 10.0.0.1:50000"));
    EXPECT_TRUE(answers(other_, ResponseCode::success, 7));
    passes(1h);
    EXPECT_EQ(ended_.size(), 3U);
}

TEST_F(CallerTest, fails_on_a_closed_connection_but_not_within_the_call) {
    connection_->close("gone");
    asks(connection_, "a");
    EXPECT_THAT(ended_, IsEmpty());
    passes(0s);
    EXPECT_THAT(ended_, ElementsAre("a: closed: 10.0.0.1:50000"));
}

TEST_F(CallerTest, takes_no_answer_from_another_connection_and_no_request) {
    asks(connection_, "a");
    const auto opaque = connection_->take_sent().opaque;
    EXPECT_FALSE(answers_to(other_, opaque, ResponseCode::success));
    Command request;
    request.opaque = opaque;
    EXPECT_FALSE(caller_.on_answer(connection_, request));
    EXPECT_THAT(ended_, IsEmpty());
}

TEST_F(CallerTest, sends_one_way_and_waits_for_nothing) {
    caller_.send_oneway(connection_, UpdateConsumerOffsetRequest{.topic = "T"});
    EXPECT_TRUE(connection_->take_sent().is_oneway());
    EXPECT_EQ(caller_.waiting(), 0U);
}

TEST_F(CallerTest, may_be_asked_again_from_an_end) {
    caller_.call(connection_, GetMinOffsetRequest{.topic = "T"}, "", 1s,
                 [this](Result<Command>) { asks(connection_, "again"); });
    caller_.on_closed(connection_);
    EXPECT_EQ(caller_.waiting(), 1U);
}

}  // namespace
}  // namespace tern::remoting
