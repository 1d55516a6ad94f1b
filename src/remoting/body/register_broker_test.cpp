#include "remoting/body/register_broker.hpp"

#include <zlib.h>

namespace tern::remoting {
namespace {

RegisterBrokerBody sample() {
    RegisterBrokerBody body{.filter_server_list = {"10.0.0.1:1"}};
    body.topic_config_table.data_version = {.counter = 3, .state_version = 1, .timestamp = 17};
    body.topic_config_table.topic_config_table = {
        {"A", {.name = "A", .read_queue_nums = 4, .write_queue_nums = 8}},
        {"B", {.name = "B", .perm = 4, .attributes = {{"message.type", "FIFO"}}}}};
    return body;
}

std::string deflated(const std::string& plain) {
    auto size = compressBound(plain.size());
    std::string out(size, '\0');
    compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(plain.data()),
             plain.size());
    out.resize(size);
    return out;
}

TEST(RegisterBrokerBody, survives_compression_for_either_release) {
    for (const auto version : {407, 513}) {
        const auto bytes = encode_compressed_register_broker_body(sample(), version);
        const auto decoded = decode_register_broker_body(bytes, true, version);
        ASSERT_TRUE(decoded) << decoded.error().detail;
        EXPECT_EQ(*decoded, sample());
    }
}

TEST(RegisterBrokerBody, is_an_empty_table_when_there_is_none) {
    EXPECT_EQ(decode_register_broker_body("", false, 513), RegisterBrokerBody{});
}

TEST(RegisterBrokerBody, of_the_oldest_brokers_is_the_table_alone) {
    const auto decoded = decode_register_broker_body(
        R"({"dataVersion":{"counter":3},"topicConfigTable":{"A":{"topicName":"A"}}})", false, 36);
    ASSERT_TRUE(decoded) << decoded.error().detail;
    EXPECT_TRUE(decoded->topic_config_table.topic_config_table.contains("A"));
}

TEST(RegisterBrokerBody, that_inflates_without_bound_is_refused) {
    const auto bomb = deflated(std::string(inflated_body_size_max + 1, '\0'));
    EXPECT_LT(bomb.size(), inflated_body_size_max / 100);
    EXPECT_EQ(decode_register_broker_body(bomb, true, 513).error().code, Errc::limit_exceeded);
}

TEST(RegisterBrokerBody, that_is_cut_anywhere_is_refused) {
    const auto bytes = encode_compressed_register_broker_body(sample(), 513);
    for (std::size_t size = 1; size < bytes.size(); ++size)
        EXPECT_FALSE(decode_register_broker_body(std::string_view{bytes}.substr(0, size), true, 513)) << size;
    for (const auto& part : {std::string{"\0\0\0\x7F{}", 6}, std::string{"\0\0\0\2{}\0\0\0\1", 10}})
        EXPECT_FALSE(decode_register_broker_body(deflated(part), true, 513));
}

}  // namespace
}  // namespace tern::remoting
