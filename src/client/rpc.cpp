#include "client/rpc.hpp"

#include <vector>

namespace tern::client {

Ref<Rpc::Peer> Rpc::reach(std::string_view address) {
    const auto found = by_address_.find(address);
    if (found != by_address_.end() && found->second->connection->is_open()) return found->second;
    auto peer = make_counted<Peer>(address);
    peer->connection = transport_.connect(peer->address, *this);
    peers_.emplace(peer->connection->id(), peer);
    by_address_.insert_or_assign(peer->address, peer);
    if (greeting_ && peer->connection->is_open()) greeting_(peer->address);
    return peer;
}

remoting::Caller::Done Rpc::expect(const Ref<Peer>& peer, Done done) {
    return [peer, done = std::move(done)](Result<remoting::Command> answer) mutable {
        if (answer) return done(std::move(answer));
        const auto code = answer.error().code;
        const auto what = code == Errc::deadline_exceeded ? "no answer in time"
                          : peer->closed_because.empty()  ? "connection closed"
                                                          : peer->closed_because;
        done(failure(code, peer->address + ": " + what));
    };
}

void Rpc::on_command(const Ref<remoting::Connection>& connection, const remoting::Command& command) {
    if (!caller_.on_answer(connection, command)) requests_.dispatch(connection, command);
}

void Rpc::on_closed(const Ref<remoting::Connection>& connection, std::string_view why) {
    const auto found = peers_.find(connection->id());
    if (found == peers_.end()) return;
    const auto peer = std::move(found->second);
    peers_.erase(found);
    peer->closed_because = why;
    const auto current = by_address_.find(peer->address);
    if (current != by_address_.end() && current->second == peer) by_address_.erase(current);
    caller_.on_closed(connection);
}

void Rpc::close() {
    std::vector<Ref<Peer>> open;
    for (const auto& [id, peer] : peers_) open.push_back(peer);
    for (const auto& peer : open) peer->connection->close("closed by us");
}

}  // namespace tern::client
