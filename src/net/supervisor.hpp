// What a supervisor (systemd) hands to a process when it starts it, and wants to hear: listening sockets that
// it opened before, so that no connection is refused while the process starts, and when the process is ready.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "io/posix_file.hpp"
#include "model/host.hpp"

namespace tern::net {

// The variables of sd_listen_fds(3) and sd_notify(3); empty: not set.
struct SupervisorEnvironment {
    std::string listen_pid;
    std::string listen_fds;
    std::string listen_fdnames;
    std::string notify_socket;

    static SupervisorEnvironment of_this_process();
};

struct InheritedSocket {
    io::Descriptor descriptor;
    model::Host address;
    std::string name;  // As the socket unit says (FileDescriptorName=).
};

// The listening TCP sockets among the descriptors from first on; none when they are meant for another
// process. What is no such socket is left alone and named in warnings.
std::vector<InheritedSocket> inherited_sockets(const SupervisorEnvironment& environment,
                                               std::vector<std::string>& warnings, int first = 3);

// "READY=1", "STOPPING=1". Nothing is sent where nobody listens. Errc::io_failed says why it could not be
// sent.
Result<> tell_supervisor(const SupervisorEnvironment& environment, std::string_view state);

}  // namespace tern::net
