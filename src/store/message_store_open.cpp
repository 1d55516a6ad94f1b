// How a store is opened.
#include "base/assert.hpp"
#include "store/message_store.hpp"

namespace tern::store {

MessageStore::MessageStore(StoreConfig config, io::FileSystem& files, Runtime runtime)
    : config_{std::move(config)},
      files_{files},
      runtime_{runtime},
      session_{runtime.random.next() | 1},
      queues_{config_, files, probe_},
      index_{config_.index_enabled ? std::make_unique<MessageIndex>(config_, files, runtime, probe_)
                                   : nullptr},
      dispatcher_{config_, queues_, index_.get(), probe_},
      checksums_{files, config_.root + "/tern/checksums", config_.segment_size,
                 config_.checksum_block_bytes} {}

Result<std::unique_ptr<MessageStore>> MessageStore::open(StoreConfig config, io::FileSystem& files,
                                                         Runtime runtime) {
    TERN_ASSERT(!config.root.empty());
    if (config.commit_log_path.empty()) config.commit_log_path = config.root + "/commitlog";
    std::unique_ptr<MessageStore> store{new MessageStore{std::move(config), files, runtime}};
    if (auto prepared = store->prepare_directories(); !prepared) return std::unexpected(prepared.error());
    if (auto recovered = store->recover(); !recovered) return std::unexpected(recovered.error());
    return store;
}

Result<> MessageStore::prepare_directories() {
    if (auto created = io::create_directories_durably(files_, config_.root); !created) return created;
    auto lock = files_.lock(config_.root + "/lock");
    if (!lock) return std::unexpected(lock.error());
    lock_ = std::move(*lock);
    for (const auto& directory : {config_.commit_log_path, config_.root + "/consumequeue",
                                  config_.root + "/index", config_.root + "/tern/checksums"}) {
        if (auto created = io::create_directories_durably(files_, directory); !created) return created;
    }
    const bool is_new =
        !files_.exists(config_.root + "/checkpoint") || !files_.exists(config_.root + "/tern/position");
    auto checkpoint = CheckpointFile::open(files_, config_.root + "/checkpoint");
    if (!checkpoint) return std::unexpected(checkpoint.error());
    checkpoint_file_ = std::move(*checkpoint);
    auto position = PositionFile::open(files_, config_.root + "/tern/position");
    if (!position) return std::unexpected(position.error());
    position_file_ = std::move(*position);
    if (!is_new) return {};
    if (auto synced = checkpoint_file_->file()->sync_now(); !synced) return synced;
    if (auto synced = files_.sync_directory(config_.root + "/tern"); !synced) return synced;
    return files_.sync_directory(config_.root);
}

Result<> MessageStore::recover() {
    auto marks = read_session_marks(files_, config_.root);
    if (!marks) return std::unexpected(marks.error());
    Recovery recovery{
        {config_, files_, queues_, index_.get(), dispatcher_, *position_file_, *checkpoint_file_, checksums_},
        std::move(*marks),
        session_};
    auto found = recovery.run();
    if (!found) return std::unexpected(found.error());
    log_ = std::make_unique<CommitLog>(config_, files_, runtime_, probe_, std::move(found->log));
    followed_begin_ = log_->begin();
    dispatched_ = found->dispatched;
    last_ = found->last;
    position_ = found->position;
    // Whoever asks what the log ends with need not walk there from the begin of the segment.
    if (last_.record >= log_->begin() && last_.record < log_->end()) {
        if (auto known = log_->mark_entries(last_.record, last_.record + 1); !known)
            return std::unexpected(known.error());
    }
    report_ = std::move(found->report);
    scrub_ = std::make_unique<Scrub>(runtime_, *log_, checksums_);
    // The first append shall not have to make its segment.
    if (auto room = log_->ensure_room(0); !room) return room;
    if (found->settle) {
        if (auto settled = checkpoint_now(); !settled) return settled;
    }
    return begin_session();
}

// The position comes first: it knows this session and the one before, so that a death between the two leaves
// no doubt.
Result<> MessageStore::begin_session() {
    if (auto written = position_file_->write(position_); !written) return written;
    if (auto synced = position_file_->file()->sync_now(); !synced) return synced;
    if (auto marked =
            io::replace_file(files_, config_.root + "/abort", encode_abort({session_, config_.boot_id}));
        !marked)
        return marked;
    if (!files_.exists(config_.root + "/tern/clean-stop")) return {};
    if (auto removed = files_.remove(config_.root + "/tern/clean-stop"); !removed) return removed;
    return files_.sync_directory(config_.root + "/tern");
}

}  // namespace tern::store
