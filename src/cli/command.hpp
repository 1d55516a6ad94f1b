// A command of mqadmin: a row with its name, options and examples, and the function that carries it out.
#pragma once

#include <array>
#include <functional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

#include "admin/admin.hpp"
#include "admin/task.hpp"
#include "base/result.hpp"
#include "base/runtime.hpp"
#include "cli/arguments.hpp"
#include "cli/option.hpp"
#include "json/value.hpp"

namespace tern::cli {

// What a command works with. Lives until its task has ended.
struct Invocation {
    const Arguments& arguments;
    admin::Admin& admin;
    const Runtime& runtime;
    std::ostream& out;
    // Writes a file that a person may look at afterwards: where a message's body is kept.
    std::function<Result<>(const std::string& path, std::string_view content)> write_file;
    std::function<Result<std::string>(const std::string& path)> read_file;

    // One document for programs, instead of anything for people.
    bool wants_json() const { return arguments.has("json"); }
    void print(const json::Value& document) const;
};

struct Command {
    std::string_view name;  // RocketMQ's; matched without regard to case.
    std::string_view description;
    std::span<const Option> options;           // Beside those that all commands have.
    std::array<std::string_view, 2> examples;  // Without the name of the program.
    admin::Task<Result<>> (*run)(Invocation&);
    // Instead of run, of a command that is known and not served: what there is none of, and what to do
    // instead.
    std::string_view not_served{};
};

// Every command, in the order of RocketMQ's help.
std::span<const Command* const> all_commands();
// Null when there is none of that name.
const Command* find_command(std::string_view name);

// The command's rows and those that every command has.
std::vector<Option> options_of(const Command& command);

}  // namespace tern::cli
