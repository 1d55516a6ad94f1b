#include "model/message_batch.hpp"

#include "base/assert.hpp"
#include "model/message_record.hpp"

namespace tern::model {
namespace {

constexpr std::size_t fixed_size = 4 + 4 + 4 + 4 + 4 + 2;  // Size, magic, checksum, flag, both lengths.

}  // namespace

void append_batch_entry(Buffer& out, const BatchEntry& entry) {
    TERN_ASSERT(entry.properties.size() <= properties_size_max);
    const auto size = fixed_size + entry.body.size() + entry.properties.size();
    out.prepare(size);
    out.append_be<std::int32_t>(static_cast<std::int32_t>(size));
    out.append_be<std::int32_t>(0);
    out.append_be<std::int32_t>(0);
    out.append_be<std::int32_t>(entry.flag);
    out.append_be<std::int32_t>(static_cast<std::int32_t>(entry.body.size()));
    out.append(entry.body);
    out.append_be<std::int16_t>(static_cast<std::int16_t>(entry.properties.size()));
    out.append(entry.properties);
}

Result<std::optional<BatchEntry>> BatchReader::next() {
    if (reader_.rest().empty()) return std::nullopt;
    const auto malformed = [](const char* what) {
        return failure(Errc::malformed, std::string{"batch: "} + what);
    };
    const auto size = reader_.read<std::int32_t>();
    if (!size || *size < static_cast<std::int32_t>(fixed_size)) return malformed("size of an entry");
    const auto bytes = reader_.read_bytes(static_cast<std::size_t>(*size) - sizeof(std::int32_t));
    if (!bytes) return malformed("an entry goes beyond the body");

    ByteReader entry{*bytes};
    entry.read_bytes(8);  // Magic and checksum.
    const auto flag = entry.read<std::int32_t>();
    const auto body_size = entry.read<std::int32_t>();
    if (!flag || !body_size || *body_size < 0) return malformed("length of a body");
    const auto body = entry.read_bytes(static_cast<std::size_t>(*body_size));
    const auto properties_size = body ? entry.read<std::int16_t>() : std::nullopt;
    if (!properties_size || *properties_size < 0) return malformed("lengths of an entry");
    const auto properties = entry.read_bytes(static_cast<std::size_t>(*properties_size));
    if (!properties || !entry.rest().empty())
        return malformed("the parts of an entry do not add up to its size");
    return BatchEntry{.flag = *flag, .body = *body, .properties = *properties};
}

}  // namespace tern::model
