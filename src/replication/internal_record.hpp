// What changes the state of a broker group beside its messages: topics, groups, consumer offsets, locks,
// epochs. Each change is a record of the log, so a failover loses none and a restart replays them.
// docs/formats/internal-record.md is the specification.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.hpp"
#include "base/result.hpp"
#include "model/message_record.hpp"
#include "model/subscription_group.hpp"
#include "model/topic_config.hpp"

namespace tern::replication {

// The topic of internal records. With the transaction type "rollback" the Java broker builds neither consume
// queue nor index for them (spec/store.md 9.7); we never serve or list it.
inline constexpr std::string_view internal_topic = "rmq_sys_TERN_INTERNAL";

// What this program knows. A change says what it needs to be understood, mostly the least there is, and a
// leader proposes none that not all members of the group know (Group::level_of_all()).
inline constexpr std::int32_t feature_level = 1;
inline constexpr std::int32_t base_level = 1;
// Of its text: a longer change is refused.
inline constexpr std::size_t internal_record_max = std::size_t{4} * 1024 * 1024;

// The first record of each new leader: commits what came before it.
struct EpochStart {
    std::int64_t epoch{};
    std::string leader;    // "ip:port" as registered.
    std::int64_t group{};  // The group's id: the first leader draws it.

    static constexpr auto fields() {
        using R = EpochStart;
        return list_of(field("epoch", &R::epoch), field("group", &R::group), field("leader", &R::leader));
    }
};

// A queue lock granted to a client, or released when client is empty.
struct LockChange {
    std::string client;
    std::string group;
    std::int32_t queue_id{};
    std::string topic;

    static constexpr auto fields() {
        using R = LockChange;
        return list_of(field("client", &R::client), field("group", &R::group), field("queueId", &R::queue_id),
                       field("topic", &R::topic));
    }
};

using QueueOffsets = std::map<QueueId, QueueOffset>;

// One record is the unit of atomicity: all of its changes happen, or none.
struct InternalRecord {
    std::optional<std::vector<std::string>> deleted_groups;
    std::optional<std::vector<std::string>> deleted_topics;
    std::optional<EpochStart> epoch_start;
    // Group → topic → what it may not do there, as bits of model::permission; 0: nothing any more.
    std::optional<std::map<std::string, std::map<std::string, std::int32_t>>> forbidden;
    std::optional<std::vector<model::SubscriptionGroupConfig>> groups;
    std::int32_t level{base_level};
    std::optional<std::vector<LockChange>> locks;
    std::optional<std::map<std::string, QueueOffsets>>
        offsets;  // "topic@group" → queue → next offset to consume.
    std::optional<std::map<std::int32_t, QueueOffset>>
        schedule;  // Delay level → next queue offset to deliver.
    std::optional<std::vector<model::TopicConfig>> topics;

    static constexpr auto fields() {
        using R = InternalRecord;
        return list_of(field("deletedGroups", &R::deleted_groups), field("deletedTopics", &R::deleted_topics),
                       field("epochStart", &R::epoch_start), field("forbidden", &R::forbidden),
                       field("groups", &R::groups), field("level", &R::level), field("locks", &R::locks),
                       field("offsets", &R::offsets), field("schedule", &R::schedule),
                       field("topics", &R::topics));
    }
};

bool is_internal(const model::RecordView& record);

std::string encode_internal(const InternalRecord& change);
// Errc::not_supported when the record's level is above the one that is known.
Result<InternalRecord> decode_internal(std::string_view body, std::int32_t known_level = feature_level);

// The record that carries an encoded change; body must outlive the draft.
model::RecordDraft internal_draft(std::string_view body, const model::Host& store_host, std::int64_t now_ms);

}  // namespace tern::replication
