#include "broker/forwarder.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "remoting/relay.hpp"
#include "remoting/request_code.hpp"
#include "remoting/responder.hpp"
#include "remoting/response_code.hpp"

namespace tern::broker {
namespace {

using remoting::RequestCode;
using remoting::ResponseCode;

constexpr remoting::FieldName forwarded_field = "ternForwarded";
constexpr std::string_view no_leader = "the group has no leader that can be reached";
constexpr Duration retry_interval = 20ms;
constexpr Duration old_leader_grace = 300ms;
constexpr Duration pull_budget = 35s;  // The longest that a pull is held, and a little.
// Pulls that are tried again in one turn of the loop: elections and sends are not to wait for all of them.
constexpr std::size_t pulls_at_once = 5'000;

bool is_pull(std::int32_t code) {
    const auto request = static_cast<RequestCode>(code);
    return request == RequestCode::pull_message || request == RequestCode::lite_pull_message;
}

// What must not be done twice because of us, mostly what the log would get twice. Everything else is a
// question, or says where it wants to be.
bool may_repeat(std::int32_t code) {
    switch (static_cast<RequestCode>(code)) {
        case RequestCode::send_message:
        case RequestCode::send_message_v2:
        case RequestCode::send_batch_message:
        case RequestCode::consumer_send_msg_back:
        case RequestCode::end_transaction:
        case RequestCode::send_reply_message:
        case RequestCode::send_reply_message_v2:
        case RequestCode::transfer_leadership:
            return false;
        default:
            return true;
    }
}

// A release of locks that nobody waits for. Its sender may lock the same queues again by another way, and be
// there before it: then it would take from him what he has just got.
bool may_come_too_late(const remoting::Command& request) {
    return request.is_oneway() && request.code == static_cast<std::int32_t>(RequestCode::unlock_batch_mq);
}

}  // namespace

Forwarder::Forwarder(Runtime runtime, replication::Group& group, remoting::Transport& transport, Serve serve,
                     Settle settle)
    : runtime_{runtime},
      group_{group},
      transport_{transport},
      serve_{std::move(serve)},
      settle_{std::move(settle)},
      caller_{runtime.timers} {}

Forwarder::~Forwarder() {
    *alive_ = false;
    runtime_.timers.cancel(timer_);
}

// It is the last field, where the relay puts it: every request is looked at.
std::optional<raft::Term> Forwarder::forwarded_in(const remoting::Command& request) {
    const auto term = request.fields.last_number(forwarded_field);
    if (!term) return std::nullopt;
    return raft::Term{parse_number<std::int64_t>(*term).value_or(-1)};
}

// It goes back to the member who has the client, at once: so there is no loop, and one place waits.
void Forwarder::refuse_forwarded(const Ref<remoting::Connection>& member, const remoting::Command& request) {
    remoting::Responder responder{member, request};
    responder.answer(ResponseCode::service_not_available, "this member does not lead in that term");
}

void Forwarder::take(const Ref<remoting::Connection>& client, const remoting::Command& request) {
    if (may_come_too_late(request)) return;  // The lease ends by itself, as where the broker was lost.
    if (auto held = hold(client, request)) try_now(std::move(held));
}

Forwarder::HeldRequest Forwarder::hold(const Ref<remoting::Connection>& client,
                                       const remoting::Command& request) {
    const bool is_for_messages = is_pull(request.code);
    Room& room = is_for_messages ? pulls_ : others_;
    if (room.requests >= room.requests_max || room.bytes + request.body.size() > room.bytes_max) {
        ++(is_for_messages ? probe_.refused_pulls : probe_.refused);
        remoting::Responder responder{client, request};
        responder.answer(ResponseCode::system_busy,
                         "too many requests wait for the group's leader: " + std::to_string(room.requests));
        return nullptr;
    }
    Buffer frame;
    if (const auto relayed = remoting::relay_command(frame, request, request.opaque); !relayed) {
        remoting::Responder{client, request}.fail(relayed.error());
        return nullptr;
    }
    // Written anew it may be longer than it came, and longer still with what the leader is told.
    constexpr std::size_t more = 64;
    const auto cut = remoting::cut_frame(frame.view());
    if (!cut || !*cut || (*cut)->header.size() + more > remoting::header_size_max ||
        frame.view().size() + more > remoting::frame_size_max) {
        remoting::Responder responder{client, request};
        responder.answer(ResponseCode::system_error,
                         "the request is too long to be passed on to the group's leader");
        return nullptr;
    }
    const Instant now = runtime_.clock.now();
    const Duration budget = is_for_messages ? pull_budget : timeout_;
    const bool may_again = may_repeat(request.code);
    ++room.requests;
    room.bytes += frame.view().size();
    unrepeatable_ += may_again ? 0 : 1;
    return {new Held{client, std::string{frame.view()}, now, now + budget, is_for_messages, may_again,
                     is_to_be_confirmed(request)},
            [this, alive = alive_](Held* held) {
                if (*alive) forget(*held);
                delete held;
            }};
}

void Forwarder::forget(const Held& held) {
    Room& room = held.is_pull ? pulls_ : others_;
    --room.requests;
    room.bytes -= held.frame.size();
    unrepeatable_ -= held.may_repeat ? 0 : 1;
}

// Bounds that only rise, times of stored messages and members' own affairs may be as they were a moment ago.
bool Forwarder::is_to_be_confirmed(const remoting::Command& request) {
    switch (static_cast<RequestCode>(request.code)) {
        case RequestCode::get_max_offset:
        case RequestCode::search_offset_by_timestamp:
        case RequestCode::query_consumer_offset:
            return true;
        default:
            return false;
    }
}

void Forwarder::confirm(const Ref<remoting::Connection>& client, const remoting::Command& request) {
    if (auto held = hold(client, request)) confirm(std::move(held));
}

void Forwarder::confirm(HeldRequest held) {
    group_.when_confirmed([this, alive = alive_, held = std::move(held)](const Result<>& confirmed) {
        if (!*alive) return;
        if (confirmed) return serve(*held);
        const auto request = decoder_.decode(**remoting::cut_frame(held->frame));
        if (forwarded_in(*request)) return refuse_forwarded(held->client, *request);
        try_now(held);
    });
}

void Forwarder::serve(const Held& held) {
    if (!held.client->is_open()) return;
    const auto request = decoder_.decode(**remoting::cut_frame(held.frame));
    serve_(held.client, *request);
}

void Forwarder::try_now(HeldRequest held) {
    if (!held->client->is_open()) return;
    if (group_.accepts()) return held->is_to_be_confirmed ? confirm(std::move(held)) : serve(*held);
    if (const auto leader = leader_connection()) return pass_on(std::move(held), leader);
    if (may_wait(*held)) return wait(std::move(held));
    ++probe_.expired;
    refuse(*held, ResponseCode::service_not_available, no_leader);
}

// What was handed to nobody is refused for certain, so that its client may send it elsewhere.
bool Forwarder::may_wait(const Held& held) const {
    const auto& config = group_.config();
    const auto self = std::ranges::find(config.members, config.self, &raft::Member::id);
    const bool is_slave = self != config.members.end() && self->kind == raft::MemberKind::learner;
    const bool is_for_the_master_alone = is_slave && !held.may_repeat && !group_.leader_is_alive();
    const Instant now = runtime_.clock.now();
    const Duration waited = now - held.taken_at;
    if (is_for_the_master_alone && waited >= masterless_patience) return false;
    if (group_.is_cut_off() && waited >= cut_off_patience) return false;
    return now < held.deadline;
}

void Forwarder::wait(HeldRequest held) {
    if (!std::exchange(held->has_waited, true)) ++probe_.waited;
    auto& waiting = held->is_pull ? waiting_pulls_ : waiting_;
    waiting.push_back(std::move(held));
    arm();
}

void Forwarder::arm() {
    if (timer_ != 0) return;
    if (waiting_.empty() && waiting_pulls_.empty() && lost_.empty()) return;
    timer_ = runtime_.timers.after(retry_interval, [this] {
        timer_ = 0;
        retry_all();
    });
}

void Forwarder::leader_changed() {
    may_connect_at_ = {};
    runtime_.executor.post([this, alive = alive_] {
        if (*alive) retry_all();
    });
}

void Forwarder::retry_all() {
    for (auto& held : std::exchange(waiting_, {})) try_now(std::move(held));
    retry_pulls();
    const Instant now = runtime_.clock.now();
    std::erase_if(lost_, [&](std::uint64_t attempt) {
        const auto found = in_flight_.find(attempt);
        if (found == in_flight_.end()) return true;
        const HeldRequest held = found->second.held;
        if (now < held->deadline) return false;
        in_flight_.erase(found);
        refuse_ambiguous(*held);
        return true;
    });
    arm();
}

void Forwarder::retry_pulls() {
    for (auto left = std::min(waiting_pulls_.size(), pulls_at_once); left > 0; --left) {
        auto held = std::move(waiting_pulls_.front());
        waiting_pulls_.pop_front();
        try_now(std::move(held));
    }
}

// Nothing while no leader is known or none is reached: until the connection stands nothing is given to it, so
// what waits here was handed to nobody.
Ref<remoting::Connection> Forwarder::leader_connection() {
    const auto leader = group_.leader();
    if (!leader || *leader == group_.config().self) return {};
    const auto address = addresses_.find(*leader);
    if (address == addresses_.end() || address->second.empty()) return {};
    const bool is_usable = connection_ && connection_->is_open() && connected_to_ == address->second;
    if (is_usable) return is_connected_ ? connection_ : Ref<remoting::Connection>{};
    if (runtime_.clock.now() < may_connect_at_) return {};
    may_connect_at_ = runtime_.clock.now() + retry_interval;
    // What was passed on over it may still be answered; then it goes.
    if (retired_ && retired_->is_open()) retired_->close("replaced by a newer connection");
    retired_ = connection_;
    connected_to_ = address->second;
    is_connected_ = false;
    connection_ = transport_.connect(connected_to_, *this);
    return {};
}

void Forwarder::pass_on(HeldRequest held, const Ref<remoting::Connection>& leader) {
    const auto request = decoder_.decode(**remoting::cut_frame(held->frame));
    const Duration left = std::max<Duration>(held->deadline - runtime_.clock.now(), 1ms);
    const std::string term = std::to_string(group_.term().value());
    ++probe_.forwarded;
    const std::uint64_t attempt = next_attempt_++;
    if (!request->is_oneway()) in_flight_.emplace(attempt, InFlight{held, group_.term(), group_.committed()});
    caller_.relay(
        leader, *request, {forwarded_field.name(), term}, left,
        [this, attempt](Result<remoting::Command> answer) { answered(attempt, std::move(answer)); });
}

// A refusal as "does not lead" came before anything was done.
void Forwarder::answered(std::uint64_t attempt, Result<remoting::Command> answer) {
    const auto found = in_flight_.find(attempt);
    if (found == in_flight_.end()) return;  // Settled meanwhile.
    const HeldRequest held = found->second.held;
    const bool in_time = runtime_.clock.now() < held->deadline;
    const bool is_refused =
        answer && answer->code == static_cast<std::int32_t>(ResponseCode::service_not_available);
    const bool may_try_again = is_refused || (!answer && held->may_repeat);
    if (!answer && !may_try_again && in_time) {
        lost_.insert(attempt);  // The next leader's log will tell.
        return arm();
    }
    in_flight_.erase(found);
    if (may_try_again && may_wait(*held)) {
        ++probe_.retried;
        return wait(held);
    }
    if (!answer) return refuse_ambiguous(*held);
    const auto request = decoder_.decode(**remoting::cut_frame(held->frame));
    remoting::Responder responder{held->client, *request};
    responder.relay(*answer);
}

void Forwarder::epoch_committed(Epoch epoch, PhysicalOffset start) {
    if (in_flight_.empty()) return;
    runtime_.executor.post([this, alive = alive_, epoch, start] {
        if (*alive) settle(epoch, start);
    });
}

// Whatever a leader of an older term appended and this log does not have in front of the new one's start will
// never be committed (Raft 5.4), and a member refuses what was passed on to it in another term than its own.
void Forwarder::settle(Epoch epoch, PhysicalOffset start) {
    // Once through the log for all of them.
    std::vector<std::pair<std::uint64_t, HeldRequest>> older;
    std::vector<LostSend> sends;
    for (const auto& [attempt, sent] : in_flight_) {
        if (sent.term >= epoch) continue;
        older.emplace_back(attempt, sent.held);
        sends.push_back({.client = sent.held->client, .frame = sent.held->frame, .from = sent.from});
        // What may be done again, or nobody waits for, need not be looked for.
        if (sent.held->may_repeat || !sent.held->client->is_open()) sends.back().fate = Fate::not_stored;
    }
    settle_(sends, start);
    for (std::size_t i = 0; i < older.size(); ++i) {
        const auto& [attempt, held] = older[i];
        const Fate fate = sends[i].fate;
        const auto found = in_flight_.find(attempt);
        if (found == in_flight_.end()) continue;
        if (fate == Fate::unknown) {
            // The leader before may live, and tell what the log says.
            lost_.insert(attempt);
            held->deadline = std::min(held->deadline, runtime_.clock.now() + old_leader_grace);
            arm();
            continue;
        }
        in_flight_.erase(found);
        if (fate == Fate::answered) ++probe_.settled;
        if (fate == Fate::answered || !held->client->is_open()) continue;
        ++probe_.retried;
        if (held->is_pull)
            waiting_pulls_.push_back(held);
        else
            try_now(held);
    }
    retry_pulls();
    arm();
}

void Forwarder::refuse_repeatable() {
    std::erase_if(in_flight_, [&](const auto& entry) {
        const Held& held = *entry.second.held;
        if (!held.may_repeat) return false;
        ++probe_.expired;
        refuse(held, ResponseCode::service_not_available, no_leader);
        return true;
    });
    for (const auto& held : std::exchange(waiting_pulls_, {})) {
        ++probe_.expired;
        refuse(*held, ResponseCode::service_not_available, no_leader);
    }
}

void Forwarder::refuse_ambiguous(const Held& held) {
    ++probe_.ambiguous;
    refuse(held, ResponseCode::system_error,
           "the leader was lost with the request; whether it was done is not known");
}

void Forwarder::refuse(const Held& held, ResponseCode code, std::string_view why) {
    const auto request = decoder_.decode(**remoting::cut_frame(held.frame));
    remoting::Responder responder{held.client, *request};
    responder.answer(code, why);
}

void Forwarder::on_opened(const Ref<remoting::Connection>& connection) {
    if (connection != connection_) return;
    is_connected_ = true;
    leader_changed();
}

void Forwarder::on_command(const Ref<remoting::Connection>& connection, const remoting::Command& command) {
    (void)caller_.on_answer(connection, command);
}

void Forwarder::on_closed(const Ref<remoting::Connection>& connection, std::string_view) {
    caller_.on_closed(connection);
    if (connection == connection_) {
        connection_ = {};
        is_connected_ = false;
    }
}

}  // namespace tern::broker
