// getBrokerConfig, updateBrokerConfig, getNamesrvConfig, updateNamesrvConfig: settings of running servers.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/settings.hpp"
#include "cli/commands.hpp"
#include "cli/targets.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array broker_options{
    Option{"b", "brokerAddr", Takes::text, Need::one_of, "address of one broker"},
    Option{"c", "clusterName", Takes::text, Need::one_of, "every broker of this cluster, slaves too"},
};
constexpr std::array update_broker_options{
    Option{"a", "updateAllBroker", Takes::text, Need::may, "with -c: slaves too, whatever is written"},
    Option{"b", "brokerAddr", Takes::text, Need::one_of, "address of one broker"},
    Option{"c", "clusterName", Takes::text, Need::one_of, "all masters of this cluster"},
    Option{"k", "key", Takes::text, Need::must, "name of the setting"},
    Option{"v", "value", Takes::text, Need::must, "its new value"},
};
constexpr std::array update_namesrv_options{
    Option{"k", "key", Takes::text, Need::must, "name of the setting"},
    Option{"v", "value", Takes::text, Need::must, "its new value"},
};

// One server's part of a listing: under its heading for people, an object for programs.
void print_settings(Invocation& in, const std::string& heading, const std::vector<Property>& settings) {
    fmt::print(in.out, "============{}============\n", heading);
    for (const auto& setting : settings) fmt::print(in.out, "{:<50}=  {}\n", setting.key, setting.value);
    in.out << '\n';
}

json::Object as_object(const std::vector<Property>& settings) {
    json::Object object;
    for (const auto& setting : settings) object.push_back({setting.key, setting.value});
    return object;
}

using SettingsOf = admin::Task<Result<std::vector<Property>>> (*)(admin::Admin&, std::string);

admin::Task<Result<>> list_settings(Invocation& in, std::vector<std::string> addresses,
                                    std::map<std::string, std::string> headings, SettingsOf settings_of) {
    const auto answers = co_await admin::answers_of<std::pair<std::string, std::vector<Property>>>(
        in.admin, std::move(addresses), [&](const std::string& address) {
            return admin::with_address(address, settings_of(in.admin, address));
        });
    if (!answers) co_return std::unexpected{answers.error()};
    json::Object by_address;
    for (const auto& [address, settings] : *answers) {
        by_address.push_back({address, as_object(settings)});
        if (!in.wants_json()) print_settings(in, headings.at(address), settings);
    }
    if (in.wants_json()) in.print(std::move(by_address));
    co_return {};
}

admin::Task<Result<>> run_get_broker(Invocation& in) {
    const auto targets = co_await targets_of(in, Slaves::yes);
    if (!targets) co_return std::unexpected{targets.error()};
    std::map<std::string, std::string> headings;
    std::string master;
    for (const auto& target : *targets) {
        if (target.is_master()) master = target.address;
        auto heading = target.address;
        if (in.arguments.has("clusterName"))
            heading = target.is_master() ? fmt::format("Master: {}", target.address)
                                         : fmt::format("My Master: {}=====Slave: {}", master, target.address);
        headings.emplace(target.address, std::move(heading));
    }
    co_return co_await list_settings(in, admin::addresses_of(*targets), std::move(headings),
                                     admin::broker_settings);
}

admin::Task<Result<>> run_get_namesrv(Invocation& in) {
    std::map<std::string, std::string> headings;
    for (const auto& address : in.admin.name_servers()) headings.emplace(address, address);
    co_return co_await list_settings(in, in.admin.name_servers(), std::move(headings),
                                     admin::name_server_settings);
}

admin::Task<Result<>> run_update_broker(Invocation& in) {
    const auto slaves = in.arguments.has("updateAllBroker") ? Slaves::yes : Slaves::no;
    const auto targets = co_await targets_of(in, slaves);
    if (!targets) co_return std::unexpected{targets.error()};
    json::Array updated;
    for (const auto& target : *targets) {
        const auto put = co_await admin::put_broker_setting(
            in.admin, target.address, in.arguments.text("key"), in.arguments.text("value"));
        if (!put) co_return put;
        updated.emplace_back(target.address);
        if (!in.wants_json()) fmt::print(in.out, "update broker config success, {}\n", target.address);
    }
    if (in.wants_json()) in.print(json::Object{{"updated", std::move(updated)}});
    co_return {};
}

admin::Task<Result<>> run_update_namesrv(Invocation& in) {
    std::string list;
    json::Array updated;
    for (const auto& address : in.admin.name_servers()) {
        const auto put = co_await admin::put_name_server_setting(in.admin, address, in.arguments.text("key"),
                                                                 in.arguments.text("value"));
        if (!put) co_return put;
        updated.emplace_back(address);
        list += fmt::format("{}{}", list.empty() ? "" : ", ", address);
    }
    if (in.wants_json()) {
        in.print(json::Object{{"updated", std::move(updated)}});
    } else {
        fmt::print(in.out, "update name server config success![{}]\n{} : {}\n", list,
                   in.arguments.text("key"), in.arguments.text("value"));
    }
    co_return {};
}

}  // namespace

constinit const Command get_broker_config{
    "getBrokerConfig",
    "All settings of a broker, as they are now.",
    broker_options,
    {"getBrokerConfig -b 127.0.0.1:10911", "getBrokerConfig -c DefaultCluster -n 127.0.0.1:9876"},
    run_get_broker};

constinit const Command update_broker_config{
    "updateBrokerConfig",
    "Change a setting of running brokers.",
    update_broker_options,
    {"updateBrokerConfig -b 127.0.0.1:10911 -k brokerPermission -v 4",
     "updateBrokerConfig -c DefaultCluster -k fileReservedTime -v 48 -n 127.0.0.1:9876"},
    run_update_broker};

constinit const Command get_namesrv_config{
    "getNamesrvConfig",
    "All settings of the NameServers, as they are now.",
    {},
    {"getNamesrvConfig -n 127.0.0.1:9876", "getNamesrvConfig -n '127.0.0.1:9876;127.0.0.1:9877' --json"},
    run_get_namesrv};

constinit const Command update_namesrv_config{
    "updateNamesrvConfig",
    "Change a setting of every NameServer that is named.",
    update_namesrv_options,
    {"updateNamesrvConfig -k enableTopicList -v true -n 127.0.0.1:9876",
     "updateNamesrvConfig -k enableTopicList -v false -n '127.0.0.1:9876;127.0.0.1:9877'"},
    run_update_namesrv};

}  // namespace tern::cli::commands
