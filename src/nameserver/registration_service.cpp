#include "nameserver/registration_service.hpp"

#include <algorithm>
#include <string>

#include "base/hash.hpp"
#include "json/fields.hpp"
#include "remoting/body/lists.hpp"
#include "remoting/body/register_broker.hpp"

namespace tern::nameserver {
namespace {

using remoting::ResponseCode;

Result<Registration> read_registration(const remoting::RegisterBrokerRequest& header,
                                       const remoting::Command& command) {
    if (header.body_crc32 != 0 && header.body_crc32 != crc32_masked(command.body))
        return failure(Errc::corrupt, "crc32 not match");
    auto body = remoting::decode_register_broker_body(command.body, header.compressed, command.version);
    if (!body) return std::unexpected(body.error());
    return Registration{.cluster = std::string{header.cluster_name},
                        .broker_name = std::string{header.broker_name},
                        .broker_id = header.broker_id,
                        .address = std::string{header.broker_addr},
                        .ha_address = std::string{header.ha_server_addr},
                        .zone = std::string{header.zone_name.value_or("")},
                        .enable_acting_master = header.enable_acting_master,
                        .topics = std::move(body->topic_config_table),
                        .filter_servers = std::move(body->filter_server_list)};
}

template <class Header>
BrokerKey key_of(const Header& header) {
    return {std::string{header.cluster_name}, std::string{header.broker_name},
            std::string{header.broker_addr}};
}

}  // namespace

RegistrationService::RegistrationService(const NameServerConfig& config, RouteTable& table,
                                         const KvConfig& kv, const Runtime& runtime)
    : config_{config}, table_{table}, kv_{kv}, runtime_{runtime} {
    schedule_next_look();
}

RegistrationService::~RegistrationService() {
    runtime_.timers.cancel(timer_);
}

void RegistrationService::register_broker(const remoting::RegisterBrokerRequest& header,
                                          remoting::Request& request) {
    const auto registration = read_registration(header, request.command);
    if (!registration) return request.responder.fail(registration.error());
    const bool is_known = table_.version_of(header.broker_name, header.broker_addr) != nullptr;
    const auto registered = table_.register_broker(*registration, config_.delete_missing_topics);
    if (!registered) {
        if (registered.error().code == Errc::limit_exceeded) ++refused_for_room_;
        return request.responder.fail(registered.error());
    }

    const Log::Fields who{{"cluster", header.cluster_name},
                          {"broker", header.broker_name},
                          {"id", header.broker_id.value()},
                          {"address", header.broker_addr},
                          {"epoch", registration->version().state_version}};
    if (registered->is_outdated) {
        runtime_.log.warning("outdated_registration_ignored", who);
        return request.responder.answer(ResponseCode::success, remoting::RegisterBrokerResponse{});
    }
    if (!is_known) runtime_.log.info("broker_registered", who);

    liveness_.registered(key_of(header), request.connection, timeout_of(header), runtime_.clock.now());
    if (const auto due = liveness_.next_due(); due && *due < next_look_) schedule_next_look();

    remoting::RegisterBrokerResponse answer;
    if (!registered->master_address.empty()) {
        answer.master_addr = registered->master_address;
        answer.ha_server_addr = registered->master_ha_address;
    }
    std::string orders;
    if (const auto* table = kv_.find(order_topic_namespace);
        table != nullptr && config_.return_order_config_to_broker)
        orders = json::encode(remoting::KVTable{{table->begin(), table->end()}});
    const std::string_view body = orders;
    request.responder.answer(ResponseCode::success, answer, {}, {&body, 1});
}

Duration RegistrationService::timeout_of(const remoting::RegisterBrokerRequest& header) const {
    const auto asked_ms = header.heartbeat_timeout_ms.value_or(0);
    return std::chrono::milliseconds{asked_ms > 0 ? std::min(asked_ms, broker_timeout_max_ms)
                                                  : config_.broker_timeout_ms};
}

void RegistrationService::unregister_broker(const remoting::UnregisterBrokerRequest& header,
                                            remoting::Request& request) {
    take_out(key_of(header), "unregistered");
    request.responder.answer(ResponseCode::success);
}

void RegistrationService::query_data_version(const remoting::QueryDataVersionRequest& header,
                                             remoting::Request& request) {
    const auto theirs = json::decode<model::DataVersion>(request.body());
    if (!theirs) return request.responder.fail(theirs.error());
    liveness_.heard(key_of(header), runtime_.clock.now());
    const auto* ours = table_.version_of(header.broker_name, header.broker_addr);
    const auto body = ours == nullptr ? std::string{} : json::encode(*ours);
    const std::string_view part = body;
    request.responder.answer(
        ResponseCode::success,
        remoting::QueryDataVersionResponse{.changed = ours == nullptr || *ours != *theirs}, {}, {&part, 1});
}

void RegistrationService::heartbeat(const remoting::BrokerHeartbeatRequest& header,
                                    remoting::Request& request) {
    liveness_.heard(key_of(header), runtime_.clock.now());
    request.responder.answer(ResponseCode::success);
}

void RegistrationService::connection_closed(const remoting::Connection& connection) {
    for (const auto& broker : liveness_.living_by(connection)) take_out(broker, "connection closed");
}

void RegistrationService::take_out(const BrokerKey& broker, std::string_view why) {
    liveness_.forget(broker);
    if (table_.version_of(broker.broker_name, broker.address) == nullptr) return;
    table_.unregister_broker(broker.broker_name, broker.address);
    runtime_.log.info("broker_gone", {{"cluster", broker.cluster},
                                      {"broker", broker.broker_name},
                                      {"address", broker.address},
                                      {"why", why}});
}

void RegistrationService::drop_silent() {
    for (const auto& [broker, connection] : liveness_.silent(runtime_.clock.now())) {
        take_out(broker, "silent");
        connection->close("a broker on it fell silent");
    }
    schedule_next_look();
}

void RegistrationService::schedule_next_look() {
    runtime_.timers.cancel(timer_);
    const auto now = runtime_.clock.now();
    next_look_ = now + std::chrono::milliseconds{config_.scan_interval_ms};
    if (const auto due = liveness_.next_due()) next_look_ = std::min(next_look_, *due + 1ms);
    timer_ = runtime_.timers.after(next_look_ - now, [this] { drop_silent(); });
}

}  // namespace tern::nameserver
