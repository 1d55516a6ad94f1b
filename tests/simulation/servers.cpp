#include "simulation/servers.hpp"

namespace tern::simulation {
namespace {

constexpr Duration exit_time = 1ms;

}  // namespace

Result<> NameServerHost::start() {
    auto& process = machine_.start_process();
    nameserver::NameServerConfig config;
    config.kv_config_path = "/namesrv/kvConfig.json";
    config.config_store_path = "/namesrv/namesrv.properties";
    auto server = nameserver::NameServer::start(std::move(config), process.runtime(), machine_.disk());
    if (!server) return std::unexpected(server.error());
    server_ = std::move(*server);
    auto listening = machine_.transport().listen(*model::Host::parse(text()), *server_);
    if (!listening) return std::unexpected(listening.error());
    listener_ = std::move(*listening);
    return {};
}

bool NameServerHost::has_registration_of(const BrokerHost& broker) const {
    return is_up() && server_->table().version_of(broker.broker_name(), broker.text()) != nullptr;
}

void NameServerHost::kill() {
    machine_.kill_process();
    listener_.reset();
    server_.reset();
    machine_.end_process();
}

BrokerHost::BrokerHost(const Surroundings& surroundings, std::string name, broker::BrokerConfig config,
                       std::uint64_t seed, std::function<void(const Error&)> failed)
    : surroundings_{surroundings},
      machine_{surroundings, std::move(name), config.broker_ip1, seed},
      config_{std::move(config)},
      failed_{std::move(failed)} {}

Result<> BrokerHost::start() {
    auto& process = machine_.start_process();
    ++starts_;
    stopping_ = false;
    broker_ = std::make_unique<broker::Broker>(config_, process.runtime(), machine_.disk(),
                                               machine_.transport(), *this, machine_.boot_id());
    starting_ = true;
    auto started = broker_->start();
    starting_ = false;
    if (!started) kill();
    return started;
}

void BrokerHost::stop(std::function<void(Result<>)> stopped) {
    stopping_ = true;
    stopped_ = std::move(stopped);
    broker_->stop([this](Result<> result) {
        // Later, because the broker is not done with this call, and its last answers have not left.
        auto outcome = std::make_unique<Result<>>(std::move(result));
        surroundings_.time.schedule(machine_.now() + exit_time, nullptr,
                                    [this, start = starts_, outcome = std::move(outcome)] {
                                        if (start != starts_ || !is_up()) return;
                                        kill();
                                        stopped_(std::move(*outcome));
                                    });
    });
}

void BrokerHost::kill() {
    machine_.kill_process();
    forget_broker();
}

io::CrashReport BrokerHost::lose_power() {
    const auto report = machine_.lose_power();
    forget_broker();
    return report;
}

void BrokerHost::forget_broker() {
    starting_ = stopping_ = false;
    broker_.reset();
    machine_.end_process();
}

void BrokerHost::on_broker_failed(const Error& why) {
    surroundings_.time.schedule(machine_.now(), nullptr,
                                [this, start = starts_, words = std::make_unique<Error>(why)] {
                                    if (start != starts_ || !is_up()) return;
                                    kill();
                                    failed_(*words);
                                });
}

}  // namespace tern::simulation
