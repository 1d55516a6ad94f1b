// The topics of the broker: a fold over topic records, and the rules for making and changing them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/runtime.hpp"
#include "base/string_map.hpp"
#include "broker/broker_config.hpp"
#include "broker/proposed.hpp"
#include "model/data_version.hpp"
#include "model/topic_config.hpp"
#include "replication/group.hpp"
#include "replication/table.hpp"

namespace tern::broker {

// Of a topic that is made because a client, of a unit or of none, reads or sends to it.
constexpr std::int32_t flag_of_read_topic(bool unit_mode) {
    return unit_mode ? model::topic_sys_flag::unit_subscription : 0;
}
constexpr std::int32_t flag_of_topic_sent_to(bool unit_mode) {
    return unit_mode ? model::topic_sys_flag::unit : 0;
}

// The fold; config/topics.json. Of one loop.
class TopicTable final : public replication::Table {
public:
    const model::TopicConfig* find(std::string_view topic) const;
    const std::map<std::string, model::TopicConfig, std::less<>>& all() const { return topics_; }
    const model::DataVersion& version() const { return version_; }

    std::string_view file_name() const override { return "topics.json"; }
    void apply(const replication::InternalRecord& change, const replication::AppliedAt& at) override;
    std::string text() const override;
    Result<> restore(std::string_view text) override;
    void clear() override;
    std::uint64_t revision() const override { return revision_; }

private:
    std::map<std::string, model::TopicConfig, std::less<>> topics_;
    model::DataVersion version_;
    std::uint64_t revision_{1};
};

// The leader's side. A topic that was proposed can be sent to at once: its record stands before the
// message's, so nobody ever sees one without the other.
class Topics {
public:
    using Done = InplaceFunction<void(Result<>), 64>;
    // With more of them none is made because a client names it; who administers may make more. Ours.
    static constexpr std::size_t made_by_themselves_max = 20'000;

    Topics(const BrokerConfig& config, const TopicTable& table) : config_{config}, table_{table} {}
    // The group outlives this.
    void attach(replication::Group& group) { group_ = &group; }

    const TopicTable& table() const { return table_; }
    // Committed or proposed.
    const model::TopicConfig* find(std::string_view topic) const;

    // Proposes what RocketMQ's broker always has and the table lacks (spec/store.md 8.2).
    Result<> propose_system_topics();
    // The topics stay; their version is newer.
    Result<> propose_new_version();
    // All of them or none, in one record. done runs when it is committed, also when it was asked for before.
    void put(std::vector<model::TopicConfig> topics, Done done);
    // Those of them that there are, and are not yet, are ordered topics from now on.
    void put_in_order(const std::map<std::string, std::string>& queues_by_topic);
    // All of them or none, in one record.
    void remove(std::vector<std::string> topics, Done done);
    // Runs done once no change is under way any more: at once, if none is.
    void when_committed(InplaceFunction<void(), 64> done);

    // The topic to send to, made from the template topic if it is unknown and may be made
    // (spec/broker-semantics.md 1.2). Errc::topic_not_exist otherwise.
    Result<const model::TopicConfig*> find_or_create(std::string_view topic, std::string_view template_topic,
                                                     std::int32_t queues_wanted, std::int32_t sys_flag);
    // %RETRY% and %DLQ% topics come with their group, whoever needs them first.
    Result<const model::TopicConfig*> find_or_create_plain(std::string_view topic, std::int32_t queues,
                                                           std::int32_t permission,
                                                           std::int32_t sys_flag = 0);

    // Proposed, and not committed yet.
    bool is_new(std::string_view topic) const {
        return proposed_.size() > 0 && proposed_.find(topic) != nullptr && table_.find(topic) == nullptr;
    }
    // Names that nobody may create, change or delete.
    bool is_system(std::string_view topic) const;

    // Those that were not made because there are too many.
    const std::uint64_t& not_made() const { return not_made_; }

private:
    Result<> propose(const replication::InternalRecord& change, Done committed);
    Result<> propose(std::vector<model::TopicConfig> topics, Done committed);
    Result<const model::TopicConfig*> create(model::TopicConfig topic);

    const BrokerConfig& config_;
    const TopicTable& table_;
    replication::Group* group_{nullptr};
    Proposed<model::TopicConfig, &model::TopicConfig::name> proposed_;
    mutable const model::TopicConfig* recent_{nullptr};  // In the table at that revision.
    mutable std::uint64_t recent_revision_{0};
    std::size_t changes_under_way_{0};
    std::vector<InplaceFunction<void(), 64>> waiting_;
    std::uint64_t not_made_{0};
};

}  // namespace tern::broker
