#include "store/sync_in_turn.hpp"

namespace tern::store {
namespace {

struct Turns {
    std::vector<SharedFile> files;
    std::size_t next{0};
    io::Done done;
};

void take_turn(std::unique_ptr<Turns> turns) {
    if (turns->next == turns->files.size()) return turns->done({});
    const SharedFile file = turns->files[turns->next++];
    file->sync([turns = std::move(turns)](Result<> synced) mutable {
        if (!synced) return turns->done(std::move(synced));
        take_turn(std::move(turns));
    });
}

}  // namespace

void sync_in_turn(std::vector<SharedFile> files, Executor& executor, io::Done done) {
    if (files.empty()) return complete_later(executor, std::move(done), {});
    take_turn(std::make_unique<Turns>(Turns{std::move(files), 0, std::move(done)}));
}

Result<> sync_now(const std::vector<SharedFile>& files) {
    for (const SharedFile& file : files) {
        if (auto synced = file->sync_now(); !synced) return synced;
    }
    return {};
}

void complete_later(Executor& executor, io::Done done, Result<> result) {
    auto kept = std::make_unique<std::pair<io::Done, Result<>>>(std::move(done), std::move(result));
    executor.post([kept = std::move(kept)] { kept->first(std::move(kept->second)); });
}

}  // namespace tern::store
