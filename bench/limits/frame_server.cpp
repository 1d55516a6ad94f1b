#include "bench/limits/frame_server.hpp"

#include <cstdio>

namespace tern::bench {

Result<FrameServer> FrameServer::open(const std::string& address, FrameService& service) {
    auto listener = listen_at(address);
    if (!listener) return std::unexpected(listener.error());
    auto poller = Poller::open();
    if (!poller) return std::unexpected(poller.error());
    return FrameServer{std::move(*listener), std::move(*poller), service};
}

Result<> FrameServer::run(int stop_fd) {
    poller_.add(listener_.get(), &listener_);
    if (stop_fd >= 0) poller_.add(stop_fd, nullptr);
    while (true) {
        std::vector<Peer*> served;
        for (const auto& event : poller_.wait(1h)) {
            if (event.data.ptr == nullptr) return {};
            if (event.data.ptr == &listener_) {
                accept_all();
                continue;
            }
            auto& peer = *static_cast<Peer*>(event.data.ptr);
            if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0) peer.failed = !serve(peer);
            served.push_back(&peer);
        }
        if (auto ended = service_.end_turn(); !ended) return ended;
        for (auto* peer : served) {
            if (!peer->failed && flush(*peer)) continue;
            poller_.remove(peer->stream.fd());
            peers_.remove_if([peer](const Peer& each) { return &each == peer; });
        }
    }
}

void FrameServer::accept_all() {
    while (true) {
        UniqueFd fd = accept_one(listener_);
        if (fd.get() < 0) return;
        Peer& peer = peers_.emplace_back(Peer{.stream = Stream{std::move(fd)}});
        poller_.add(peer.stream.fd(), &peer);
    }
}

Result<> FrameServer::serve(Peer& peer) {
    if (auto read = peer.stream.read(); !read) return std::unexpected(read.error());
    while (true) {
        const auto request = scan_answer(peer.stream.input());
        if (!request) return std::unexpected(request.error());
        if (!*request) return {};
        for (const auto piece : service_.serve(**request, peer.stream.output()))
            peer.stream.append_borrowed(piece);
        peer.stream.consume((*request)->frame.size);
    }
}

Result<> FrameServer::flush(Peer& peer) {
    if (auto flushed = peer.stream.flush(); !flushed) return flushed;
    if (peer.stream.has_unsent() != peer.waits_for_room) {
        peer.waits_for_room = peer.stream.has_unsent();
        poller_.want_writable(peer.stream.fd(), &peer, peer.waits_for_room);
    }
    return {};
}

int serve_at(const std::string& address, FrameService& service) {
    auto server = FrameServer::open(address, service);
    if (server) {
        std::printf("listening at %s\n", server->address().c_str());
        std::fflush(stdout);
    }
    const auto ended = server ? server->run() : Result<>{std::unexpected(server.error())};
    std::fprintf(stderr, "%s\n", ended ? "stopped" : ended.error().detail.c_str());
    return ended ? 0 : 1;
}

}  // namespace tern::bench
