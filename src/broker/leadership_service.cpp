#include "broker/leadership_service.hpp"

#include <utility>

#include "broker/group_setup.hpp"

namespace tern::broker {
namespace {

constexpr Duration poll_interval = 5ms;

}  // namespace

void LeadershipService::transfer(const remoting::TransferLeadershipRequest& header,
                                 remoting::Request& request) {
    std::optional<raft::MemberId> to;
    if (header.to) {
        to = parse_member(*header.to);
        if (!to)
            return request.responder.answer(
                remoting::ResponseCode::invalid_parameter,
                "to=" + std::string{*header.to} + ": no member is named so; n0, n1 ... are");
    }
    commits_.propose_now();
    if (auto begun = group_.transfer_leadership(to); !begun) return request.responder.fail(begun.error());
    answer_when_over(std::make_shared<remoting::Responder>(std::move(request.responder)));
}

void LeadershipService::give_away() {
    if (!group_.leads()) return;
    commits_.propose_now();
    (void)group_.transfer_leadership(std::nullopt);
}

// It has a deadline of its own: raft::Config::transfer_timeout.
void LeadershipService::answer_when_over(std::shared_ptr<remoting::Responder> responder) {
    if (!group_.leads()) return responder->answer(remoting::ResponseCode::success);
    if (group_.accepts())
        return responder->answer(remoting::ResponseCode::service_not_available,
                                 "the member did not take over in time, and this one still leads");
    runtime_.timers.after(poll_interval, [this, alive = alive_, responder = std::move(responder)]() mutable {
        if (*alive) answer_when_over(std::move(responder));
    });
}

}  // namespace tern::broker
