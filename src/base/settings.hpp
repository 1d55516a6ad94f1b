// A setting is one row: its name, its place in a config struct, its bounds, when a change applies, and its
// sentence for the reference page. The default is the struct's own. Parser, run-time update, listing and
// reference page are read from the rows:
//
//   struct StoreConfig {
//       std::int32_t file_reserved_hours{72};
//       FlushDiskType flush_disk_type{FlushDiskType::async_flush};
//       static constexpr auto settings() {
//           using C = StoreConfig;
//           return list_of(
//               setting("fileReservedTime", &C::file_reserved_hours, at_least(1), Apply::at_once,
//                       "How long a segment is kept after its last write.", "h"),
//               setting("flushDiskType", &C::flush_disk_type, Apply::at_restart, "When an answer leaves."),
//           );
//       }
//   };
//
// Members are bool, integers, double, std::string, or an enum with enum_names().
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/enum_names.hpp"
#include "base/list_of.hpp"
#include "base/log.hpp"
#include "base/properties.hpp"
#include "base/result.hpp"
#include "base/text.hpp"

namespace tern {

enum class Apply {
    at_once,     // May be changed at run time.
    at_restart,  // Stands as the process found it.
};

template <class Number>
struct Bounds {
    std::optional<Number> least;
    std::optional<Number> most;
};
template <class Number>
constexpr Bounds<Number> at_least(Number least) {
    return {.least = least, .most = {}};
}
template <class Number>
constexpr Bounds<Number> at_most(Number most) {
    return {.least = {}, .most = most};
}
template <class Number>
constexpr Bounds<Number> between(Number least, Number most) {
    return {.least = least, .most = most};
}

// What a text must be like, for those that have a grammar of their own.
struct Shape {
    bool (*accepts)(std::string_view text);
    std::string_view words;  // "hours of the day, such as 04;16"
};

template <class Config, class Value, class Limit>
struct Setting {
    std::string_view name;
    Value Config::* member;
    Limit limit;
    Apply apply;
    std::string_view meaning;
    std::string_view unit;
};

struct Unlimited {};
// A text that is written in a file and shown to nobody.
struct Secret {};

template <class Config, class Value>
constexpr auto setting(std::string_view name, Value Config::* member, Apply apply, std::string_view meaning,
                       std::string_view unit = {}) {
    return Setting<Config, Value, Unlimited>{name, member, {}, apply, meaning, unit};
}
template <class Config, class Value, class Number>
constexpr auto setting(std::string_view name, Value Config::* member, Bounds<Number> bounds, Apply apply,
                       std::string_view meaning, std::string_view unit = {}) {
    return Setting<Config, Value, Bounds<Number>>{name, member, bounds, apply, meaning, unit};
}
template <class Config>
constexpr auto setting(std::string_view name, std::string Config::* member, Shape shape, Apply apply,
                       std::string_view meaning, std::string_view unit = {}) {
    return Setting<Config, std::string, Shape>{name, member, shape, apply, meaning, unit};
}

template <class Config>
constexpr auto setting(std::string_view name, std::string Config::* member, Secret secret, Apply apply,
                       std::string_view meaning) {
    return Setting<Config, std::string, Secret>{name, member, secret, apply, meaning, {}};
}

// Names that files of RocketMQ hold and that are no settings of ours.
struct ForeignSettings {
    struct Unsupported {
        std::string_view name;
        std::string_view only_value;  // How we behave; any other value asks for what we do not have.
    };
    // Another spelling of one of our names, found in the wild.
    struct Alias {
        std::string_view name;
        std::string_view means;
    };
    std::span<const std::string_view>
        without_effect;  // They steer what does not exist here: Java's threads, Netty.
    std::span<const Unsupported> unsupported;
    std::span<const Alias> aliases{};
};

template <class Name, std::size_t... sizes>
constexpr auto join_names(const std::array<Name, sizes>&... lists) {
    std::array<Name, (sizes + ...)> all{};
    auto end = all.begin();
    ((end = std::copy(lists.begin(), lists.end(), end)), ...);
    return all;
}

// What a person should know about a text that was accepted.
struct SettingNote {
    enum class Kind { unknown, without_effect, unsupported };
    Kind kind;
    std::string at;  // "broker.conf:3"; without a line where the property has none.
    Property property;
    std::string advice;  // The nearest known name, or the only value that is supported; may be empty.
};
void log_notes(Log& log, std::span<const SettingNote> notes);

// One setting at run time.
struct SettingChange {
    std::string name;  // As we call it, whatever alias was used.
    std::string before;
    std::string after;
};

// The rows of all config structs that one flat file feeds, bound to the objects that hold the values; those
// outlive it. A name that several structs have is set in all of them. Owned by the loop that reads the
// values.
class Settings {
public:
    template <class... Configs>
    explicit Settings(const ForeignSettings& foreign, Configs&... configs) : foreign_{foreign} {
        (bind(configs), ...);
    }

    // What a file says at the start. The first bad value ends it: Errc::invalid_argument with file, line,
    // key, value, and what would be right; the objects are then not to be used.
    Result<std::vector<SettingNote>> apply(std::string_view file_name, std::span<const Property> properties);
    // Of all that was applied: the log opens when the settings have been read.
    std::span<const SettingNote> notes() const { return notes_; }

    // What would change at run time, each setting once. Errc::no_permission for a setting that stands until
    // the restart, Errc::invalid_argument for a bad value (as at the start) and for a name that is no setting
    // of ours: somebody waits for the answer, and would take silence for a change.
    Result<std::vector<SettingChange>> check_update(std::span<const Property> properties) const;
    // Changes what check_update() gave.
    void update(std::span<const SettingChange> changes);

    bool has(std::string_view name) const { return find(name) != nullptr; }
    // As we call it; nothing for a name that is no setting of ours.
    std::optional<std::string_view> name_of(std::string_view name_or_alias) const;
    std::optional<std::string> value(std::string_view name) const;
    // "key=value\n" for each row, in the order of the rows.
    std::string text() const;
    // A markdown table of all rows.
    std::string reference() const;

private:
    struct Row {
        std::string_view name;
        std::string_view meaning;
        std::string_view unit;
        Apply apply;
        std::string takes;  // In words: "a whole number of at least 1".
        std::string default_value;
        std::function<bool(std::string_view)> accepts;
        std::function<void(std::string_view)> set;  // Only what it accepts.
        std::function<std::string()> get;
    };

    template <class Config>
    void bind(Config& config);
    const Row* find(std::string_view name) const;
    void set(std::string_view name, std::string_view value);
    std::string complaint(const Row& row, std::string_view value) const;
    // About a property that no row has.
    std::optional<SettingNote> note_on(const Property& property, std::string at = {}) const;
    std::string why_unknown(const Property& property) const;
    std::string nearest_name(std::string_view name) const;

    ForeignSettings foreign_;
    std::vector<Row> rows_;
    std::vector<SettingNote> notes_;
};

// The text of one value, and back; what the rows' functions are made of.
namespace setting_text {

std::optional<bool> parse_bool(std::string_view text);
std::optional<double> parse_double(std::string_view text);
std::string print_double(double value);
std::string whole_number_in(std::optional<std::int64_t> least, std::optional<std::int64_t> most);
std::string number_in(std::optional<double> least, std::optional<double> most);
std::string one_of(std::span<const std::string_view> names);

template <class Value>
std::optional<Value> parse(std::string_view text) {
    if constexpr (std::is_same_v<Value, bool>) {
        return parse_bool(text);
    } else if constexpr (NamedEnum<Value>) {
        return parse_enum<Value>(text);
    } else if constexpr (std::is_integral_v<Value>) {
        return parse_number<Value>(text);
    } else if constexpr (std::is_same_v<Value, double>) {
        return parse_double(text);
    } else {
        return std::string{text};
    }
}

template <class Value>
std::string print(const Value& value) {
    if constexpr (std::is_same_v<Value, bool>) {
        return value ? "true" : "false";
    } else if constexpr (NamedEnum<Value>) {
        return std::string{enum_name(value)};
    } else if constexpr (std::is_integral_v<Value>) {
        return std::to_string(value);
    } else if constexpr (std::is_same_v<Value, double>) {
        return print_double(value);
    } else {
        return value;
    }
}

template <class Value, class Limit>
bool is_within(const Value& value, const Limit& limit) {
    if constexpr (std::is_same_v<Limit, Unlimited> || std::is_same_v<Limit, Secret>) {
        return true;
    } else if constexpr (std::is_same_v<Limit, Shape>) {
        return limit.accepts(value);
    } else {
        return (!limit.least || value >= *limit.least) && (!limit.most || value <= *limit.most);
    }
}

template <class Value, class Limit>
std::string words(const Limit& limit) {
    if constexpr (std::is_same_v<Limit, Shape>) {
        return std::string{limit.words};
    } else if constexpr (std::is_same_v<Value, bool>) {
        return "true or false";
    } else if constexpr (NamedEnum<Value>) {
        return one_of(enum_names(Value{}));
    } else if constexpr (std::is_same_v<Value, std::string>) {
        return "text";
    } else if constexpr (std::is_same_v<Limit, Unlimited>) {
        return std::is_integral_v<Value> ? whole_number_in({}, {}) : number_in({}, {});
    } else if constexpr (std::is_integral_v<Value>) {
        return whole_number_in(limit.least, limit.most);
    } else {
        return number_in(limit.least, limit.most);
    }
}

}  // namespace setting_text

template <class Config>
void Settings::bind(Config& config) {
    const Config defaults{};
    const auto add = [&]<class Value, class Limit>(const Setting<Config, Value, Limit>& row) {
        Value& place = config.*row.member;
        rows_.push_back(Row{
            .name = row.name,
            .meaning = row.meaning,
            .unit = row.unit,
            .apply = row.apply,
            .takes = setting_text::words<Value>(row.limit),
            .default_value = setting_text::print(defaults.*row.member),
            .accepts =
                [limit = row.limit](std::string_view text) {
                    const auto value = setting_text::parse<Value>(text);
                    return value && setting_text::is_within(*value, limit);
                },
            .set = [&place](std::string_view text) { place = *setting_text::parse<Value>(text); },
            .get = [&place]() -> std::string {
                if (std::is_same_v<Limit, Secret> && place != Value{}) return "******";
                return setting_text::print(place);
            },
        });
    };
    Config::settings()([&](const auto&... row) { (add(row), ...); });
}

}  // namespace tern
