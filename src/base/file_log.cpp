#include "base/file_log.hpp"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace tern {
namespace {

spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

// A value stands bare where that is unambiguous, else in quotes.
void append_value(std::string& line, std::string_view value) {
    const bool plain = !value.empty() && value.find_first_of(" \t\r\n\"=") == std::string_view::npos;
    if (plain) {
        line += value;
        return;
    }
    line += '"';
    for (const char c : value) {
        if (c == '"' || c == '\\') line += '\\';
        line += c == '\n' || c == '\r' ? ' ' : c;
    }
    line += '"';
}

class FileLog final : public Log {
public:
    explicit FileLog(std::shared_ptr<spdlog::logger> logger) : logger_{std::move(logger)} {}
    ~FileLog() override { logger_->flush(); }

    void write(LogLevel level, std::string_view event, Fields fields) override {
        const auto spd_level = level_of(level);
        if (!logger_->should_log(spd_level)) return;
        std::string line{event};
        for (const auto& field : fields) {
            line += ' ';
            line += field.name;
            line += '=';
            append_value(line, field.value);
        }
        logger_->log(spd_level, spdlog::string_view_t{line.data(), line.size()});
    }

    void set_level(LogLevel level) override { logger_->set_level(level_of(level)); }

private:
    std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace

Result<std::unique_ptr<Log>> open_log(const FileLogConfig& config) {
    try {
        spdlog::sink_ptr sink;
        if (config.path.empty()) {
            sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
        } else {
            sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(config.path, config.size_max,
                                                                          config.files_max);
        }
        auto logger = std::make_shared<spdlog::logger>("tern", std::move(sink));
        logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %l %v");
        logger->set_level(level_of(config.level));
        logger->flush_on(spdlog::level::info);
        return std::make_unique<FileLog>(std::move(logger));
    } catch (const spdlog::spdlog_ex& error) {
        return failure(Errc::io_failed, "log file " + config.path + ": " + error.what());
    }
}

}  // namespace tern
