#include <deque>

#include "base/random.hpp"
#include "net/fake_authority.hpp"
#include "net/tls_channel.hpp"
#include "net/transport_scenario.hpp"

namespace tern::net {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class TlsOverTcp : public ATcpTransport {
protected:
    // Both ends are of one transport: what it accepts, and what it dials with.
    void serve_tls(TlsMode mode, bool dials_tls, const TransportLimits& limits = {},
                   const TlsDemand& demand = {}) {
        serve(limits);
        transport_->secure({.accepts = mode,
                            .server = context(authority_.issue("server"), demand),
                            .client = dials_tls ? context({}) : Ref<TlsContext>{}},
                           {});
    }
    static Ref<TlsContext> context(const TlsIdentity& identity, const TlsDemand& demand = {}) {
        auto made = TlsContext::make(identity, demand);
        EXPECT_TRUE(made) << made.error().detail;
        return *made;
    }
    void dial_with(const Ref<TlsContext>& client) {
        transport_->secure(
            {.accepts = TlsMode::enforcing, .server = context(authority_.issue("server")), .client = client},
            {});
    }
    void expect_an_answer() {
        const auto before = client_.received.size();
        send(connect(), "hello");
        run_until([&] { return client_.received.size() > before || !client_.closed.empty(); });
        EXPECT_THAT(client_.closed_because, IsEmpty());
        EXPECT_EQ(client_.received.back(), "hello");
    }
    const TransportProbe& probe() { return transport_->probe(); }
    // The server's end of a RawClient is gone.
    void run_until_closed(const RawClient& client) {
        run_until([&] { return client.is_closed; });
        run_turns();
    }

    const FakeAuthority authority_{"authority"};
};

TEST_F(TlsOverTcp, carries_a_request_and_its_answer) {
    serve_tls(TlsMode::enforcing, true);
    const auto connection = connect();
    send(connection, "hello");  // Before it is connected.
    run_until([&] { return !client_.received.empty(); });
    EXPECT_THAT(server_.received, ElementsAre("hello"));
    EXPECT_THAT(client_.received, ElementsAre("hello"));
    EXPECT_THAT(client_.opened, SizeIs(1));
    EXPECT_THAT(server_.opened, SizeIs(1));
    EXPECT_EQ(connection->peer(), address());
    EXPECT_EQ(probe().tls_handshakes(), 2U);  // Both ends are ours.
    EXPECT_EQ(probe().tls_failures(), 0U);
}

TEST_F(TlsOverTcp, sends_nothing_that_can_be_read_on_the_way) {
    serve_tls(TlsMode::permissive, true);
    RawClient relay{loop_, address()};
    relay.read();
    TlsChannel channel{*context({}), TlsChannel::Role::dials};
    Buffer plain;
    ASSERT_TRUE(channel.begin());
    bool has_asked = false;
    while (plain.empty()) {
        if (!channel.sealed().empty()) {
            EXPECT_EQ(channel.sealed().view().find("secret"), std::string_view::npos);
            relay.send(channel.sealed().view());
            channel.sealed().clear();
        }
        if (channel.is_established() && !std::exchange(has_asked, true)) {
            ASSERT_TRUE(channel.send(frame(1, "a secret word")));
            continue;
        }
        run_until([&] { return !relay.received.empty(); });
        EXPECT_EQ(relay.received.find("secret"), std::string::npos);
        ASSERT_TRUE(channel.receive(std::exchange(relay.received, {}), plain));
    }
    EXPECT_THAT(bodies(plain.view()), ElementsAre("a secret word"));
}

TEST_F(TlsOverTcp, takes_plain_text_beside_it_when_permissive) {
    serve_tls(TlsMode::permissive, true);
    expect_an_answer();
    RawClient plain{loop_, address()};
    plain.read();
    plain.send(frame(1, "in plain text"));
    run_until([&] { return !plain.received.empty(); });
    EXPECT_THAT(bodies(plain.received), ElementsAre("in plain text"));
}

TEST_F(TlsOverTcp, refuses_plain_text_when_enforcing) {
    serve_tls(TlsMode::enforcing, false);
    send(connect(), "hello");
    run_until([&] { return !client_.closed.empty() && !server_.closed.empty(); });
    EXPECT_THAT(server_.received, IsEmpty());
    EXPECT_THAT(server_.closed_because, ElementsAre(HasSubstr("plain text")));
    EXPECT_EQ(probe().refused_plain(), 1U);
    EXPECT_THAT(log_.lines, Contains(HasSubstr("plain_text_refused")));
}

TEST_F(TlsOverTcp, is_refused_where_it_is_disabled) {
    serve();
    transport_->secure({.client = context({})}, {});
    send(connect(), "hello");
    run_until([&] { return !client_.closed.empty(); });
    EXPECT_THAT(server_.received, IsEmpty());
    EXPECT_THAT(client_.opened, IsEmpty());
    EXPECT_THAT(log_.lines, Contains(HasSubstr("seems_to_speak=TLS")));
}

TEST_F(TlsOverTcp, carries_more_than_the_system_takes_at_once) {
    serve_tls(TlsMode::enforcing, true);
    const std::string large(2'500'000, 'x');
    const auto connection = connect();
    for (int i = 0; i < 3; ++i) send(connection, large, i);
    run_until([&] { return client_.received.size() == 3 || !client_.closed.empty(); });
    EXPECT_THAT(client_.received, Each(large));
    EXPECT_EQ(connection->unsent_bytes(), 0U);
    EXPECT_EQ(probe().buffered_bytes(), 0U);
}

TEST_F(TlsOverTcp, answers_in_order_when_many_ask_at_once) {
    serve_tls(TlsMode::permissive, true);
    std::vector<Ref<Connection>> connections;
    for (int i = 0; i < 20; ++i) {
        connections.push_back(connect());
        for (int k = 0; k < 50; ++k) send(connections.back(), std::to_string(k), k);
    }
    run_until([&] { return client_.received.size() == 1000 || !client_.closed.empty(); });
    EXPECT_THAT(client_.closed_because, IsEmpty());
    EXPECT_EQ(std::ranges::count(client_.received, "49"), 20);
}

TEST_F(TlsOverTcp, tells_the_other_side_that_it_ends) {
    serve_tls(TlsMode::enforcing, true);
    expect_an_answer();
    server_.opened.at(0)->close("enough");
    run_until([&] { return !client_.closed.empty(); });
    EXPECT_THAT(client_.closed_because, ElementsAre("closed by the peer"));
    EXPECT_EQ(probe().tls_failures(), 0U);
}

TEST_F(TlsOverTcp, refuses_clients_without_the_certificate_that_it_asks_for) {
    serve_tls(TlsMode::enforcing, true, {},
              {.asks = true, .insists = true, .verifies = true, .trusted = authority_.certificate()});
    send(connect(), "hello");
    run_until([&] { return !client_.closed.empty() && !server_.closed.empty(); });
    EXPECT_THAT(server_.received, IsEmpty());
    EXPECT_THAT(server_.closed_because, ElementsAre(HasSubstr("peer did not return a certificate")));
    EXPECT_THAT(log_.lines, Contains(HasSubstr("tls_failed")));
    EXPECT_GE(probe().tls_failures(), 1U);
}

TEST_F(TlsOverTcp, is_not_dialled_to_a_server_that_is_not_trusted) {
    serve_tls(TlsMode::enforcing, true);
    const FakeAuthority stranger{"stranger"};
    dial_with(
        context({}, {.asks = true, .insists = true, .verifies = true, .trusted = stranger.certificate()}));
    send(connect(), "hello");
    run_until([&] { return !client_.closed.empty() && !server_.closed.empty(); });
    EXPECT_THAT(client_.opened, IsEmpty());
    EXPECT_THAT(client_.closed_because, ElementsAre(HasSubstr("certificate verify failed")));
    EXPECT_THAT(server_.closed_because, ElementsAre(HasSubstr("unknown ca")));
    EXPECT_THAT(server_.received, IsEmpty());
}

TEST_F(TlsOverTcp, begins_new_connections_with_new_certificates_and_leaves_the_others) {
    serve_tls(TlsMode::enforcing, true);
    const auto first = connect();
    send(first, "before");
    run_until([&] { return client_.received.size() == 1; });
    const FakeAuthority other{"other"};
    const TlsDemand trusts_other{
        .asks = true, .insists = true, .verifies = true, .trusted = other.certificate()};
    transport_->secure({.accepts = TlsMode::enforcing,
                        .server = context(other.issue("server")),
                        .client = context({}, trusts_other)},
                       {});
    send(connect(), "new");
    send(first, "after");
    run_until([&] { return client_.received.size() == 3 || !client_.closed.empty(); });
    EXPECT_THAT(client_.closed_because, IsEmpty());
}

TEST_F(TlsOverTcp, ends_handshakes_that_take_too_long) {
    serve_tls(TlsMode::permissive, false, {.tls_handshake_time_max = 20ms});
    RawClient client{loop_, address()};
    client.read();
    client.send("\x16");
    run_until_closed(client);
    EXPECT_EQ(probe().tls_failures(), 1U);
    EXPECT_EQ(probe().open_connections(), 0);
    EXPECT_THAT(server_.closed_because, ElementsAre("TLS: no handshake in time"));
}

TEST_F(TlsOverTcp, ends_a_dial_whose_other_side_says_nothing) {
    serve({.tls_handshake_time_max = 20ms});
    transport_->secure({.client = context({})}, {});
    server_.answer = {};
    tcp::acceptor silent{loop_.context(), tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
    transport_->connect("127.0.0.1:" + std::to_string(silent.local_endpoint().port()), client_);
    run_until([&] { return !client_.closed.empty(); });
    EXPECT_THAT(client_.opened, IsEmpty());
    EXPECT_THAT(client_.closed_because, ElementsAre("TLS: no handshake in time"));
}

TEST_F(TlsOverTcp, counts_those_who_have_said_nothing_as_connections) {
    serve_tls(TlsMode::permissive, false, {.connections_max = 2});
    const RawClient first{loop_, address()};
    const RawClient second{loop_, address()};
    RawClient third{loop_, address()};
    third.read();
    run_until_closed(third);
    EXPECT_EQ(probe().open_connections(), 2);
}

TEST_F(TlsOverTcp, ends_the_oldest_of_too_many_handshakes) {
    serve_tls(TlsMode::permissive, true, {.tls_handshakes_max = 2});
    std::deque<RawClient> clients;
    for (int i = 0; i < 3; ++i) {
        clients.emplace_back(loop_, address()).read();
        clients.back().send("\x16");
        run_turns();
    }
    EXPECT_TRUE(clients[0].is_closed);
    EXPECT_FALSE(clients[1].is_closed);
    EXPECT_THAT(server_.closed_because, ElementsAre("TLS: too many handshakes"));
    expect_an_answer();  // Which takes the place of another one, and gives it back.
    EXPECT_TRUE(clients[1].is_closed);
    clients.emplace_back(loop_, address()).send("\x16");
    run_turns();
    EXPECT_FALSE(clients[2].is_closed);
    for (auto& client : clients) client.close();
    run_turns();
}

TEST_F(TlsOverTcp, is_not_harmed_by_bytes_that_only_begin_like_it) {
    serve_tls(TlsMode::permissive, true);
    SeededRandom random{7};
    for (int i = 0; i < 300; ++i) {
        // Some with the head of a record that could be one, so that more than the first bytes is looked at.
        std::string bytes = i % 3 == 0 ? std::string("\x16") : std::string("\x16\x03\x01", 3);
        if (i % 3 == 2) bytes += std::string("\x00\x80\x01\x00\x00\x7c\x03\x03", 8);
        const auto count = 1 + random.below(400);
        for (std::uint64_t k = 0; k < count; ++k) bytes += static_cast<char>(random.below(256));
        RawClient client{loop_, address()};
        client.read();
        client.send(bytes);
        const auto opened = server_.opened.size();
        run_until([&] { return server_.opened.size() > opened || client.is_closed; });
        run_turns();
        client.close();
    }
    run_turns();
    EXPECT_THAT(server_.received, IsEmpty());
    EXPECT_EQ(probe().open_connections(), 0);
    EXPECT_EQ(probe().buffered_bytes(), 0U);
    EXPECT_LT(log_.lines.size(), 10U);  // Strangers do not fill the log.
    expect_an_answer();
}

// A whole hello of OpenSSL's own, changed in one byte after the other, and cut off at each.
TEST_F(TlsOverTcp, is_not_harmed_by_a_hello_that_is_damaged_or_cut) {
    serve_tls(TlsMode::enforcing, true);
    TlsChannel channel{*context({}), TlsChannel::Role::dials};
    ASSERT_TRUE(channel.begin());
    const std::string hello{channel.sealed().view()};
    SeededRandom random{11};
    for (std::size_t at = 0; at < hello.size(); at += 3) {
        RawClient cut{loop_, address()};
        if (at > 0) cut.send(std::string_view{hello}.substr(0, at));
        RawClient damaged{loop_, address()};
        std::string bytes = hello;
        bytes[at] = static_cast<char>(random.below(256));
        damaged.read();
        damaged.send(bytes);
        run_turns();
        cut.close();
        damaged.close();
    }
    run_until([&] { return probe().open_connections() == 0; });
    EXPECT_THAT(server_.received, IsEmpty());
    EXPECT_EQ(probe().buffered_bytes(), 0U);
    expect_an_answer();
}

TEST_F(TlsOverTcp, ends_a_connection_whose_sealed_bytes_are_changed) {
    serve_tls(TlsMode::permissive, false);
    RawClient client{loop_, address()};
    client.read();
    TlsChannel channel{*context({}), TlsChannel::Role::dials};
    Buffer plain;
    ASSERT_TRUE(channel.begin());
    while (!channel.is_established()) {
        client.send(channel.sealed().view());
        channel.sealed().clear();
        run_until([&] { return !client.received.empty(); });
        ASSERT_TRUE(channel.receive(std::exchange(client.received, {}), plain));
    }
    ASSERT_TRUE(channel.send(frame(1, "hello")));
    std::string sealed{channel.sealed().view()};
    sealed.back() ^= 1;
    client.send(sealed);
    run_until_closed(client);
    EXPECT_THAT(server_.received, IsEmpty());
    EXPECT_THAT(server_.closed_because, ElementsAre(HasSubstr("bad record mac")));
}

}  // namespace
}  // namespace tern::net
