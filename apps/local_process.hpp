// Brokers that run on this machine: which process is the one at an address, signals to that one alone, and
// its links to the others, cut.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

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
    // Its own ports of the connections that it has to that port, wherever it is.
    std::vector<std::uint16_t> connections_to(std::uint16_t port) const;

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

// Drops what a broker and the other members of its group say to each other, until this goes; clients still
// reach it. In the machine's firewall (iptables), in a chain of its own, which the next one replaces if this
// one was killed. What members of this machine dial anew meanwhile is dropped, too, whoever dials.
class CutLinks {
public:
    static constexpr std::string_view chain = "TERN-VERIFY";

    struct Address {
        std::string host;  // A name, or a number of version 4.
        std::uint16_t port{};
    };
    // own: where the others reach it. Errc::io_failed: iptables-restore is not there, or this is not root.
    static Result<std::unique_ptr<CutLinks>> cut(const LocalBroker& broker, const Address& own,
                                                 std::span<const Address> others);
    ~CutLinks();
    CutLinks(const CutLinks&) = delete;
    CutLinks& operator=(const CutLinks&) = delete;

private:
    CutLinks() = default;
};

}  // namespace tern::apps
