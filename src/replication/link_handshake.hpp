// How two members come to trust a link: Hello, HelloReply, HelloDone, or a refusal that both sides can log.
// A value without clock and connection: a deadline for all of it is the caller's, as are the checks of the
// other side's address. docs/formats/member-link.md.
#pragma once

#include <optional>
#include <string>

#include "base/inplace_function.hpp"
#include "replication/member_link.hpp"

namespace tern::replication {

// More than any frame of a handshake has: what is buffered for a stranger at most.
inline constexpr std::size_t handshake_frame_max = 1024;

// What this member says of itself.
struct LinkIdentity {
    GroupId group;  // 0 when it knows none yet: any group of the name will do.
    std::string group_name;
    raft::MemberId self;
    raft::Incarnation incarnation;
    std::string client_address;  // Where others may hand requests of clients over to it: "ip:port".
    std::int32_t level{feature_level};
    std::int32_t level_needed{base_level};
    std::string secret;  // clusterSecret; empty: none, and nobody is asked to prove anything.
};

// Who is at the other end of an open link.
struct LinkPeer {
    raft::MemberId member;
    raft::Incarnation incarnation;
    GroupId group;
    std::string client_address;  // As it says; empty: it serves no clients.
    std::int32_t level{};        // The highest that both know: nothing above it may be sent.
    bool proven{false};          // By the secret.
    friend bool operator==(const LinkPeer&, const LinkPeer&) = default;
};

// What is to be done after an event, in this order. When neither open nor refused is there the handshake goes
// on.
struct HandshakeStep {
    std::optional<MemberMessage> send;
    std::optional<LinkPeer> open;
    std::optional<LinkRefusal> refused;  // Log it, and close once `send` has left.
    bool refused_by_peer{false};
};

// One attempt at one link; no event may come once it has ended.
class LinkHandshake {
public:
    // Why this side takes no link with the member that says this of itself; nothing when it does.
    using Objects = InplaceFunction<std::optional<LinkRefusal>(const Hello&)>;

    static LinkHandshake asking(LinkIdentity own, LinkNonce nonce, raft::MemberId wanted);
    static LinkHandshake answering(LinkIdentity own, LinkNonce nonce, Objects objects);

    // The connection stands. The side that asks speaks first.
    HandshakeStep connected();
    HandshakeStep received(const MemberMessage& message);
    // What came was no message. Only one who seems to be a member of another version gets an answer.
    HandshakeStep received_none(const Error& error);

private:
    enum class Awaits { connection, hello, reply, done, nothing };

    LinkHandshake(LinkIdentity own, LinkNonce nonce, Awaits awaits, raft::MemberId wanted, Objects objects);
    HandshakeStep on(const Hello& theirs);
    HandshakeStep on(const HelloReply& reply);
    HandshakeStep on(const HelloDone& done);
    HandshakeStep on(const LinkRefusal& refusal);
    HandshakeStep on(const LinkAlive& alive);
    HandshakeStep on(const GroupFrame& frame);
    HandshakeStep refuse(LinkRefusalReason reason, std::string detail);
    HandshakeStep out_of_turn(std::string_view what);
    HandshakeStep open();
    Hello own_hello(raft::MemberId to) const;
    std::optional<LinkRefusal> objection(const Hello& theirs);
    // Of the side that asks or answers, over both Hellos; nothing without a secret.
    std::optional<LinkProof> proof(bool of_asking) const;
    bool proves(const std::optional<LinkProof>& theirs, bool of_asking) const;

    LinkIdentity own_;
    LinkNonce nonce_;
    Awaits awaits_;
    raft::MemberId wanted_;
    Objects objects_;
    Hello theirs_;
    std::string asking_hello_;  // As encoded.
    std::string answering_hello_;
};

}  // namespace tern::replication
