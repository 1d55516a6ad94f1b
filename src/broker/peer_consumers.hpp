// What the other members of a group hear of consumers. Clients tell each member that they live, but only
// every half minute: a member that was just started lacks some of them, and stock clients would divide their
// queues by what it knows. Until it has been up for long enough it asks the others.
// docs/decisions/0018-consumers-of-the-other-members.md
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/runtime.hpp"
#include "broker/client_registry.hpp"
#include "raft/types.hpp"
#include "remoting/body/lists.hpp"
#include "remoting/caller.hpp"
#include "remoting/transport.hpp"

namespace tern::broker {

// Of one loop.
class PeerConsumers final : public remoting::ConnectionHandler {
public:
    // Stock clients send a heartbeat every 30 s (heartbeatBrokerInterval); with time for it to be taken.
    static constexpr Duration youth = 35s;
    static constexpr Duration interval = 1s;  // Of questions to a member, and what an answer may take.
    // A configured member without a link so long after the start is not waited for.
    static constexpr Duration away_after = 3s;
    static constexpr std::size_t peers_max = 16;  // More slaves than that are not asked.

    using ClientIds = remoting::ConsumersBody::ClientIds;
    // Another list of a group's consumers is the answer from now on.
    using Changed = InplaceFunction<void(std::string_view group), 16>;

    PeerConsumers(Runtime runtime, remoting::Transport& transport, const ClientRegistry& own,
                  Changed changed);
    ~PeerConsumers() override;

    // The youth begins. One of the members that are named is to be heard before lists are given; those that
    // only link themselves, as slaves, are waited for when they have.
    void start(std::span<const raft::MemberId> awaited);
    // Its link is up: it is asked at once. "ip:port" that it serves its clients at.
    void member_is_at(raft::MemberId member, const std::string& address);

    bool is_young() const { return timer_ != 0; }
    // Whether a list of what this member and the others hear is whole as far as anybody can say.
    bool knows_enough() const;
    // Those that the others hear; most of them this member hears, too.
    ClientIds heard_of(std::string_view group) const;

    void on_command(const Ref<remoting::Connection>& connection, const remoting::Command& command) override;
    void on_closed(const Ref<remoting::Connection>& connection, std::string_view why) override;

private:
    using ByGroup = decltype(remoting::ConsumersBody::consumers);
    enum class Knowledge { unheard, unreachable, some, all };  // Each more than the one before.
    struct Peer {
        std::string address;  // Empty until its link was up.
        Ref<remoting::Connection> connection;
        bool is_asked{false};
        Knowledge knows{Knowledge::unheard};
        ByGroup consumers;
    };

    void tick();
    void end_youth();
    void ask(raft::MemberId member, Peer& peer);
    void answered(Peer& peer, const Result<remoting::Command>& answer);
    void learn(Peer& peer, Knowledge knows, ByGroup consumers);
    ClientIds all_of(std::string_view group) const;

    Runtime runtime_;
    remoting::Transport& transport_;
    const ClientRegistry& own_;
    Changed changed_;
    remoting::Caller caller_;
    std::map<raft::MemberId, Peer> peers_;
    bool awaits_answer_{false};
    Instant started_at_{};
    TimerId timer_{0};  // While it is young.
};

}  // namespace tern::broker
