// Reads the fields of a JSON header where they lie, for one who knows their names and their order: a name
// costs one comparison, a value one look for its end.
#pragma once

#include <cstring>
#include <string_view>

#include "json/string_scan.hpp"
#include "remoting/command.hpp"

namespace tern::remoting {

// Whatever looks different from what Java clients write, and from what the names say, is not read; then the
// fields have to be taken apart (Fields::entries). Names and values may be looked at without a bound: behind
// the text comes the '}', which is in no name, and then more of the header than a name or a block is long.
class JsonFieldReader {
public:
    // Those that were read before, with escapes, are taken apart: there is no room to unescape them again and
    // again.
    static bool can_read(const Fields& fields) {
        return fields.store_ != nullptr && fields.store_->unescaped.empty();
    }
    explicit JsonFieldReader(const Fields& fields)
        : at_{fields.text_.data()}, end_{at_ + fields.text_.size()}, store_{*fields.store_} {}

    // Moves on to the value of the next field if it has that name.
    template <bool is_first>
    [[gnu::always_inline]] bool take_name(const FieldName& name) {
        const std::string_view json = is_first ? name.json() : name.json_behind_another();
        if (std::memcmp(at_, json.data(), json.size()) != 0) return false;
        at_ += json.size();
        return true;
    }
    // Then moves on behind it.
    [[gnu::always_inline]] bool take_value(std::string_view& value) {
        const std::size_t size = json::plain_to_read(at_);
        if (at_[size] == '"') [[likely]] {
            value = {at_, size};
            at_ += size + 1;
            return true;
        }
        const auto found = find_long_value(at_, end_, store_);
        value = found.text;
        at_ = found.end;
        return at_ != nullptr;
    }
    // The same for one that is no text and mostly of one byte.
    [[gnu::always_inline]] bool take_short_value(std::string_view& value) {
        if (at_[1] != '"') return take_value(value);
        value = {at_, 1};
        at_ += 2;
        return true;
    }
    // The same for a boolean that is mostly false.
    [[gnu::always_inline]] bool take_false() {
        static constexpr std::string_view text = R"(false")";
        if (std::memcmp(at_, text.data(), text.size()) != 0) return false;
        at_ += text.size();
        return true;
    }
    bool at_end() const { return at_ == end_; }

private:
    struct Found {
        std::string_view text;
        const char* end;  // Behind its last quote; nullptr when there is none.
    };
    // A value that does not end within a block, or has escapes.
    static Found find_long_value(const char* at, const char* end, FieldStore& store);

    const char* at_;
    const char* end_;  // The '}'.
    FieldStore& store_;
};

}  // namespace tern::remoting
