// Simulated clients that read without a group's rebalance: a pull consumer that follows all queues of a topic
// during the run, one that asks where they end, and the last reader, that reads everything when the run is
// over.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "remoting/header/pull.hpp"
#include "simulation/client.hpp"
#include "simulation/history.hpp"

namespace tern::simulation {

// A pull under way: of which queue, and when it was sent.
struct Pulled {
    model::MessageQueue queue;
    Moment asked;
};

// Each reads as a group of its own and stores no offset. The client and the history outlive it.
class PullConsumer {
public:
    PullConsumer(Client& client, Histories& histories, std::string group, std::string topic);
    void start();
    // Answers with messages while the NameServers knew of no master.
    std::uint64_t reads_of_slaves() const { return reads_of_slaves_; }

private:
    void look_for_queues();
    void pull(const model::MessageQueue& queue);
    void on_pulled(const Pulled& pulled, Result<remoting::Command> answer);

    Client& client_;
    Histories& histories_;
    std::string group_;
    std::string topic_;
    std::map<model::MessageQueue, QueueOffset> next_;
    std::uint64_t reads_of_slaves_{0};
};

// Asks members of groups, whoever leads, where queues end.
class EndAsker {
public:
    // By the name of the group, where its members serve.
    using Members = std::map<std::string, std::vector<std::string>>;

    EndAsker(Client& client, Histories& histories, std::string topic, Members members);
    void start();

private:
    void ask();

    Client& client_;
    Histories& histories_;
    std::string topic_;
    Members members_;
};

// Tries until it has everything: whoever waits for it has a deadline.
class LastReader {
public:
    LastReader(Client& client, Histories& histories, std::string group);
    // done runs when every queue of these topics was read from its first to its last offset. A topic that no
    // NameServer knows has none.
    void read(const std::vector<std::string>& topics, std::function<void()> done);

private:
    struct Progress {
        QueueOffset next;
        FinalBounds bounds;
    };

    void read_topic(const std::string& topic);
    template <class Request>
    void ask_bound(const model::MessageQueue& queue, std::function<void(QueueOffset)> then);
    void read_queue(const model::MessageQueue& queue);
    void pull(const model::MessageQueue& queue);
    void on_pulled(const Pulled& pulled, Result<remoting::Command> answer);
    void finished_one();

    Client& client_;
    Histories& histories_;
    std::string group_;
    std::map<model::MessageQueue, Progress> progress_;
    std::size_t unfinished_{0};
    std::function<void()> done_;
};

}  // namespace tern::simulation
