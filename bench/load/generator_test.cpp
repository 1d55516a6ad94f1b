#include "bench/load/generator.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "bench/limits/ready_answer.hpp"
#include "bench/limits/server_thread.hpp"

namespace tern::bench {
namespace {

// Acknowledges everything as stored in queue 1.
class Accepting final : public FrameService {
public:
    std::span<const std::string_view> serve(const Answer& request, Buffer& answers) override {
        answer_.append_to(answers, request.opaque);
        return {};
    }

private:
    ReadyAnswer answer_{send_answer(remoting::HeaderEncoding::json)};
};

class Refusing final : public FrameService {
public:
    std::span<const std::string_view> serve(const Answer& request, Buffer& answers) override {
        remoting::FrameWriter frame{
            answers,
            remoting::HeaderEncoding::json,
            {.code = 2, .opaque = request.opaque, .flag = remoting::flag_response, .remark = "busy"}};
        frame.finish();
        return {};
    }
};

class Silent final : public FrameService {
public:
    std::span<const std::string_view> serve(const Answer&, Buffer&) override { return {}; }
};

TEST(Generator, sends_as_many_messages_as_asked_and_counts_their_answers) {
    Accepting service;
    ServerThread server{service};
    const auto options = sends(1'000);
    Generator generator{options, server.target()};
    ASSERT_TRUE(generator.run());
    EXPECT_EQ(generator.measurement().sends().messages, 1'000);
    EXPECT_EQ(generator.measurement().sends().latency.count(), 1'000);
    EXPECT_TRUE(generator.measurement().sends().refusals.empty());
}

TEST(Generator, of_an_open_loop_sends_no_faster_than_its_rate) {
    Accepting service;
    ServerThread server{service};
    auto options = sends(50);
    options.rate = 1'000;
    Generator generator{options, server.target()};
    ASSERT_TRUE(generator.run());
    EXPECT_GE(generator.measurement().length(), 49ms);
}

TEST(Generator, gives_up_what_is_due_while_all_requests_are_under_way) {
    Silent service;
    ServerThread server{service};
    auto options = sends(1'000);
    options.rate = 10'000;
    options.gives_up = true;
    options.patience_s = 0.2;
    Generator generator{options, server.target()};
    EXPECT_FALSE(generator.run());
    EXPECT_EQ(generator.measurement().sends().given_up, 1'000U - 15U);
}

TEST(Generator, that_is_interrupted_ends_as_if_its_time_were_over) {
    Accepting service;
    ServerThread server{service};
    auto options = sends(1);
    options.messages.reset();
    options.patience_s = 3600;
    Generator generator{options, server.target()};
    std::thread interrupter{[&] { generator.interrupt(); }};
    EXPECT_TRUE(generator.run());
    EXPECT_TRUE(generator.measurement().is_closed());
    interrupter.join();
}

TEST(Generator, counts_refusals_by_code) {
    Refusing service;
    ServerThread server{service};
    const auto options = sends(100);
    Generator generator{options, server.target()};
    ASSERT_TRUE(generator.run());
    EXPECT_EQ(generator.measurement().sends().messages, 0);
    EXPECT_EQ(generator.measurement().sends().refusals, (std::map<std::int32_t, std::uint64_t>{{2, 100}}));
}

TEST(Generator, fails_when_nothing_is_answered_for_longer_than_its_patience) {
    Silent service;
    ServerThread server{service};
    auto options = sends(100);
    options.patience_s = 0.05;
    Generator generator{options, server.target()};
    EXPECT_EQ(generator.run().error().code, Errc::deadline_exceeded);
}

TEST(Generator, that_verifies_fails_on_an_acknowledgement_for_another_queue) {
    Accepting service;
    ServerThread server{service};
    auto options = sends(100);
    options.verify = true;
    Generator generator{options, server.target()};
    EXPECT_EQ(generator.run().error().code, Errc::corrupt);
}

}  // namespace
}  // namespace tern::bench
