#include "base/settings.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <numeric>

#include "base/assert.hpp"

namespace tern {
namespace {

std::string lower(std::string_view text) {
    std::string out{text};
    std::ranges::transform(out, out.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

// How many letters to insert, drop, replace or swap with their neighbour; case does not count.
std::size_t edit_distance(std::string_view from, std::string_view to) {
    const auto a = lower(from);
    const auto b = lower(to);
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> current(b.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            current[j] = std::min({replaced, last[j] + 1, current[j - 1] + 1});
            const bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (is_swap) current[j] = std::min(current[j], before_last[j - 2] + 1);
        }
        before_last.swap(last);
        last.swap(current);
    }
    return last.back();
}

// Beyond this distance nobody would take the other name for a slip of the pen.
std::size_t edit_distance_max(std::string_view name) {
    return std::max<std::size_t>(2, name.size() / 3);
}

constexpr std::size_t compared_name_size_max = 128;  // No setting is longer.

}  // namespace

Result<std::vector<SettingNote>> Settings::apply(std::string_view file_name,
                                                 std::span<const Property> properties) {
    std::vector<SettingNote> notes;
    for (const auto& property : properties) {
        std::string at{file_name};
        if (property.line > 0) at += ":" + std::to_string(property.line);
        const auto* row = find(property.key);
        if (row == nullptr) {
            if (auto note = note_on(property, std::move(at))) notes.push_back(std::move(*note));
            continue;
        }
        const auto value = trim(property.value);
        if (!row->accepts(value)) return failure(Errc::invalid_argument, at + ": " + complaint(*row, value));
        set(row->name, value);
    }
    notes_.insert(notes_.end(), notes.begin(), notes.end());
    return notes;
}

Result<std::vector<SettingChange>> Settings::check_update(std::span<const Property> properties) const {
    std::vector<SettingChange> changes;
    for (const auto& property : properties) {
        const auto* row = find(property.key);
        const auto value = trim(property.value);
        if (row == nullptr) return failure(Errc::invalid_argument, why_unknown(property));
        if (row->apply == Apply::at_restart)
            return failure(Errc::no_permission,
                           "Can not update " + property.key + " at run time: it stands until the restart");
        if (!row->accepts(value)) return failure(Errc::invalid_argument, complaint(*row, value));
        const auto known = std::ranges::find(changes, row->name, &SettingChange::name);
        if (known != changes.end()) {
            known->after = value;
        } else {
            changes.push_back({std::string{row->name}, row->get(), std::string{value}});
        }
    }
    return changes;
}

void Settings::update(std::span<const SettingChange> changes) {
    for (const auto& change : changes) set(change.name, change.after);
}

std::string Settings::why_unknown(const Property& property) const {
    using Kind = SettingNote::Kind;
    const auto note = note_on(property);
    if (note && note->kind == Kind::without_effect)
        return property.key + " is a setting of RocketMQ's that steers nothing here";
    if (!note || note->kind == Kind::unsupported)
        return property.key + " is a setting of RocketMQ's that is not supported here: it acts as " +
               (note ? note->advice : property.value);
    return "unknown setting " + property.key +
           (note->advice.empty() ? "" : ", did you mean " + note->advice + "?");
}

std::optional<std::string_view> Settings::name_of(std::string_view name_or_alias) const {
    const auto* row = find(name_or_alias);
    if (row == nullptr) return std::nullopt;
    return row->name;
}

std::optional<std::string> Settings::value(std::string_view name) const {
    const auto* row = find(name);
    if (row == nullptr) return std::nullopt;
    return row->get();
}

std::string Settings::text() const {
    std::string out;
    for (const auto& row : rows_)
        if (find(row.name) == &row) append_property(out, row.name, row.get());
    return out;
}

std::string Settings::reference() const {
    std::string out = "| Key | Default | Takes | Applies | Meaning |\n|---|---|---|---|---|\n";
    for (const auto& row : rows_) {
        if (find(row.name) != &row) continue;
        const std::string unit = row.unit.empty() ? "" : " " + std::string{row.unit};
        out += "| `" + std::string{row.name} + "` | ";
        out += row.default_value.empty() ? "" : "`" + row.default_value + "`" + unit;
        out += " | " + row.takes + " | ";
        out += row.apply == Apply::at_once ? "at once" : "at restart";
        out += " | " + std::string{row.meaning} + " |\n";
    }
    return out;
}

const Settings::Row* Settings::find(std::string_view name) const {
    const auto alias = std::ranges::find(foreign_.aliases, name, &ForeignSettings::Alias::name);
    const auto row =
        std::ranges::find(rows_, alias == foreign_.aliases.end() ? name : alias->means, &Row::name);
    return row == rows_.end() ? nullptr : &*row;
}

void Settings::set(std::string_view name, std::string_view value) {
    for (const auto& row : rows_)
        if (row.name == name) row.set(value);
}

std::string Settings::complaint(const Row& row, std::string_view value) const {
    std::string out{row.name};
    out += "=";
    out += value;
    out += " is not right: it takes " + row.takes;
    if (!row.unit.empty()) out += ", in " + std::string{row.unit};
    if (!row.default_value.empty()) out += " (default " + row.default_value + ")";
    return out;
}

std::optional<SettingNote> Settings::note_on(const Property& property, std::string at) const {
    using Kind = SettingNote::Kind;
    if (std::ranges::find(foreign_.without_effect, property.key) != foreign_.without_effect.end())
        return SettingNote{Kind::without_effect, std::move(at), property, {}};
    const auto unsupported =
        std::ranges::find(foreign_.unsupported, property.key, &ForeignSettings::Unsupported::name);
    if (unsupported == foreign_.unsupported.end())
        return SettingNote{Kind::unknown, std::move(at), property, nearest_name(property.key)};
    if (lower(trim(property.value)) == lower(unsupported->only_value)) return std::nullopt;
    return SettingNote{Kind::unsupported, std::move(at), property, std::string{unsupported->only_value}};
}

std::string Settings::nearest_name(std::string_view name) const {
    if (name.size() > compared_name_size_max) return {};
    std::string_view nearest;
    std::size_t distance = edit_distance_max(name) + 1;
    const auto consider = [&](std::string_view candidate) {
        if (const auto d = edit_distance(name, candidate); d < distance) {
            distance = d;
            nearest = candidate;
        }
    };
    for (const auto& row : rows_) consider(row.name);
    for (const auto candidate : foreign_.without_effect) consider(candidate);
    for (const auto& candidate : foreign_.unsupported) consider(candidate.name);
    return std::string{nearest};
}

void log_notes(Log& log, std::span<const SettingNote> notes) {
    for (const auto& note : notes) {
        switch (note.kind) {
            case SettingNote::Kind::unknown:
                log.warning("setting_unknown",
                            {{"at", note.at}, {"nearest", note.advice}, {"key", note.property.key}});
                break;
            case SettingNote::Kind::without_effect:
                log.info("setting_without_effect", {{"at", note.at}, {"key", note.property.key}});
                break;
            case SettingNote::Kind::unsupported:
                log.warning("setting_not_supported", {{"at", note.at},
                                                      {"supported", note.advice},
                                                      {"key", note.property.key},
                                                      {"value", note.property.value}});
                break;
        }
    }
}

namespace setting_text {

std::optional<bool> parse_bool(std::string_view text) {
    const auto word = lower(text);
    if (word == "true") return true;
    if (word == "false") return false;
    return std::nullopt;
}

std::optional<double> parse_double(std::string_view text) {
    double value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

std::string print_double(double value) {
    std::array<char, 32> text;
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
    TERN_ASSERT(error == std::errc{});
    return {text.data(), end};
}

namespace {

template <class Number, class Print>
std::string in_range(std::string kind, std::optional<Number> least, std::optional<Number> most, Print print) {
    if (least && most) return kind + " from " + print(*least) + " to " + print(*most);
    if (least) return kind + " of at least " + print(*least);
    if (most) return kind + " of at most " + print(*most);
    return kind;
}

}  // namespace

std::string whole_number_in(std::optional<std::int64_t> least, std::optional<std::int64_t> most) {
    return in_range("a whole number", least, most,
                    [](std::int64_t number) { return std::to_string(number); });
}

std::string number_in(std::optional<double> least, std::optional<double> most) {
    return in_range("a number", least, most, print_double);
}

std::string one_of(std::span<const std::string_view> names) {
    std::string out;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
        out += names[i];
    }
    return out;
}

}  // namespace setting_text
}  // namespace tern
