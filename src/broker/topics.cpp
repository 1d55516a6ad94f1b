#include "broker/topics.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "json/fields.hpp"
#include "model/topic_name.hpp"

namespace tern::broker {
namespace {

struct TopicFile {
    std::optional<model::DataVersion> data_version;
    std::map<std::string, model::TopicConfig> topic_config_table;

    static constexpr auto fields() {
        using R = TopicFile;
        return list_of(field("dataVersion", &R::data_version),
                       optional_field("topicConfigTable", &R::topic_config_table));
    }
};

model::TopicConfig plain_topic(std::string_view name, std::int32_t queues, std::int32_t permission) {
    model::TopicConfig topic;
    topic.name = name;
    topic.read_queue_nums = topic.write_queue_nums = queues;
    topic.perm = permission;
    return topic;
}

constexpr std::int32_t read_write = model::permission::read | model::permission::write;

}  // namespace

const model::TopicConfig* TopicTable::find(std::string_view topic) const {
    const auto found = topics_.find(topic);
    return found == topics_.end() ? nullptr : &found->second;
}

void TopicTable::apply(const replication::InternalRecord& change, const replication::AppliedAt& at) {
    if (!change.topics && !change.deleted_topics) return;
    if (change.topics) {
        for (const auto& topic : *change.topics) topics_.insert_or_assign(topic.name, topic);
    }
    if (change.deleted_topics) {
        for (const auto& topic : *change.deleted_topics) topics_.erase(topic);
    }
    version_.advance(at.epoch.value(), at.store_timestamp);
    ++revision_;
}

std::string TopicTable::text() const {
    return json::encode(TopicFile{version_, {topics_.begin(), topics_.end()}}, json::config_file_style);
}

Result<> TopicTable::restore(std::string_view text) {
    auto file = json::decode<TopicFile>(text, json::own_text);
    if (!file) return std::unexpected(file.error());
    clear();
    topics_.insert(std::make_move_iterator(file->topic_config_table.begin()),
                   std::make_move_iterator(file->topic_config_table.end()));
    version_ = file->data_version.value_or(model::DataVersion{});
    return {};
}

void TopicTable::clear() {
    topics_.clear();
    version_ = {};
    ++revision_;
}

const model::TopicConfig* Topics::find(std::string_view topic) const {
    if (const auto* proposed = proposed_.find(topic)) return proposed;
    // Of many sends in a row most are for one topic.
    if (recent_ != nullptr && recent_revision_ == table_.revision() && recent_->name == topic) return recent_;
    recent_revision_ = table_.revision();
    return recent_ = table_.find(topic);
}

Result<> Topics::propose_system_topics() {
    using model::permission::inherit;
    const auto named = [](std::string_view a, std::string_view b) { return std::string{a} + std::string{b}; };
    std::vector<model::TopicConfig> wanted{
        plain_topic(model::topic::self_test, 1, read_write),
        plain_topic(model::topic::benchmark, 1024, read_write),
        plain_topic(config_.cluster_name, 16, config_.cluster_topic ? inherit | read_write : inherit),
        plain_topic(config_.broker_name, 1, config_.broker_topic ? inherit | read_write : inherit),
        plain_topic(model::topic::offset_moved_event, 1, read_write),
        plain_topic(model::topic::schedule, model::DelayLevels::parse(config_.delay_levels)->max(),
                    read_write),
        plain_topic(named(config_.cluster_name, model::topic::reply_postfix), 1, read_write),
        plain_topic(model::topic::transaction_half, 1, read_write),
        plain_topic(model::topic::transaction_op_half, 1, read_write),
        plain_topic(named(model::topic::sync_member_prefix, config_.broker_name), 1, inherit),
    };
    if (config_.auto_create_topic)
        wanted.push_back(
            plain_topic(model::topic::auto_create, config_.default_topic_queues, inherit | read_write));
    if (config_.trace_topic) wanted.push_back(plain_topic(config_.trace_topic_name, 1, read_write));

    replication::InternalRecord change;
    for (auto& topic : wanted) {
        if (table_.find(topic.name) != nullptr) continue;
        if (!change.topics) change.topics.emplace();
        change.topics->push_back(std::move(topic));
    }
    // A template that was made when automatic creation was on must not serve as one any more, and the other
    // way round.
    const auto* template_topic = table_.find(model::topic::auto_create);
    if (template_topic != nullptr && model::is_inherited(template_topic->perm) != config_.auto_create_topic) {
        if (!change.topics) change.topics.emplace();
        change.topics->push_back(*template_topic);
        change.topics->back().perm ^= inherit;
    }
    if (!change.topics) return {};
    return propose(change, [](Result<>) {});
}

Result<> Topics::propose_new_version() {
    replication::InternalRecord change;
    change.topics.emplace();
    return propose(change, [](Result<>) {});
}

void Topics::put(std::vector<model::TopicConfig> topics, Done done) {
    std::erase_if(topics, [this](const model::TopicConfig& topic) {
        const auto* known = find(topic.name);
        return known != nullptr && *known == topic;
    });
    const auto finish = std::make_shared<Done>(std::move(done));
    // What they are may be on its way still.
    if (topics.empty()) return when_committed([finish] { (*finish)({}); });
    const auto proposed =
        propose(std::move(topics), [finish](Result<> committed) { (*finish)(std::move(committed)); });
    if (!proposed) (*finish)(std::unexpected(proposed.error()));
}

Result<> Topics::propose(std::vector<model::TopicConfig> topics, Done committed) {
    replication::InternalRecord change;
    change.topics = topics;
    return proposed_.propose(std::move(topics), std::move(committed),
                             [&](Done done) { return propose(change, std::move(done)); });
}

Result<> Topics::propose(const replication::InternalRecord& change, Done committed) {
    const auto proposed = group_->propose(change);
    if (!proposed) return std::unexpected(proposed.error());
    ++changes_under_way_;
    group_->when_settled(*proposed, replication::WaitFor::promise,
                         [this, done = std::move(committed)](replication::Outcome outcome) mutable {
                             --changes_under_way_;
                             if (outcome == replication::Outcome::unknown) {
                                 done(failure(Errc::internal, "the store failed while a topic was changed"));
                             } else {
                                 done({});
                             }
                             if (changes_under_way_ > 0) return;
                             for (auto& waiting : std::exchange(waiting_, {})) waiting();
                         });
    return {};
}

void Topics::when_committed(InplaceFunction<void(), 64> done) {
    if (changes_under_way_ == 0) return done();
    waiting_.push_back(std::move(done));
}

void Topics::put_in_order(const std::map<std::string, std::string>& queues_by_topic) {
    std::vector<model::TopicConfig> topics;
    for (const auto& [name, queues] : queues_by_topic) {
        const auto* known = find(name);
        if (known == nullptr || known->order) continue;
        topics.push_back(*known);
        topics.back().order = true;
    }
    if (!topics.empty()) put(std::move(topics), [](const Result<>&) {});
}

void Topics::remove(std::vector<std::string> topics, Done done) {
    replication::InternalRecord change;
    change.deleted_topics = std::move(topics);
    const auto finish = std::make_shared<Done>(std::move(done));
    const auto proposed = propose(change, [finish](Result<> outcome) { (*finish)(std::move(outcome)); });
    if (!proposed) (*finish)(std::unexpected(proposed.error()));
}

Result<const model::TopicConfig*> Topics::create(model::TopicConfig topic) {
    if (table_.all().size() + proposed_.size() >= made_by_themselves_max) {
        ++not_made_;
        return failure(Errc::limit_exceeded, "topic[" + topic.name + "] is not made by itself: there are " +
                                                 std::to_string(table_.all().size()) + " topics");
    }
    const std::string name = topic.name;
    if (auto proposed = propose(std::vector{std::move(topic)}, [](Result<>) {}); !proposed)
        return std::unexpected(proposed.error());
    return find(name);
}

Result<const model::TopicConfig*> Topics::find_or_create(std::string_view topic,
                                                         std::string_view template_topic,
                                                         std::int32_t queues_wanted, std::int32_t sys_flag) {
    if (const auto* known = find(topic)) return known;
    const auto missing = [&] {
        return failure(Errc::topic_not_exist,
                       "topic[" + std::string{topic} + "] not exist, apply first please!");
    };
    const auto* from = find(template_topic);
    if (from == nullptr || !model::is_inherited(from->perm)) return missing();
    model::TopicConfig created =
        plain_topic(topic, std::max(0, std::min(queues_wanted, from->write_queue_nums)),
                    from->perm & ~model::permission::inherit);
    created.filter_type = from->filter_type;
    created.sys_flag = sys_flag;
    return create(std::move(created));
}

Result<const model::TopicConfig*> Topics::find_or_create_plain(std::string_view topic, std::int32_t queues,
                                                               std::int32_t permission,
                                                               std::int32_t sys_flag) {
    if (const auto* known = find(topic)) return known;
    auto created = plain_topic(topic, queues, permission);
    created.sys_flag = sys_flag;
    return create(std::move(created));
}

bool Topics::is_system(std::string_view topic) const {
    return model::is_system_topic(topic) || topic == config_.cluster_name || topic == config_.broker_name ||
           topic == replication::internal_topic;
}

}  // namespace tern::broker
