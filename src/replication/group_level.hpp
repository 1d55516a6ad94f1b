// The feature level of a group: the highest that any change in its log needs to be understood. Who knows less
// cannot follow the log any more, and is told so when its link is made.
#pragma once

#include <algorithm>
#include <string>

#include "base/text.hpp"
#include "replication/table.hpp"

namespace tern::replication {

class GroupLevel final : public Table {
public:
    std::int32_t value() const { return level_; }

    std::string_view file_name() const override { return "featureLevel"; }
    bool java_file() const override { return false; }
    void apply(const InternalRecord& change, const AppliedAt&) override {
        level_ = std::max(level_, change.level);
    }
    std::string text() const override { return std::to_string(level_); }
    Result<> restore(std::string_view text) override {
        const auto level = parse_number<std::int32_t>(text);
        if (!level) return failure(Errc::malformed, "not a feature level: " + std::string{text});
        level_ = *level;
        return {};
    }
    void clear() override { level_ = base_level; }
    std::uint64_t revision() const override { return static_cast<std::uint64_t>(level_); }

private:
    std::int32_t level_{base_level};
};

}  // namespace tern::replication
