// Asks the cluster, as an administrator would, whether groups have consumed all there is.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "simulation/client.hpp"
#include "simulation/history.hpp"

namespace tern::simulation {

struct GroupTopic {
    std::string group;
    std::string topic;
};

// The client and the history outlive it.
class Inspector {
public:
    Inspector(Client& client, Histories& histories) : client_{client}, histories_{histories} {}

    // told runs once, with what is not consumed yet in words, or with nothing when all is. A topic that no
    // NameServer knows has nothing to consume. Not to be asked again before.
    void ask_for_backlog(const std::vector<GroupTopic>& all, std::function<void(std::string backlog)> told);

private:
    void ask(const GroupTopic& one);
    void ask_for_end(const GroupTopic& one, const model::MessageQueue& queue);
    void ask_for_stored(const GroupTopic& one, const model::MessageQueue& queue, QueueOffset end);
    void finished_one(const std::string& backlog);

    Client& client_;
    Histories& histories_;
    std::size_t unfinished_{0};
    std::string backlog_;
    std::function<void(std::string)> told_;
};

}  // namespace tern::simulation
