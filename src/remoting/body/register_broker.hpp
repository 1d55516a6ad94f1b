// The body of a registration at the NameServer (wire-protocol 4.2): JSON, or a zlib stream of lengths and
// texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.hpp"
#include "base/result.hpp"
#include "remoting/body/topic_config_table.hpp"

namespace tern::remoting {

struct RegisterBrokerBody {
    std::vector<std::string> filter_server_list{};
    TopicConfigTable topic_config_table{};

    static constexpr auto fields() {
        using B = RegisterBrokerBody;
        return list_of(optional_field("filterServerList", &B::filter_server_list),
                       optional_field("topicConfigSerializeWrapper", &B::topic_config_table));
    }
    friend bool operator==(const RegisterBrokerBody&, const RegisterBrokerBody&) = default;
};

inline constexpr std::size_t inflated_body_size_max = std::size_t{64} * 1024 * 1024;  // Ours.

// How a body is to be read depends on the header's compressed and on the sender's version. An empty body is
// an empty table. Errc::malformed, or Errc::limit_exceeded when it inflates beyond the limit.
Result<RegisterBrokerBody> decode_register_broker_body(std::string_view body, bool compressed,
                                                       std::int32_t sender_version);

// The compressed form as the given version reads it.
std::string encode_compressed_register_broker_body(const RegisterBrokerBody& body, std::int32_t version);

}  // namespace tern::remoting
