#include "net/transport_scenario.hpp"

namespace tern::net {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST_F(ATcpTransport, carries_a_request_and_its_answer) {
    serve();
    const auto connection = connect();
    EXPECT_TRUE(connection->is_open());
    EXPECT_EQ(connection->peer(), model::Host{});
    send(connection, "hello");  // Before it is connected.
    run_until([&] { return !client_.received.empty(); });
    EXPECT_THAT(server_.received, ElementsAre("hello"));
    EXPECT_THAT(client_.received, ElementsAre("hello"));
    EXPECT_THAT(client_.opened, SizeIs(1));
    EXPECT_EQ(connection->peer(), address());
    EXPECT_EQ(connection->local(), server_.opened.at(0)->peer());
    EXPECT_NE(connection->id(), server_.opened.at(0)->id());
    EXPECT_EQ(connection->unsent_bytes(), 0U);
}

TEST_F(ATcpTransport, serves_ipv6) {
    serve({}, "[::1]:0");
    send(connect(), "hello");
    run_until([&] { return !client_.received.empty(); });
    EXPECT_EQ(server_.opened.at(0)->peer().address_text(), "::1");
}

TEST_F(ATcpTransport, sees_an_ipv4_peer_of_an_ipv6_listener_as_ipv4) {
    serve({}, "[::]:0");
    const auto connection = transport_->connect("127.0.0.1:" + std::to_string(address().port()), client_);
    send(connection, "hello");
    run_until([&] { return !client_.received.empty(); });
    EXPECT_EQ(server_.opened.at(0)->peer().address_text(), "127.0.0.1");
}

TEST_F(ATcpTransport, resolves_names) {
    serve();
    send(transport_->connect("localhost:" + std::to_string(address().port()), client_), "hello");
    run_until([&] { return !client_.received.empty(); });
    EXPECT_THAT(client_.received, ElementsAre("hello"));
}

TEST_F(ATcpTransport, finds_the_frames_of_a_stream_however_it_is_split) {
    serve();
    const auto stream = frame(1, "first") + frame(2, "") + frame(3, "third");
    for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{100}, stream.size()}) {
        server_.received.clear();
        RawClient client{loop_, address()};
        client.read();
        for (std::size_t at = 0; at < stream.size(); at += size) {
            const auto read_before = transport_->probe().buffered_bytes();
            client.send(std::string_view{stream}.substr(at, size));
            if (size < 100) run_until([&] { return transport_->probe().buffered_bytes() != read_before; });
        }
        run_until([&] { return bodies(client.received).size() == 3; });
        EXPECT_THAT(server_.received, ElementsAre("first", "", "third")) << size;
        EXPECT_THAT(bodies(client.received), ElementsAre("first", "", "third")) << size;
    }
}

TEST_F(ATcpTransport, answers_a_thousand_pipelined_requests_in_few_writes) {
    serve();
    std::string requests;
    for (int n = 0; n < 1'000; ++n) requests += frame(n, "body " + std::to_string(n));
    RawClient client{loop_, address()};
    client.send(requests);
    client.read();
    run_until([&] { return bodies(client.received).size() == 1'000; });
    EXPECT_LE(transport_->probe().writes(), 10U);
    EXPECT_EQ(bodies(client.received).back(), "body 999");
}

TEST_F(ATcpTransport, sends_what_several_tasks_of_a_turn_append_in_one_write) {
    serve();
    const auto connection = connect();
    run_until([&] { return connection->peer() != model::Host{}; });
    const auto writes_before = transport_->probe().writes();
    loop_.post([&] { send(connection, "a"); });
    loop_.post([&] { send(connection, "b"); });
    server_.answer = nullptr;
    run_until([&] { return server_.received.size() == 2; });
    EXPECT_EQ(transport_->probe().writes() - writes_before, 1U);
}

TEST_F(ATcpTransport, carries_frames_of_many_megabytes_and_gives_their_memory_back) {
    serve();
    const std::string large(15'000'000, 'x');
    const auto connection = connect();
    send(connection, large);
    send(connection, "small");
    run_until([&] { return client_.received.size() == 2; });
    EXPECT_EQ(client_.received.front(), large);
    EXPECT_EQ(client_.received.back(), "small");
    EXPECT_EQ(transport_->probe().buffered_bytes(), 0U);
}

TEST_F(ATcpTransport, does_not_read_from_a_peer_that_does_not_take_its_answers) {
    serve({.unsent_pause_bytes = 100'000});
    server_.answer = [](std::string_view) { return std::string(50'000, 'a'); };
    std::string requests;
    for (int n = 0; n < 1'000; ++n) requests += frame(1, "request");
    RawClient client{loop_, address()};
    client.send_later(requests);
    // First the buffers of the operating system fill up. It reads again from half of the limit down.
    run_until([&] { return !server_.received.empty(); });
    for (std::size_t before = 0;
         before != server_.received.size() || server_.opened.at(0)->unsent_bytes() <= 50'000U;) {
        ASSERT_LT(server_.received.size(), 500U);
        before = server_.received.size();
        run_turns();
    }
    EXPECT_LT(server_.opened.at(0)->unsent_bytes(), 200'000U);
    client.read();  // Now it does.
    run_until([&] { return client.received.size() > 100'000; });
    const auto answer_size = (*remoting::cut_frame(client.received))->size;
    run_until([&] { return client.received.size() == 1'000 * answer_size; });
    EXPECT_EQ(server_.received.size(), 1'000U);
    EXPECT_EQ(server_.opened.at(0)->unsent_bytes(), 0U);
}

TEST_F(ATcpTransport, closes_a_peer_that_takes_nothing_for_too_long) {
    serve({.unsent_time_max = 20ms});
    server_.answer = [](std::string_view) { return std::string(8'000'000, 'a'); };
    RawClient client{loop_, address()};
    client.send(frame(1, "request"));
    run_until([&] { return !server_.closed.empty(); });
    EXPECT_THAT(server_.closed_because,
                ElementsAre(AnyOf(HasSubstr("takes no answer"), HasSubstr("timed out"))));
}

TEST_F(ATcpTransport, closes_a_connection_with_far_too_much_unsent) {
    serve({.unsent_pause_bytes = 1'000'000, .unsent_close_bytes = 20'000'000});
    RawClient client{loop_, address()};
    run_until([&] { return !server_.opened.empty(); });
    for (int n = 0; n < 10; ++n) send(server_.opened.at(0), std::string(6'000'000, 'a'));
    run_until([&] { return !server_.closed.empty(); });
    EXPECT_THAT(server_.closed_because, ElementsAre(HasSubstr("unsent")));
}

TEST_F(ATcpTransport, reads_from_nobody_while_all_together_hold_twice_too_much) {
    serve({.buffered_bytes_max = 50'000, .buffered_share_bytes = 1'000'000, .frame_time_max = 40ms});
    RawClient hoarder{loop_, address()};
    hoarder.send(frame(1, std::string(300'000, 'x')).substr(0, 200'000));
    run_until([&] { return transport_->probe().buffered_bytes() > 100'000; });
    RawClient client{loop_, address()};
    client.send(frame(1, "patient"));
    client.read();
    run_until([&] { return server_.opened.size() == 2; });
    EXPECT_THAT(server_.received, SizeIs(0));
    run_until([&] { return !client.received.empty(); });  // When the hoarder's time is over.
    EXPECT_THAT(server_.closed_because, ElementsAre("incomplete frame"));
    EXPECT_LT(transport_->probe().buffered_bytes(), 100'000U);
}

TEST_F(ATcpTransport, closes_a_connection_whose_frame_stays_incomplete) {
    serve({.frame_time_max = 20ms});
    RawClient client{loop_, address()};
    client.send(frame(1, "whole") + frame(2, "in part").substr(0, 20));
    run_until([&] { return !server_.closed.empty(); });
    EXPECT_THAT(server_.received, ElementsAre("whole"));
    EXPECT_THAT(server_.closed_because, ElementsAre("incomplete frame"));
}

TEST_F(ATcpTransport, closes_an_idle_connection) {
    serve({.idle_time_max = 20ms});
    RawClient client{loop_, address()};
    client.send(frame(1, "whole"));
    client.read();
    run_until([&] { return client.is_closed; });
    run_until([&] { return !server_.closed.empty(); });
    EXPECT_THAT(server_.closed_because, ElementsAre("idle"));
}

TEST_F(ATcpTransport, closes_a_peer_that_speaks_something_else_and_says_what) {
    for (const auto& [bytes, language] : std::vector<std::pair<std::string, std::string>>{
             {"GET / HTTP/1.1\r\n\r\n", "HTTP"},
             {std::string("\x16\x03\x01\x02\x00\x01\x00\x01", 8), "TLS"},
             {std::string("\xFF\xFF\xFF\xFF", 4), "unknown"},
             {std::string("\0\0\0\4\0\0\0\5", 8), "unknown"}}) {
        log_.lines.clear();
        listener_.reset();
        serve();
        RawClient client{loop_, address()};
        client.send(bytes);
        client.read();
        run_until([&] { return client.is_closed; });
        EXPECT_THAT(log_.lines,
                    ElementsAre(AllOf(HasSubstr("frame_rejected"), HasSubstr("seems_to_speak=" + language))));
    }
    EXPECT_THAT(server_.received, SizeIs(0));
}

TEST_F(ATcpTransport, says_it_once_of_many_that_speak_something_else) {
    serve();
    for (int i = 0; i < 10; ++i) {
        RawClient client{loop_, address()};
        client.send("GET / HTTP/1.1\r\n\r\n");
        client.read();
        run_until([&] { return client.is_closed; });
    }
    EXPECT_THAT(log_.lines, SizeIs(1));
}

TEST_F(ATcpTransport, takes_the_buffers_of_a_silent_connection_until_it_speaks_again) {
    serve({.rest_after = 10ms, .tls_handshake_time_max = 20ms});
    RawClient client{loop_, address()};
    client.read();
    for (std::uint64_t n = 1; n <= 3; ++n) {
        client.send(frame(1, "again"));
        run_until([&] { return transport_->probe().rests() == n; });
        run_turns();
        EXPECT_THAT(bodies(client.received), SizeIs(n));
        EXPECT_EQ(transport_->probe().rests(), n);
    }
    client.close();
    run_until([&] { return !server_.closed.empty(); });
    EXPECT_THAT(server_.closed_because, ElementsAre("closed by the peer"));
}

// A frame that is never finished.
std::string part_of_a_frame(std::size_t size) {
    return frame(1, std::string(1'000'000, 'x')).substr(0, size);
}

TEST_F(ATcpTransport, closes_those_that_hold_much_and_get_nowhere_once_all_hold_too_much) {
    serve({.buffered_bytes_max = 100'000,
           .buffered_share_bytes = 10'000,
           .stuck_time_max = 10ms,
           .tls_handshake_time_max = 20ms});
    RawClient first{loop_, address()};
    first.send(part_of_a_frame(60'000));
    first.read();
    run_until([&] { return transport_->probe().buffered_bytes() == 60'000; });
    run_turns();
    RawClient small{loop_, address()};
    small.send(part_of_a_frame(5'000));
    RawClient second{loop_, address()};
    second.send(part_of_a_frame(60'000));
    run_until([&] { return first.is_closed; });
    run_turns();
    EXPECT_THAT(server_.closed_because, ElementsAre("holds 60000 bytes while all hold too many"));
    EXPECT_EQ(transport_->probe().crowded_out_connections(), 1U);
    EXPECT_EQ(transport_->probe().buffered_bytes(), 65'000U);
}

TEST_F(ATcpTransport, serves_those_that_hold_little_while_others_hold_too_much) {
    serve({.buffered_bytes_max = 100'000, .buffered_share_bytes = 10'000});
    RawClient greedy{loop_, address()};
    greedy.send_later(part_of_a_frame(500'000));
    run_until([&] { return transport_->probe().buffered_bytes() > 100'000; });
    RawClient modest{loop_, address()};
    modest.send(frame(1, "a question"));
    modest.read();
    run_until([&] { return !modest.received.empty(); });
    EXPECT_THAT(bodies(modest.received), ElementsAre("a question"));
    EXPECT_LT(transport_->probe().buffered_bytes(), 200'000U);
}

TEST_F(ATcpTransport, refuses_connections_beyond_the_limit_and_takes_them_again) {
    serve({.connections_max = 1});
    auto first = std::make_unique<RawClient>(loop_, address());
    run_until([&] { return server_.opened.size() == 1; });
    RawClient second{loop_, address()};
    second.read();
    run_until([&] { return second.is_closed; });
    EXPECT_THAT(server_.opened, SizeIs(1));
    EXPECT_THAT(log_.lines, ElementsAre(HasSubstr("connections_refused")));
    first.reset();
    run_until([&] { return server_.closed.size() == 1; });
    RawClient third{loop_, address()};
    run_until([&] { return server_.opened.size() == 2; });
}

TEST_F(ATcpTransport, tells_that_a_connection_could_not_be_made) {
    serve();
    const auto gone = address();
    listener_.reset();
    const auto refused = transport_->connect(gone.text(), client_);
    send(refused, "never sent");
    const auto unnamed = transport_->connect("nowhere", client_);
    const auto unknown = transport_->connect("no-such-host.invalid:1", client_);
    EXPECT_THAT(client_.closed, SizeIs(0));  // Never from inside the call.
    run_until([&] { return client_.closed.size() == 3; });
    EXPECT_THAT(client_.opened, SizeIs(0));
    EXPECT_THAT(client_.closed_because,
                testing::UnorderedElementsAre(HasSubstr("Connection refused"), HasSubstr("no host and port"),
                                              HasSubstr("resolve no-such-host.invalid:1")));
    EXPECT_FALSE(refused->is_open());
    EXPECT_EQ(transport_->probe().open_connections(), 0);
}

TEST_F(ATcpTransport, gives_up_connecting_when_there_is_no_answer_in_time) {
    serve({.connect_time_max = 10ms});
    // A listener that accepts nothing and whose queue is full does not answer.
    tcp::acceptor deaf{loop_.context()};
    deaf.open(tcp::v4());
    deaf.bind(endpoint_of(*model::Host::parse("127.0.0.1:0")));
    deaf.listen(0);
    RawClient filler{loop_, host_of(deaf.local_endpoint())};
    const auto connection = transport_->connect(host_of(deaf.local_endpoint()).text(), client_);
    run_until([&] { return !client_.closed.empty(); });
    EXPECT_THAT(client_.closed_because, ElementsAre(HasSubstr("no answer in time")));
}

TEST_F(ATcpTransport, tells_once_that_a_connection_has_ended) {
    serve();
    const auto connection = connect();
    send(connection, "hello");
    run_until([&] { return !client_.received.empty(); });
    connection->close("done");
    connection->close("done again");
    EXPECT_FALSE(connection->is_open());
    EXPECT_THAT(client_.closed, SizeIs(0));
    run_until([&] { return !client_.closed.empty() && !server_.closed.empty(); });
    run_turns();
    EXPECT_THAT(client_.closed_because, ElementsAre("done"));
    EXPECT_THAT(server_.closed_because, ElementsAre("closed by the peer"));
    send(connection, "into the void");
    EXPECT_EQ(connection->unsent_bytes(), 0U);
    run_turns();
    EXPECT_EQ(transport_->probe().open_connections(), 0);
}

TEST_F(ATcpTransport, takes_no_command_after_its_handler_has_closed_the_connection) {
    serve();
    server_.closes_at = 2;
    RawClient client{loop_, address()};
    client.send(frame(1, "a") + frame(2, "b") + frame(3, "c"));
    run_until([&] { return !server_.closed.empty(); });
    EXPECT_THAT(server_.received, ElementsAre("a", "b"));
    EXPECT_THAT(server_.closed_because, ElementsAre("enough"));
}

TEST_F(ATcpTransport, can_close_while_it_waits_for_the_peer_to_take_bytes) {
    serve();
    RawClient client{loop_, address()};
    run_until([&] { return !server_.opened.empty(); });
    const auto connection = server_.opened.at(0);
    for (int n = 0; n < 10; ++n) send(connection, std::string(5'000'000, 'a'));
    EXPECT_GT(connection->unsent_bytes(), 0U);
    run_turns();
    EXPECT_GT(connection->unsent_bytes(), 0U);
    connection->close("enough");
    EXPECT_EQ(connection->unsent_bytes(), 0U);
    run_until([&] { return !server_.closed.empty(); });
    EXPECT_EQ(transport_->probe().buffered_bytes(), 0U);
}

TEST_F(ATcpTransport, notices_a_peer_that_resets_the_connection) {
    serve();
    server_.answer = [](std::string_view) { return std::string(8'000'000, 'a'); };
    RawClient client{loop_, address()};
    client.send(frame(1, "request"));
    run_until([&] { return !server_.received.empty(); });
    client.close();
    run_until([&] { return !server_.closed.empty(); });
    EXPECT_THAT(server_.closed_because, ElementsAre(AnyOf(HasSubstr("reset"), HasSubstr("Broken pipe"))));
}

TEST_F(ATcpTransport, keeps_accepted_connections_when_its_listener_ends) {
    serve();
    const auto connection = connect();
    run_until([&] { return !server_.opened.empty() && !client_.opened.empty(); });
    listener_.reset();
    send(connection, "hello");
    run_until([&] { return !client_.received.empty(); });
}

TEST_F(ATcpTransport, talks_to_another_transport) {
    serve();
    std::optional<TcpTransport> other{std::in_place, loop_, log_};
    const auto connection = other->connect(address().text(), client_);
    send(connection, "hello");
    run_until([&] { return !client_.received.empty(); });
    other.reset();
    EXPECT_FALSE(connection->is_open());
    run_until([&] { return !server_.closed.empty(); });
    EXPECT_THAT(client_.closed, SizeIs(0));  // Its transport is gone, and so may be those who were told.
}

TEST_F(ATcpTransport, says_why_it_cannot_listen) {
    serve();
    const auto second = transport_->listen(address(), server_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().detail, "listen on " + address().text() + ": Address already in use");
}

TEST_F(ATcpTransport, can_end_in_the_middle_of_everything) {
    serve();
    RawClient client{loop_, address()};
    client.send(frame(1, "a") + frame(2, "b").substr(0, 10));
    const auto connecting = connect();
    send(connecting, "hello");
    run_until([&] { return !server_.received.empty(); });
    listener_.reset();
    transport_.reset();
}

}  // namespace
}  // namespace tern::net
