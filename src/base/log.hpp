// A log line is an event: a name, the same as in the code that decides, and fields, values last. Pure code
// returns what happened instead; its driver logs.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace tern {

enum class LogLevel { debug, info, warning, error };
constexpr std::array<std::string_view, 4> enum_names(LogLevel) {
    return {"DEBUG", "INFO", "WARN", "ERROR"};
}

struct LogField {
    template <class Int>
        requires std::is_integral_v<Int>
    LogField(std::string_view field_name, Int number) : name{field_name}, value{std::to_string(number)} {}
    LogField(std::string_view field_name, std::string_view text) : name{field_name}, value{text} {}
    LogField(std::string_view field_name, const char* text) : name{field_name}, value{text} {}
    LogField(std::string_view field_name, const std::string& text) : name{field_name}, value{text} {}

    std::string_view name;
    std::string value;
};

class Log {
public:
    using Fields = std::initializer_list<LogField>;

    virtual ~Log() = default;
    void debug(std::string_view event, Fields fields = {}) { write(LogLevel::debug, event, fields); }
    void info(std::string_view event, Fields fields = {}) { write(LogLevel::info, event, fields); }
    void warning(std::string_view event, Fields fields = {}) { write(LogLevel::warning, event, fields); }
    void error(std::string_view event, Fields fields = {}) { write(LogLevel::error, event, fields); }

    virtual void write(LogLevel level, std::string_view event, Fields fields) = 0;
    // What is below it is left out from now on, where the log can leave anything out.
    virtual void set_level(LogLevel) {}
};

// For tests and for parts that have nothing to say.
class SilentLog final : public Log {
public:
    void write(LogLevel, std::string_view, Fields) override {}
};

}  // namespace tern
