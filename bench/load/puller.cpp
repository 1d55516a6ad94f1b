#include "bench/load/puller.hpp"

#include "bench/load/sender.hpp"
#include "model/message_record.hpp"
#include "remoting/fields.hpp"
#include "remoting/header/pull.hpp"
#include "remoting/response_code.hpp"

namespace tern::bench {
namespace {

using remoting::ResponseCode;

// What stands for the offset in a template: as wide as the largest.
constexpr std::int64_t any_offset = 1'000'000'000'000'000'000;

FrameTemplate make_template(const PullShape& shape, std::int32_t queue) {
    using namespace remoting;
    const auto suspend = shape.at_the_end_waits ? pull_sys_flag::suspend : 0;
    const PullMessageRequest header{.consumer_group = shape.group,
                                    .topic = shape.topic,
                                    .queue_id = QueueId{queue},
                                    .queue_offset = QueueOffset{any_offset},
                                    .max_msg_nums = shape.messages_max,
                                    .sys_flag = suspend | pull_sys_flag::subscription,
                                    .suspend_timeout_ms = 15'000,
                                    .subscription = "*",
                                    .expression_type = "TAG",
                                    .broker_name = shape.broker_name};
    return {shape.encoding,
            static_cast<std::int32_t>(PullMessageRequest::code),
            [&header](FrameWriter& frame) { encode_fields(frame, header); },
            {}};
}

}  // namespace

Puller::Puller(UniqueFd fd, const PullShape& shape, std::vector<Position> positions, Measurement& measurement,
               PullVerification* verification)
    : Channel{std::move(fd), positions.size()},
      shape_{shape},
      measurement_{measurement},
      verification_{verification} {
    const std::string offset = std::to_string(any_offset);
    for (const auto& position : positions) {
        auto frame = make_template(shape, position.queue);
        Blank blank{frame.bytes(), offset, offset.size()};
        cursors_.push_back({position.queue, position.offset, std::move(frame), std::move(blank)});
    }
}

void Puller::begin(Instant now) {
    for (std::size_t slot = 0; slot < cursors_.size(); ++slot) pull(slot, now);
}

void Puller::pull(std::size_t slot, Instant now) {
    const Cursor& cursor = cursors_[slot];
    char* const frame = cursor.frame.append_to(output(), begin_request(slot, now));
    cursor.offset_blank.fill_decimal(frame, static_cast<std::uint64_t>(cursor.offset));
}

Result<> Puller::on_answer(std::size_t slot, const Answer& answer, Instant now) {
    Cursor& cursor = cursors_[slot];
    const auto code = static_cast<ResponseCode>(answer.code);
    const auto next = scan_number_field(answer.frame, "nextBeginOffset").value_or(cursor.offset);
    bool at_end = false;
    if (code == ResponseCode::success) {
        auto taken = take_messages(cursor, answer, next, intended(slot), now);
        if (!taken) return taken;
        cursor.offset = next;
    } else if (code == ResponseCode::pull_not_found) {
        at_end = !shape_.at_the_end_waits;
        cursor.offset = shape_.at_the_end_begins_again ? 0 : next;
    } else if (code == ResponseCode::pull_retry_immediately || code == ResponseCode::pull_offset_moved) {
        cursor.offset = next;
    } else if (code == ResponseCode::system_busy) {
        measurement_.pull_refused(answer.code);
    } else {
        return failure(Errc::refused, "a pull was answered with code " + std::to_string(answer.code) + ": " +
                                          std::string{answer.frame.header});
    }
    if (!ended_ && (!at_end || shape_.at_the_end_begins_again)) pull(slot, now);
    return {};
}

Result<> Puller::take_messages(const Cursor& cursor, const Answer& answer, std::int64_t next, Instant asked,
                               Instant now) {
    const auto count = static_cast<std::uint64_t>(std::max<std::int64_t>(next - cursor.offset, 0));
    measurement_.pulled(now, asked, count, answer.frame.body.size());
    if (shape_.at_the_end_waits) {
        for (std::string_view rest = answer.frame.body; !rest.empty();) {
            const auto record = model::decode_record(rest, model::VerifyBody::no);
            if (!record) return std::unexpected(record.error());
            measurement_.arrived(now, read_stamp(record->body));
            rest.remove_prefix(record->bytes.size());
        }
    }
    if (verification_ == nullptr) return {};
    return verification_->check(answer.frame, cursor.queue, cursor.offset, next);
}

}  // namespace tern::bench
