#include "metrics/registry.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/assert.hpp"

namespace tern::metrics {
namespace {

bool is_name(std::string_view text) {
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return !text.empty() && is_letter(text.front()) &&
           std::ranges::all_of(text, [&](char c) { return is_letter(c) || is_digit(c); });
}

void append_escaped(std::string& out, std::string_view text, bool with_quotes) {
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '\\' || (with_quotes && c == '"')) out += '\\';
        out += c;
    }
}

template <class Number>
void append_number(std::string& out, Number number) {
    if constexpr (std::is_floating_point_v<Number>) {
        if (std::isnan(number)) {
            out += "NaN";
            return;
        }
        if (std::isinf(number)) {
            out += number > 0 ? "+Inf" : "-Inf";
            return;
        }
    }
    char digits[64];
    auto written = std::to_chars(digits, digits + sizeof digits, number);
    if constexpr (std::is_floating_point_v<Number>) {
        // 100000 is easier to read than 1e+05.
        const auto size = std::abs(number);
        if (size >= 1e-6 && size < 1e15)
            written = std::to_chars(digits, digits + sizeof digits, number, std::chars_format::fixed);
    }
    out.append(digits, written.ptr);
}

void append_label(std::string& out, std::string_view name, std::string_view value) {
    out += out.back() == '{' ? "" : ",";
    out.append(name).append("=\"");
    append_escaped(out, value, true);
    out += '"';
}

// One line: name and suffix, labels (and le, if it is given), value.
template <class Number>
void append_sample(std::string& out, std::string_view name, std::string_view suffix, const Labels& labels,
                   std::string_view le, Number value) {
    out.append(name).append(suffix);
    if (!labels.empty() || !le.empty()) {
        out += '{';
        for (const auto& [label, text] : labels) append_label(out, label, text);
        if (!le.empty()) append_label(out, "le", le);
        out += '}';
    }
    out += ' ';
    append_number(out, value);
    out += '\n';
}

void append_histogram(std::string& out, std::string_view name, const Labels& labels,
                      const Histogram& histogram, const Scale& scale) {
    for (const auto bound : scale.bounds) {
        std::string le;
        append_number(le, static_cast<double>(bound) / scale.units_in_one);
        append_sample(out, name, "_bucket", labels, le, histogram.count_at_most(bound));
    }
    append_sample(out, name, "_bucket", labels, "+Inf", histogram.count());
    append_sample(out, name, "_sum", labels, "", static_cast<double>(histogram.sum()) / scale.units_in_one);
    append_sample(out, name, "_count", labels, "", histogram.count());
}

template <class... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};

}  // namespace

void Registry::add(std::string_view name, std::string_view help, const Counter& counter, Labels labels) {
    add_series(name, help, "counter", &counter, std::move(labels));
}

void Registry::add(std::string_view name, std::string_view help, const std::uint64_t& count, Labels labels) {
    add_series(name, help, "counter", &count, std::move(labels));
}

void Registry::add(std::string_view name, std::string_view help, const Gauge& gauge, Labels labels) {
    add_series(name, help, "gauge", &gauge, std::move(labels));
}

void Registry::add(std::string_view name, std::string_view help, const Histogram& histogram,
                   const Scale& scale, Labels labels) {
    add_series(name, help, "histogram", ShownHistogram{&histogram, scale}, std::move(labels));
}

void Registry::add(std::string_view name, std::string_view help, std::function<double()> level,
                   Labels labels) {
    add_series(name, help, "gauge", std::move(level), std::move(labels));
}

void Registry::add(std::string_view name, std::string_view help, std::function<std::vector<Level>()> levels) {
    add_series(name, help, "gauge", std::move(levels), {});
}

void Registry::add_series(std::string_view name, std::string_view help, std::string_view type, Source source,
                          Labels labels) {
    TERN_ASSERT(is_name(name));
    for (const auto& [label, value] : labels) TERN_ASSERT(is_name(label));
    auto& family =
        families_.try_emplace(std::string{name}, Family{std::string{help}, type, {}}).first->second;
    TERN_ASSERT(family.type == type && family.help == help);
    TERN_ASSERT(std::ranges::find(family.series, labels, &Series::labels) == family.series.end());
    family.series.push_back({std::move(labels), std::move(source)});
}

std::string Registry::text() const {
    std::string out;
    for (const auto& [name, family] : families_) {
        out.append("# HELP ").append(name).append(" ");
        append_escaped(out, family.help, false);
        out.append("\n# TYPE ").append(name).append(" ").append(family.type).append("\n");
        for (const auto& [labels, source] : family.series) {
            const auto append_value = [&](auto value) { append_sample(out, name, "", labels, "", value); };
            std::visit(Overloaded{[&](const Counter* counter) { append_value(counter->value()); },
                                  [&](const std::uint64_t* count) { append_value(*count); },
                                  [&](const Gauge* gauge) { append_value(gauge->value()); },
                                  [&](const std::function<double()>& level) { append_value(level()); },
                                  [&](const std::function<std::vector<Level>()>& levels) {
                                      for (const auto& level : levels())
                                          append_sample(out, name, "", level.labels, "", level.value);
                                  },
                                  [&](const ShownHistogram& shown) {
                                      append_histogram(out, name, labels, *shown.histogram, shown.scale);
                                  }},
                       source);
        }
    }
    return out;
}

}  // namespace tern::metrics
