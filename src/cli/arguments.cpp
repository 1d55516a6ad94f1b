#include "cli/arguments.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace tern::cli {
namespace {

std::string name_of(const Option& option) {
    return option.short_name.empty() ? "--" + std::string{option.long_name}
                                     : "-" + std::string{option.short_name};
}

std::unexpected<Error> refuse(std::string words) {
    return failure(Errc::invalid_argument, std::move(words));
}

const Option* find_option(std::span<const Option> options, std::string_view word) {
    const bool is_long = word.starts_with("--");
    const auto name = word.substr(is_long ? 2 : 1);
    const auto found = std::ranges::find_if(options, [&](const Option& option) {
        return name == option.long_name || (!is_long && !name.empty() && name == option.short_name);
    });
    return found == options.end() ? nullptr : &*found;
}

Result<> check_value(const Option& option, std::string_view value) {
    const auto what = name_of(option) + " (" + std::string{option.long_name} + "): " + std::string{value};
    if (option.takes == Takes::number && !parse_number<std::int64_t>(value))
        return refuse("not a number: " + what);
    if (option.takes == Takes::boolean && value != "true" && value != "false")
        return refuse("neither true nor false: " + what);
    return {};
}

}  // namespace

Result<Arguments> Arguments::parse(std::span<const Option> options, std::span<const std::string_view> words) {
    Arguments arguments;
    for (std::size_t i = 0; i < words.size(); ++i) {
        auto word = words[i];
        if (word.size() < 2 || word.front() != '-') return refuse("not an option: " + std::string{word});
        std::optional<std::string_view> value;
        const auto* option = find_option(options, word);
        if (const auto equals = word.find('='); option == nullptr && equals != std::string_view::npos) {
            value = word.substr(equals + 1);
            word = word.substr(0, equals);
            option = find_option(options, word);
        }
        if (option == nullptr) return refuse("Unrecognized option: " + std::string{word});
        if (option->takes == Takes::nothing) {
            if (value) return refuse("option takes no value: " + name_of(*option));
        } else if (!value) {
            if (i + 1 == words.size()) return refuse("Missing argument for option: " + name_of(*option));
            value = words[++i];
        }
        if (auto checked = check_value(*option, value.value_or("")); !checked)
            return std::unexpected{checked.error()};
        arguments.values_.insert_or_assign(std::string{option->long_name}, std::string{value.value_or("")});
    }
    std::string alternatives;
    std::size_t chosen = 0;
    bool must_choose = false;
    for (const auto& option : options) {
        if (option.need == Need::must && !arguments.has(option.long_name))
            return refuse("Missing required option: " + name_of(option));
        if (option.need != Need::one_of) continue;
        must_choose = true;
        alternatives.append(alternatives.empty() ? "" : ", ").append(name_of(option));
        chosen += arguments.has(option.long_name) ? 1 : 0;
    }
    if (must_choose && chosen != 1)
        return refuse("Exactly one of these options is required: " + alternatives);
    return arguments;
}

std::string Arguments::text(std::string_view long_name) const {
    return optional_text(long_name).value_or(std::string{});
}

std::optional<std::string> Arguments::optional_text(std::string_view long_name) const {
    const auto found = values_.find(long_name);
    if (found == values_.end()) return std::nullopt;
    return found->second;
}

std::optional<std::int64_t> Arguments::number(std::string_view long_name) const {
    const auto found = values_.find(long_name);
    if (found == values_.end()) return std::nullopt;
    const auto number = parse_number<std::int64_t>(found->second);
    TERN_ASSERT(number);
    return number;
}

bool Arguments::is_true(std::string_view long_name) const {
    return boolean(long_name, false);
}

bool Arguments::boolean(std::string_view long_name, bool otherwise) const {
    const auto found = values_.find(long_name);
    return found == values_.end() ? otherwise : found->second == "true";
}

}  // namespace tern::cli
