// A document that a command leaves in a file, for people who compare clusters or move them.
#pragma once

#include <string_view>

#include "cli/command.hpp"

namespace tern::cli {

inline constexpr Option export_path{"f", "filePath", Takes::text, Need::may,
                                    "directory for the file, /tmp/rocketmq/export by default"};

// To that file of the directory, or for programs as it is.
Result<> export_document(const Invocation& in, std::string_view file_name, const json::Value& document);

}  // namespace tern::cli
