#include "io/file_system.hpp"

namespace tern::io {
namespace {

// The directory that path's last part lies in.
std::string directory_of(const std::string& path) {
    const auto slash = path.find_last_of('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

Result<> write_synced(FileSystem& files, const std::string& path, std::string_view content) {
    auto file = files.open(path, OpenMode::create_or_truncate);
    if (!file) return std::unexpected{file.error()};
    if (auto written = (*file)->write_at(0, content); !written) return written;
    return (*file)->sync_now();
}

}  // namespace

Result<std::string> read_file(FileSystem& files, const std::string& path) {
    auto file = files.open(path, OpenMode::read_only);
    if (!file) return std::unexpected{file.error()};
    const auto size = (*file)->size();
    if (!size) return std::unexpected{size.error()};
    std::string content(static_cast<std::size_t>(*size), '\0');
    if (auto read = (*file)->read_at(0, content); !read) return std::unexpected{read.error()};
    return content;
}

Result<> replace_file(FileSystem& files, const std::string& path, std::string_view content) {
    const std::string temporary = path + ".tmp";
    if (auto written = write_synced(files, temporary, content); !written) return written;
    if (auto renamed = files.rename(temporary, path); !renamed) return renamed;
    return files.sync_directory(directory_of(path));
}

Result<> keep_file(FileSystem& files, const std::string& path, std::string_view content,
                   const std::string& as) {
    if (auto made = create_directories_durably(files, directory_of(path)); !made) return made;
    const std::string& model = as.empty() ? path : as;
    if (!files.exists(model)) return replace_file(files, path, content);
    // Before a secret is in it.
    const std::string temporary = path + ".tmp";
    if (auto made = files.open(temporary, OpenMode::create_or_truncate); !made)
        return std::unexpected{made.error()};
    if (auto copied = files.copy_permissions(model, temporary); !copied) return copied;
    return replace_file(files, path, content);
}

Result<> replace_file_keeping_backup(FileSystem& files, const std::string& path, std::string_view content) {
    const std::string temporary = path + ".tmp";
    if (auto written = write_synced(files, temporary, content); !written) return written;
    if (files.exists(path)) {
        if (auto kept = files.rename(path, path + ".bak"); !kept) return kept;
    }
    if (auto renamed = files.rename(temporary, path); !renamed) return renamed;
    return files.sync_directory(directory_of(path));
}

Result<> create_directories_durably(FileSystem& files, const std::string& path) {
    std::vector<std::string> made{path};  // What is missing, the deepest first, and what it lies in.
    while (!files.exists(made.back())) made.push_back(directory_of(made.back()));
    // From the top, each durable before the next: so what is there but not durable, because a process died in
    // between, can only be the deepest that is there.
    for (; !made.empty(); made.pop_back()) {
        if (auto created = files.create_directories(made.back()); !created) return created;
        if (auto synced = files.sync_directory(directory_of(made.back())); !synced) return synced;
    }
    return {};
}

}  // namespace tern::io
