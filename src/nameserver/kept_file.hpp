// The small files that a NameServer keeps, in a directory that need not be there before the first one.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "io/file_system.hpp"

namespace tern::nameserver {

// Replaces the file as a whole, durably, and makes its directory if it has none.
Result<> keep_file(io::FileSystem& files, const std::string& path, std::string_view content);

}  // namespace tern::nameserver
