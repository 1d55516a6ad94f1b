#include "bench/load/sender.hpp"

#include <numeric>

#include "base/bytes.hpp"
#include "model/message_properties.hpp"
#include "remoting/fields.hpp"
#include "remoting/header/send.hpp"
#include "remoting/response_code.hpp"

namespace tern::bench {
namespace {

constexpr std::size_t key_counter_width = 8;

std::string hex16(std::uint64_t number) {
    char bytes[sizeof number];
    store_be<std::uint64_t>(bytes, number);
    return to_hex({bytes, sizeof bytes});
}

std::int64_t wall_ns() {
    return std::chrono::system_clock::now().time_since_epoch() / 1ns;
}

// Text that does not compress to nothing and has nothing in it that a header or a key has.
std::string make_body(std::size_t size) {
    std::string body(size, '\0');
    std::uint32_t state = 1;
    for (char& c : body) {
        state = state * 1'664'525U + 1'013'904'223U;
        c = static_cast<char>('a' + (state >> 24U) % 26);
    }
    return body;
}

// One message of a batch (wire-protocol 5.2). Returns where its body begins within out.
std::size_t append_batch_entry(Buffer& out, std::string_view body, std::string_view properties) {
    const std::size_t size =
        5 * sizeof(std::int32_t) + body.size() + sizeof(std::int16_t) + properties.size();
    out.append_be<std::int32_t>(static_cast<std::int32_t>(size));
    for (int unused = 0; unused < 3; ++unused) out.append_be<std::int32_t>(0);  // Magic, checksum, flag.
    out.append_be<std::int32_t>(static_cast<std::int32_t>(body.size()));
    const std::size_t body_at = out.size();
    out.append(body);
    out.append_be<std::int16_t>(static_cast<std::int16_t>(properties.size()));
    out.append(properties);
    return body_at;
}

}  // namespace

Instant read_stamp(std::string_view body) {
    return Instant{Duration{body.size() < stamp_size ? 0 : load_be<std::int64_t>(body.data())}};
}

SendRequests::SendRequests(const SendShape& shape)
    : shape_{shape}, key_prefix_{"7F000001" + hex16(static_cast<std::uint64_t>(wall_ns()))} {
    for (std::int32_t queue = 0; queue < shape.queues; ++queue) queues_.push_back(make_template(queue));
}

std::string SendRequests::key_of(std::uint64_t number) const {
    return key_prefix_ + hex16(number).substr(16 - key_counter_width);
}

std::string SendRequests::properties_of(std::size_t message) const {
    model::PropertyEditor properties;
    properties.set(model::property::unique_key, key_of(message));
    properties.set(model::property::wait_store_ok, "true");
    properties.set(model::property::tags, "TagA");
    return std::string{properties.view()};
}

SendRequests::QueueTemplate SendRequests::make_template(std::int32_t queue) const {
    const std::string body = make_body(shape_.body_size);
    Buffer batch;
    std::vector<std::size_t> bodies_at;
    for (std::size_t message = 0; shape_.is_batch && message < shape_.batch_size; ++message)
        bodies_at.push_back(append_batch_entry(batch, body, properties_of(message)));
    if (!shape_.is_batch) bodies_at.push_back(0);

    const std::string properties = shape_.is_batch ? "WAIT\x01true\x02" : properties_of(0);
    const remoting::SendMessageRequest header{.producer_group = shape_.group,
                                              .topic = shape_.topic,
                                              .default_topic = "TBW102",
                                              .default_topic_queue_nums = 4,
                                              .queue_id = QueueId{queue},
                                              .born_timestamp = wall_ns() / 1'000'000,
                                              .properties = properties,
                                              .batch = shape_.is_batch,
                                              .broker_name = shape_.broker_name};
    const auto code =
        shape_.is_batch ? remoting::RequestCode::send_batch_message : remoting::RequestCode::send_message_v2;
    const auto add_fields = [&header](remoting::FrameWriter& frame) {
        remoting::encode_fields<remoting::SendMessageRequest, &remoting::SendMessageRequest::short_fields>(
            frame, header);
    };
    FrameTemplate frame{shape_.encoding, static_cast<std::int32_t>(code), add_fields,
                        shape_.is_batch ? batch.view() : std::string_view{body}};
    for (auto& body_at : bodies_at) body_at += frame.body_at();
    std::vector<Blank> key_counters;
    for (std::size_t message = 0; message < bodies_at.size(); ++message)
        key_counters.emplace_back(frame.bytes(), key_of(message), key_counter_width);
    return {std::move(frame), std::move(key_counters), std::move(bodies_at)};
}

SendRequests::Begun SendRequests::append_next(Buffer& out, std::int32_t opaque, Instant intended) {
    const auto queue = static_cast<std::int32_t>(next_queue_);
    const auto& next = queues_[next_queue_];
    if (++next_queue_ == queues_.size()) next_queue_ = 0;

    char* const frame = next.frame.append_to(out, opaque);
    for (const auto& counter : next.key_counters) counter.fill_hex(frame, next_key_++);
    if (shape_.stamps_bodies)
        for (const auto body_at : next.bodies_at)
            store_be<std::int64_t>(frame + body_at, intended.time_since_epoch().count());
    return {queue, next.bodies_at.size()};
}

Sender::Sender(UniqueFd fd, std::size_t room, SendRequests& requests, Measurement& measurement,
               SendVerification* verification)
    : Channel{std::move(fd), room},
      requests_{requests},
      measurement_{measurement},
      verification_{verification},
      free_slots_(room),
      begun_(room) {
    std::iota(free_slots_.rbegin(), free_slots_.rend(), std::size_t{0});
}

void Sender::send(Instant intended) {
    const std::size_t slot = free_slots_.back();
    free_slots_.pop_back();
    const auto opaque = begin_request(slot, intended);
    begun_[slot] = requests_.append_next(output(), opaque, intended);
}

Result<> Sender::on_answer(std::size_t slot, const Answer& answer, Instant now) {
    free_slots_.push_back(slot);
    if (answer.code != static_cast<std::int32_t>(remoting::ResponseCode::success)) {
        measurement_.send_refused(answer.code);
        return {};
    }
    measurement_.sent(now, intended(slot), begun_[slot].messages);
    if (verification_ == nullptr) return {};
    return verification_->check(answer.frame, begun_[slot].queue, begun_[slot].messages);
}

}  // namespace tern::bench
