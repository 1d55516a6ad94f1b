// The leadership of the group on request: a planned hand-over, during which no send fails.
#pragma once

#include <memory>

#include "base/runtime.hpp"
#include "broker/consumer_offsets.hpp"
#include "remoting/header/group.hpp"
#include "remoting/router.hpp"
#include "replication/group.hpp"

namespace tern::broker {

// Of the loop that owns the group.
class LeadershipService {
public:
    LeadershipService(Runtime runtime, replication::Group& group, OffsetCommits& commits)
        : runtime_{runtime}, group_{group}, commits_{commits} {}
    ~LeadershipService() { *alive_ = false; }

    void transfer(const remoting::TransferLeadershipRequest& header, remoting::Request& request);
    // The same on this member's own wish; nothing happens when it does not lead or is alone.
    void give_away();

private:
    void answer_when_over(std::shared_ptr<remoting::Responder> responder);

    Runtime runtime_;
    replication::Group& group_;
    OffsetCommits& commits_;
    std::shared_ptr<bool> alive_{std::make_shared<bool>(true)};
};

}  // namespace tern::broker
