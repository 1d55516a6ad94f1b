#include "nameserver/name_server.hpp"

namespace tern::nameserver {

Result<std::unique_ptr<NameServer>> NameServer::start(NameServerConfig config, const Runtime& runtime,
                                                      io::FileSystem& files) {
    std::unique_ptr<NameServer> server{new NameServer(std::move(config), runtime, files)};
    if (auto loaded = server->kv_.load(); !loaded) return std::unexpected(loaded.error());
    return server;
}

NameServer::NameServer(NameServerConfig config, const Runtime& runtime, io::FileSystem& files)
    : config_{std::move(config)},
      kv_{files, config_.kv_config_path},
      routes_{config_, table_, kv_, runtime},
      registrations_{config_, table_, kv_, runtime},
      topics_{config_, table_},
      kv_service_{kv_},
      settings_{config_, files, runtime.log} {
    add_routes();
    expose_metrics();
}

void NameServer::on_command(const Ref<remoting::Connection>& connection, const remoting::Command& command) {
    router_.dispatch(connection, command);
    if (routes_.holds_questions()) [[unlikely]]
        routes_.answer_held();
}

void NameServer::on_closed(const Ref<remoting::Connection>& connection, std::string_view) {
    registrations_.connection_closed(*connection);
}

void NameServer::add_routes() {
    using Code = remoting::RequestCode;
    router_.on(routes_, &RouteService::get_route);
    router_.on(Code::get_broker_cluster_info, routes_, &RouteService::get_clusters);
    router_.on(routes_, &RouteService::get_member_group);

    router_.on(registrations_, &RegistrationService::register_broker);
    router_.on(registrations_, &RegistrationService::unregister_broker);
    router_.on(registrations_, &RegistrationService::query_data_version);
    router_.on(registrations_, &RegistrationService::heartbeat);

    router_.on(Code::get_all_topic_list_from_nameserver, topics_, &TopicService::all_topics);
    router_.on(topics_, &TopicService::topics_of_cluster);
    router_.on(Code::get_system_topic_list_from_ns, topics_, &TopicService::system_topics);
    router_.on(Code::get_unit_topic_list, topics_, &TopicService::unit_topics);
    router_.on(Code::get_has_unit_sub_topic_list, topics_, &TopicService::topics_with_unit_subscription);
    router_.on(Code::get_has_unit_sub_ununit_topic_list, topics_,
               &TopicService::other_topics_with_unit_subscription);
    router_.on(topics_, &TopicService::delete_topic);
    router_.on(topics_, &TopicService::register_topic);
    router_.on(topics_, &TopicService::wipe_write_perm);
    router_.on(topics_, &TopicService::add_write_perm);

    router_.on(kv_service_, &KvService::put);
    router_.on(kv_service_, &KvService::get);
    router_.on(kv_service_, &KvService::remove);
    router_.on(kv_service_, &KvService::list);

    router_.on(Code::update_namesrv_config, settings_, &ConfigService::update);
    router_.on(Code::get_namesrv_config, settings_, &ConfigService::list);
    router_.on(Code::get_metrics, metrics_service_, &remoting::MetricsService::list);
}

void NameServer::expose_metrics() {
    metrics_.add("namesrv_broker_groups", "Broker groups with a living member.",
                 [this] { return table_.groups().size(); });
    metrics_.add("namesrv_registered_bytes", "Bytes of what brokers have registered.",
                 [this] { return table_.bytes(); });
    metrics_.add("namesrv_held_questions", "Questions for routes that wait for the first brokers.",
                 [this] { return routes_.held_questions(); });
    const auto limit = [this](std::string_view name, const std::uint64_t& hits) {
        metrics_.add("namesrv_limited_total", "Times that somebody was beyond a limit of docs/limits.md.",
                     hits, {{"limit", std::string{name}}});
    };
    limit("registrations", registrations_.refused_for_room());
    limit("held_questions", routes_.not_held());
    limit("kv_config", kv_.refused());
}

}  // namespace tern::nameserver
