// allocateMQ: how the queues of a topic would be divided among clients.
#include <fmt/format.h>

#include "admin/topics.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "client/rebalance.hpp"
#include "json/fields.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"i", "ipList", Takes::text, Need::must, "addresses of the clients, with commas between"},
    Option{"t", "topic", Takes::text, Need::must, "name of the topic"},
};

admin::Task<Result<>> run(Invocation& in) {
    const auto route = co_await admin::topic_route(in.admin, in.arguments.text("topic"));
    if (!route) co_return std::unexpected{route.error()};
    std::vector<std::string> clients;
    const auto list = in.arguments.text("ipList");
    for (const auto address : split(list, ',')) clients.emplace_back(trim(address));
    json::Object shares;
    for (const auto& client : clients) {
        const auto share = client::allocate_averagely((*route)->subscribe_queues(), clients, client);
        shares.push_back({client, json::to_value(share)});
    }
    const json::Value document = json::Object{{"result", std::move(shares)}};
    if (in.wants_json()) {
        in.print(document);
    } else {
        in.out << json::write(document) << '\n';
    }
    co_return {};
}

}  // namespace

constinit const Command allocate_mq{
    "allocateMQ",
    "How the queues of a topic would be divided among the members of a group.",
    options,
    {"allocateMQ -t OrderTopic -i 10.0.0.7,10.0.0.8 -n 127.0.0.1:9876",
     "allocateMQ -t OrderTopic -i 10.0.0.7,10.0.0.8 --json -n 127.0.0.1:9876"},
    run};

}  // namespace tern::cli::commands
