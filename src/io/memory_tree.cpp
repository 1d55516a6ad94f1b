#include "io/memory_tree.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tern::io {
namespace {

std::vector<std::string_view> parts_of(std::string_view path) {
    auto parts = split(path, '/');
    std::erase(parts, ".");
    return parts;
}

std::unexpected<Error> refusal(std::string_view path, std::string_view call, std::string_view words) {
    std::string detail{path};
    detail.append(": ").append(call).append(": ").append(words);
    return failure(Errc::io_failed, std::move(detail));
}

Ref<Inode> find_below(const Ref<Inode>& directory, std::span<const std::string_view> parts) {
    Ref<Inode> at = directory;
    for (const auto part : parts) {
        const auto found = at->names.find(std::string{part});
        if (found == at->names.end()) return {};
        at = found->second;
    }
    return at;
}

bool contains(const Inode& directory, const Inode* wanted) {
    return &directory == wanted || std::ranges::any_of(directory.names, [wanted](const auto& entry) {
        return contains(*entry.second, wanted);
    });
}

}  // namespace

Ref<Inode> MemoryTree::find(std::string_view path) const {
    return find_below(root_, parts_of(path));
}

Result<Ref<Inode>> MemoryTree::find_directory(std::string_view path, std::string_view call) const {
    auto found = find(path);
    if (!found) return refusal(path, call, "No such file or directory");
    if (!found->is_directory()) return refusal(path, call, "Not a directory");
    return found;
}

Result<MemoryTree::Place> MemoryTree::place_of(std::string_view path, std::string_view call) const {
    const auto parts = parts_of(path);
    if (parts.empty()) return refusal(path, call, "Device or resource busy");  // The root.
    const auto directory = find_below(root_, std::span{parts}.first(parts.size() - 1));
    if (!directory) return refusal(path, call, "No such file or directory");
    if (!directory->is_directory()) return refusal(path, call, "Not a directory");
    return Place{directory, std::string{parts.back()}};
}

Result<> MemoryTree::add(std::string_view path, Ref<Inode> inode) {
    auto place = place_of(path, "open");
    if (!place) return std::unexpected{place.error()};
    apply({{.directory = place->directory, .name = place->name, .before = {}, .after = std::move(inode)}});
    return {};
}

Result<> MemoryTree::create_directories(std::string_view path) {
    Ref<Inode> at = root_;
    for (const auto part : parts_of(path)) {
        if (!at->is_directory()) return refusal(path, "mkdir", "Not a directory");
        const std::string name{part};
        if (!at->names.contains(name))
            apply({{.directory = at, .name = name, .before = {}, .after = make_counted<Inode>()}});
        at = at->names[name];
    }
    if (!at->is_directory()) return refusal(path, "mkdir", "File exists");
    return {};
}

Result<> MemoryTree::remove(std::string_view path) {
    if (path.find_first_not_of("/.") == std::string_view::npos)
        return failure(Errc::invalid_argument,
                       "refuses to remove the directory: '" + std::string{path} + "'");
    const auto place = place_of(path, "remove");
    if (!place || !place->directory->names.contains(place->name)) return {};
    remove_in(place->directory, place->name);
    return {};
}

void MemoryTree::remove_in(const Ref<Inode>& directory, const std::string& name) {
    const Ref<Inode> removed = directory->names[name];
    while (!removed->names.empty()) remove_in(removed, removed->names.begin()->first);
    apply({{.directory = directory, .name = name, .before = removed, .after = {}}});
}

Result<> MemoryTree::rename(std::string_view from, std::string_view to) {
    const auto source = place_of(from, "rename");
    if (!source) return std::unexpected{source.error()};
    const auto target = place_of(to, "rename");
    if (!target) return std::unexpected{target.error()};
    const auto moved = find(from);
    const auto replaced = find(to);
    if (!moved) return refusal(from, "rename", "No such file or directory");
    if (moved == replaced) return {};
    if (contains(*moved, target->directory.get())) return refusal(to, "rename", "Invalid argument");
    if (replaced && replaced->is_directory() && !moved->is_directory())
        return refusal(to, "rename", "Is a directory");
    if (replaced && !replaced->is_directory() && moved->is_directory())
        return refusal(to, "rename", "Not a directory");
    if (replaced && !replaced->names.empty()) return refusal(to, "rename", "Directory not empty");
    apply({{.directory = source->directory, .name = source->name, .before = moved, .after = {}},
           {.directory = target->directory, .name = target->name, .before = replaced, .after = moved}});
    return {};
}

void MemoryTree::apply(Change change) {
    for (const auto& edit : change) {
        if (edit.after) {
            edit.directory->names[edit.name] = edit.after;
        } else {
            edit.directory->names.erase(edit.name);
        }
    }
    unsynced_.push_back(std::move(change));
}

void MemoryTree::sync(const Ref<Inode>& directory) {
    for (auto& change : unsynced_) {
        for (auto& edit : change) edit.is_synced = edit.is_synced || edit.directory == directory;
    }
    const auto is_durable = decided();
    std::size_t index = 0;
    std::erase_if(unsynced_, [&](const Change&) { return is_durable[index++]; });
}

// The directory that the change removes or replaces, and that was empty by then; or null.
Inode* MemoryTree::removed_directory(const Change& change) {
    const auto& removed = change.back().before;  // Of a renaming, the last edit is that of the target.
    return removed && removed->is_directory() ? removed.get() : nullptr;
}

// Which of the unsynced changes are durable: those whose directories were all synced, and those that such a
// one rests on.
std::vector<bool> MemoryTree::decided() const {
    std::vector<bool> is_durable(unsynced_.size());
    std::set<Name> names;          // That a later durable change touches.
    std::set<Inode*> directories;  // That a later durable change removes: they were empty by then.
    for (std::size_t index = unsynced_.size(); index-- > 0;) {
        const auto& change = unsynced_[index];
        is_durable[index] =
            std::ranges::all_of(change, &Edit::is_synced) ||
            std::ranges::any_of(change, [&](const Edit& edit) {
                return names.contains(edit.key()) || directories.contains(edit.directory.get());
            });
        if (!is_durable[index]) continue;
        for (const auto& edit : change) names.insert(edit.key());
        directories.insert(removed_directory(change));
    }
    return is_durable;
}

void MemoryTree::crash_machine(const CrashOdds& odds, Random& random, CrashReport& report) {
    std::set<Name> undone_names;
    std::set<Inode*> undone_in;
    std::vector<const Change*> undone;
    for (const auto& change : unsynced_) {
        const bool rests_on_undone =
            undone_in.contains(removed_directory(change)) ||
            std::ranges::any_of(change, [&](const Edit& edit) { return undone_names.contains(edit.key()); });
        if (!rests_on_undone && happens(random, odds.name_change_kept)) {
            ++report.name_changes_kept;
            continue;
        }
        ++report.name_changes_undone;
        undone.push_back(&change);
        for (const auto& edit : change) {
            undone_names.insert(edit.key());
            undone_in.insert(edit.directory.get());
        }
    }
    for (auto change = undone.rbegin(); change != undone.rend(); ++change) {
        for (const auto& edit : **change) {
            if (edit.before) {
                edit.directory->names[edit.name] = edit.before;
            } else {
                edit.directory->names.erase(edit.name);
            }
        }
    }
    unsynced_.clear();
}

}  // namespace tern::io
