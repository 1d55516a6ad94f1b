#include "cli/runtime_values.hpp"

#include <charconv>

#include "base/text.hpp"

namespace tern::cli {

std::string RuntimeValues::text(const std::string& name, std::string_view otherwise) const {
    if (info_ == nullptr) return "";
    const auto found = info_->find(name);
    return found == info_->end() ? std::string{otherwise} : found->second;
}

std::int64_t RuntimeValues::integer(const std::string& name) const {
    return parse_number<std::int64_t>(text(name)).value_or(0);
}

double RuntimeValues::real(const std::string& name) const {
    const auto whole = text(name);
    double value = 0;
    std::from_chars(whole.data(), whole.data() + whole.size(), value);
    return value;
}

DayTotals::DayTotals(const RuntimeValues& values, const std::string& what)
    : yesterday{values.integer(what + "TodayMorning") - values.integer(what + "YesterdayMorning")},
      today{values.integer(what + "TodayNow") - values.integer(what + "TodayMorning")} {}

}  // namespace tern::cli
