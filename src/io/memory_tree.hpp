// Directories and names in memory, with what a loss of power would undo: a file or directory that was
// created, renamed or removed is so for good only when the directories concerned were synced.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/ref.hpp"
#include "base/result.hpp"
#include "io/memory_content.hpp"

namespace tern::io {

// A file or a directory, without its name.
struct Inode : Counted {
    std::unique_ptr<MemoryContent> content;   // Of a file; a directory has none.
    std::map<std::string, Ref<Inode>> names;  // In a directory.
    WallMillis modified_ms{};

    bool is_directory() const { return content == nullptr; }
};

// Paths are relative to one root whether or not they begin with '/'. Errors are Errc::io_failed, with the
// words of the operating system.
class MemoryTree {
public:
    MemoryTree() : root_{make_counted<Inode>()} {}

    // Null when there is none.
    Ref<Inode> find(std::string_view path) const;
    Result<Ref<Inode>> find_directory(std::string_view path, std::string_view call) const;
    Result<> add(std::string_view path, Ref<Inode> inode);
    Result<> create_directories(std::string_view path);
    // A directory goes with all that is in it. What does not exist is no error.
    Result<> remove(std::string_view path);
    Result<> rename(std::string_view from, std::string_view to);
    void sync(const Ref<Inode>& directory);

    // Every unsynced change is undone or kept. One that rests on an undone one (the same name, a directory
    // not empty) is undone, too.
    void crash_machine(const CrashOdds& odds, Random& random, CrashReport& report);

    // Calls visit(path, inode) for everything, parents first, in the order of their names.
    template <class Visit>
    void for_each(Visit visit) const {
        visit_below(*root_, "", visit);
    }

private:
    using Name = std::pair<Inode*, std::string>;  // In a directory.
    struct Edit {
        Ref<Inode> directory;
        std::string name;
        Ref<Inode> before;  // Null: nothing had the name.
        Ref<Inode> after;
        bool is_synced{false};

        Name key() const { return {directory.get(), name}; }
    };
    using Change = std::vector<Edit>;  // A renaming has two.

    struct Place {
        Ref<Inode> directory;
        std::string name;
    };
    Result<Place> place_of(std::string_view path, std::string_view call) const;
    void apply(Change change);
    void remove_in(const Ref<Inode>& directory, const std::string& name);
    static Inode* removed_directory(const Change& change);
    std::vector<bool> decided() const;

    template <class Visit>
    static void visit_below(const Inode& directory, const std::string& prefix, Visit& visit) {
        for (const auto& [name, inode] : directory.names) {
            const std::string path = prefix + "/" + name;
            visit(path, inode);
            visit_below(*inode, path, visit);
        }
    }

    Ref<Inode> root_;
    std::vector<Change> unsynced_;  // Oldest first.
};

}  // namespace tern::io
