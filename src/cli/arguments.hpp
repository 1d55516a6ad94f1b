// The options that a command was called with, checked against its rows.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cli/option.hpp"

namespace tern::cli {

// Values by long name. Asking for an option that the command does not have is our own mistake.
class Arguments {
public:
    // "-t value", "-t=value", "--topic value" and "--topic=value". Errc::invalid_argument names the option
    // and what is wrong: not known, missing, without its value, no number, neither true nor false, not with
    // that other one.
    static Result<Arguments> parse(std::span<const Option> options, std::span<const std::string_view> words);

    bool has(std::string_view long_name) const { return values_.contains(long_name); }
    // Empty when it was not given.
    std::string text(std::string_view long_name) const;
    std::optional<std::string> optional_text(std::string_view long_name) const;
    std::optional<std::int64_t> number(std::string_view long_name) const;
    // False when it was not given.
    bool is_true(std::string_view long_name) const;
    bool boolean(std::string_view long_name, bool otherwise) const;

private:
    std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace tern::cli
