// The log of a running program: one line an event, "time level event name=value …", to a file that is
// rotated, or to standard error. From any thread.
#pragma once

#include <memory>
#include <string>

#include "base/log.hpp"
#include "base/result.hpp"

namespace tern {

struct FileLogConfig {
    std::string path;  // Empty: standard error.
    LogLevel level{LogLevel::info};
    std::size_t size_max{64 * 1024 * 1024};  // Then the file is set aside,
    std::size_t files_max{5};                // and this many are kept.
};

Result<std::unique_ptr<Log>> open_log(const FileLogConfig& config);

}  // namespace tern
