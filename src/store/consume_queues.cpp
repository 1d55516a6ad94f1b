#include "store/consume_queues.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tern::store {
namespace {

constexpr std::size_t directory_name_max = 255;

// Topics are checked where clients name them; but a record of any log may hold any bytes.
bool names_a_directory(std::string_view topic) {
    return !topic.empty() && topic.size() <= directory_name_max && topic != "." && topic != ".." &&
           std::ranges::none_of(topic,
                                [](char c) { return c == '/' || static_cast<unsigned char>(c) < ' '; });
}

// All queues are looked into one by one, and there may be more of them than the process may have files open:
// what was opened for it alone is closed.
class LookInto {
public:
    explicit LookInto(ConsumeQueue& queue)
        : segments_{queue.segments()}, had_open_files_{segments_.open_files() > 0} {}
    ~LookInto() {
        if (had_open_files_) return;
        segments_.release_idle();  // Those used until now count as used once more.
        segments_.release_idle();
    }
    LookInto(const LookInto&) = delete;
    LookInto& operator=(const LookInto&) = delete;

private:
    SegmentQueue& segments_;
    bool had_open_files_;
};

std::int64_t whole_entries(std::int64_t size) {
    constexpr std::int64_t entry = ConsumeQueue::entry_size;
    return (size + entry - 1) / entry * entry;
}

}  // namespace

ConsumeQueues::ConsumeQueues(const StoreConfig& config, io::FileSystem& files, StoreProbe& probe)
    : config_{config},
      files_{files},
      probe_{probe},
      directory_{config.root + "/consumequeue"},
      file_size_{whole_entries(config.consume_queue_file_size)} {}

Result<> ConsumeQueues::load(Mending mending) {
    const auto topics = files_.list(directory_);
    if (!topics) return std::unexpected(topics.error());
    for (const auto& topic : *topics) {
        if (!topic.is_directory) continue;
        const auto ids = files_.list(topic_directory(topic.name));
        if (!ids) return std::unexpected(ids.error());
        for (const auto& entry : *ids) {
            const auto id = parse_number<std::int32_t>(entry.name);
            if (!entry.is_directory || !id || *id < 0) continue;
            QueueRef queue = find_or_create(topic.name, QueueId{*id});
            if (auto loaded = queue->load(mending); !loaded) return loaded;
            if (mending != Mending::none)
                list(*queue);  // So that the next checkpoint makes its names durable.
        }
    }
    return {};
}

QueueRef ConsumeQueues::find(std::string_view topic, QueueId id) const {
    QueueRef& recent = recent_[static_cast<std::size_t>(id.value()) % recent_.size()];
    if (recent != nullptr && recent->id() == id && recent->topic() == topic) return recent;
    const auto found = queues_.find(KeyView{topic, id});
    if (found == queues_.end()) return nullptr;
    return recent = found->second.get();
}

QueueRef ConsumeQueues::find_or_create(std::string_view topic, QueueId id) {
    if (QueueRef found = find(topic, id)) return found;
    if (!names_a_directory(topic) || id.value() < 0) return nullptr;
    std::string directory = topic_directory(topic) + "/" + std::to_string(id.value());
    auto queue = std::make_unique<ConsumeQueue>(files_, std::move(directory), file_size_, std::string{topic},
                                                id, queues_.size());
    if (const auto deleted = deleted_.find(topic); deleted != deleted_.end())
        std::ignore = queue->clear(deleted->second);
    return queues_.emplace(Key{std::string{topic}, id}, std::move(queue)).first->second.get();
}

std::vector<QueueRef> ConsumeQueues::all() const {
    auto queues = everyone();
    std::erase_if(queues, [](QueueRef queue) { return !queue->has_entries(); });
    return queues;
}

std::int32_t ConsumeQueues::count() const {
    const auto has_entries = [](const auto& queue) { return queue.second->has_entries(); };
    return static_cast<std::int32_t>(std::ranges::count_if(queues_, has_entries));
}

std::vector<QueueRef> ConsumeQueues::everyone() const {
    std::vector<QueueRef> queues;
    queues.reserve(queues_.size());
    for (const auto& [key, queue] : queues_) queues.push_back(queue.get());
    std::ranges::sort(
        queues, {}, [](QueueRef queue) { return std::pair{std::string_view{queue->topic()}, queue->id()}; });
    return queues;
}

Result<> ConsumeQueues::append(ConsumeQueue& queue, const ConsumeQueueEntry& entry, QueueOffset at) {
    const auto added = queue.append(entry, at);
    if (!added) return std::unexpected(added.error());
    switch (*added) {
        case ConsumeQueue::Added::appended:
            break;
        case ConsumeQueue::Added::repeated:
            ++probe_.repeated_entries;
            return {};
        case ConsumeQueue::Added::restarted:
            ++probe_.restarted_queues;
            break;
        case ConsumeQueue::Added::misplaced:
            ++probe_.misplaced_entries;
            break;
    }
    list(queue);
    return {};
}

void ConsumeQueues::list(ConsumeQueue& queue) {
    if (queue.is_listed()) return;
    queue.set_listed(true);
    listed_.push_back(&queue);
}

Result<std::vector<SharedFile>> ConsumeQueues::flush() {
    std::vector<SharedFile> unsynced;
    for (QueueRef queue : listed_) {
        if (auto flushed = queue->flush(); !flushed) return std::unexpected(flushed.error());
        auto files = queue->segments().take_unsynced();
        if (!files) return std::unexpected(files.error());
        std::ranges::move(*files, std::back_inserter(unsynced));
    }
    if (auto synced = sync_names(listed_); !synced) return std::unexpected(synced.error());
    for (QueueRef queue : listed_) queue->set_listed(false);
    listed_.clear();
    return unsynced;
}

Result<> ConsumeQueues::sync_names(const std::vector<QueueRef>& queues) {
    for (QueueRef queue : queues) {
        if (!queue->segments().take_changed_names()) continue;
        unsynced_directories_.insert(queue->segments().directory());
        unsynced_directories_.insert(topic_directory(queue->topic()));
        unsynced_directories_.insert(directory_);
    }
    for (const auto& directory : unsynced_directories_) {
        if (!files_.exists(directory)) continue;
        if (auto synced = files_.sync_directory(directory); !synced) return synced;
    }
    unsynced_directories_.clear();
    return {};
}

Result<> ConsumeQueues::find_ends() {
    for (const auto& [key, queue] : queues_) {
        const LookInto looks{*queue};
        if (auto found = queue->find_end(); !found) return found;
    }
    return {};
}

Result<> ConsumeQueues::find_ends_below(PhysicalOffset bound, const ConsumeQueue::RecordCheck& names_record) {
    for (const auto& [key, queue] : queues_) {
        const LookInto looks{*queue};
        if (auto found = queue->find_end_below(bound, names_record); !found) return found;
    }
    return {};
}

Result<> ConsumeQueues::clear_behind_ends() {
    for (const auto& [key, queue] : queues_) {
        if (auto cleared = queue->clear_behind_end(); !cleared) return cleared;
        list(*queue);
    }
    return {};
}

Result<> ConsumeQueues::truncate(PhysicalOffset from) {
    for (const auto& [key, queue] : queues_) {
        if (queue->covered() <= from) continue;
        if (auto cut = queue->truncate(from); !cut) return cut;
        list(*queue);
    }
    return {};
}

Result<> ConsumeQueues::correct_mins(PhysicalOffset log_begin) {
    for (const auto& [key, queue] : queues_) {
        const LookInto looks{*queue};
        if (auto corrected = queue->correct_min(log_begin); !corrected) return corrected;
    }
    return {};
}

Result<> ConsumeQueues::clear_all() {
    for (const auto& [key, queue] : queues_) {
        if (auto cleared = queue->clear(PhysicalOffset{0}); !cleared) return cleared;
        list(*queue);
    }
    return {};
}

Result<> ConsumeQueues::begin(const QueueBegin& begin) {
    QueueRef queue = find_or_create(begin.topic, begin.id);
    if (queue == nullptr || queue->has_entries())
        return failure(Errc::malformed, "queue " + std::to_string(begin.id.value()) + " of topic '" +
                                            begin.topic + "' cannot begin at " +
                                            std::to_string(begin.at.value()));
    list(*queue);
    return queue->begin_at(begin.at);
}

void ConsumeQueues::release_idle() {
    for (const auto& [key, queue] : queues_) queue->segments().release_idle();
}

Result<> ConsumeQueues::delete_topic(std::string_view topic, PhysicalOffset deleted_at) {
    if (!names_a_directory(topic)) return {};  // It has no queues.
    deleted_.insert_or_assign(std::string{topic}, deleted_at);
    if (auto saved = save_deletions(); !saved) return saved;
    return remove_queues(topic, deleted_at);
}

Result<> ConsumeQueues::remove_queues(std::string_view topic, PhysicalOffset deleted_at) {
    bool all_gone = true;
    for (const auto& [key, queue] : queues_) {
        if (key.topic != topic) continue;
        if (queue->covered() > deleted_at) {
            all_gone = false;  // It lives again.
            continue;
        }
        if (auto cleared = queue->clear(deleted_at); !cleared) return cleared;
        if (auto removed = files_.remove(queue->segments().directory()); !removed) return removed;
    }
    unsynced_directories_.insert(all_gone ? directory_ : topic_directory(topic));
    return all_gone ? files_.remove(topic_directory(topic)) : Result<>{};
}

// One line a topic: the offset, a blank, the name.
Result<> ConsumeQueues::save_deletions() const {
    std::string text;
    for (const auto& [topic, at] : deleted_) text += std::to_string(at.value()) + " " + topic + "\n";
    return io::replace_file(files_, config_.root + "/tern/deleted-topics", text);
}

Result<> ConsumeQueues::load_deletions() {
    const std::string path = config_.root + "/tern/deleted-topics";
    if (!files_.exists(path)) return {};
    const auto text = io::read_file(files_, path);
    if (!text) return std::unexpected(text.error());
    for (const auto line : split(*text, '\n')) {
        const auto blank = line.find(' ');
        const auto at = parse_number<std::int64_t>(line.substr(0, blank));
        const auto topic = blank == std::string_view::npos ? std::string_view{} : line.substr(blank + 1);
        // What is removed for it must lie where queues do.
        if (!at || !names_a_directory(topic))
            return failure(Errc::corrupt, path + ": no offset and topic: " + std::string{line});
        deleted_.insert_or_assign(std::string{topic}, PhysicalOffset{*at});
    }
    return {};
}

Result<> ConsumeQueues::apply_deletions() {
    for (const auto& [topic, at] : deleted_) {
        if (auto removed = remove_queues(topic, at); !removed) return removed;
    }
    return {};
}

Result<> ConsumeQueues::drop_deletions() {
    if (deleted_.empty()) return {};
    deleted_.clear();
    return save_deletions();
}

Result<> ConsumeQueues::forget_deletions(PhysicalOffset checkpoint) {
    if (std::erase_if(deleted_, [checkpoint](const auto& entry) { return entry.second <= checkpoint; }) == 0)
        return {};
    return save_deletions();
}

}  // namespace tern::store
