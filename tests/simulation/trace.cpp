#include "simulation/trace.hpp"

#include <fmt/format.h>

namespace tern::simulation {
namespace {

std::string_view level_name(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warning:
            return "warning";
        case LogLevel::error:
            return "error";
    }
    return {};
}

}  // namespace

std::string TraceLine::text() const {
    return fmt::format("{:12.6f}  {:<12} {:<7} {} {}",
                       std::chrono::duration<double>{at.time_since_epoch()}.count(), process,
                       level_name(level), event, fields);
}

void Trace::add(std::string_view process, LogLevel level, std::string_view event, Log::Fields fields) {
    TraceLine line{time_.now(), std::string{process}, level, std::string{event}, {}};
    for (const auto& field : fields) {
        if (!line.fields.empty()) line.fields += ' ';
        line.fields += fmt::format("{}={}", field.name, field.value);
    }
    for (const auto& follower : followers_) follower(line);
    lines_.push_back(std::move(line));
    if (lines_.size() > lines_max) lines_.pop_front();
}

std::string Trace::last(std::size_t count) const {
    std::string text;
    for (std::size_t i = lines_.size() - std::min(count, lines_.size()); i < lines_.size(); ++i)
        text += lines_[i].text() + "\n";
    return text;
}

}  // namespace tern::simulation
