#include "cli/direct_consumption.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/groups.hpp"
#include "admin/messages.hpp"
#include "json/fields.hpp"

namespace tern::cli {

bool names_consumer(const Arguments& arguments) {
    return arguments.has("consumerGroup") && arguments.has("clientId");
}

admin::Task<Result<>> consume_directly(Invocation& in, std::vector<client::ReceivedMessage> messages) {
    const auto group = in.arguments.text("consumerGroup");
    const auto client_id = in.arguments.text("clientId");
    const auto addresses = co_await admin::addresses_of_group(in.admin, group);
    if (!addresses) co_return std::unexpected{addresses.error()};
    const auto info = co_await admin::running_info(in.admin, addresses->front(), group, client_id, false);
    if (!info) co_return std::unexpected{info.error()};
    const auto type = info->properties.find("PROP_CONSUME_TYPE");
    if (type == info->properties.end() || type->second != "CONSUME_PASSIVELY")
        co_return failure(Errc::invalid_argument,
                          "this " + client_id + " client is not push consumer, not support direct push");
    json::Array documents;
    for (const auto& message : messages) {
        const auto result = co_await admin::consume_directly(in.admin, message, group, client_id);
        if (!result) co_return std::unexpected{result.error()};
        if (in.wants_json()) {
            documents.push_back(json::to_value(*result));
            continue;
        }
        fmt::print(in.out,
                   "ConsumeMessageDirectlyResult [order={}, autoCommit={}, consumeResult={}, remark={}, "
                   "spentTimeMills={}]\n",
                   result->order, result->auto_commit, result->consume_result.value_or("null"),
                   result->remark.value_or("null"), result->spent_time_ms);
    }
    if (in.wants_json()) in.print(std::move(documents));
    co_return {};
}

}  // namespace tern::cli
