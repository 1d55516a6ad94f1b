// The property file that a server's settings come from, when settings change while it runs.
#pragma once

#include <span>
#include <string>

#include "base/settings.hpp"
#include "io/file_system.hpp"

namespace tern::io {

// Writes what the settings will be into the file, for the next start: a line that has one is replaced where
// it stands, what is missing comes at the end, comments and order stay. What the file had before is at
// path + ".bak", and path itself is there whole at any moment. A file that is missing is made, with its
// directory. Waits for the disk. Errc::malformed when the file is none that a start could read.
Result<> keep_settings(FileSystem& files, const std::string& path, const Settings& settings,
                       std::span<const SettingChange> changes);

}  // namespace tern::io
