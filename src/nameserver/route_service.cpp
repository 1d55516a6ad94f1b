#include "nameserver/route_service.hpp"

#include "json/fields.hpp"

namespace tern::nameserver {
namespace {

using remoting::ResponseCode;

constexpr std::int32_t version_with_standard_json = 401;  // 4.9.4

constexpr json::Style standard_style{.ascii = true};
constexpr json::Style java_style{.bare_integer_keys = true};

}  // namespace

RouteService::RouteService(const NameServerConfig& config, const RouteTable& table, const KvConfig& kv,
                           const Clock& clock)
    : config_{config}, table_{table}, kv_{kv}, clock_{clock}, started_at_{clock.now()} {}

void RouteService::get_route(const remoting::GetRouteInfoRequest& header, remoting::Request& request) {
    if (is_too_early()) return request.responder.answer(ResponseCode::system_error, "name server not ready");
    const auto answer_none = [&] {
        request.responder.answer(
            ResponseCode::topic_not_exist,
            "No topic route info in name server for the topic: " + std::string{header.topic});
    };
    if (header.zone_mode.value_or(false) && header.zone_name && !header.zone_name->empty()) {
        auto route = find_route(header.topic);
        if (route) keep_zone(*route, *header.zone_name);
        // Clients take an empty route of code 0 for a failure of another kind.
        if (!route || route->broker_datas.empty()) return answer_none();
        return request.responder.answer(ResponseCode::success, {}, json::encode(*route, java_style));
    }
    const bool wants_standard =
        request.command.version >= version_with_standard_json || header.accept_standard_json_only;
    const auto* body =
        find_encoded(header.topic, wants_standard ? Dialect::standard : Dialect::bare_integer_keys);
    if (body == nullptr) return answer_none();
    request.responder.answer(ResponseCode::success, {}, *body);
}

void RouteService::get_clusters(remoting::Request& request) {
    request.responder.answer(ResponseCode::success, {}, json::encode(table_.clusters(), java_style));
}

void RouteService::get_member_group(const remoting::GetBrokerMemberGroupRequest& header,
                                    remoting::Request& request) {
    const remoting::BrokerMemberGroupBody body{table_.member_group(header.cluster_name, header.broker_name)};
    request.responder.answer(ResponseCode::success, {}, json::encode(body, java_style));
}

bool RouteService::is_too_early() const {
    return config_.wait_for_brokers &&
           clock_.now() - started_at_ < std::chrono::seconds{config_.wait_for_brokers_s};
}

std::optional<remoting::TopicRouteData> RouteService::find_route(std::string_view topic) const {
    auto route = table_.route(topic, config_.support_acting_master);
    if (route && config_.order_message_enable) {
        if (const auto* order = kv_.find(order_topic_namespace, topic)) route->order_topic_conf = *order;
    }
    return route;
}

const std::string* RouteService::find_encoded(std::string_view topic, Dialect dialect) {
    forget_outdated();
    const auto known = encoded_.find(topic);
    auto* const kept = known == encoded_.end() ? nullptr : &known->second;
    const auto member =
        dialect == Dialect::standard ? &EncodedRoute::standard : &EncodedRoute::bare_integer_keys;
    if (kept != nullptr && !(kept->*member).empty()) return &(kept->*member);

    const auto route = find_route(topic);
    if (!route) return nullptr;
    auto& encoded = encoded_[std::string{topic}].*member;
    encoded = json::encode(*route, dialect == Dialect::standard ? standard_style : java_style);
    encoded_size_ += encoded.size();
    return &encoded;
}

void RouteService::forget_outdated() {
    const Version now{table_.revision(), kv_.revision(), config_.order_message_enable,
                      config_.support_acting_master};
    if (now == encoded_version_ && encoded_size_ <= encoded_routes_size_max) return;
    encoded_.clear();
    encoded_size_ = 0;
    encoded_version_ = now;
}

}  // namespace tern::nameserver
