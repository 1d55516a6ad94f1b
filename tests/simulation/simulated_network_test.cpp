#include "simulation/simulated_network.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tern::simulation {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A process that keeps what it hears. Bodies stand for commands.
class Peer final : public remoting::ConnectionHandler {
public:
    Peer(SimulatedTime& time, SimulatedNetwork& network, const std::string& address)
        : process{time, address, 1, log_}, transport{network.attach(process, address)} {}
    ~Peer() override {
        process.kill();
        listener.reset();
    }

    void listens(std::uint16_t port) {
        listener = *transport->listen(*model::Host::parse("0.0.0.0:" + std::to_string(port)), *this);
    }
    Peer& connects(const std::string& to) {
        connection = transport->connect(to, *this);
        return *this;
    }
    Peer& says(std::string_view body) {
        remoting::FrameWriter frame{connection->output(), remoting::HeaderEncoding::json, {.code = 10}};
        frame.finish(body);
        return *this;
    }
    void dies() {
        process.kill();
        transport->leave();
    }

    void on_opened(const Ref<remoting::Connection>& opened) override {
        ++opened_count;
        connection = opened;
    }
    void on_command(const Ref<remoting::Connection>&, const remoting::Command& command) override {
        EXPECT_GT(opened_count, 0);
        heard.emplace_back(command.body);
    }
    void on_closed(const Ref<remoting::Connection>& closed, std::string_view why) override {
        EXPECT_FALSE(closed->is_open());
        closed_because.emplace_back(why);
    }

    SilentLog log_;
    SimulatedProcess process;
    std::unique_ptr<SimulatedTransport> transport;
    std::unique_ptr<remoting::Listener> listener;
    Ref<remoting::Connection> connection;
    int opened_count{0};
    std::vector<std::string> heard;
    std::vector<std::string> closed_because;
};

// The same for a stream, in which each line is a frame and one that is empty is none.
class Lines final : public remoting::StreamHandler {
public:
    void on_opened(const Ref<remoting::Connection>& connection) override { opened = connection; }
    Result<std::size_t> on_bytes(const Ref<remoting::Connection>&, std::string_view bytes) override {
        const auto end = bytes.find('\n');
        if (end == 0) return failure(Errc::malformed, "empty line");
        if (end == std::string_view::npos) return 0;
        heard.emplace_back(bytes.substr(0, end));
        return end + 1;
    }
    void on_closed(const Ref<remoting::Connection>&, std::string_view why) override {
        opened = {};
        closed_because.emplace_back(why);
    }

    Ref<remoting::Connection> opened;
    std::vector<std::string> heard;
    std::vector<std::string> closed_because;
};

class SimulatedNetworkTest : public ::testing::Test {
protected:
    SimulatedNetworkTest() { server_.listens(9876); }

    void connect() {
        client_.connects("10.0.0.2:9876");
        time_.run_for(1s);
        ASSERT_TRUE(client_.connection->is_open());
    }

    NetworkConditions conditions_;
    SimulatedTime time_{1, Ties::shuffled};
    SimulatedNetwork network_{time_, 1, conditions_};
    Peer client_{time_, network_, "10.0.0.1"};
    Peer server_{time_, network_, "10.0.0.2"};
};

TEST_F(SimulatedNetworkTest, carries_commands_both_ways_in_order) {
    connect();
    client_.says("one").says("two");
    server_.says("answer");
    time_.run_for(1s);
    EXPECT_THAT(server_.heard, ElementsAre("one", "two"));
    EXPECT_THAT(client_.heard, ElementsAre("answer"));
}

TEST_F(SimulatedNetworkTest, sends_what_was_appended_while_connecting) {
    client_.connects("10.0.0.2:9876").says("early");
    time_.run_for(1s);
    EXPECT_THAT(server_.heard, ElementsAre("early"));
}

TEST_F(SimulatedNetworkTest, cuts_the_stream_anywhere_and_loses_nothing) {
    network_.set_conditions({.pieces_max = 1'000'000});
    connect();
    const std::string long_body(20'000, 'x');
    for (int i = 0; i < 20; ++i) client_.says(long_body);
    time_.run_for(5s);
    EXPECT_THAT(server_.heard, SizeIs(20));
    EXPECT_THAT(server_.heard, Each(long_body));
}

TEST_F(SimulatedNetworkTest, takes_time_as_the_conditions_say) {
    network_.set_conditions({.latency_min = 10ms, .latency_max = 20ms});
    connect();
    client_.says("late");
    time_.run_for(9ms);
    EXPECT_THAT(server_.heard, IsEmpty());
    time_.run_for(11ms);
    EXPECT_THAT(server_.heard, ElementsAre("late"));
}

TEST_F(SimulatedNetworkTest, tells_each_end_the_address_of_the_other) {
    connect();
    EXPECT_EQ(client_.connection->peer().text(), "10.0.0.2:9876");
    EXPECT_EQ(server_.connection->peer(), client_.connection->local());
    EXPECT_EQ(server_.connection->peer().address_text(), "10.0.0.1");
}

TEST_F(SimulatedNetworkTest, finds_a_host_by_name) {
    network_.name_host("broker-a", "10.0.0.2");
    client_.connects("broker-a:9876").says("hello");
    time_.run_for(1s);
    EXPECT_THAT(server_.heard, ElementsAre("hello"));
}

TEST_F(SimulatedNetworkTest, refuses_where_nobody_listens) {
    client_.connects("10.0.0.2:1").connects("10.0.0.9:9876").connects("nowhere");
    time_.run_for(1s);
    EXPECT_THAT(client_.closed_because, SizeIs(3));
    EXPECT_EQ(client_.opened_count, 0);
}

TEST_F(SimulatedNetworkTest, refuses_once_the_listener_has_died_and_keeps_what_it_accepted) {
    connect();
    const auto accepted = client_.connection;
    server_.listener.reset();
    client_.connects("10.0.0.2:9876");
    time_.run_for(1s);
    EXPECT_THAT(client_.closed_because, ElementsAre("connection refused"));
    EXPECT_TRUE(accepted->is_open());
}

TEST_F(SimulatedNetworkTest, tells_both_ends_of_a_close_once) {
    connect();
    client_.connection->close("enough");
    EXPECT_THAT(client_.closed_because, IsEmpty());
    time_.run_for(1s);
    EXPECT_THAT(client_.closed_because, ElementsAre("enough"));
    EXPECT_THAT(server_.closed_because, ElementsAre("closed by peer"));
    EXPECT_EQ(network_.connection_count(), 0);
}

TEST_F(SimulatedNetworkTest, delivers_what_had_left_before_the_close) {
    connect();
    client_.says("last words");
    client_.process.post([&] { client_.connection->close("enough"); });
    time_.run_for(1s);
    EXPECT_THAT(server_.heard, ElementsAre("last words"));
}

TEST_F(SimulatedNetworkTest, closes_a_connection_that_says_what_is_no_frame) {
    connect();
    client_.connection->output().append(std::string_view{"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8});
    time_.run_for(1s);
    EXPECT_THAT(server_.closed_because, SizeIs(1));
    EXPECT_THAT(client_.closed_because, ElementsAre("closed by peer"));
}

TEST_F(SimulatedNetworkTest, closes_the_connections_of_a_process_that_dies) {
    connect();
    server_.dies();
    time_.run_for(1s);
    EXPECT_THAT(client_.closed_because, ElementsAre("closed by peer"));
    EXPECT_THAT(server_.closed_because, IsEmpty());
    client_.connects("10.0.0.2:9876");
    time_.run_for(1s);
    EXPECT_THAT(client_.closed_because, SizeIs(2));
}

TEST_F(SimulatedNetworkTest, says_nothing_when_a_machine_loses_power_until_it_is_back_and_spoken_to) {
    connect();
    network_.power_off("10.0.0.2");
    server_.dies();
    client_.says("anybody there?");
    time_.run_for(60s);
    EXPECT_THAT(client_.closed_because, IsEmpty());
    network_.power_on("10.0.0.2");
    time_.run_for(2s);
    EXPECT_THAT(client_.closed_because, ElementsAre("connection reset by peer"));
}

TEST_F(SimulatedNetworkTest, lets_a_connection_to_a_machine_without_power_time_out) {
    network_.power_off("10.0.0.2");
    client_.connects("10.0.0.2:9876");
    time_.run_for(2s);
    EXPECT_THAT(client_.closed_because, IsEmpty());
    time_.run_for(2s);
    EXPECT_THAT(client_.closed_because, ElementsAre("connect timed out"));
}

TEST_F(SimulatedNetworkTest, keeps_bytes_back_in_a_partition_and_delivers_them_when_it_heals) {
    connect();
    network_.partition("10.0.0.2", "10.0.0.1");
    client_.says("one");
    server_.says("other");
    time_.run_for(60s);
    EXPECT_THAT(server_.heard, IsEmpty());
    EXPECT_THAT(client_.closed_because, IsEmpty());
    client_.says("two");
    network_.heal("10.0.0.1", "10.0.0.2");
    time_.run_for(61s);
    EXPECT_THAT(server_.heard, ElementsAre("one", "two"));
    EXPECT_THAT(client_.heard, ElementsAre("other"));
}

TEST_F(SimulatedNetworkTest, can_be_cut_in_one_direction) {
    connect();
    network_.cut("10.0.0.1", "10.0.0.2");
    client_.says("one");
    server_.says("other");
    time_.run_for(60s);
    EXPECT_THAT(server_.heard, IsEmpty());
    EXPECT_THAT(client_.heard, ElementsAre("other"));
    network_.mend("10.0.0.1", "10.0.0.2");
    time_.run_for(61s);
    EXPECT_THAT(server_.heard, ElementsAre("one"));
}

TEST_F(SimulatedNetworkTest, goes_on_after_a_cut_as_late_as_tcp_tries_again) {
    connect();
    network_.partition("10.0.0.2", "10.0.0.1");
    client_.says("one");
    time_.run_for(60s);
    network_.heal("10.0.0.1", "10.0.0.2");
    time_.run_for(1s);
    EXPECT_THAT(server_.heard, IsEmpty());
    client_.says("two");
    time_.run_for(60s);
    EXPECT_THAT(server_.heard, ElementsAre("one", "two"));
}

TEST_F(SimulatedNetworkTest, delays_what_goes_to_a_slow_machine_and_comes_from_it) {
    connect();
    network_.slow_down("10.0.0.1", 5s);
    client_.says("one");
    server_.says("other");
    time_.run_for(4s);
    EXPECT_THAT(server_.heard, IsEmpty());
    EXPECT_THAT(client_.heard, IsEmpty());
    time_.run_for(2s);
    EXPECT_THAT(server_.heard, ElementsAre("one"));
    EXPECT_THAT(client_.heard, ElementsAre("other"));
}

TEST_F(SimulatedNetworkTest, resets_with_what_was_under_way) {
    connect();
    client_.says("lost");
    time_.step(time_.now());  // It has left.
    network_.reset_connections("10.0.0.1", 1);
    time_.run_for(1s);
    EXPECT_THAT(server_.heard, IsEmpty());
    EXPECT_THAT(client_.closed_because, ElementsAre("connection reset by peer"));
    EXPECT_THAT(server_.closed_because, ElementsAre("connection reset by peer"));
}

TEST_F(SimulatedNetworkTest, leaves_a_writer_with_unsent_bytes_when_the_reader_is_slow) {
    connect();
    server_.process.stall_until(time_.now() + 10s);
    for (int i = 0; i < 8; ++i) client_.says(std::string(100'000, 'x'));
    time_.run_for(1s);
    EXPECT_GT(client_.connection->unsent_bytes(), 500'000);
    time_.run_for(10s);
    EXPECT_EQ(client_.connection->unsent_bytes(), 0);
    EXPECT_THAT(server_.heard, SizeIs(8));
}

TEST_F(SimulatedNetworkTest, takes_nothing_more_on_a_closed_connection) {
    connect();
    client_.connection->close("enough");
    client_.says("too late");
    time_.run_for(1s);
    EXPECT_THAT(server_.heard, IsEmpty());
}

class SimulatedStreams : public SimulatedNetworkTest {
protected:
    SimulatedStreams() {
        listener_ = *server_.transport->listen_stream(*model::Host::parse("0.0.0.0:10912"), heard_at_server_);
        connection_ = client_.transport->connect_stream("10.0.0.2:10912", heard_at_client_);
    }
    ~SimulatedStreams() override {
        server_.dies();
        client_.dies();
        listener_.reset();
    }

    Ref<Lines> heard_at_server_{make_counted<Lines>()};
    Ref<Lines> heard_at_client_{make_counted<Lines>()};
    std::unique_ptr<remoting::Listener> listener_;
    Ref<remoting::Connection> connection_;
};

TEST_F(SimulatedStreams, carry_frames_of_any_kind_both_ways_however_they_are_cut) {
    network_.set_conditions({.pieces_max = 1'000'000});
    connection_->output().append("one\ntwo\n");
    time_.run_for(1s);
    heard_at_server_->opened->output().append("answer\n");
    time_.run_for(1s);
    EXPECT_THAT(heard_at_server_->heard, ElementsAre("one", "two"));
    EXPECT_THAT(heard_at_client_->heard, ElementsAre("answer"));
}

TEST_F(SimulatedStreams, are_closed_with_the_words_of_the_handler_s_error) {
    connection_->output().append("one\n\ntwo\n");
    time_.run_for(1s);
    EXPECT_THAT(heard_at_server_->heard, ElementsAre("one"));
    EXPECT_THAT(heard_at_server_->closed_because, ElementsAre("empty line"));
    EXPECT_THAT(heard_at_client_->closed_because, ElementsAre("closed by peer"));
}

TEST_F(SimulatedStreams, are_refused_where_nobody_listens_any_more) {
    listener_.reset();
    (void)client_.transport->connect_stream("10.0.0.2:10912", heard_at_client_);
    time_.run_for(1s);
    EXPECT_THAT(heard_at_client_->closed_because, Each("connection refused"));
}

TEST_F(SimulatedStreams, end_with_the_process_and_tell_the_other_side) {
    time_.run_for(1s);
    server_.dies();
    time_.run_for(1s);
    EXPECT_THAT(heard_at_server_->closed_because, IsEmpty());
    EXPECT_THAT(heard_at_client_->closed_because, ElementsAre("closed by peer"));
}

}  // namespace
}  // namespace tern::simulation
