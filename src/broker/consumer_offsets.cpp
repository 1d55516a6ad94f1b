#include "broker/consumer_offsets.hpp"

#include <algorithm>
#include <utility>

#include "json/fields.hpp"
#include "remoting/body/offset_tables.hpp"

namespace tern::broker {
namespace {

void make_key(std::string_view group, std::string_view topic, std::string& key) {
    key.assign(topic);
    key += '@';
    key.append(group);
}

}  // namespace

std::string_view ConsumerOffsets::key(std::string_view group, std::string_view topic, std::string& scratch) {
    make_key(group, topic, scratch);
    return scratch;
}

const replication::QueueOffsets* ConsumerOffsets::find(std::string_view group, std::string_view topic) const {
    const auto found = offsets_.find(key(group, topic, scratch_));
    return found == offsets_.end() ? nullptr : &found->second;
}

std::optional<QueueOffset> ConsumerOffsets::find(std::string_view group, std::string_view topic,
                                                 QueueId queue) const {
    const auto* queues = find(group, topic);
    if (queues == nullptr) return std::nullopt;
    const auto found = queues->find(queue);
    if (found == queues->end()) return std::nullopt;
    return found->second;
}

std::vector<std::string> ConsumerOffsets::topics_of(std::string_view group) const {
    std::vector<std::string> topics;
    for (const auto& [key, queues] : offsets_) {
        const auto at = key.find('@');
        if (at != std::string::npos && std::string_view{key}.substr(at + 1) == group)
            topics.push_back(key.substr(0, at));
    }
    std::sort(topics.begin(), topics.end());
    return topics;
}

std::vector<std::string> ConsumerOffsets::groups_of(std::string_view topic) const {
    std::vector<std::string> groups;
    for (const auto& [key, queues] : offsets_) {
        const auto at = key.find('@');
        if (at != std::string::npos && std::string_view{key}.substr(0, at) == topic)
            groups.push_back(key.substr(at + 1));
    }
    std::sort(groups.begin(), groups.end());
    return groups;
}

void ConsumerOffsets::apply(const replication::InternalRecord& change, const replication::AppliedAt& at) {
    if (!change.offsets && !change.deleted_topics && !change.deleted_groups) return;
    const auto drop = [this](auto matches) {
        std::erase_if(offsets_, [&](const auto& entry) { return matches(entry.first); });
    };
    if (change.deleted_topics) {
        for (const auto& topic : *change.deleted_topics)
            drop([&](std::string_view key) {
                return key.starts_with(topic) && key.substr(topic.size()).starts_with('@');
            });
    }
    if (change.deleted_groups) {
        for (const auto& group : *change.deleted_groups)
            drop([&](std::string_view key) {
                return key.substr(std::min(key.find('@'), key.size() - 1) + 1) == group;
            });
    }
    if (change.offsets) {
        for (const auto& [key, queues] : *change.offsets) {
            auto& known = offsets_[key];
            for (const auto& [queue, offset] : queues) known[queue] = offset;
        }
    }
    version_.advance(at.epoch.value(), at.store_timestamp);
    ++revision_;
}

std::string ConsumerOffsets::text() const {
    return json::encode(file(), json::config_file_style);
}

remoting::ConsumerOffsetTable ConsumerOffsets::file() const {
    remoting::ConsumerOffsetTable table;
    table.data_version = version_;
    table.offset_table.insert(offsets_.begin(), offsets_.end());
    return table;
}

Result<> ConsumerOffsets::restore(std::string_view text) {
    auto file = json::decode<remoting::ConsumerOffsetTable>(text, json::own_text);
    if (!file) return std::unexpected(file.error());
    clear();
    offsets_.insert(std::make_move_iterator(file->offset_table.begin()),
                    std::make_move_iterator(file->offset_table.end()));
    version_ = file->data_version;
    return {};
}

void ConsumerOffsets::clear() {
    offsets_.clear();
    version_ = {};
    ++revision_;
}

bool OffsetCommits::commit(std::string_view group, std::string_view topic, QueueId queue,
                           QueueOffset offset) {
    make_key(group, topic, scratch_);
    if (const auto found = gathered_.find(scratch_);
        found != gathered_.end() && found->second.contains(queue)) {
        found->second[queue] = offset;
        return true;
    }
    // What the table or the record under way already says need not be said again: clients repeat every 5 s.
    const auto under_way = proposed_.find(scratch_);
    const bool is_under_way = under_way != proposed_.end() && under_way->second.contains(queue);
    if (is_under_way && under_way->second[queue] == offset) return true;
    if (!is_under_way && table_.find(group, topic, queue) == offset) return false;
    gathered_[scratch_][queue] = offset;
    arm();
    return true;
}

void OffsetCommits::reset(std::string_view group, std::string_view topic, QueueId queue, QueueOffset offset) {
    commit(group, topic, queue, offset);
    make_key(group, topic, scratch_);
    resets_[scratch_][queue] = offset;
}

bool OffsetCommits::is_reset(std::string_view group, std::string_view topic, QueueId queue) const {
    if (resets_.empty()) [[likely]]
        return false;
    make_key(group, topic, scratch_);
    const auto found = resets_.find(scratch_);
    return found != resets_.end() && found->second.contains(queue);
}

std::optional<QueueOffset> OffsetCommits::take_reset(std::string_view group, std::string_view topic,
                                                     QueueId queue) {
    if (!is_reset(group, topic, queue)) return std::nullopt;
    const auto found = resets_.find(scratch_);
    const QueueOffset offset = found->second.at(queue);
    found->second.erase(queue);
    if (found->second.empty()) resets_.erase(found);
    return offset;
}

bool OffsetCommits::moves_on(std::string_view group, std::string_view topic, QueueId queue, QueueOffset since,
                             QueueOffset offset) const {
    const QueueOffset now = newest(group, topic, queue).value_or(QueueOffset{0});
    return now >= since && now < offset;
}

std::optional<QueueOffset> OffsetCommits::newest(std::string_view group, std::string_view topic,
                                                 QueueId queue) const {
    make_key(group, topic, scratch_);
    for (const auto* under_way : {&gathered_, &proposed_}) {
        const auto found = under_way->find(scratch_);
        if (found != under_way->end() && found->second.contains(queue)) return found->second.at(queue);
    }
    return table_.find(group, topic, queue);
}

void OffsetCommits::when_settled(std::string_view group, std::string_view topic, Done done) {
    make_key(group, topic, scratch_);
    if (gathered_.contains(scratch_)) {
        waiting_for_gathered_.push_back(std::move(done));
        propose();
    } else if (proposed_.contains(scratch_)) {
        waiting_for_proposed_.push_back(std::move(done));
    } else {
        done(true);
    }
}

void OffsetCommits::drop() {
    gathered_.clear();
    resets_.clear();
    for (auto& done : std::exchange(waiting_for_gathered_, {})) done(false);
}

void OffsetCommits::forget(const replication::InternalRecord& change) {
    const auto& topics = change.deleted_topics;
    const auto& groups = change.deleted_groups;
    if (resets_.empty() || (!topics && !groups)) return;
    std::erase_if(resets_, [&](const auto& entry) {
        const std::string_view key = entry.first;
        const auto topic = key.substr(0, key.find('@'));
        const auto group = key.substr(topic.size() + 1);
        return (topics && std::ranges::find(*topics, topic) != topics->end()) ||
               (groups && std::ranges::find(*groups, group) != groups->end());
    });
}

void OffsetCommits::arm() {
    if (timer_ != 0) return;
    timer_ = runtime_.timers.after(coalesce_interval, [this] {
        timer_ = 0;
        propose();
    });
}

void OffsetCommits::propose() {
    if (in_flight_ || gathered_.empty()) return;
    // As many as one record takes; the others go with the next.
    constexpr std::size_t queues_max = 20'000;
    std::map<std::string, replication::QueueOffsets> first;
    for (std::size_t queues = 0; !gathered_.empty() && queues < queues_max;) {
        auto taken = gathered_.extract(gathered_.begin());
        queues += taken.mapped().size();
        first.insert(std::move(taken));
    }
    replication::InternalRecord change;
    change.offsets = first;
    const auto proposed = group_->propose(change);
    // The log takes nothing for the moment: the offsets stay gathered and go with the next record.
    if (!proposed) {
        gathered_.merge(first);
        return arm();
    }
    group_->when_settled(*proposed, replication::WaitFor::promise, [this](replication::Outcome outcome) {
        settled(outcome != replication::Outcome::unknown && outcome != replication::Outcome::flush_timeout);
    });
    in_flight_ = true;
    proposed_ = std::move(first);
    if (gathered_.empty()) waiting_for_proposed_ = std::exchange(waiting_for_gathered_, {});
}

void OffsetCommits::settled(bool is_kept) {
    in_flight_ = false;
    proposed_.clear();
    for (auto& done : std::exchange(waiting_for_proposed_, {})) done(is_kept);
    if (!waiting_for_gathered_.empty()) propose();
    if (!gathered_.empty()) arm();
}

}  // namespace tern::broker
