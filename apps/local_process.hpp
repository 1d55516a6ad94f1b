// Brokers that run on this machine: which process is the one at an address, and signals to that one alone.
#pragma once

#include <sys/types.h>

#include <memory>

#include "base/result.hpp"
#include "io/posix_file.hpp"
#include "model/host.hpp"

namespace tern::apps {

// A process that was looked at while it ran. Signals go to it or to nobody, also when its number has become
// another's meanwhile.
class LocalBroker {
public:
    // Errc::invalid_argument when the process is not there, or is no `tern broker`.
    static Result<LocalBroker> of(pid_t pid);
    // The broker that listens at the address. Errc::query_not_found when the address is another machine's, or
    // no process of ours to signal listens there.
    static Result<LocalBroker> at(const model::Host& address);

    pid_t pid() const { return pid_; }
    // Errc::io_failed: it has ended, or is not ours to signal.
    Result<> signal(int number) const;

private:
    LocalBroker(pid_t pid, io::Descriptor descriptor) : pid_{pid}, descriptor_{std::move(descriptor)} {}
    pid_t pid_;
    io::Descriptor descriptor_;  // A pidfd.
};

// SIGSTOP, and SIGCONT when this goes, whatever the reason.
class StoppedBroker {
public:
    static Result<std::unique_ptr<StoppedBroker>> stop(LocalBroker broker);
    ~StoppedBroker();
    StoppedBroker(const StoppedBroker&) = delete;
    StoppedBroker& operator=(const StoppedBroker&) = delete;

private:
    explicit StoppedBroker(LocalBroker broker) : broker_{std::move(broker)} {}
    LocalBroker broker_;
};

}  // namespace tern::apps
