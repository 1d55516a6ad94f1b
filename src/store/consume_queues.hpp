// All consume queues of a store: found by topic and id, flushed and cut together.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/consume_queue.hpp"
#include "store/probe.hpp"
#include "store/store_config.hpp"

namespace tern::store {

// Where a queue goes on whose messages have all expired: the log does not tell.
struct QueueBegin {
    std::string topic;
    QueueId id;
    QueueOffset at;
    friend bool operator==(const QueueBegin&, const QueueBegin&) = default;
};

// Owned by one thread.
class ConsumeQueues {
public:
    ConsumeQueues(const StoreConfig& config, io::FileSystem& files, StoreProbe& probe);

    // Finds the queues that have files. Their ends are still to be found.
    Result<> load(Mending mending);

    QueueRef find(std::string_view topic, QueueId id) const;
    // Nothing when no directory can be named so: a topic that is empty, too long or has a '/', a negative id.
    QueueRef find_or_create(std::string_view topic, QueueId id);
    // Those with entries, by topic and id.
    std::vector<QueueRef> all() const;
    std::int32_t count() const;
    // Those that are only known, too.
    std::vector<QueueRef> everyone() const;
    std::int64_t file_size() const { return file_size_; }

    Result<> append(ConsumeQueue& queue, const ConsumeQueueEntry& entry, QueueOffset at);

    bool needs_flush() const { return !listed_.empty(); }
    // Writes all that has gathered, makes the names of new files durable, and gives the files to be synced.
    Result<std::vector<SharedFile>> flush();

    // As those of the same name do it for one queue.
    Result<> find_ends();
    Result<> find_ends_below(PhysicalOffset bound, const ConsumeQueue::RecordCheck& names_record);
    Result<> clear_behind_ends();
    Result<> truncate(PhysicalOffset from);
    Result<> correct_mins(PhysicalOffset log_begin);
    Result<> clear_all();
    // Makes a queue that goes on there; to be flushed. Errc::malformed for one that can have no directory.
    Result<> begin(const QueueBegin& begin);
    // To be flushed with the next: something of the queue has changed.
    void list(ConsumeQueue& queue);
    void release_idle();

    // Removes the queues of a topic as far as they have only records below deleted_at. Remembered in a file
    // of our own until forget_deletions(), so that records that recovery dispatches again do not bring the
    // queues back.
    Result<> delete_topic(std::string_view topic, PhysicalOffset deleted_at);
    bool is_deleted(std::string_view topic) const { return deleted_.contains(topic); }
    Result<> load_deletions();
    Result<> apply_deletions();
    Result<> drop_deletions();
    // Those below a durable checkpoint have done their work.
    Result<> forget_deletions(PhysicalOffset checkpoint);

private:
    struct Key {
        std::string topic;
        QueueId id;
    };
    struct KeyView {
        KeyView(const Key& key)
            : topic{key.topic}, id{key.id} {}  // NOLINT: as a string converts to its view.
        KeyView(std::string_view key_topic, QueueId key_id) : topic{key_topic}, id{key_id} {}
        std::string_view topic;
        QueueId id;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(KeyView key) const {
            return std::hash<std::string_view>{}(key.topic) ^
                   (static_cast<std::size_t>(key.id.value()) * 0x9E3779B97F4A7C15U);
        }
    };
    struct Equal {
        using is_transparent = void;
        bool operator()(KeyView a, KeyView b) const { return a.id == b.id && a.topic == b.topic; }
    };

    std::string topic_directory(std::string_view topic) const {
        return directory_ + "/" + std::string{topic};
    }
    Result<> remove_queues(std::string_view topic, PhysicalOffset deleted_at);
    Result<> save_deletions() const;
    Result<> sync_names(const std::vector<QueueRef>& queues);

    const StoreConfig& config_;
    io::FileSystem& files_;
    StoreProbe& probe_;
    std::string directory_;
    std::int64_t file_size_;
    std::unordered_map<Key, std::unique_ptr<ConsumeQueue>, Hash, Equal> queues_;  // None is ever removed.
    mutable std::array<QueueRef, 32> recent_{};  // By id: a look-up is for one of those before, mostly.
    std::vector<QueueRef> listed_;
    std::set<std::string> unsynced_directories_;
    std::map<std::string, PhysicalOffset, std::less<>> deleted_;
};

}  // namespace tern::store
