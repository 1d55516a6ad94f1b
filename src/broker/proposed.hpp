// Configurations that were proposed and are not committed yet, by name: what a table will say.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/string_map.hpp"

namespace tern::broker {

// name is the member of a Config by which it is found.
template <class Config, auto name>
class Proposed {
public:
    // Of several that are under way the newest.
    const Config* find(std::string_view wanted) const {
        if (entries_.empty()) return nullptr;
        const auto found = entries_.find(wanted);
        return found == entries_.end() ? nullptr : &found->second.config;
    }
    std::size_t size() const { return entries_.size(); }
    void forget(const std::string& gone) { entries_.erase(gone); }

    // Calls propose_record with what it has to call when the record's end is known; committed is told then.
    // They are found from the moment that they are proposed until then.
    template <class Done, class ProposeRecord>
    Result<> propose(std::vector<Config> configs, Done committed, ProposeRecord propose_record) {
        const std::uint64_t number = ++proposals_;
        std::vector<std::string> names;
        for (const auto& config : configs) names.push_back(std::invoke(name, config));
        auto proposed = propose_record(
            [this, number, names, done = std::make_unique<Done>(std::move(committed))](Result<> outcome) {
                for (const auto& ended : names) {
                    const auto found = entries_.find(ended);
                    if (found != entries_.end() && found->second.proposal == number) entries_.erase(found);
                }
                (*done)(std::move(outcome));
            });
        if (!proposed) return proposed;
        for (std::size_t n = 0; n < configs.size(); ++n)
            entries_.insert_or_assign(names[n], Entry{std::move(configs[n]), number});
        return {};
    }

private:
    struct Entry {
        Config config;
        std::uint64_t proposal;
    };
    StringMap<Entry> entries_;
    std::uint64_t proposals_{0};
};

}  // namespace tern::broker
