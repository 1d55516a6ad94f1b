// What a broker tells of its work (28), by the names of observability.md 1.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "admin/cluster.hpp"

namespace tern::cli {

// Of a broker that did not answer every number is 0 and every text empty. The broker's answer outlives it.
class RuntimeValues {
public:
    explicit RuntimeValues(const Result<admin::RuntimeInfo>& answer) {
        if (answer) info_ = &*answer;
    }
    std::string text(const std::string& name, std::string_view otherwise = "") const;
    std::int64_t integer(const std::string& name) const;
    // Of several numbers the first, which is a rate's of the last ten seconds.
    double real(const std::string& name) const;

private:
    const admin::RuntimeInfo* info_{nullptr};
};

// How many messages the days had: of msgPutTotal or msgGetTotal.
struct DayTotals {
    DayTotals(const RuntimeValues& values, const std::string& what);
    std::int64_t yesterday;
    std::int64_t today;
};

}  // namespace tern::cli
