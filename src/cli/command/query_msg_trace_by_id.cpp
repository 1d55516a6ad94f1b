// queryMsgTraceById: who sent a message and who consumed it, from the topic that clients write traces to.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include <limits>

#include "admin/messages.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/rocketmq_text.hpp"
#include "model/topic_name.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"b", "beginTimestamp", Takes::number, Need::may, "traces stored since, in milliseconds"},
    Option{"c", "maxNum", Takes::number, Need::may, "at most so many traces of each broker, 64 by default"},
    Option{"e", "endTimestamp", Takes::number, Need::may, "traces stored until, in milliseconds"},
    Option{"i", "msgId", Takes::text, Need::must, "the message's id"},
    Option{"t", "traceTopic", Takes::text, Need::may, "the topic of traces, RMQ_SYS_TRACE_TOPIC by default"},
};

constexpr char field_end = '\x01';
constexpr char record_end = '\x02';

// One step of a message (spec/observability.md 7).
struct Step {
    bool is_publish{};
    std::string group{};
    std::string client_host{};
    WallMillis time{};
    std::int64_t cost_ms{};
    bool is_success{};
};

std::vector<std::string> fields_of(std::string_view record) {
    std::vector<std::string> fields;
    while (true) {
        const auto end = std::min(record.find(field_end), record.size());
        fields.emplace_back(record.substr(0, end));
        if (end == record.size()) return fields;
        record.remove_prefix(end + 1);
    }
}

// A consumption begins with one record and ends with another; both have the id of the attempt.
struct Beginning {
    std::string group{};
    WallMillis time{};
};

std::vector<Step> steps_of(const std::vector<client::ReceivedMessage>& traces, std::string_view message_id) {
    std::vector<Step> steps;
    std::map<std::string, Beginning> begun;
    const auto number = [](std::string_view text) { return parse_number<std::int64_t>(text).value_or(0); };
    for (const auto& trace : traces) {
        for (const auto record : split(trace.body, record_end)) {
            const auto fields = fields_of(record);
            if (fields[0] == "Pub" && fields.size() >= 13 && fields[5] == message_id)
                steps.push_back({true, fields[3], trace.born_host.address_text(), number(fields[1]),
                                 number(fields[10]), fields.size() < 14 || fields[13] == "true"});
            if (fields[0] == "SubBefore" && fields.size() >= 6 && fields[5] == message_id)
                begun[fields[4]] = {fields[3], number(fields[1])};
        }
    }
    for (const auto& trace : traces) {
        for (const auto record : split(trace.body, record_end)) {
            const auto fields = fields_of(record);
            if (fields[0] != "SubAfter" || fields.size() < 5 || fields[2] != message_id) continue;
            const auto beginning = begun.find(fields[1]);
            if (beginning == begun.end()) continue;
            steps.push_back({false, beginning->second.group, trace.born_host.address_text(),
                             beginning->second.time, number(fields[3]), fields[4] == "true"});
        }
    }
    return steps;
}

void print_text(Invocation& in, const std::vector<Step>& steps) {
    constexpr std::string_view row = "{:<10} {:<20} {:<20} {:<20} {:<10} {:<10}\n";
    std::optional<std::string> block;  // The group whose consumptions are being shown; of the sender: "".
    for (const auto& step : steps) {
        const std::string group = step.is_publish ? "" : step.group;
        if (block && *block != group) in.out << '\n';
        if (!block || *block != group)
            fmt::print(in.out, row, "#Type", step.is_publish ? "#ProducerGroup" : "#ConsumerGroup",
                       "#ClientHost", step.is_publish ? "#SendTime" : "#ConsumerTime", "#CostTimes",
                       "#Status");
        block = group;
        fmt::print(in.out, row, step.is_publish ? "Pub" : "Sub", step.group, step.client_host,
                   time_text(step.time), fmt::format("{}ms", step.cost_ms),
                   step.is_success ? "success" : "failed");
    }
}

admin::Task<Result<>> run(Invocation& in) {
    const auto id = in.arguments.text("msgId");
    const auto max = in.arguments.number("maxNum").value_or(64);
    if (max <= 0 || max > std::numeric_limits<std::int32_t>::max())
        co_return failure(Errc::invalid_argument, "maxNum must be positive: " + std::to_string(max));
    const admin::KeyQuery query{
        .topic = in.arguments.optional_text("traceTopic").value_or(std::string{model::topic::trace}),
        .key = id,
        .max_messages = static_cast<std::int32_t>(max),
        .begin = in.arguments.number("beginTimestamp").value_or(0),
        .end = in.arguments.number("endTimestamp").value_or(std::numeric_limits<WallMillis>::max())};
    const auto traces = co_await admin::messages_by_key(in.admin, query);
    if (!traces) {
        auto error = traces.error();
        if (error.code == Errc::topic_not_exist)
            error.detail += "; brokers with traceTopicEnable=true have it";
        co_return std::unexpected{std::move(error)};
    }
    auto steps = steps_of(*traces, id);
    std::ranges::sort(steps, {},
                      [](const Step& step) { return std::tuple{!step.is_publish, step.group, step.time}; });
    if (!in.wants_json()) {
        print_text(in, steps);
        co_return {};
    }
    json::Array documents;
    for (const auto& step : steps)
        documents.emplace_back(json::Object{{"type", step.is_publish ? "Pub" : "Sub"},
                                            {"group", step.group},
                                            {"clientHost", step.client_host},
                                            {"time", step.time},
                                            {"costMs", step.cost_ms},
                                            {"success", step.is_success}});
    in.print(std::move(documents));
    co_return {};
}

}  // namespace

constinit const Command query_msg_trace_by_id{
    "queryMsgTraceById",
    "Who sent a message and who consumed it, as far as clients wrote traces.",
    options,
    {"queryMsgTraceById -i AC11000100002A9F0000000000000001 -n 127.0.0.1:9876",
     "queryMsgTraceById -i AC11000100002A9F0000000000000001 -t MyTraces -n 127.0.0.1:9876"},
    run};

}  // namespace tern::cli::commands
