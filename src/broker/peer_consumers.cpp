#include "broker/peer_consumers.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "json/fields.hpp"
#include "remoting/header/group.hpp"

namespace tern::broker {

PeerConsumers::PeerConsumers(Runtime runtime, remoting::Transport& transport, const ClientRegistry& own,
                             Changed changed)
    : runtime_{runtime},
      transport_{transport},
      own_{own},
      changed_{std::move(changed)},
      caller_{runtime.timers} {}

PeerConsumers::~PeerConsumers() {
    runtime_.timers.cancel(timer_);
}

void PeerConsumers::start(std::span<const raft::MemberId> awaited) {
    for (const auto member : awaited) peers_[member];
    awaits_answer_ = !awaited.empty();
    started_at_ = runtime_.clock.now();
    tick();
}

void PeerConsumers::tick() {
    timer_ = runtime_.timers.after(interval, [this] {
        if (runtime_.clock.now() - started_at_ >= youth) return end_youth();
        for (auto& [member, peer] : peers_) ask(member, peer);
        tick();
    });
}

void PeerConsumers::end_youth() {
    timer_ = 0;
    for (auto& [member, peer] : peers_) {
        learn(peer, Knowledge::unheard, {});
        if (peer.connection) peer.connection->close("its consumers need not be asked for any more");
    }
    peers_.clear();
}

// What it said before its link was lost it said as the process that it was.
void PeerConsumers::member_is_at(raft::MemberId member, const std::string& address) {
    if (!is_young() || address.empty()) return;
    if (!peers_.contains(member) && peers_.size() >= peers_max) return;
    Peer& peer = peers_[member];
    if (peer.connection) peer.connection->close("its link was made anew");
    peer.connection = {};
    peer.is_asked = false;
    peer.address = address;
    ask(member, peer);
}

void PeerConsumers::ask(raft::MemberId member, Peer& peer) {
    if (peer.is_asked || peer.address.empty()) return;
    if (!peer.connection || !peer.connection->is_open())
        peer.connection = transport_.connect(peer.address, *this);
    peer.is_asked = true;
    caller_.call(peer.connection, remoting::GetConsumersRequest{}, {}, interval,
                 [this, member, connection = peer.connection](const Result<remoting::Command>& answer) {
                     const auto found = peers_.find(member);
                     if (found == peers_.end() || found->second.connection != connection) return;
                     answered(found->second, answer);
                 });
}

void PeerConsumers::answered(Peer& peer, const Result<remoting::Command>& answer) {
    peer.is_asked = false;
    // An older version hears consumers as we do, and cannot say whom.
    if (answer &&
        answer->code == static_cast<std::int32_t>(remoting::ResponseCode::request_code_not_supported))
        return learn(peer, Knowledge::some, {});
    if (!answer || answer->code != static_cast<std::int32_t>(remoting::ResponseCode::success))
        return learn(peer, Knowledge::unreachable, {});
    auto body = json::decode<remoting::ConsumersBody>(answer->body);
    if (!body) return learn(peer, Knowledge::unreachable, {});
    learn(peer, body->is_young ? Knowledge::some : Knowledge::all, std::move(body->consumers));
}

// What a member has said stays, though it was started anew since or cannot be reached any more, as long as no
// other one knows all: rather somebody who has gone than nobody who is there.
void PeerConsumers::learn(Peer& peer, Knowledge knows, ByGroup consumers) {
    const bool is_last = is_young() && knows < peer.knows &&
                         std::ranges::none_of(
                             peers_,
                             [&](const auto& entry) {
                                 return &entry.second != &peer && entry.second.knows == Knowledge::all;
                             });
    if (is_last) return;
    std::map<std::string, ClientIds, std::less<>> before;
    const auto remember = [&](const ByGroup& said, const ByGroup& says) {
        for (const auto& [group, ids] : said) {
            const auto found = says.find(group);
            if (found == says.end() || found->second != ids) before.try_emplace(group, all_of(group));
        }
    };
    remember(peer.consumers, consumers);
    remember(consumers, peer.consumers);
    peer.knows = knows;
    peer.consumers = std::move(consumers);
    for (const auto& [group, ids] : before)
        if (all_of(group) != ids) changed_(group);
}

bool PeerConsumers::knows_enough() const {
    if (!is_young() || peers_.empty()) return true;
    const auto any = [this](Knowledge knowledge) {
        return std::ranges::any_of(
            peers_, [knowledge](const auto& entry) { return entry.second.knows == knowledge; });
    };
    if (any(Knowledge::all)) return true;
    const bool may_be_away = runtime_.clock.now() - started_at_ >= away_after;
    const bool is_waiting = std::ranges::any_of(peers_, [may_be_away](const auto& entry) {
        const Peer& peer = entry.second;
        return peer.knows == Knowledge::unheard && !(peer.address.empty() && may_be_away);
    });
    return !is_waiting && (any(Knowledge::some) || !awaits_answer_);
}

PeerConsumers::ClientIds PeerConsumers::all_of(std::string_view group) const {
    ClientIds ids = heard_of(group);
    if (const auto* own = own_.consumers(group); own != nullptr)
        for (const auto& [connection, member] : own->members) ids.insert(member.client_id);
    return ids;
}

PeerConsumers::ClientIds PeerConsumers::heard_of(std::string_view group) const {
    ClientIds ids;
    for (const auto& [id, peer] : peers_) {
        const auto said = peer.consumers.find(group);
        if (said != peer.consumers.end()) ids.insert(said->second.begin(), said->second.end());
    }
    return ids;
}

void PeerConsumers::on_command(const Ref<remoting::Connection>& connection,
                               const remoting::Command& command) {
    (void)caller_.on_answer(connection, command);
}

void PeerConsumers::on_closed(const Ref<remoting::Connection>& connection, std::string_view) {
    caller_.on_closed(connection);
}

}  // namespace tern::broker
