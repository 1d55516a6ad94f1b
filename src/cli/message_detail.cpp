#include "cli/message_detail.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>

#include "cli/rocketmq_text.hpp"
#include "model/message_properties.hpp"

namespace tern::cli {
namespace {

constexpr std::string_view body_directory = "/tmp/rocketmq/msgbodys/";  // RocketMQ's; scripts look there.

// The file that has the body now, or why there is none. An id comes from a producer and may be any text: only
// what looks like one names a file.
std::string write_body(Invocation& in, const client::ReceivedMessage& message) {
    const bool is_plain = std::ranges::all_of(message.message_id, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    });
    const auto path =
        std::string{body_directory} + (is_plain ? message.message_id : message.offset_message_id);
    const auto written = in.write_file(path, message.body);
    return written ? path : "not written: " + written.error().detail;
}

void print_text(Invocation& in, const client::ReceivedMessage& message, DetailStyle style) {
    const auto line = [&](std::string_view name, const auto& value) {
        fmt::print(in.out, "{:<20} {}\n", name, value);
    };
    if (style.with_offset_id) line("OffsetID:", message.offset_message_id);
    line("Topic:", message.queue.topic);
    line("Tags:", fmt::format("[{}]", message.tags().empty() ? "null" : message.tags()));
    line("Keys:", fmt::format("[{}]", message.keys().empty() ? "null" : message.keys()));
    line("Queue ID:", message.queue.queue_id.value());
    line("Queue Offset:", message.queue_offset.value());
    line("CommitLog Offset:", message.physical_offset.value());
    line("Reconsume Times:", message.reconsume_times);
    line("Born Timestamp:", time_text_ms(message.born_timestamp));
    line("Store Timestamp:", time_text_ms(message.store_timestamp));
    line("Born Host:", message.born_host.text());
    line("Store Host:", message.store_host.text());
    line("System Flag:", message.sys_flag);
    line("Properties:", properties_text(message.properties));
    line("Message Body Path:", write_body(in, message));
    if (style.with_body) line("Message Body:", message.body);
}

void print_tracks(Invocation& in, const Result<std::vector<admin::MessageTrack>>& tracks) {
    in.out << "\n\n";
    if (!tracks) {
        fmt::print(in.out, "WARN: who consumed it is not known: {}\n", tracks.error().detail);
        return;
    }
    if (tracks->empty()) in.out << "WARN: No Consumer\n";
    for (const auto& track : *tracks)
        fmt::print(in.out, "MessageTrack [consumerGroup={}, trackType={}, exceptionDesc={}]\n",
                   track.consumer_group, enum_name(track.type), track.error ? track.error->detail : "null");
}

json::Object detail_json(const client::ReceivedMessage& message,
                         const Result<std::vector<admin::MessageTrack>>& tracks) {
    auto document = message_json(message);
    json::Array rows;
    if (tracks)
        for (const auto& track : *tracks) {
            json::Object row{{"consumerGroup", track.consumer_group}, {"trackType", enum_name(track.type)}};
            if (track.error) row.push_back({"exceptionDesc", track.error->detail});
            rows.emplace_back(std::move(row));
        }
    document.push_back({"tracks", std::move(rows)});
    return document;
}

}  // namespace

json::Object message_json(const client::ReceivedMessage& message) {
    json::Object properties;
    model::for_each_property(message.properties, [&](std::string_view name, std::string_view value) {
        properties.push_back({name, value});
    });
    return {{"msgId", message.message_id},
            {"offsetMsgId", message.offset_message_id},
            {"topic", message.queue.topic},
            {"brokerName", message.queue.broker_name},
            {"queueId", message.queue.queue_id.value()},
            {"queueOffset", message.queue_offset.value()},
            {"commitLogOffset", message.physical_offset.value()},
            {"reconsumeTimes", message.reconsume_times},
            {"bornTimestamp", message.born_timestamp},
            {"bornHost", message.born_host.text()},
            {"storeTimestamp", message.store_timestamp},
            {"storeHost", message.store_host.text()},
            {"sysFlag", message.sys_flag},
            {"properties", std::move(properties)},
            {"body", message.body}};
}

admin::Task<Result<>> print_detail(Invocation& in, client::ReceivedMessage message, DetailStyle style) {
    const auto tracks = co_await admin::message_tracks(in.admin, message);
    if (in.wants_json()) {
        in.print(detail_json(message, tracks));
    } else {
        print_text(in, message, style);
        print_tracks(in, tracks);
    }
    co_return {};
}

admin::Task<Result<>> print_details(Invocation& in, std::vector<client::ReceivedMessage> messages,
                                    DetailStyle style) {
    json::Array documents;
    for (const auto& message : messages) {
        if (!in.wants_json()) {
            const auto printed = co_await print_detail(in, message, style);
            if (!printed) co_return printed;
            continue;
        }
        const auto tracks = co_await admin::message_tracks(in.admin, message);
        documents.emplace_back(detail_json(message, tracks));
    }
    if (in.wants_json()) in.print(std::move(documents));
    co_return {};
}

}  // namespace tern::cli
