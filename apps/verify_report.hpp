// What tern verify prints at the end.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "admin/send_account.hpp"

namespace tern::apps {

struct VerifyReport {
    std::string broker_name;
    std::string topic;
    std::size_t members{0};  // Through which was sent.
    Duration took{};
    admin::Totals totals;
    std::vector<admin::Fault> faults;
    std::string missing;  // Of a whole group, at the end; empty: nothing.

    // Something was acknowledged, and all of it is there.
    bool is_good() const { return totals.nothing_is_wrong() && totals.acknowledged > 0; }
    std::string table() const;
    std::string json() const;
};

}  // namespace tern::apps
