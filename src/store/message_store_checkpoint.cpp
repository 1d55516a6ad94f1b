// How a store says on the disk how far it is: checkpoints, and the clean stop.
#include <algorithm>

#include "base/assert.hpp"
#include "base/hash.hpp"
#include "store/message_store.hpp"
#include "store/sync_in_turn.hpp"

namespace tern::store {

// Four steps, each begun when the one before has ended: the log, the queues and the index, our position and
// Java's checkpoint. So what the files say is true whenever the machine dies.
void MessageStore::checkpoint(io::Done done) {
    TERN_ASSERT(checkpoint_ == nullptr && !closed_);
    if (!is_checkpoint_due()) return complete_later(runtime_.executor, std::move(done), {});
    auto run = begin_checkpoint();
    if (!run) return complete_later(runtime_.executor, std::move(done), std::unexpected(run.error()));
    checkpoint_ = std::make_unique<CheckpointRun>(std::move(*run));
    checkpoint_->done = std::move(done);
    log_->sync([this, alive = alive_](Result<> log_synced) {
        if (!*alive) return;
        if (!log_synced) return end_checkpoint(std::move(log_synced));
        sync_in_turn(checkpoint_->files, runtime_.executor, [this, alive](Result<> synced) {
            if (!*alive) return;
            if (synced && !closed_) synced = write_checkpoint(*checkpoint_);
            if (!synced || closed_) return end_checkpoint(std::move(synced));
            sync_in_turn({position_file_->file(), checkpoint_file_->file()}, runtime_.executor,
                         [this, alive](Result<> result) {
                             if (*alive) end_checkpoint(std::move(result));
                         });
        });
    });
}

Result<> MessageStore::checkpoint_now() {
    auto run = begin_checkpoint();
    if (!run) return std::unexpected(run.error());
    if (auto synced = log_->sync_now(); !synced) return synced;
    if (auto synced = sync_now(run->files); !synced) return poison(synced.error());
    // What a checkpoint under way has taken may not be on the disk yet, and nobody will hear of it any more.
    if (checkpoint_ != nullptr) {
        if (auto synced = sync_now(checkpoint_->files); !synced) return poison(synced.error());
    }
    // The slot that a checkpoint under way has written must be durable before the other is touched.
    if (auto synced = position_file_->file()->sync_now(); !synced) return poison(synced.error());
    if (auto written = write_checkpoint(*run); !written) return poison(written.error());
    if (auto synced = sync_now({position_file_->file(), checkpoint_file_->file()}); !synced)
        return poison(synced.error());
    ++probe_.checkpoints;
    return queues_.forget_deletions(run->position.dispatched);
}

Result<MessageStore::CheckpointRun> MessageStore::begin_checkpoint() {
    if (log_->poisoned()) return failure(Errc::service_not_available, "the commit log is poisoned");
    CheckpointRun run{.files = {}, .position = position_now(), .times = times_now(), .done = {}};
    auto files = queues_.flush();
    if (!files) return poison(files.error());
    run.files = std::move(*files);
    if (index_ != nullptr) {
        auto index_files = index_->take_unsynced();
        if (!index_files) return poison(index_files.error());
        std::ranges::move(*index_files, std::back_inserter(run.files));
    }
    auto checksum_files = checksums_.take_unsynced();
    if (!checksum_files) return poison(checksum_files.error());
    std::ranges::move(*checksum_files, std::back_inserter(run.files));
    queues_.release_idle();
    log_->release_idle();
    checksums_.release_idle();
    return run;
}

Result<> MessageStore::write_checkpoint(const CheckpointRun& run) {
    position_ = run.position;
    position_.flushed = std::max(log_->flushed(), position_.flushed);
    if (auto written = position_file_->write(position_); !written) return written;
    return checkpoint_file_->write(run.times);
}

Result<> MessageStore::write_position_now() {
    // The slot that a checkpoint under way has written must be durable before the other is touched.
    if (auto synced = position_file_->file()->sync_now(); !synced) return poison(synced.error());
    if (auto written = position_file_->write(position_); !written) return poison(written.error());
    if (auto synced = position_file_->file()->sync_now(); !synced) return poison(synced.error());
    return {};
}

void MessageStore::end_checkpoint(Result<> result) {
    const auto run = std::move(checkpoint_);
    if (result && !closed_) result = queues_.forget_deletions(run->position.dispatched);
    if (result) {
        ++probe_.checkpoints;
    } else {
        result = poison(result.error());
    }
    run->done(std::move(result));
}

bool MessageStore::is_checkpoint_due() const {
    return log_->poisoned() || position_.dispatched != dispatched_ || position_.flushed != log_->written() ||
           queues_.needs_flush();
}

StorePosition MessageStore::position_now() const {
    StorePosition position = position_;
    position.dispatched = dispatched_;
    position.flushed = std::min(log_->flushed(), dispatched_);
    position.queues = queues_.count();
    position.index = index_ == nullptr ? IndexMark{} : index_->mark();
    position.last_record = PhysicalOffset{-1};
    position.last_record_crc = 0;
    if (last_.record >= log_->begin()) {
        if (const auto record = log_->record_at(last_.record)) {
            position.last_record = last_.record;
            position.last_record_crc = crc32(record->bytes);
        }
    }
    return position;
}

Checkpoint MessageStore::times_now() const {
    Checkpoint times = checkpoint_file_->content();
    times.log_timestamp = times.queues_timestamp = last_.store_timestamp;
    times.index_timestamp = index_ == nullptr ? last_.store_timestamp : index_->mark().header.end_timestamp;
    times.queues_offset = std::max(last_.record, PhysicalOffset{0});
    return times;
}

std::unexpected<Error> MessageStore::poison(Error error) {
    log_->poison(error);
    return std::unexpected(std::move(error));
}

Result<> MessageStore::close(std::string_view note) {
    TERN_ASSERT(!closed_);
    if (auto written = log_->write_pending(); !written) return written;
    if (auto discarded = log_->discard_next_segment(); !discarded) return discarded;
    if (auto settled = checkpoint_now(); !settled) return settled;
    closed_ = true;
    const CleanStop stop{session_, log_->end(), std::string{note}};
    if (auto marked = io::replace_file(files_, config_.root + "/tern/clean-stop", encode_clean_stop(stop));
        !marked)
        return marked;
    // Java is told only when it need not dispatch anything.
    if (dispatched_ == log_->end()) {
        if (auto removed = files_.remove(config_.root + "/abort"); !removed) return removed;
        if (auto synced = files_.sync_directory(config_.root); !synced) return synced;
    }
    lock_.reset();
    return {};
}

}  // namespace tern::store
