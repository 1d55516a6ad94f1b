#include "nameserver/kept_file.hpp"

namespace tern::nameserver {

Result<> keep_file(io::FileSystem& files, const std::string& path, std::string_view content) {
    const auto slash = path.find_last_of('/');
    if (slash != std::string::npos && slash > 0) {
        if (auto made = io::create_directories_durably(files, path.substr(0, slash)); !made) return made;
    }
    return io::replace_file(files, path, content);
}

}  // namespace tern::nameserver
