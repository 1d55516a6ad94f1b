#include "simulation/reader.hpp"

#include <algorithm>
#include <memory>

#include "model/message_record.hpp"
#include "model/subscription.hpp"
#include "remoting/header/offset.hpp"
#include "simulation/message.hpp"

namespace tern::simulation {
namespace {

constexpr Duration pull_timeout = 10s;
constexpr Duration pause_at_the_end = 300ms;
constexpr Duration pause_after_failure = 1s;
constexpr Duration pause_between_questions = 200ms;
constexpr std::int32_t pull_batch = 32;

remoting::PullMessageRequest pull_request(const std::string& group, const model::MessageQueue& queue,
                                          QueueOffset offset) {
    return {.consumer_group = group,
            .topic = queue.topic,
            .queue_id = queue.queue_id,
            .queue_offset = offset,
            .max_msg_nums = pull_batch,
            .sys_flag = remoting::pull_sys_flag::subscription,
            .subscription = model::subscribe_all};
}

bool is(const remoting::Command& answer, remoting::ResponseCode code) {
    return answer.code == static_cast<std::int32_t>(code);
}

// Each record of a pull's body as a reading. What is no record is told as one that nobody can have sent.
void read_records(std::string_view records, const model::MessageQueue& queue, QueueOffset next,
                  const std::string& reader, bool is_final, const Moment& asked, History& history) {
    while (!records.empty()) {
        const auto record = model::decode_record(records, model::VerifyBody::no);
        auto reading = record ? reading_of(*record, reader)
                              : Reading{.reader = reader, .place = {{queue.topic, queue.queue_id}, next}};
        reading.is_final = is_final;
        reading.asked = asked;
        history.read(std::move(reading));
        if (!record) return;
        next = record->queue_offset + 1;
        records.remove_prefix(record->bytes.size());
    }
}

}  // namespace

PullConsumer::PullConsumer(Client& client, Histories& histories, std::string group, std::string topic)
    : client_{client}, histories_{histories}, group_{std::move(group)}, topic_{std::move(topic)} {}

void PullConsumer::start() {
    client_.follow_topic(topic_);
    look_for_queues();
}

void PullConsumer::look_for_queues() {
    for (const auto& queue : client_.read_queues(topic_))
        if (next_.emplace(queue, QueueOffset{0}).second) pull(queue);
    client_.runtime().timers.after(pause_after_failure, [this] { look_for_queues(); });
}

void PullConsumer::pull(const model::MessageQueue& queue) {
    const bool is_of_slave = client_.master_of(queue.broker_name).empty();
    client_.call(
        client_.reader_of(queue.broker_name), pull_request(group_, queue, next_[queue]), {}, pull_timeout,
        [this, is_of_slave, pulled = std::make_unique<Pulled>(queue, histories_.of(queue.broker_name).now())](
            Result<remoting::Command> answer) {
            if (is_of_slave && answer && is(*answer, remoting::ResponseCode::success)) ++reads_of_slaves_;
            on_pulled(*pulled, std::move(answer));
        });
}

void PullConsumer::on_pulled(const Pulled& pulled, Result<remoting::Command> answer) {
    const auto& queue = pulled.queue;
    const auto header = answer ? remoting::decode_fields<remoting::PullMessageResponse>(*answer)
                               : std::unexpected{answer.error()};
    const bool found = header && is(*answer, remoting::ResponseCode::success);
    if (found)
        read_records(answer->body, queue, next_[queue], client_.id(), false, pulled.asked,
                     histories_.of(queue.broker_name));
    if (header) next_[queue] = header->next_begin_offset;
    if (found) return pull(queue);
    if (!header) client_.refresh_route(topic_);
    client_.runtime().timers.after(
        header ? pause_at_the_end : pause_after_failure,
        [this, again = std::make_unique<model::MessageQueue>(queue)] { pull(*again); });
}

EndAsker::EndAsker(Client& client, Histories& histories, std::string topic, Members members)
    : client_{client}, histories_{histories}, topic_{std::move(topic)}, members_{std::move(members)} {}

void EndAsker::start() {
    client_.follow_topic(topic_);
    ask();
}

void EndAsker::ask() {
    auto& random = client_.runtime().random;
    client_.runtime().timers.after(pause_between_questions, [this] { ask(); });
    const auto queues = client_.read_queues(topic_);
    if (queues.empty()) return;
    const auto& queue = queues[random.below(queues.size())];
    const auto& members = members_.at(queue.broker_name);
    client_.call(
        members[random.below(members.size())],
        remoting::GetMaxOffsetRequest{.queue_id = queue.queue_id, .topic = queue.topic}, {}, control_timeout,
        [this, pulled = std::make_unique<Pulled>(queue, histories_.of(queue.broker_name).now())](
            Result<remoting::Command> answer) {
            const auto end = answer ? remoting::decode_answer<remoting::OffsetResponse>(*answer)
                                    : std::unexpected{answer.error()};
            const auto& [asked_for, asked] = *pulled;
            if (end)
                histories_.of(asked_for.broker_name)
                    .told_end(client_.id(), {asked_for.topic, asked_for.queue_id}, end->offset, asked);
        });
}

LastReader::LastReader(Client& client, Histories& histories, std::string group)
    : client_{client}, histories_{histories}, group_{std::move(group)} {}

void LastReader::read(const std::vector<std::string>& topics, std::function<void()> done) {
    done_ = std::move(done);
    unfinished_ = topics.size();
    for (const auto& topic : topics) client_.refresh_route(topic, [this, topic] { read_topic(topic); });
}

void LastReader::read_topic(const std::string& topic) {
    const auto queues = client_.read_queues(topic);
    unfinished_ += queues.size();
    for (const auto& queue : queues) read_queue(queue);
    finished_one();
}

template <class Request>
void LastReader::ask_bound(const model::MessageQueue& queue, std::function<void(QueueOffset)> then) {
    const Request request{.queue_id = queue.queue_id, .topic = queue.topic};
    client_.call(
        client_.master_of(queue.broker_name), request, {}, control_timeout,
        [this, state = std::make_shared<std::pair<model::MessageQueue, std::function<void(QueueOffset)>>>(
                   queue, std::move(then))](Result<remoting::Command> answer) {
            const auto bound = answer ? remoting::decode_answer<remoting::OffsetResponse>(*answer)
                                      : std::unexpected{answer.error()};
            if (bound) return state->second(bound->offset);
            client_.runtime().timers.after(
                pause_after_failure, [this, state] { ask_bound<Request>(state->first, state->second); });
        });
}

void LastReader::read_queue(const model::MessageQueue& queue) {
    ask_bound<remoting::GetMinOffsetRequest>(queue, [this, queue](QueueOffset min) {
        const QueueOffset first = std::max(min, QueueOffset{0});  // -1: there is no such queue yet.
        ask_bound<remoting::GetMaxOffsetRequest>(queue, [this, queue, first](QueueOffset last) {
            progress_[queue] = {first, {{queue.topic, queue.queue_id}, first, last}};
            pull(queue);
        });
    });
}

void LastReader::pull(const model::MessageQueue& queue) {
    const auto& progress = progress_.at(queue);
    if (progress.next >= progress.bounds.last) {
        histories_.of(queue.broker_name).read_to_the_end(progress.bounds);
        return finished_one();
    }
    client_.call(client_.master_of(queue.broker_name), pull_request(group_, queue, progress.next), {},
                 pull_timeout,
                 [this, pulled = std::make_unique<Pulled>(queue, histories_.of(queue.broker_name).now())](
                     Result<remoting::Command> answer) { on_pulled(*pulled, std::move(answer)); });
}

void LastReader::on_pulled(const Pulled& pulled, Result<remoting::Command> answer) {
    const auto& queue = pulled.queue;
    auto& progress = progress_.at(queue);
    const auto header = answer ? remoting::decode_fields<remoting::PullMessageResponse>(*answer)
                               : std::unexpected{answer.error()};
    if (!header)
        return (void)client_.runtime().timers.after(
            pause_after_failure,
            [this, again = std::make_unique<model::MessageQueue>(queue)] { pull(*again); });
    if (is(*answer, remoting::ResponseCode::success))
        read_records(answer->body, queue, progress.next, client_.id(), true, pulled.asked,
                     histories_.of(queue.broker_name));
    // Whatever it says, the reader gets on: what it was not given is missing in the history.
    progress.next = std::max(header->next_begin_offset, progress.next + 1);
    pull(queue);
}

void LastReader::finished_one() {
    if (--unfinished_ == 0) done_();
}

}  // namespace tern::simulation
