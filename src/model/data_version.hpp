// Which version of a table somebody has: a broker's topics at the NameServer, a master's groups at its slave.
#pragma once

#include <compare>
#include <cstdint>
#include <tuple>

#include "base/fields.hpp"
#include "base/runtime.hpp"

namespace tern::model {

// Equal versions mean equal tables. Of two that differ the one of the later epoch counts, then that with more
// changes.
struct DataVersion {
    std::int64_t counter{};
    std::int64_t
        state_version{};  // The epoch of the master that made the change; 0 where there are no epochs.
    WallMillis timestamp{};

    void advance(std::int64_t epoch, WallMillis now) {
        ++counter;
        state_version = epoch;
        timestamp = now;
    }
    static constexpr auto fields() {
        using V = DataVersion;
        return list_of(optional_field("counter", &V::counter),
                       optional_field("stateVersion", &V::state_version),
                       optional_field("timestamp", &V::timestamp));
    }
    friend bool operator==(const DataVersion&, const DataVersion&) = default;
    friend std::strong_ordering operator<=>(const DataVersion& a, const DataVersion& b) {
        return std::tie(a.state_version, a.counter, a.timestamp) <=>
               std::tie(b.state_version, b.counter, b.timestamp);
    }
};

}  // namespace tern::model
