#include "broker/forwarder.hpp"

#include <algorithm>
#include <utility>

#include "remoting/relay.hpp"
#include "remoting/request_code.hpp"
#include "remoting/responder.hpp"
#include "remoting/response_code.hpp"

namespace tern::broker {
namespace {

using remoting::RequestCode;
using remoting::ResponseCode;

constexpr std::string_view forwarded_field = "ternForwarded";
constexpr Duration retry_interval = 20ms;
constexpr Duration pull_budget = 35s;  // The longest that a pull is held, and a little.

Duration budget_of(std::int32_t code) {
    switch (static_cast<RequestCode>(code)) {
        case RequestCode::pull_message:
        case RequestCode::lite_pull_message:
            return pull_budget;
        default:
            return Forwarder::send_budget;
    }
}

// What the log must not get twice because of us. Everything else is a question, or says where it wants to be.
bool may_repeat(std::int32_t code) {
    switch (static_cast<RequestCode>(code)) {
        case RequestCode::send_message:
        case RequestCode::send_message_v2:
        case RequestCode::send_batch_message:
        case RequestCode::consumer_send_msg_back:
        case RequestCode::end_transaction:
            return false;
        default:
            return true;
    }
}

}  // namespace

Forwarder::Forwarder(Runtime runtime, const replication::Group& group, remoting::Transport& transport,
                     Serve serve)
    : runtime_{runtime},
      group_{group},
      transport_{transport},
      serve_{std::move(serve)},
      caller_{runtime.timers} {}

Forwarder::~Forwarder() {
    *alive_ = false;
    runtime_.timers.cancel(timer_);
}

bool Forwarder::is_forwarded(const remoting::Command& request) {
    return request.field(forwarded_field).has_value();
}

void Forwarder::take(const Ref<remoting::Connection>& client, const remoting::Command& request) {
    // One that was passed on to the wrong member goes back to the one who has the client, at once: so there
    // is no loop, and one place waits.
    if (is_forwarded(request)) {
        remoting::Responder responder{client, request};
        return responder.answer(ResponseCode::service_not_available, "this member does not lead");
    }
    if (waiting() >= waiting_max || waiting_bytes_ + request.body.size() > waiting_bytes_max) {
        ++probe_.refused;
        remoting::Responder responder{client, request};
        return responder.answer(ResponseCode::system_busy, "too many requests wait for the group's leader: " +
                                                               std::to_string(waiting()));
    }
    Buffer frame;
    remoting::relay_command(frame, request, request.opaque);
    try_now(std::make_shared<Held>(Held{client, std::string{frame.view()},
                                        runtime_.clock.now() + budget_of(request.code),
                                        may_repeat(request.code)}));
}

void Forwarder::try_now(HeldRequest held) {
    if (!held->client->is_open()) return;
    if (group_.accepts()) {
        const auto request = decoder_.decode(**remoting::cut_frame(held->frame));
        return serve_(held->client, *request);
    }
    if (const auto leader = leader_connection()) return pass_on(std::move(held), leader);
    if (runtime_.clock.now() < held->deadline) return wait(std::move(held));
    ++probe_.expired;
    refuse(*held, ResponseCode::service_not_available, "the group has no leader that can be reached");
}

void Forwarder::wait(HeldRequest held) {
    ++probe_.waited;
    waiting_bytes_ += held->frame.size();
    waiting_.push_back(std::move(held));
    arm();
}

void Forwarder::arm() {
    if (timer_ != 0 || waiting_.empty()) return;
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
    waiting_bytes_ = 0;
    for (auto& held : std::exchange(waiting_, {})) try_now(std::move(held));
    arm();
}

// Nothing while no leader is known or none can be reached.
Ref<remoting::Connection> Forwarder::leader_connection() {
    const auto leader = group_.leader();
    if (!leader || *leader == group_.config().self) return {};
    const auto address = addresses_.find(*leader);
    if (address == addresses_.end() || address->second.empty()) return {};
    const bool is_usable = connection_ && connection_->is_open() && connected_to_ == address->second;
    if (is_usable) return connection_;
    if (runtime_.clock.now() < may_connect_at_) return {};
    may_connect_at_ = runtime_.clock.now() + retry_interval;
    // What the leader before still has to answer it may; then it goes.
    if (retired_ && retired_->is_open()) retired_->close("another member leads");
    retired_ = connection_;
    connected_to_ = address->second;
    is_connected_ = false;
    connection_ = transport_.connect(connected_to_, *this);
    return connection_;
}

void Forwarder::pass_on(HeldRequest held, const Ref<remoting::Connection>& leader) {
    const auto request = decoder_.decode(**remoting::cut_frame(held->frame));
    const Duration left = std::max<Duration>(held->deadline - runtime_.clock.now(), 1ms);
    ++probe_.forwarded;
    if (!request->is_oneway()) ++under_way_;
    caller_.relay(leader, *request, {forwarded_field, "1"}, left,
                  [this, held, leader](Result<remoting::Command> answer) {
                      --under_way_;
                      answered(held, leader == connection_ ? is_connected_ : true, std::move(answer));
                  });
}

// A refusal as "does not lead" came before anything was done, and so did the loss of a connection that never
// stood.
void Forwarder::answered(const HeldRequest& held, bool was_connected, Result<remoting::Command> answer) {
    const bool in_time = runtime_.clock.now() < held->deadline;
    if (answer) {
        const bool is_refused =
            answer->code == static_cast<std::int32_t>(ResponseCode::service_not_available);
        if (is_refused && in_time) {
            ++probe_.retried;
            return wait(held);
        }
        const auto request = decoder_.decode(**remoting::cut_frame(held->frame));
        remoting::Responder responder{held->client, *request};
        return responder.relay(*answer);
    }
    const bool never_left = answer.error().code == Errc::connection_closed && !was_connected;
    if (in_time && (never_left || held->may_repeat)) {
        ++probe_.retried;
        return wait(held);
    }
    ++probe_.ambiguous;
    refuse(*held, ResponseCode::system_error,
           "the leader was lost with the request; whether it was done is not known");
}

void Forwarder::refuse(const Held& held, ResponseCode code, std::string_view why) {
    const auto request = decoder_.decode(**remoting::cut_frame(held.frame));
    remoting::Responder responder{held.client, *request};
    responder.answer(code, why);
}

void Forwarder::on_opened(const Ref<remoting::Connection>& connection) {
    if (connection == connection_) is_connected_ = true;
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
