// A request that is encoded once; what differs from one to the next is written over in each copy, at places
// of fixed width that were found when the template was made.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"
#include "remoting/command.hpp"

namespace tern::bench {

// Opaques of nine digits, so that all have one width in JSON, too.
inline constexpr std::int32_t opaque_first = 100'000'000;
inline constexpr std::int32_t opaque_count = 900'000'000;

// A number that differs between copies and always has the same width.
class Blank {
public:
    // The last width characters of text, wherever it occurs in the frame, which is at least once.
    Blank(std::string_view frame, std::string_view text, std::size_t width);

    // Writes the number's lowest digits, with zeros in front.
    void fill_hex(char* frame, std::uint64_t number) const;
    void fill_decimal(char* frame, std::uint64_t number) const;

private:
    std::vector<std::size_t> places_;
    std::size_t width_;
};

class FrameTemplate {
public:
    using AddFields = std::function<void(remoting::FrameWriter&)>;

    FrameTemplate(remoting::HeaderEncoding encoding, std::int32_t code, const AddFields& add_fields,
                  std::string_view body);

    std::string_view bytes() const { return bytes_; }
    // Where the body begins.
    std::size_t body_at() const { return body_at_; }

    // Appends a copy with that opaque, opaque_first <= opaque. Returns where the copy begins, valid until the
    // buffer changes.
    char* append_to(Buffer& out, std::int32_t opaque) const;

private:
    std::string bytes_;
    std::size_t body_at_;
    std::size_t opaque_at_;
    bool opaque_is_text_;
};

}  // namespace tern::bench
