#include "simulation/machine.hpp"

#include "base/assert.hpp"

namespace tern::simulation {

Machine::Machine(const Surroundings& surroundings, std::string name, std::string address, std::uint64_t seed)
    : surroundings_{surroundings},
      name_{std::move(name)},
      address_{std::move(address)},
      random_{seed},
      disk_log_{surroundings.trace, name_ + " disk"},
      disk_process_{surroundings.time, name_ + " disk", random_.next(), disk_log_},
      disk_{disk_process_.runtime()},
      observed_{disk_, std::string{store_root} + "/commitlog"} {}

void Machine::set_wall_error(std::chrono::milliseconds error) {
    wall_error_ = error;
    disk_process_.set_wall_error(error);
    if (process_ != nullptr) process_->set_wall_error(error);
}

SimulatedProcess& Machine::start_process() {
    TERN_ASSERT(process_ == nullptr);
    surroundings_.network.power_on(address_);
    log_ = std::make_unique<ProcessLog>(surroundings_.trace, name_);
    process_ = std::make_unique<SimulatedProcess>(surroundings_.time, name_, random_.next(), *log_);
    process_->set_wall_error(wall_error_);
    process_->set_drift(drift_);
    transport_ = surroundings_.network.attach(*process_, address_);
    observed_.attach(*process_);
    return *process_;
}

void Machine::kill_process() {
    if (process_ == nullptr) return;
    process_->kill();
    transport_->leave();
    observed_.detach();
    disk_.crash_process();
}

io::CrashReport Machine::lose_power() {
    surroundings_.network.power_off(address_);
    kill_process();
    ++boots_;
    return disk_.crash_machine();
}

void Machine::replace_disk() {
    TERN_ASSERT(process_ == nullptr);
    const auto faults = disk_.faults();
    disk_.set_faults({});
    const bool is_gone = disk_.remove(std::string{store_root}) && disk_.sync_directory("/");
    TERN_ASSERT(is_gone);
    disk_.set_faults(faults);
    observed_.replaced();
}

void Machine::end_process() {
    kill_process();
    transport_.reset();
    process_.reset();
    log_.reset();
}

}  // namespace tern::simulation
