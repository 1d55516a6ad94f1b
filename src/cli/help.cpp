#include "cli/help.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tern::cli {
namespace {

constexpr std::size_t line_width = 110;  // Of usage lines, as RocketMQ's.

std::string_view argument_of(const Option& option) {
    switch (option.takes) {
        case Takes::nothing:
            return "";
        case Takes::text:
            return " <text>";
        case Takes::number:
            return " <number>";
        case Takes::boolean:
            return " <true|false>";
    }
    return "";
}

std::vector<Option> sorted_options_of(const Command& command) {
    auto options = options_of(command);
    std::ranges::sort(options, {}, [](const Option& option) {
        return option.short_name.empty() ? option.long_name : option.short_name;
    });
    return options;
}

std::string short_usage_of(const Option& option) {
    const auto name = option.short_name.empty() ? fmt::format("--{}", option.long_name)
                                                : fmt::format("-{}", option.short_name);
    return fmt::format("{}{}", name, argument_of(option));
}

// "mqadmin topicRoute [-l] -t <text> …", broken between options.
std::string usage_of(const Command& command, const std::vector<Option>& options) {
    std::vector<std::string> parts;
    std::string choice;
    for (const auto& option : options) {
        const auto part = short_usage_of(option);
        if (option.need == Need::one_of) {
            choice.append(choice.empty() ? "(" : " | ").append(part);
        } else {
            parts.push_back(option.need == Need::must ? part : "[" + part + "]");
        }
    }
    if (!choice.empty()) parts.insert(parts.begin(), choice + ")");
    std::string text;
    std::string line = fmt::format("usage: mqadmin {}", command.name);
    for (const auto& part : parts) {
        if (line.size() + 1 + part.size() > line_width) {
            text.append(line) += '\n';
            line = "      ";
        }
        line.append(" ").append(part);
    }
    return text.append(line) += '\n';
}

std::string lower(std::string_view text) {
    std::string out{text};
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

// Parts of a table's cells that would end them.
std::string cell(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '|') out += '\\';
        out += c;
    }
    return out;
}

}  // namespace

std::string list_of_commands() {
    std::string text = "The most commonly used mqadmin commands are:\n";
    for (const auto* command : all_commands())
        text += fmt::format("   {:<35} {}\n", command->name, command->description);
    return text += "\nSee 'mqadmin help <command>' for more information on a specific command.\n";
}

std::string help_of(const Command& command) {
    const auto options = sorted_options_of(command);
    std::string text = usage_of(command, options);
    std::vector<std::string> names;
    for (const auto& option : options)
        names.push_back(
            option.short_name.empty()
                ? fmt::format("    --{}{}", option.long_name, argument_of(option))
                : fmt::format(" -{},--{}{}", option.short_name, option.long_name, argument_of(option)));
    const auto width = std::ranges::max(names, {}, &std::string::size).size() + 3;
    for (std::size_t i = 0; i < options.size(); ++i)
        text += fmt::format("{:<{}}{}\n", names[i], width, options[i].meaning);
    text += fmt::format("\n{}\n\nExamples:\n", command.description);
    for (const auto example : command.examples) text += fmt::format("  mqadmin {}\n", example);
    return text;
}

const Command* find_command(std::string_view name) {
    const auto wanted = lower(name);
    const auto commands = all_commands();
    const auto found =
        std::ranges::find_if(commands, [&](const Command* each) { return lower(each->name) == wanted; });
    return found == commands.end() ? nullptr : *found;
}

std::string mqadmin_reference() {
    std::string text =
        "# Commands of mqadmin\n\n"
        "Called as `mqadmin <command> <options>` or `tern admin <command> <options>`. Exit status 0: done; "
        "1: the command\n"
        "line is wrong, nothing was done; 2: the operation failed, and the last line on stderr says what and "
        "what to do.\n"
        "A question to several brokers of which one does not answer within 5 s has failed, too, and what the "
        "others told\n"
        "is printed all the same; a change stops there.\n"
        "The NameServers come from `-n` or from the variable `NAMESRV_ADDR`.\n"
        "All commands of RocketMQ's tool, and what they come to here: "
        "[compatibility](../compatibility.md#commands-of-mqadmin).\n";
    for (const auto* command : all_commands()) {
        text += fmt::format(
            "\n## {}\n\n{}\n\n| short | long | takes | needed | meaning |\n|---|---|---|---|---|\n",
            command->name, command->description);
        for (const auto& option : sorted_options_of(*command)) {
            auto takes = argument_of(option);
            if (!takes.empty()) takes = takes.substr(2, takes.size() - 3);
            const auto need = option.need == Need::must     ? "yes"
                              : option.need == Need::one_of ? "one of these"
                                                            : "";
            text += fmt::format("| {} | `--{}` | {} | {} | {} |\n",
                                option.short_name.empty() ? "" : fmt::format("`-{}`", option.short_name),
                                option.long_name, cell(takes), need, cell(option.meaning));
        }
        text += "\n```\n";
        for (const auto example : command->examples) text += fmt::format("mqadmin {}\n", example);
        text += "```\n";
    }
    return text;
}

}  // namespace tern::cli
