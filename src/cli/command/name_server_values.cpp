// updateKvConfig, deleteKvConfig, updateOrderConf: what the NameServers keep by namespace and key.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/settings.hpp"
#include "admin/topics.hpp"
#include "cli/commands.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array put_options{
    Option{"k", "key", Takes::text, Need::must, "the key"},
    Option{"s", "namespace", Takes::text, Need::must, "the namespace"},
    Option{"v", "value", Takes::text, Need::must, "the value"},
};
constexpr std::array delete_options{
    Option{"k", "key", Takes::text, Need::must, "the key"},
    Option{"s", "namespace", Takes::text, Need::must, "the namespace"},
};
constexpr std::array order_options{
    Option{"m", "method", Takes::text, Need::must, "put, get or delete"},
    Option{"t", "topic", Takes::text, Need::must, "name of the topic"},
    Option{"v", "orderConf", Takes::text, Need::may, "queues by broker: 'broker-a:8;broker-b:8'"},
};

void print(Invocation& in, std::string_view text, json::Object document) {
    if (in.wants_json()) return in.print(std::move(document));
    in.out << text << '\n';
}

admin::Task<Result<>> run_put(Invocation& in) {
    const auto& arguments = in.arguments;
    const auto put = co_await admin::put_kv(in.admin, arguments.text("namespace"), arguments.text("key"),
                                            arguments.text("value"));
    if (put)
        print(in, "create or update kv config to namespace success.",
              {{"namespace", arguments.text("namespace")},
               {"key", arguments.text("key")},
               {"value", arguments.text("value")}});
    co_return put;
}

admin::Task<Result<>> run_delete(Invocation& in) {
    const auto& arguments = in.arguments;
    const auto deleted =
        co_await admin::delete_kv(in.admin, arguments.text("namespace"), arguments.text("key"));
    if (deleted)
        print(in, "delete kv config from namespace success.",
              {{"namespace", arguments.text("namespace")}, {"deleted", arguments.text("key")}});
    co_return deleted;
}

admin::Task<Result<>> run_order(Invocation& in) {
    const auto topic = in.arguments.text("topic");
    const auto method = in.arguments.text("method");
    if (method == "get") {
        const auto order = co_await admin::topic_order(in.admin, topic);
        if (!order) co_return std::unexpected{order.error()};
        if (!*order)
            co_return failure(Errc::query_not_found, "no order of topic " + topic + " is noted; see -m put");
        print(in, fmt::format("get orderConf success. topic=[{}], orderConf=[{}]", topic, **order),
              {{"topic", topic}, {"orderConf", **order}});
        co_return {};
    }
    if (method == "delete") {
        const auto deleted = co_await admin::delete_topic_order(in.admin, topic);
        if (deleted)
            print(in, fmt::format("delete orderConf success. topic=[{}]", topic), {{"deleted", topic}});
        co_return deleted;
    }
    if (method != "put")
        co_return failure(Errc::invalid_argument, "method must be put, get or delete: " + method);
    const auto order = in.arguments.text("orderConf");
    if (order.empty()) co_return failure(Errc::invalid_argument, "put needs the order: add -v 'broker-a:8'");
    const auto put = co_await admin::put_topic_order(in.admin, topic, order);
    if (put)
        print(in, fmt::format("update orderConf success. topic=[{}], orderConf=[{}]", topic, order),
              {{"topic", topic}, {"orderConf", order}});
    co_return put;
}

}  // namespace

constinit const Command update_kv_config{
    "updateKvConfig",
    "Keep a value under a namespace and a key, at every NameServer.",
    put_options,
    {"updateKvConfig -s ORDER_TOPIC_CONFIG -k OrderTopic -v broker-a:8 -n 127.0.0.1:9876",
     "updateKvConfig -s Team -k contact -v orders@example.com -n '127.0.0.1:9876;127.0.0.1:9877'"},
    run_put};

constinit const Command delete_kv_config{
    "deleteKvConfig",
    "Forget the value under a namespace and a key, at every NameServer.",
    delete_options,
    {"deleteKvConfig -s Team -k contact -n 127.0.0.1:9876",
     "deleteKvConfig -s Team -k contact -n '127.0.0.1:9876;127.0.0.1:9877'"},
    run_delete};

constinit const Command update_order_conf{
    "updateOrderConf",
    "Show, note or forget which queues of which brokers an ordered topic has.",
    order_options,
    {"updateOrderConf -t OrderTopic -m put -v 'broker-a:8;broker-b:8' -n 127.0.0.1:9876",
     "updateOrderConf -t OrderTopic -m get -n 127.0.0.1:9876"},
    run_order};

}  // namespace tern::cli::commands
