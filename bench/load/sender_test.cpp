#include "bench/load/sender.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/bytes.hpp"
#include "model/message_properties.hpp"
#include "remoting/fields.hpp"
#include "remoting/header/send.hpp"

namespace tern::bench {
namespace {

using remoting::SendMessageRequest;

class Requests : public testing::Test {
protected:
    // The next request of requests, decoded; valid until the next call.
    SendMessageRequest next(SendRequests& requests, Instant intended = {}) {
        bytes_.clear();
        begun_ = requests.append_next(bytes_, opaque_first, intended);
        const auto frame = remoting::cut_frame(bytes_.view());
        command_ = *decoder_.decode(**frame);
        return *remoting::decode_fields<SendMessageRequest, &SendMessageRequest::short_fields>(command_);
    }
    static std::string key_in(std::string_view properties) {
        return std::string{*model::find_property(properties, model::property::unique_key)};
    }

    Buffer bytes_;
    SendRequests::Begun begun_{};
    remoting::Command command_;
    remoting::CommandDecoder decoder_;
};

TEST_F(Requests, go_to_the_queues_in_turn_each_with_a_key_of_its_own) {
    SendRequests requests{{.topic = "T", .queues = 3, .body_size = 100}};
    std::set<std::string> keys;
    for (int i = 0; i < 300; ++i) {
        const auto header = next(requests);
        EXPECT_EQ(header.topic, "T");
        EXPECT_EQ(header.queue_id.value(), i % 3);
        EXPECT_EQ(begun_.queue, i % 3);
        EXPECT_EQ(key_in(*header.properties).size(), 32);
        EXPECT_EQ(command_.code, 310);
        EXPECT_EQ(command_.body.size(), 100);
        keys.insert(key_in(*header.properties));
    }
    EXPECT_EQ(keys.size(), 300);
}

TEST_F(Requests, of_batches_have_messages_that_each_have_a_key) {
    SendRequests requests{{.topic = "T", .body_size = 10, .batch_size = 3, .is_batch = true}};
    std::set<std::string> keys;
    for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(next(requests).batch);
        EXPECT_EQ(begun_.messages, 3);
        EXPECT_EQ(command_.code, 320);
        for (std::string_view rest = command_.body; !rest.empty();) {
            const auto size = static_cast<std::size_t>(load_be<std::int32_t>(rest.data()));
            EXPECT_EQ(load_be<std::int32_t>(rest.data() + 16), 10);
            keys.insert(key_in(rest.substr(20 + 10 + 2, size - 20 - 10 - 2)));
            rest.remove_prefix(size);
        }
    }
    EXPECT_EQ(keys.size(), 60);
}

TEST_F(Requests, carry_their_intended_time_when_bodies_are_stamped) {
    SendRequests requests{{.topic = "T", .body_size = 8, .stamps_bodies = true}};
    const Instant intended{123'456'789s};
    next(requests, intended);
    EXPECT_EQ(read_stamp(command_.body), intended);
}

}  // namespace
}  // namespace tern::bench
