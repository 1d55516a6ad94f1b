// mqadmin: finds the command, reads its options, carries it out.
#pragma once

#include <functional>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

#include "admin/task.hpp"
#include "base/result.hpp"
#include "base/runtime.hpp"
#include "model/host.hpp"
#include "remoting/transport.hpp"

namespace tern::cli {

// What the process gives: everything that a command touches of the world.
struct CliEnvironment {
    remoting::Transport& transport;
    Runtime runtime;
    admin::RunUntil run_until;  // Runs the loop of both until the condition holds.
    std::ostream& out;
    std::ostream& err;
    std::function<std::optional<std::string>(std::string_view name)>
        variable{};  // Of the process's environment.
    std::function<Result<>(const std::string& path, std::string_view content)>
        write_file{};  // Makes directories, too.
    std::function<Result<std::string>(const std::string& path)> read_file{};
    model::Host address{};    // Ours, in the ids of the messages we send, and
    std::uint16_t process{};  // the process's.
};

inline constexpr int exit_ok = 0;
inline constexpr int exit_usage = 1;   // The command line is wrong: nothing was done.
inline constexpr int exit_failed = 2;  // The operation failed; a message on err says what and what to do.

// args are what follows the name of the program. The NameServers come from -n or from NAMESRV_ADDR.
int run_mqadmin(std::span<const std::string_view> args, CliEnvironment& environment);

}  // namespace tern::cli
