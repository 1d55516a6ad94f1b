#include "nameserver/route_service.hpp"

#include <utility>

#include "json/fields.hpp"

namespace tern::nameserver {
namespace {

using remoting::ResponseCode;

constexpr std::int32_t version_with_standard_json = 401;  // 4.9.4

constexpr json::Style standard_style{.ascii = true};
constexpr json::Style java_style{.bare_integer_keys = true};

}  // namespace

RouteService::RouteService(const NameServerConfig& config, const RouteTable& table, const KvConfig& kv,
                           const Runtime& runtime)
    : config_{config}, table_{table}, kv_{kv}, runtime_{runtime}, started_at_{runtime.clock.now()} {}

RouteService::~RouteService() {
    runtime_.timers.cancel(held_timer_);
}

void RouteService::get_route(const remoting::GetRouteInfoRequest& header, remoting::Request& request) {
    if (is_too_early()) return request.responder.answer(ResponseCode::system_error, "name server not ready");
    const bool wants_standard =
        request.command.version >= version_with_standard_json || header.accept_standard_json_only;
    const Question question{
        header.topic,
        header.zone_mode.value_or(false) ? header.zone_name.value_or(std::string_view{}) : std::string_view{},
        wants_standard ? Dialect::standard : Dialect::bare_integer_keys};
    if (answer(question, request.responder)) return;
    const bool is_young = runtime_.clock.now() - started_at_ < young_for;
    if (is_young && table_.revision() == 0) {
        const bool is_short = question.topic.size() + question.zone.size() <= held_question_size_max;
        if (is_short && held_.size() < held_questions_max)
            return hold(question, std::move(request.responder));
        ++not_held_;
    }
    answer_none(header.topic, request.responder);
}

bool RouteService::answer(const Question& question, remoting::Responder& responder) {
    if (question.zone.empty()) {
        const auto* body = find_encoded(question.topic, question.dialect);
        if (body != nullptr) responder.answer(ResponseCode::success, {}, *body);
        return body != nullptr;
    }
    auto route = find_route(question.topic);
    if (route) keep_zone(*route, question.zone);
    // Clients take an empty route of code 0 for a failure of another kind.
    if (!route || route->broker_datas.empty()) return false;
    responder.answer(ResponseCode::success, {}, json::encode(*route, java_style));
    return true;
}

void RouteService::answer_none(std::string_view topic, remoting::Responder& responder) {
    responder.answer(ResponseCode::topic_not_exist,
                     "No topic route info in name server for the topic: " + std::string{topic});
}

void RouteService::hold(const Question& question, remoting::Responder responder) {
    held_.push_back(
        {std::string{question.topic}, std::string{question.zone}, question.dialect, std::move(responder)});
    if (held_timer_ != 0) return;
    held_timer_ = runtime_.timers.after(held_for, [this] {
        held_timer_ = 0;
        answer_held();
        for (auto& held : std::exchange(held_, {})) answer_none(held.topic, held.responder);
    });
}

void RouteService::answer_held() {
    std::erase_if(held_, [this](HeldQuestion& held) { return answer(held.question(), held.responder); });
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
           runtime_.clock.now() - started_at_ < std::chrono::seconds{config_.wait_for_brokers_s};
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
