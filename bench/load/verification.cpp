#include "bench/load/verification.hpp"

#include <algorithm>

#include "model/message_record.hpp"
#include "remoting/fields.hpp"
#include "remoting/header/pull.hpp"
#include "remoting/header/send.hpp"

namespace tern::bench {
namespace {

std::unexpected<Error> wrong(const std::string& what, std::int64_t found, std::int64_t wanted) {
    return failure(Errc::corrupt,
                   what + ": " + std::to_string(found) + " instead of " + std::to_string(wanted));
}

}  // namespace

Result<> SendVerification::check(const remoting::FrameView& answer, std::int32_t queue,
                                 std::uint64_t messages) {
    const auto command = decoder_.decode(answer);
    if (!command) return std::unexpected(command.error());
    if (!command->is_response()) return failure(Errc::corrupt, "an answer without the flag of an answer");
    const auto header = remoting::decode_fields<remoting::SendMessageResponse>(*command);
    if (!header) return std::unexpected(header.error());
    if (header->queue_id.value() != queue)
        return wrong("queue of an acknowledgement", header->queue_id.value(), queue);
    const auto ids = std::ranges::count(header->msg_id, ',') + 1;
    if (header->msg_id.empty() || ids != static_cast<std::int64_t>(messages))
        return wrong("message ids", header->msg_id.empty() ? 0 : ids, static_cast<std::int64_t>(messages));
    const auto begin = header->queue_offset.value();
    acknowledged_[queue].push_back({begin, begin + static_cast<std::int64_t>(messages)});
    return {};
}

Result<> SendVerification::check_offsets() const {
    for (auto [queue, ranges] : acknowledged_) {
        std::ranges::sort(ranges, {}, &Range::begin);
        for (std::size_t i = 1; i < ranges.size(); ++i)
            if (ranges[i].begin != ranges[i - 1].end)
                return wrong("offset in queue " + std::to_string(queue), ranges[i].begin, ranges[i - 1].end);
    }
    return {};
}

Result<> PullVerification::check(const remoting::FrameView& answer, std::int32_t queue, std::int64_t from,
                                 std::int64_t next) {
    const auto command = decoder_.decode(answer);
    if (!command) return std::unexpected(command.error());
    const auto header = remoting::decode_fields<remoting::PullMessageResponse>(*command);
    if (!header) return std::unexpected(header.error());
    if (header->next_begin_offset.value() != next)
        return wrong("next offset", header->next_begin_offset.value(), next);
    for (std::string_view rest = command->body; !rest.empty(); ++from) {
        const auto record = model::decode_record(rest, model::VerifyBody::yes);
        if (!record) return std::unexpected(record.error());
        if (record->queue_offset.value() != from)
            return wrong("offset of a message", record->queue_offset.value(), from);
        if (record->queue_id.value() != queue)
            return wrong("queue of a message", record->queue_id.value(), queue);
        if (record->topic != topic_)
            return failure(Errc::corrupt, "topic of a message: " + std::string{record->topic});
        rest.remove_prefix(record->bytes.size());
    }
    if (from != next) return wrong("end of the messages", from, next);
    return {};
}

}  // namespace tern::bench
