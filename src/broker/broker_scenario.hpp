// A broker in a test: on simulated time and a disk in memory, asked over a connection that keeps the answers.
// Reads as a story: starts, sends, crashes, pulls.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/broker.hpp"
#include "io/memory_file_system.hpp"
#include "io/simulated_loop.hpp"
#include "model/message_properties.hpp"
#include "model/message_record.hpp"
#include "remoting/fake_connection.hpp"
#include "remoting/fields.hpp"
#include "remoting/header/client.hpp"
#include "remoting/header/offset.hpp"
#include "remoting/header/pull.hpp"
#include "remoting/header/send.hpp"
#include "remoting/request_code.hpp"
#include "remoting/response_code.hpp"

namespace tern::broker {

// Gives the broker's handlers to the test, and its outgoing connections, which nobody answers but the test.
class CapturedTransport final : public remoting::Transport {
public:
    Result<std::unique_ptr<remoting::Listener>> listen(const model::Host& address,
                                                       remoting::ConnectionHandler& handler) override {
        handlers[address.port()] = &handler;
        return std::make_unique<Held>(address);
    }
    Ref<remoting::Connection> connect(const std::string&, remoting::ConnectionHandler& handler) override {
        return outgoing.emplace_back(make_counted<remoting::FakeConnection>(1000), &handler).connection;
    }
    // The port for slaves, whom these tests do not have.
    Result<std::unique_ptr<remoting::Listener>> listen_stream(const model::Host& address,
                                                              Ref<remoting::StreamHandler>) override {
        return std::make_unique<Held>(address);
    }
    Ref<remoting::Connection> connect_stream(const std::string&, Ref<remoting::StreamHandler>) override {
        return make_counted<remoting::FakeConnection>(1001);
    }
    std::map<std::uint16_t, remoting::ConnectionHandler*> handlers;
    struct Outgoing {
        Ref<remoting::FakeConnection> connection;
        remoting::ConnectionHandler* handler;
    };
    std::vector<Outgoing> outgoing;

private:
    struct Held final : remoting::Listener {
        explicit Held(const model::Host& at) : bound{at} {}
        model::Host address() const override { return bound; }
        model::Host bound;
    };
};

// An answer with memory of its own.
struct Answer {
    remoting::ResponseCode code{};
    std::string remark;
    std::map<std::string, std::string> fields;
    std::string body;
    std::int32_t opaque{};

    std::int64_t number(const std::string& name) const { return std::stoll(fields.at(name)); }
};

class BrokerScenario : public BrokerOwner {
public:
    static constexpr std::uint16_t port = 10911;

    BrokerScenario() {
        config.broker_name = "broker-a";
        config.broker_ip1 = config.bind_address = "10.0.0.1";
        config.store_root = "/store";
        config.store_commit_log = "/store/commitlog";
        config.segment_size = 1024 * 1024;
        config.index_slots = 1'000;
        config.index_entries = 10'000;
    }
    ~BrokerScenario() override { broker_.reset(); }

    BrokerScenario& starts() {
        broker_ = std::make_unique<Broker>(config, loop.runtime(), files, transport, *this, "boot");
        const auto started = broker_->start();
        EXPECT_TRUE(started) << started.error().detail;
        runs(10ms);
        return *this;
    }
    BrokerScenario& stops() {
        std::optional<Result<>> stopped;
        broker_->stop([&](Result<> done) { stopped = std::move(done); });
        runs(2s);
        EXPECT_TRUE(stopped && *stopped);
        broker_.reset();
        return *this;
    }
    // The process dies, and another one opens the store.
    BrokerScenario& is_killed_and_restarts() {
        files.crash_process();
        broker_.reset();
        return starts();
    }
    BrokerScenario& loses_power_and_restarts() {
        files.crash_machine();
        broker_.reset();
        return starts();
    }
    BrokerScenario& runs(Duration duration) {
        loop.advance(duration);
        return *this;
    }

    // Sends one request and lets the broker work on it; the answer, if it came within that time.
    template <HasFields Header>
    std::optional<Answer> asks(remoting::RequestCode code, const Header& header, std::string_view body = {},
                               Duration within = 50ms, std::uint16_t to_port = port,
                               const remoting::FieldView& more = {}) {
        hands_over(code, header, body, to_port, more);
        runs(within);
        return next_answer();
    }
    // A request that the broker gets in this turn of the loop, with whatever else it gets in it.
    template <HasFields Header>
    void hands_over(remoting::RequestCode code, const Header& header, std::string_view body = {},
                    std::uint16_t to_port = port, const remoting::FieldView& more = {}) {
        Buffer bytes;
        remoting::FrameWriter frame{
            bytes,
            remoting::HeaderEncoding::json,
            {.code = static_cast<std::int32_t>(code), .language = speaks, .opaque = ++opaque_}};
        remoting::encode_fields(frame, header);
        if (!more.name.empty()) frame.named_field(more.name, more.value);
        frame.finish(body);
        remoting::CommandDecoder decoder;
        const auto command = decoder.decode(**remoting::cut_frame(bytes.view()));
        transport.handlers.at(to_port)->on_command(connection(), *command);
    }
    std::optional<Answer> next_answer() {
        auto& fake = *client;
        if (!fake.has_sent()) return std::nullopt;
        const auto& command = fake.take_sent();
        Answer answer{static_cast<remoting::ResponseCode>(command.code),
                      std::string{command.remark},
                      {},
                      std::string{command.body},
                      command.opaque};
        const auto fields = command.fields.entries();
        for (const auto& field : *fields) answer.fields.emplace(field.name, field.value);
        return answer;
    }
    Ref<remoting::Connection> connection() { return client; }

    Answer sends(std::string_view topic, std::string_view body, std::string_view properties = {},
                 std::int32_t queue = 0, const remoting::FieldView& more = {}) {
        remoting::SendMessageRequest request;
        request.producer_group = "producers";
        request.topic = topic;
        request.default_topic = "TBW102";
        request.default_topic_queue_nums = 4;
        request.queue_id = QueueId{queue};
        request.born_timestamp = loop.wall_ms();
        request.properties = properties;
        return asks(remoting::RequestCode::send_message, request, body, 50ms, port, more).value_or(Answer{});
    }
    std::optional<Answer> pulls(std::string_view topic, std::int64_t offset,
                                std::string_view expression = "*", std::int64_t hold_ms = 0,
                                Duration within = 50ms) {
        remoting::PullMessageRequest request;
        request.consumer_group = "consumers";
        request.topic = topic;
        request.queue_offset = QueueOffset{offset};
        request.max_msg_nums = 32;
        request.sys_flag =
            remoting::pull_sys_flag::subscription | (hold_ms > 0 ? remoting::pull_sys_flag::suspend : 0);
        request.suspend_timeout_ms = hold_ms;
        request.subscription = expression;
        return asks(remoting::RequestCode::pull_message, request, {}, within);
    }
    // The bodies of all messages of queue 0.
    std::vector<std::string> reads(std::string_view topic) {
        std::vector<std::string> bodies;
        for (const auto& record : records(pulls(topic, 0).value_or(Answer{})))
            bodies.emplace_back(record.body);
        return bodies;
    }
    std::vector<model::RecordView> records(const Answer& answer) {
        pulled_ = answer.body;
        std::vector<model::RecordView> found;
        std::string_view rest = pulled_;
        while (!rest.empty()) {
            const auto record = model::decode_record(rest, model::VerifyBody::yes);
            EXPECT_TRUE(record) << record.error().detail;
            if (!record) break;
            found.push_back(*record);
            rest.remove_prefix(static_cast<std::size_t>(record->size));
        }
        return found;
    }
    Answer commits(std::string_view group, std::string_view topic, std::int64_t offset) {
        remoting::UpdateConsumerOffsetRequest request{QueueOffset{offset}, group, QueueId{0}, topic};
        return asks(remoting::RequestCode::update_consumer_offset, request).value_or(Answer{});
    }
    Answer queries(std::string_view group, std::string_view topic, bool zero_if_young = false) {
        remoting::QueryConsumerOffsetRequest request;
        request.consumer_group = group;
        request.topic = topic;
        request.set_zero_if_not_found = zero_if_young;
        return asks(remoting::RequestCode::query_consumer_offset, request).value_or(Answer{});
    }

    Broker::Inside inside() const { return *broker_->inside(); }
    void on_broker_failed(const Error& why) override { failed_because = why.detail; }

    BrokerConfig config;
    remoting::Language speaks{remoting::Language::java};  // The client.
    io::SimulatedLoop loop;
    io::MemoryFileSystem files{loop.runtime()};
    CapturedTransport transport;
    Ref<remoting::FakeConnection> client = make_counted<remoting::FakeConnection>();
    std::string failed_because;

private:
    std::unique_ptr<Broker> broker_;
    std::int32_t opaque_{0};
    std::string pulled_;
};

// "name\x01value\x02" for each pair.
inline std::string properties(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
    std::string text;
    for (const auto& [name, value] : pairs) {
        text += name;
        text += model::property_name_end;
        text += value;
        text += model::property_value_end;
    }
    return text;
}

}  // namespace tern::broker
