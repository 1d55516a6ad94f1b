// The rules about consumer groups: their offsets, what their members were given, and their locks.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "simulation/evidence.hpp"
#include "simulation/message.hpp"

namespace tern::simulation {
namespace {

using GroupQueue = std::pair<std::string, Queue>;

struct OffsetStory {
    std::vector<const OffsetCommit*> commits;
    std::vector<const OffsetQuery*> queries;  // In the order they were answered.
};

std::map<GroupQueue, OffsetStory> offset_stories(const History& history) {
    std::map<GroupQueue, OffsetStory> stories;
    for (const auto& commit : history.commits())
        stories[{commit.group, commit.queue}].commits.push_back(&commit);
    for (const auto& query : history.queries()) stories[{query.group, query.queue}].queries.push_back(&query);
    return stories;
}

// The last answer that was there before the query was sent.
const OffsetQuery* answered_before(const OffsetStory& story, const OffsetQuery& query) {
    const OffsetQuery* last = nullptr;
    for (const auto* earlier : story.queries)
        if (earlier->ended < query.started && (last == nullptr || last->ended < earlier->ended))
            last = earlier;
    return last;
}

// Whether a commit of that offset can have had its effect after the first of the offset before it was sent.
bool may_be_stored_after(const OffsetStory& story, QueueOffset before, QueueOffset offset,
                         const Moment& until, Duration lingers) {
    const auto first =
        std::ranges::find_if(story.commits, [&](const auto* commit) { return commit->offset == before; });
    return std::ranges::any_of(story.commits, [&](const OffsetCommit* commit) {
        if (commit->offset != offset || until < commit->started) return false;
        return first == story.commits.end() || !commit->settled || (*first)->started < *commit->settled ||
               (lingers > Duration::zero() && (*first)->started.at < commit->settled->at + lingers);
    });
}

bool was_stored_ever(const OffsetStory& story, QueueOffset offset, const Moment& until) {
    return offset == QueueOffset{0} ||  // What a young queue answers to a new group.
           std::ranges::any_of(story.commits, [&](const OffsetCommit* commit) {
               return commit->offset == offset && commit->started < until;
           });
}

const History::Subscription* subscription_of(const History& history, const std::string& group,
                                             const std::string& topic) {
    const auto found = std::ranges::find_if(
        history.subscriptions(), [&](const auto& one) { return one.group == group && one.topic == topic; });
    return found == history.subscriptions().end() ? nullptr : &*found;
}

bool wants(const History::Subscription& subscription, const std::string& key) {
    return subscription.tags.empty() || subscription.tags.contains(message_tag(key));
}

}  // namespace

Finding find_offset_going_back(const Evidence& evidence) {
    const History& history = evidence.history();
    const auto stories = offset_stories(history);
    for (const auto& [key, story] : stories) {
        const auto where = fmt::format("{} on {}", key.first, words(key.second));
        for (const auto* query : story.queries) {
            if (query->offset && !was_stored_ever(story, *query->offset, query->ended))
                return fmt::format("{} got {} at {}, which nobody had stored", where, query->offset->value(),
                                   words(query->ended));
            const auto* before = answered_before(story, *query);
            if (before == nullptr || !before->offset || evidence.may_be_undone(before->started, query->ended))
                continue;
            if (query->offset && *query->offset >= *before->offset) continue;
            // A group that has stored nothing is told 0 while the queue's first message is in memory, and
            // nothing then.
            if (!query->offset && *before->offset == QueueOffset{0}) continue;
            if (query->offset && may_be_stored_after(story, *before->offset, *query->offset, query->ended,
                                                     evidence.promise().requests_linger))
                continue;
            return fmt::format(
                "{} got {} at {}, and {} at {}", where, before->offset->value(), words(before->ended),
                query->offset ? std::to_string(query->offset->value()) : "nothing", words(query->ended));
        }
    }
    return std::nullopt;
}

Finding find_reader_sent_back(const Evidence& evidence) {
    std::map<Queue, std::vector<const Reading*>> by_queue;
    for (const auto* reading : evidence.readings()) by_queue[reading->place.queue].push_back(reading);
    for (const auto& told : evidence.history().ends_told()) {
        for (const auto* reading : by_queue[told.queue]) {
            if (reading->place.offset < told.end) continue;
            if (told.asked < reading->at || evidence.may_be_undone(reading->asked, told.at)) continue;
            return fmt::format("{} was told at {} that {} ends at {}, and {} had read {} of it at {}",
                               told.reader, words(told.at), words(told.queue), told.end.value(),
                               reading->reader, reading->place.offset.value(), words(reading->at));
        }
    }
    return std::nullopt;
}

Finding find_skipped_message(const Evidence& evidence) {
    const History& history = evidence.history();
    // Behind a loss of what consumers had seen, offsets point beyond the end, and new messages come to lie
    // below them.
    if (!evidence.promise().synced_before_answer && !history.losses().empty()) return std::nullopt;
    std::set<std::pair<std::string, Place>> given;
    for (const auto& consumption : history.consumptions())
        given.emplace(consumption.group, consumption.place);
    for (const auto& [key, story] : offset_stories(history)) {
        const auto& [group, queue] = key;
        const auto* subscription = subscription_of(history, group, queue.topic);
        if (subscription == nullptr || story.queries.empty() || !story.queries.back()->offset) continue;
        const QueueOffset stored = *story.queries.back()->offset;
        for (QueueOffset offset; offset < stored; offset += 1) {
            const auto found = evidence.final_readings().find({queue, offset});
            if (found == evidence.final_readings().end() || given.contains({group, {queue, offset}}) ||
                !wants(*subscription, found->second->key) || evidence.was_expired_somewhere(*found->second))
                continue;
            return fmt::format("{} stored offset {} on {}, but no member was given \"{}\" at offset {}",
                               group, stored.value(), words(queue), found->second->key, offset.value());
        }
    }
    return std::nullopt;
}

Finding find_unwanted_message(const Evidence& evidence) {
    const History& history = evidence.history();
    for (const auto& consumption : history.consumptions()) {
        const auto* subscription = subscription_of(history, consumption.group, consumption.place.queue.topic);
        if (subscription == nullptr || wants(*subscription, consumption.key)) continue;
        return fmt::format("{} was given \"{}\" at {} ({}), and takes {}: it is of {}", consumption.client,
                           consumption.key, words(consumption.place), words(consumption.at),
                           fmt::join(subscription->tags, ", "), message_tag(consumption.key));
    }
    return std::nullopt;
}

Finding find_two_holders_of_a_lock(const Evidence& evidence) {
    std::map<GroupQueue, std::vector<const LockHeld*>> held;
    for (const auto& lock : evidence.history().locks()) held[{lock.group, lock.queue}].push_back(&lock);
    const auto is_void = [&](const LockHeld& earlier, const LockHeld& later) {
        return evidence.may_be_undone(earlier.asked, later.granted);
    };
    for (const auto& [key, locks] : held) {
        for (const auto* one : locks)
            for (const auto* other : locks)
                if (one->client != other->client && one->granted < other->granted &&
                    other->granted.at < one->until && !is_void(*one, *other))
                    return fmt::format("{} of {} was locked by {} from {} to {}, and by {} from {} to {}",
                                       words(key.second), key.first, one->client, words(one->granted),
                                       words(one->until), other->client, words(other->granted),
                                       words(other->until));
    }
    return std::nullopt;
}

}  // namespace tern::simulation
