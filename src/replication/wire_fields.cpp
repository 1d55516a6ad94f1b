#include "replication/wire_fields.hpp"

#include <algorithm>

namespace tern::replication {
namespace {

// What came from outside goes into logs and messages for people.
bool is_control(char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7F';
}

std::string at_most(std::string_view what, std::size_t value, std::size_t most) {
    return std::string{what} + " " + std::to_string(value) + ", at most " + std::to_string(most);
}

}  // namespace

void FieldWriter::limit(std::size_t value, std::size_t most, std::string_view what) {
    if (value > most && result_) result_ = failure(Errc::limit_exceeded, at_most(what, value, most));
}

void FieldReader::refuse(Errc code, std::string_view what, std::int64_t value) {
    if (result_) result_ = failure(code, std::string{what} + " " + std::to_string(value));
}

void FieldReader::refuse_end() {
    refuse(Errc::malformed, "body cut off at", static_cast<std::int64_t>(size_));
}

void FieldReader::get(bool& value) {
    std::uint8_t byte = 0;
    get(byte);
    if (byte > 1) return refuse(Errc::malformed, "flag", byte);
    value = byte == 1;
}

void FieldReader::get(BoundedText<std::string> field) {
    std::uint16_t size = 0;
    get(size);
    if (size > field.size_max && result_)
        result_ = failure(Errc::limit_exceeded, at_most("text of size", size, field.size_max));
    if (!result_) return;
    const auto read = in_.read_bytes(size);
    if (!read) return refuse_end();
    const auto* const control = std::ranges::find_if(*read, is_control);
    if (control != read->end()) return refuse(Errc::malformed, "control character", *control);
    field.text = *read;
}

void FieldReader::get(BoundedTerms<std::vector<raft::TermStart>> field) {
    std::uint16_t count = 0;
    get(count);
    if (count > field.count_max && result_)
        result_ = failure(Errc::limit_exceeded, at_most("number of term starts", count, field.count_max));
    field.starts.clear();
    for (; count > 0 && result_; --count) {
        raft::TermStart start;
        (*this)(start.term, start.start);
        field.starts.push_back(start);
    }
}

}  // namespace tern::replication
