#include "simulation/inspector.hpp"

#include <memory>

#include <fmt/format.h>

#include "remoting/header/offset.hpp"

namespace tern::simulation {

void Inspector::ask_for_backlog(const std::vector<GroupTopic>& all, std::function<void(std::string)> told) {
    told_ = std::move(told);
    backlog_.clear();
    unfinished_ = all.size();
    for (const auto& one : all) client_.refresh_route(one.topic, [this, one] { ask(one); });
}

void Inspector::ask(const GroupTopic& one) {
    const auto queues = client_.read_queues(one.topic);
    unfinished_ += queues.size();
    for (const auto& queue : queues) ask_for_end(one, queue);
    finished_one({});
}

void Inspector::ask_for_end(const GroupTopic& one, const model::MessageQueue& queue) {
    const remoting::GetMaxOffsetRequest request{.queue_id = queue.queue_id, .topic = queue.topic};
    client_.call(client_.master_of(queue.broker_name), request, {}, control_timeout,
                 [this, asked = std::make_shared<std::pair<GroupTopic, model::MessageQueue>>(one, queue)](
                     Result<remoting::Command> answer) {
                     const auto end = answer ? remoting::decode_answer<remoting::OffsetResponse>(*answer)
                                             : std::unexpected{answer.error()};
                     if (!end) return finished_one("the end of " + asked->second.topic + " is not known");
                     ask_for_stored(asked->first, asked->second, end->offset);
                 });
}

void Inspector::ask_for_stored(const GroupTopic& one, const model::MessageQueue& queue, QueueOffset end) {
    const remoting::QueryConsumerOffsetRequest request{
        .consumer_group = one.group, .queue_id = queue.queue_id, .topic = queue.topic};
    struct Asked {
        History& history;
        std::string group;
        Queue queue;
        QueueOffset end;
        Moment started;
    };
    History& history = histories_.of(queue.broker_name);
    auto asked =
        std::make_shared<Asked>(history, one.group, Queue{queue.topic, queue.queue_id}, end, history.now());
    client_.call(client_.master_of(queue.broker_name), request, {}, control_timeout,
                 [this, asked](Result<remoting::Command> answer) {
                     const bool is_none =
                         answer &&
                         answer->code == static_cast<std::int32_t>(remoting::ResponseCode::query_not_found);
                     const auto stored = answer ? remoting::decode_answer<remoting::OffsetResponse>(*answer)
                                                : std::unexpected{answer.error()};
                     if (!stored && !is_none)
                         return finished_one("the offset of " + asked->group + " is not known");
                     const auto offset = stored ? std::optional{stored->offset} : std::nullopt;
                     asked->history.queried(asked->group, asked->queue, offset, asked->started);
                     if (offset.value_or(QueueOffset{0}) == asked->end) return finished_one({});
                     finished_one(fmt::format("{} is at {} of {} in {}/{}", asked->group,
                                              offset.value_or(QueueOffset{-1}).value(), asked->end.value(),
                                              asked->queue.topic, asked->queue.id.value()));
                 });
}

void Inspector::finished_one(const std::string& backlog) {
    if (!backlog.empty()) backlog_ += (backlog_.empty() ? "" : "; ") + backlog;
    if (--unfinished_ == 0) std::exchange(told_, {})(std::move(backlog_));
}

}  // namespace tern::simulation
