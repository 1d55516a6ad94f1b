// The consumer groups that the broker knows, as configured: a fold over group records, and the rules for
// making them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/string_map.hpp"
#include "broker/broker_config.hpp"
#include "broker/proposed.hpp"
#include "model/data_version.hpp"
#include "model/subscription_group.hpp"
#include "remoting/body/subscription_group_table.hpp"
#include "replication/group.hpp"
#include "replication/table.hpp"

namespace tern::broker {

// The fold; config/subscriptionGroup.json. Of one loop.
class GroupTable final : public replication::Table {
public:
    const model::SubscriptionGroupConfig* find(std::string_view group) const;
    const std::map<std::string, model::SubscriptionGroupConfig, std::less<>>& all() const { return groups_; }
    const model::DataVersion& version() const { return version_; }
    // What the group may not do there, as bits of model::permission.
    std::int32_t forbidden(std::string_view group, std::string_view topic) const;

    // As slaves and Java's file have it.
    remoting::SubscriptionGroupTable file() const;

    std::string_view file_name() const override { return "subscriptionGroup.json"; }
    void apply(const replication::InternalRecord& change, const replication::AppliedAt& at) override;
    std::string text() const override;
    Result<> restore(std::string_view text) override;
    void clear() override;
    std::uint64_t revision() const override { return revision_; }

private:
    std::map<std::string, model::SubscriptionGroupConfig, std::less<>> groups_;
    std::map<std::string, std::map<std::string, std::int32_t>> forbidden_;  // Group → topic → bits.
    model::DataVersion version_;
    std::uint64_t revision_{1};
};

// The leader's side; as Topics.
class SubscriptionGroups {
public:
    using Done = InplaceFunction<void(Result<>), 64>;
    // With more of them none is made because a client names it; who administers may make more. Ours.
    static constexpr std::size_t made_by_themselves_max = 20'000;

    SubscriptionGroups(const BrokerConfig& config, const GroupTable& table)
        : config_{config}, table_{table} {}
    void attach(replication::Group& group) { group_ = &group; }

    const GroupTable& table() const { return table_; }
    const model::SubscriptionGroupConfig* find(std::string_view group) const;
    // The groups that RocketMQ's broker always has.
    Result<> propose_system_groups();
    // Errc::group_not_exist for one that is unknown and may not be made.
    Result<const model::SubscriptionGroupConfig*> find_or_create(std::string_view group);
    // The same of a member that can make none, which takes it to be as it would be made. Until the next call.
    Result<const model::SubscriptionGroupConfig*> find_or_assume(std::string_view group);
    void put(std::vector<model::SubscriptionGroupConfig> groups, Done done);
    // The bits of what the group may not do there; done runs when that is committed.
    void forbid(std::string_view group, std::string_view topic, std::int32_t bits, Done done);
    // With the offsets that it has committed, except for those that are to be kept ("topic@group" → queue →
    // offset). done runs when that is committed; one that is not there is removed too.
    void remove(std::string_view group, std::map<std::string, replication::QueueOffsets> kept, Done done);

    // Those that were not made because there are too many.
    const std::uint64_t& not_made() const { return not_made_; }

private:
    // As it makes itself, where that may be.
    Result<model::SubscriptionGroupConfig> made_by_itself(std::string_view group);
    Result<> propose(std::vector<model::SubscriptionGroupConfig> groups, Done committed);
    Result<> propose(const replication::InternalRecord& change, Done committed);
    // Runs done also when the change is refused, which is false.
    bool try_propose(const replication::InternalRecord& change, Done done);

    const BrokerConfig& config_;
    const GroupTable& table_;
    replication::Group* group_{nullptr};
    Proposed<model::SubscriptionGroupConfig, &model::SubscriptionGroupConfig::group_name> proposed_;
    model::SubscriptionGroupConfig assumed_;
    std::uint64_t not_made_{0};
};

}  // namespace tern::broker
