#include <string>
#include <vector>

#include "net/tcp_transport.hpp"

namespace tern::net {
namespace {

using remoting::Connection;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

// Frames of one byte for the length of what follows; 'x' is none.
std::string frame(std::string_view body) {
    return std::string(1, static_cast<char>(body.size())).append(body);
}

class StreamPeer final : public remoting::StreamHandler {
public:
    explicit StreamPeer(int& alive) : alive_{++alive} {}
    ~StreamPeer() override { --alive_; }

    void on_opened(const Ref<Connection>& connection) override { opened.push_back(connection); }
    Result<std::size_t> on_bytes(const Ref<Connection>& connection, std::string_view bytes) override {
        ++calls;
        if (bytes[0] == 'x') return failure(Errc::malformed, "no frame: x");
        const auto size = 1 + static_cast<std::size_t>(bytes[0]);
        if (takes_nothing || bytes.size() < size) return 0;
        received.emplace_back(bytes.substr(1, size - 1));
        connection->output().append(answer);
        if (closes) connection->close("enough");
        return size;
    }
    void on_closed(const Ref<Connection>&, std::string_view why) override {
        closed_because.emplace_back(why);
        if (closes) opened.clear();
    }

    std::string answer;
    bool closes{false};
    bool takes_nothing{false};
    int calls{0};
    std::vector<std::string> received;
    std::vector<Ref<Connection>> opened;
    std::vector<std::string> closed_because;

private:
    int& alive_;
};

class StreamsOverTcp : public testing::Test {
protected:
    ~StreamsOverTcp() override {
        listener_.reset();
        transport_.reset();
        server_ = client_ = {};
        EXPECT_EQ(alive_, 0);
    }
    Ref<Connection> connect(const TransportLimits& limits = {}) {
        transport_.emplace(loop_, log_, limits);
        listener_ = *transport_->listen_stream(*model::Host::parse("127.0.0.1:0"), server_);
        return transport_->connect_stream(listener_->address().text(), client_);
    }
    template <class Condition>
    void run_until(Condition condition) {
        while (!condition()) loop_.run_one();
    }
    void run_until_closed() {
        run_until([&] { return !server_->closed_because.empty() && !client_->closed_because.empty(); });
    }

    Loop loop_;
    SilentLog log_;
    int alive_{0};
    Ref<StreamPeer> server_{make_counted<StreamPeer>(alive_)};
    Ref<StreamPeer> client_{make_counted<StreamPeer>(alive_)};
    std::optional<TcpTransport> transport_;
    std::unique_ptr<remoting::Listener> listener_;
};

TEST_F(StreamsOverTcp, carry_frames_that_the_handler_cuts) {
    server_->answer = frame("answer");
    const auto connection = connect();
    connection->output().append(frame("one") + frame("two") + frame(""));  // Before it is connected.
    run_until([&] { return client_->received.size() == 3; });
    EXPECT_THAT(server_->received, ElementsAre("one", "two", ""));
    EXPECT_THAT(client_->received, ElementsAre("answer", "answer", "answer"));
    EXPECT_EQ(connection->local(), server_->opened.at(0)->peer());
    EXPECT_THAT(client_->opened, SizeIs(1));
}

TEST_F(StreamsOverTcp, are_accepted_whatever_the_crowd_of_clients_and_have_a_limit_of_their_own) {
    const auto connection = connect({.connections_max = 0, .streams_max = 2});
    run_until([&] { return !server_->opened.empty(); });
    EXPECT_TRUE(connection->is_open());
    const auto second = transport_->connect_stream(listener_->address().text(), client_);
    run_until([&] { return client_->closed_because.size() == 1; });
    EXPECT_FALSE(second->is_open());
    EXPECT_THAT(server_->opened, SizeIs(1));
}

TEST_F(StreamsOverTcp, keep_what_the_handler_leaves_until_more_has_come) {
    const auto connection = connect();
    for (const char byte : frame("slowly")) {
        const auto calls = server_->calls;
        connection->output().append({&byte, 1});
        run_until([&] { return server_->calls != calls; });
    }
    EXPECT_THAT(server_->received, ElementsAre("slowly"));
    EXPECT_EQ(transport_->probe().buffered_bytes(), 0U);
}

TEST_F(StreamsOverTcp, are_closed_with_the_words_of_the_handler_s_error) {
    const auto connection = connect();
    connection->output().append(frame("one") + "x");
    run_until_closed();
    EXPECT_THAT(server_->received, ElementsAre("one"));
    EXPECT_THAT(server_->closed_because, ElementsAre("no frame: x"));
    EXPECT_THAT(client_->closed_because, ElementsAre("closed by the peer"));
}

TEST_F(StreamsOverTcp, bring_nothing_more_after_the_handler_has_closed_them) {
    server_->closes = true;
    const auto connection = connect();
    connection->output().append(frame("one") + frame("two"));
    run_until_closed();
    EXPECT_THAT(server_->received, ElementsAre("one"));
    EXPECT_THAT(server_->closed_because, ElementsAre("enough"));
}

TEST_F(StreamsOverTcp, are_closed_when_a_frame_stays_incomplete) {
    const auto connection = connect({.frame_time_max = 20ms});
    connection->output().append(frame("in part").substr(0, 3));
    run_until_closed();
    EXPECT_THAT(server_->closed_because, ElementsAre("incomplete frame"));
}

TEST_F(StreamsOverTcp, are_closed_when_idle) {
    const auto connection = connect({.idle_time_max = 20ms});
    run_until_closed();
    EXPECT_THAT(server_->closed_because, ElementsAre(testing::AnyOf("idle", "closed by the peer")));
}

TEST_F(StreamsOverTcp, are_not_read_between_frames_while_the_peer_takes_no_answers) {
    for (int n = 0; n < 25'000; ++n) server_->answer += frame(std::string(127, 'a'));
    const auto connection = connect({.unsent_pause_bytes = 5'000'000});
    std::string questions;
    for (int n = 0; n < 20; ++n) questions += frame("?");
    connection->output().append(questions);
    run_until([&] { return !server_->received.empty(); });
    EXPECT_LT(server_->received.size(), 10U);
    EXPECT_LT(server_->opened.at(0)->unsent_bytes(), 9'000'000U);
    run_until([&] { return server_->received.size() == 20; });  // As the client takes them.
}

TEST_F(StreamsOverTcp, are_read_until_twice_as_much_is_held_as_stops_clients) {
    server_->takes_nothing = true;
    (void)connect({.buffered_bytes_max = 100'000, .frame_time_max = 100ms});
    TcpTransport other{loop_, log_};
    other.connect_stream(listener_->address().text(), client_)->output().append(std::string(2'000'000, 'y'));
    std::size_t most = 0;
    run_until([&] {
        most = std::max(most, transport_->probe().buffered_bytes());
        return !server_->closed_because.empty();
    });
    EXPECT_THAT(server_->closed_because, ElementsAre("incomplete frame"));
    EXPECT_GT(most, 200'000U);
    EXPECT_LE(most, 200'000U + read_size_max);
}

TEST_F(StreamsOverTcp, tell_that_a_connection_could_not_be_made) {
    (void)connect();
    run_until([&] { return !server_->opened.empty(); });
    const auto gone = listener_->address().text();
    listener_.reset();
    const auto refused = transport_->connect_stream(gone, client_);
    run_until([&] { return !client_->closed_because.empty(); });
    EXPECT_THAT(client_->closed_because.front(), HasSubstr("refused"));
    EXPECT_FALSE(refused->is_open());
}

TEST_F(StreamsOverTcp, keep_their_handler_until_it_was_told_and_no_longer) {
    client_->closes = true;
    const auto connection = connect();
    run_until([&] { return !server_->opened.empty(); });
    EXPECT_EQ(alive_, 2);
    client_ = {};
    EXPECT_EQ(alive_, 2);
    connection->close("enough");
    run_until([&] { return alive_ == 1; });
}

TEST_F(StreamsOverTcp, do_not_keep_handlers_that_refer_to_them_beyond_the_transport) {
    const auto connection = connect();
    run_until([&] { return !server_->opened.empty() && !client_->opened.empty(); });
    connection->close("enough");  // on_closed is not called any more.
    listener_.reset();
    transport_.reset();
    server_ = client_ = {};
    EXPECT_EQ(alive_, 0);
}

}  // namespace
}  // namespace tern::net
