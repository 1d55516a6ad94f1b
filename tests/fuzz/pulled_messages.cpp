// Any bytes as what a pull brings to a client: messages, whose bodies may be compressed. The first byte says
// whether the rest is a compressed body alone.
#include "check.hpp"
#include "client/compressed_body.hpp"
#include "client/message.hpp"
#include "model/message_record.hpp"

namespace tern::client {
namespace {

void check_messages(std::string_view bytes) {
    const auto messages = receive_all(bytes, "broker-a");
    if (!messages) return;
    std::int64_t size = 0;
    for (const auto& message : *messages) {
        size += message.stored_size;
        (void)message.topic();
        (void)message.tags();
        (void)message.keys();
    }
    TERN_ASSERT(size == static_cast<std::int64_t>(bytes.size()));
}

void check_body(std::string_view bytes) {
    for (const std::int32_t method : {0x000, 0x100, 0x200}) {
        const auto plain = uncompressed(bytes, model::sys_flag::compressed | method);
        if (plain) TERN_ASSERT(plain->size() <= uncompressed_body_size_max);
    }
}

}  // namespace
}  // namespace tern::client

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto bytes = tern::as_bytes(data + 1, size - 1);
    data[0] == 0 ? tern::client::check_messages(bytes) : tern::client::check_body(bytes);
    return 0;
}
