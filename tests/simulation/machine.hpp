// A simulated machine: an address, a disk, clocks with errors of their own, and at most one process at a
// time. The process can end by itself, be killed, or go down with the machine's power.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "io/memory_file_system.hpp"
#include "simulation/observed_disk.hpp"
#include "simulation/simulated_network.hpp"
#include "simulation/simulated_time.hpp"
#include "simulation/trace.hpp"

namespace tern::simulation {

inline constexpr std::string_view store_root = "/store";

// What all machines share.
struct Surroundings {
    SimulatedTime& time;
    SimulatedNetwork& network;
    Trace& trace;
};

// Its wall clock goes on whether or not a process runs; Instants are the true ones.
class Machine final : public Clock {
public:
    Machine(const Surroundings& surroundings, std::string name, std::string address, std::uint64_t seed);
    ~Machine() override { end_process(); }

    const std::string& name() const { return name_; }
    const std::string& address() const { return address_; }
    Instant now() const override { return surroundings_.time.now(); }
    WallMillis wall_ms() const override {
        return surroundings_.time.wall_ms(SimulatedProcess::drifted(now() - Instant{}, drift_)) +
               wall_error_.count();
    }
    // How far the clock is ahead of the true time.
    std::chrono::milliseconds wall_error() const { return wall_error_; }
    void set_wall_error(std::chrono::milliseconds error);
    // Of the processes that it starts from now on (SimulatedProcess::set_drift), and of its wall clock.
    void set_drift(std::int64_t millionths) { drift_ = millionths; }

    ObservedDisk& disk() { return observed_; }
    io::MemoryFileSystem& bare_disk() { return disk_; }  // For faults, and for a look at what is there.
    std::string boot_id() const { return name_ + "-boot-" + std::to_string(boots_); }

    // A new process; there is none yet.
    SimulatedProcess& start_process();
    bool has_process() const { return process_ != nullptr; }
    SimulatedProcess& process() { return *process_; }
    SimulatedTransport& transport() { return *transport_; }

    // The process does nothing any more, and its peers see its connections close. The objects that refer to
    // it may still be destroyed; then end_process() takes the rest away.
    void kill_process();
    // The same without a word to anybody, and with what the disk makes of unsynced writes.
    io::CrashReport lose_power();
    // While no process runs: the disk is gone, and a blank one is in its place.
    void replace_disk();
    void end_process();

private:
    Surroundings surroundings_;
    std::string name_;
    std::string address_;
    SeededRandom random_;
    std::chrono::milliseconds wall_error_{0};
    std::int64_t drift_{0};
    std::uint32_t boots_{1};
    ProcessLog disk_log_;
    SimulatedProcess disk_process_;  // Gives the disk its time; never killed.
    io::MemoryFileSystem disk_;
    ObservedDisk observed_;
    std::unique_ptr<ProcessLog> log_;
    std::unique_ptr<SimulatedProcess> process_;
    std::unique_ptr<SimulatedTransport> transport_;
};

}  // namespace tern::simulation
