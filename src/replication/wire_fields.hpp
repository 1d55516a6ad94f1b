// Fields of a frame's body, written and read by one and the same listing of them: a writer or a reader is
// called with the fields of a struct in their order.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/buffer.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/strong.hpp"
#include "raft/term_table.hpp"

namespace tern::replication {

// A text with the most bytes it may have, and terms with the most there may be.
template <class Text>
struct BoundedText {
    Text& text;
    std::size_t size_max;
};
template <class Terms>
struct BoundedTerms {
    Terms& starts;
    std::size_t count_max;
};
// An enum with its last value; for one that is open at its end any value is taken.
template <class Value>
struct UpTo {
    Value& value;
    std::remove_const_t<Value> last;
};

class FieldWriter {
public:
    explicit FieldWriter(Buffer& out) : out_{out} {}

    template <class... Fields>
    void operator()(const Fields&... fields) {
        (put(fields), ...);
    }
    // The first limit that was passed.
    const Result<>& result() const { return result_; }

private:
    template <class Int>
        requires std::is_integral_v<Int>
    void put(Int value) {
        out_.append_be<Int>(value);
    }
    void put(bool value) { out_.append_be<std::uint8_t>(value ? 1 : 0); }
    template <class Tag>
    void put(Position<Tag> value) {
        put(value.value());
    }
    template <class Tag, class Rep>
    void put(Identifier<Tag, Rep> value) {
        put(value.value());
    }
    template <class E>
    void put(UpTo<E> field) {
        put(static_cast<std::uint8_t>(field.value));
    }
    template <std::size_t N>
    void put(const std::array<char, N>& bytes) {
        out_.append({bytes.data(), N});
    }
    template <class T>
    void put(const std::optional<T>& value) {
        put(value.has_value());
        if (value) put(*value);
    }
    template <class Text>
    void put(BoundedText<Text> field) {
        limit(field.text.size(), field.size_max, "text of size");
        put(static_cast<std::uint16_t>(field.text.size()));
        out_.append(field.text);
    }
    template <class Terms>
    void put(BoundedTerms<Terms> field) {
        limit(field.starts.size(), field.count_max, "number of term starts");
        put(static_cast<std::uint16_t>(field.starts.size()));
        for (const raft::TermStart& start : field.starts) (*this)(start.term, start.start);
    }
    void limit(std::size_t value, std::size_t most, std::string_view what);

    Buffer& out_;
    Result<> result_;
};

// After the first field that is not right the rest is left as it is.
class FieldReader {
public:
    explicit FieldReader(std::string_view body) : size_{body.size()}, in_{body} {}

    template <class... Fields>
    void operator()(Fields&&... fields) {
        (get(fields), ...);
    }
    std::string_view rest() const { return in_.rest(); }
    void refuse(Errc code, std::string_view what, std::int64_t value);
    const Result<>& result() const { return result_; }

private:
    template <class Int>
        requires std::is_integral_v<Int>
    void get(Int& value) {
        if (!result_) return;
        const auto read = in_.read<Int>();
        if (!read) return refuse_end();
        value = *read;
    }
    void get(bool& value);
    template <class Tag>
    void get(Position<Tag>& place) {
        std::int64_t value = 0;
        get(value);
        if (value < 0) return refuse(Errc::malformed, "term or offset", value);
        place = Position<Tag>{value};
    }
    template <class Tag, class Rep>
    void get(Identifier<Tag, Rep>& id) {
        Rep value{};
        get(value);
        id = Identifier<Tag, Rep>{value};
    }
    template <class E>
    void get(UpTo<E> field) {
        std::uint8_t value = 0;
        get(value);
        if (value > static_cast<std::uint8_t>(field.last)) return refuse(Errc::malformed, "reason", value);
        field.value = static_cast<E>(value);
    }
    template <std::size_t N>
    void get(std::array<char, N>& bytes) {
        if (!result_) return;
        const auto read = in_.read_bytes(N);
        if (!read) return refuse_end();
        read->copy(bytes.data(), N);
    }
    template <class T>
    void get(std::optional<T>& value) {
        bool there = false;
        get(there);
        if (there) get(value.emplace());
    }
    void get(BoundedText<std::string> field);
    void get(BoundedTerms<std::vector<raft::TermStart>> field);
    void refuse_end();

    std::size_t size_;
    ByteReader in_;
    Result<> result_;
};

}  // namespace tern::replication
