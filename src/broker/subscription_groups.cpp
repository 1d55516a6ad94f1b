#include "broker/subscription_groups.hpp"

#include <array>
#include <utility>

#include "json/fields.hpp"
#include "model/topic_name.hpp"

namespace tern::broker {
const model::SubscriptionGroupConfig* GroupTable::find(std::string_view group) const {
    const auto found = groups_.find(group);
    return found == groups_.end() ? nullptr : &found->second;
}

void GroupTable::apply(const replication::InternalRecord& change, const replication::AppliedAt& at) {
    if (!change.groups && !change.deleted_groups && !change.forbidden) return;
    if (change.groups) {
        for (const auto& group : *change.groups) groups_.insert_or_assign(group.group_name, group);
    }
    if (change.deleted_groups) {
        for (const auto& group : *change.deleted_groups) {
            groups_.erase(group);
            forbidden_.erase(group);
        }
    }
    if (change.forbidden) {
        for (const auto& [group, topics] : *change.forbidden) {
            auto& known = forbidden_[group];
            for (const auto& [topic, bits] : topics) known[topic] = bits;
            std::erase_if(known, [](const auto& topic) { return topic.second == 0; });
            if (known.empty()) forbidden_.erase(group);
        }
    }
    version_.advance(at.epoch.value(), at.store_timestamp);
    ++revision_;
}

std::int32_t GroupTable::forbidden(std::string_view group, std::string_view topic) const {
    if (forbidden_.empty()) return 0;
    const auto of_group = forbidden_.find(std::string{group});
    if (of_group == forbidden_.end()) return 0;
    const auto found = of_group->second.find(std::string{topic});
    return found == of_group->second.end() ? 0 : found->second;
}

std::string GroupTable::text() const {
    return json::encode(file(), json::config_file_style);
}

remoting::SubscriptionGroupTable GroupTable::file() const {
    return {version_, forbidden_, {groups_.begin(), groups_.end()}};
}

Result<> GroupTable::restore(std::string_view text) {
    auto file = json::decode<remoting::SubscriptionGroupTable>(text, json::own_text);
    if (!file) return std::unexpected(file.error());
    clear();
    groups_.insert(std::make_move_iterator(file->subscription_group_table.begin()),
                   std::make_move_iterator(file->subscription_group_table.end()));
    forbidden_ = std::move(file->forbidden_table);
    version_ = file->data_version;
    return {};
}

void GroupTable::clear() {
    groups_.clear();
    forbidden_.clear();
    version_ = {};
    ++revision_;
}

const model::SubscriptionGroupConfig* SubscriptionGroups::find(std::string_view group) const {
    if (const auto* proposed = proposed_.find(group)) return proposed;
    return table_.find(group);
}

Result<> SubscriptionGroups::propose_system_groups() {
    constexpr std::array consuming{model::group::tools_consumer, model::group::filter_server_consumer,
                                   model::group::self_test_consumer};
    constexpr std::array broadcasting{model::group::ons_http_proxy, model::group::ons_api_pull,
                                      model::group::ons_api_permission, model::group::ons_api_owner,
                                      model::group::transaction};
    replication::InternalRecord change;
    const auto want = [&](std::string_view name) {
        if (table_.find(name) != nullptr) return;
        if (!change.groups) change.groups.emplace();
        change.groups->emplace_back().group_name = name;
    };
    for (const auto name : consuming) want(name);
    for (const auto name : broadcasting) want(name);
    if (!change.groups) return {};
    if (auto proposed = group_->propose(change); !proposed) return std::unexpected(proposed.error());
    return {};
}

Result<model::SubscriptionGroupConfig> SubscriptionGroups::made_by_itself(std::string_view group) {
    if (!config_.auto_create_group && !model::is_system_group(group))
        return failure(Errc::group_not_exist,
                       "subscription group [" + std::string{group} + "] does not exist");
    if (auto valid = model::check_group(group); !valid)
        return failure(Errc::group_not_exist, valid.error().detail);
    if (table_.all().size() + proposed_.size() >= made_by_themselves_max) {
        ++not_made_;
        return failure(Errc::limit_exceeded, "subscription group [" + std::string{group} +
                                                 "] is not made by itself: there are " +
                                                 std::to_string(table_.all().size()));
    }
    model::SubscriptionGroupConfig made;
    made.group_name = group;
    return made;
}

Result<const model::SubscriptionGroupConfig*> SubscriptionGroups::find_or_create(std::string_view group) {
    if (const auto* known = find(group)) return known;
    auto made = made_by_itself(group);
    if (!made) return std::unexpected(made.error());
    if (auto proposed = propose({std::move(*made)}, [](Result<>) {}); !proposed)
        return std::unexpected(proposed.error());
    return find(group);
}

Result<const model::SubscriptionGroupConfig*> SubscriptionGroups::find_or_assume(std::string_view group) {
    if (const auto* known = find(group)) return known;
    auto made = made_by_itself(group);
    if (!made) return std::unexpected(made.error());
    assumed_ = std::move(*made);
    return &assumed_;
}

void SubscriptionGroups::put(std::vector<model::SubscriptionGroupConfig> groups, Done done) {
    std::erase_if(groups, [this](const model::SubscriptionGroupConfig& group) {
        const auto* known = find(group.group_name);
        return known != nullptr && *known == group;
    });
    if (groups.empty()) return done({});
    const auto finish = std::make_shared<Done>(std::move(done));
    const auto proposed =
        propose(std::move(groups), [finish](Result<> committed) { (*finish)(std::move(committed)); });
    if (!proposed) (*finish)(std::unexpected(proposed.error()));
}

void SubscriptionGroups::forbid(std::string_view group, std::string_view topic, std::int32_t bits,
                                Done done) {
    if (table_.forbidden(group, topic) == bits) return done({});
    replication::InternalRecord change;
    change.forbidden.emplace()[std::string{group}][std::string{topic}] = bits;
    (void)try_propose(change, std::move(done));
}

void SubscriptionGroups::remove(std::string_view group, std::map<std::string, replication::QueueOffsets> kept,
                                Done done) {
    replication::InternalRecord change;
    change.deleted_groups = {{std::string{group}}};
    if (!kept.empty()) change.offsets = std::move(kept);
    if (try_propose(change, std::move(done))) proposed_.forget(std::string{group});
}

bool SubscriptionGroups::try_propose(const replication::InternalRecord& change, Done done) {
    const auto finish = std::make_shared<Done>(std::move(done));
    const auto proposed = propose(change, [finish](Result<> outcome) { (*finish)(std::move(outcome)); });
    if (!proposed) (*finish)(std::unexpected(proposed.error()));
    return proposed.has_value();
}

Result<> SubscriptionGroups::propose(std::vector<model::SubscriptionGroupConfig> groups, Done committed) {
    replication::InternalRecord change;
    change.groups = groups;
    return proposed_.propose(std::move(groups), std::move(committed),
                             [&](Done done) { return propose(change, std::move(done)); });
}

Result<> SubscriptionGroups::propose(const replication::InternalRecord& change, Done committed) {
    const auto proposed = group_->propose(change);
    if (!proposed) return std::unexpected(proposed.error());
    group_->when_settled(
        *proposed, replication::WaitFor::promise,
        [done = std::move(committed)](replication::Outcome outcome) mutable {
            if (outcome == replication::Outcome::unknown)
                return done(failure(Errc::internal, "the store failed while a group was changed"));
            done({});
        });
    return {};
}

}  // namespace tern::broker
