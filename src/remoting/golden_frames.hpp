// For tests: the frames recorded from the Java system (tests/compatibility/golden/README.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/bytes.hpp"
#include "base/text.hpp"
#include "json/reader.hpp"
#include "remoting/command.hpp"

namespace tern::remoting {

using FieldMap = std::map<std::string, std::string>;

// One side of an exchange: the recorded bytes, and what the recorder made of them.
struct Recorded {
    std::string name;
    json::Value header;
    std::string bytes;
    bool whole{};  // Of long frames only the beginning was kept.

    bool is_probe() const { return name.find("noheader") != std::string::npos; }
};

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

inline std::optional<Recorded> side_of(const json::Value& exchange, const std::string& side) {
    const auto* whole = exchange[side + "_hex"].string();
    const auto* prefix = exchange[side + "_hex_prefix"].string();
    if (whole == nullptr && prefix == nullptr) return std::nullopt;
    return Recorded{.name = *exchange["name"].string() + " " + *exchange["variant"].string() + " " + side,
                    .header = exchange[side + "_header"],
                    .bytes = from_hex(whole != nullptr ? *whole : *prefix).value_or(""),
                    .whole = whole != nullptr};
}

struct Exchange {
    std::int32_t code{};
    std::optional<Recorded> request;
    std::optional<Recorded> response;
};

inline const std::vector<Exchange>& exchanges() {
    static const auto all = [] {
        std::vector<Exchange> found;
        const std::filesystem::path folder{TERN_SOURCE_DIR "/tests/compatibility/golden/frames"};
        for (const auto& file : std::filesystem::directory_iterator{folder}) {
            const auto exchange = json::parse(read_file(file.path()));
            EXPECT_TRUE(exchange) << file.path();
            if (!exchange) continue;
            found.push_back({static_cast<std::int32_t>(*(*exchange)["code"].integer()),
                             side_of(*exchange, "request"), side_of(*exchange, "response")});
        }
        return found;
    }();
    return all;
}

// Calls visit(recorded, code of the request, is_response) for every frame.
template <class Visit>
void for_each_frame(Visit&& visit) {
    for (const auto& exchange : exchanges()) {
        if (exchange.request) visit(*exchange.request, exchange.code, false);
        if (exchange.response) visit(*exchange.response, exchange.code, true);
    }
}

// The frame of a recording; of one whose end is missing the header alone.
inline std::optional<FrameView> cut(const Recorded& recorded) {
    if (recorded.whole) {
        const auto frame = cut_frame(recorded.bytes);
        EXPECT_TRUE(frame && *frame) << recorded.name;
        return frame.value_or(std::nullopt);
    }
    const auto encoding_and_size = load_be<std::uint32_t>(recorded.bytes.data() + 4);
    const auto header_size = encoding_and_size & 0xFFFFFFU;
    if (frame_prefix_size + header_size > recorded.bytes.size()) return std::nullopt;
    return FrameView{.encoding = static_cast<HeaderEncoding>(encoding_and_size >> 24U),
                     .header = std::string_view{recorded.bytes}.substr(frame_prefix_size, header_size),
                     .body = {},
                     .size = {}};
}

inline FieldMap field_map(const Command& command) {
    FieldMap map;
    const auto fields = command.fields.entries();
    for (const auto& field : *fields) map[std::string{field.name}] = field.value;
    return map;
}

// Codes whose answers carry their header and body; others are errors, with a header of their own or none.
inline bool has_typed_answer(std::int32_t code, std::int32_t request_code) {
    const bool pull = request_code == 11 || request_code == 361;
    return code == 0 || (pull && code >= 19 && code <= 21);
}

}  // namespace tern::remoting
