#include "remoting/caller.hpp"

#include <vector>

#include "base/assert.hpp"
#include "remoting/relay.hpp"

namespace tern::remoting {

Caller::~Caller() {
    for (const auto& [opaque, wait] : waiting_) timers_.cancel(wait.timer);
}

std::int32_t Caller::expect_answer(const Ref<Connection>& connection, Duration timeout, Done done) {
    auto opaque = next_opaque();
    while (waiting_.contains(opaque)) opaque = next_opaque();  // After 2^32 calls, one might wait still.
    // What has closed already will not close again: it fails by the timer, so that done is not called from
    // here.
    const bool open = connection->is_open();
    const auto timer = timers_.after(open ? timeout : Duration::zero(), [this, opaque, open] {
        fail(opaque, open ? Errc::deadline_exceeded : Errc::connection_closed,
             open ? "no answer in time" : "closed");
    });
    waiting_.emplace(opaque, Wait{connection, timer, std::move(done)});
    return opaque;
}

void Caller::relay(const Ref<Connection>& connection, const Command& request, const FieldView& more,
                   Duration timeout, Done done) {
    const auto opaque =
        request.is_oneway() ? next_opaque() : expect_answer(connection, timeout, std::move(done));
    const auto relayed = relay_command(connection->output(), request, opaque, more);
    TERN_ASSERT(relayed);  // Whoever keeps a request to pass it on has taken its fields apart.
}

bool Caller::on_answer(const Ref<Connection>& connection, const Command& command) {
    if (!command.is_response()) return false;
    const auto found = waiting_.find(command.opaque);
    if (found == waiting_.end() || !(found->second.connection == connection)) return false;
    timers_.cancel(found->second.timer);
    auto done = std::move(found->second.done);
    waiting_.erase(found);
    done(command);
    return true;
}

void Caller::on_closed(const Ref<Connection>& connection) {
    std::vector<std::int32_t> ended;
    for (const auto& [opaque, wait] : waiting_)
        if (wait.connection == connection) ended.push_back(opaque);
    std::ranges::sort(ended);  // In the order of the calls, the same in every run.
    for (const auto opaque : ended) fail(opaque, Errc::connection_closed, "closed before the answer");
}

std::int32_t Caller::next_opaque() {
    return std::exchange(next_opaque_,
                         static_cast<std::int32_t>(static_cast<std::uint32_t>(next_opaque_) + 1U));
}

void Caller::fail(std::int32_t opaque, Errc code, std::string_view what) {
    const auto found = waiting_.find(opaque);
    if (found == waiting_.end()) return;  // Ended by what another one's end caused.
    timers_.cancel(found->second.timer);
    const auto peer = found->second.connection->peer().text();
    auto done = std::move(found->second.done);
    waiting_.erase(found);
    done(failure(code, std::string{what} + ": " + peer));
}

Result<> check_answer(const Command& answer) {
    if (answer.code == static_cast<std::int32_t>(ResponseCode::success)) return {};
    return failure(Errc::refused, std::string{response_code_name(ResponseCode{answer.code})} + " (" +
                                      std::to_string(answer.code) + "): " + std::string{answer.remark});
}

}  // namespace tern::remoting
