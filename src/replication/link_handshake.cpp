#include "replication/link_handshake.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace tern::replication {
namespace {

using Reason = LinkRefusalReason;

std::string number(auto value) {
    return std::to_string(value.value());
}

}  // namespace

LinkHandshake::LinkHandshake(LinkIdentity own, LinkNonce nonce, Awaits awaits, raft::MemberId wanted,
                             Objects objects)
    : own_{std::move(own)}, nonce_{nonce}, awaits_{awaits}, wanted_{wanted}, objects_{std::move(objects)} {}

LinkHandshake LinkHandshake::asking(LinkIdentity own, LinkNonce nonce, raft::MemberId wanted) {
    return {std::move(own), nonce, Awaits::connection, wanted, [](const Hello&) { return std::nullopt; }};
}

LinkHandshake LinkHandshake::answering(LinkIdentity own, LinkNonce nonce, Objects objects) {
    return {std::move(own), nonce, Awaits::hello, {}, std::move(objects)};
}

HandshakeStep LinkHandshake::connected() {
    if (awaits_ != Awaits::connection) return {};
    awaits_ = Awaits::reply;
    const Hello hello = own_hello(wanted_);
    asking_hello_ = encode_hello(hello);
    return {.send = hello};
}

HandshakeStep LinkHandshake::received(const MemberMessage& message) {
    TERN_ASSERT(awaits_ != Awaits::connection && awaits_ != Awaits::nothing);
    return std::visit([this](const auto& one) { return on(one); }, message);
}

HandshakeStep LinkHandshake::received_none(const Error& error) {
    if (error.code == Errc::not_supported) return refuse(Reason::link_version, error.detail);
    HandshakeStep step = refuse(Reason::out_of_turn, error.detail);
    step.send.reset();
    return step;
}

HandshakeStep LinkHandshake::on(const Hello& theirs) {
    if (awaits_ != Awaits::hello) return out_of_turn("hello");
    theirs_ = theirs;
    if (auto objected = objection(theirs)) return refuse(objected->reason, std::move(objected->detail));
    const Hello hello = own_hello(theirs.from);
    asking_hello_ = encode_hello(theirs);
    answering_hello_ = encode_hello(hello);
    awaits_ = Awaits::done;
    return {.send = HelloReply{hello, proof(false)}};
}

HandshakeStep LinkHandshake::on(const HelloReply& reply) {
    if (awaits_ != Awaits::reply) return out_of_turn("hello reply");
    theirs_ = reply.hello;
    if (auto objected = objection(theirs_)) return refuse(objected->reason, std::move(objected->detail));
    if (theirs_.from != wanted_)
        return refuse(Reason::wrong_member,
                      "member " + number(wanted_) + " wanted, member " + number(theirs_.from) + " found");
    answering_hello_ = encode_hello(theirs_);
    if (!proves(reply.proof, false))
        return refuse(Reason::wrong_proof, "member " + number(theirs_.from) + " has another clusterSecret");
    HandshakeStep step = open();
    step.send = HelloDone{proof(true)};
    return step;
}

HandshakeStep LinkHandshake::on(const HelloDone& done) {
    if (awaits_ != Awaits::done) return out_of_turn("hello done");
    if (!proves(done.proof, true))
        return refuse(Reason::wrong_proof, "member " + number(theirs_.from) + " has another clusterSecret");
    return open();
}

HandshakeStep LinkHandshake::on(const LinkRefusal& refusal) {
    awaits_ = Awaits::nothing;
    return {.refused = refusal, .refused_by_peer = true};
}

HandshakeStep LinkHandshake::on(const LinkAlive&) {
    return out_of_turn("link alive");
}

HandshakeStep LinkHandshake::on(const GroupFrame&) {
    return out_of_turn("message of the group");
}

HandshakeStep LinkHandshake::out_of_turn(std::string_view what) {
    return refuse(Reason::out_of_turn, std::string{what} + " out of turn");
}

HandshakeStep LinkHandshake::refuse(LinkRefusalReason reason, std::string detail) {
    awaits_ = Awaits::nothing;
    // A name of theirs may be in it twice.
    detail.resize(std::min(detail.size(), refusal_detail_size_max));
    const LinkRefusal refusal{reason, std::move(detail)};
    return {.send = refusal, .refused = refusal};
}

HandshakeStep LinkHandshake::open() {
    awaits_ = Awaits::nothing;
    return {.open = LinkPeer{.member = theirs_.from,
                             .incarnation = theirs_.incarnation,
                             .group = theirs_.group,
                             .client_address = theirs_.client_address,
                             .level = std::min(own_.level, theirs_.level),
                             .proven = !own_.secret.empty()}};
}

Hello LinkHandshake::own_hello(raft::MemberId to) const {
    return {.level = own_.level,
            .level_needed = own_.level_needed,
            .group = own_.group,
            .group_name = own_.group_name,
            .from = own_.self,
            .to = to,
            .incarnation = own_.incarnation,
            .client_address = own_.client_address,
            .has_secret = !own_.secret.empty(),
            .nonce = nonce_};
}

std::optional<LinkRefusal> LinkHandshake::objection(const Hello& theirs) {
    const std::string both = "members " + number(theirs.from) + " and " + number(own_.self) + " ";
    if (theirs.group_name != own_.group_name)
        return LinkRefusal{Reason::wrong_group,
                           both + "are of groups " + theirs.group_name + " and " + own_.group_name};
    if (theirs.group != own_.group && theirs.group != GroupId{} && own_.group != GroupId{})
        return LinkRefusal{Reason::wrong_group, both + "are of groups named " + own_.group_name +
                                                    " with ids " + number(theirs.group) + " and " +
                                                    number(own_.group)};
    if (theirs.from == own_.self)
        return LinkRefusal{Reason::wrong_member, "member " + number(own_.self) + " at both ends"};
    if (theirs.to != own_.self)
        return LinkRefusal{Reason::wrong_member,
                           "member " + number(theirs.to) + " wanted, member " + number(own_.self) + " found"};
    if (auto objected = objects_(theirs)) return objected;
    if (theirs.level < own_.level_needed || own_.level < theirs.level_needed)
        return LinkRefusal{Reason::feature_level,
                           "member " + number(theirs.from) + " knows level " + std::to_string(theirs.level) +
                               " and needs " + std::to_string(theirs.level_needed) + ", member " +
                               number(own_.self) + " knows " + std::to_string(own_.level) + " and needs " +
                               std::to_string(own_.level_needed)};
    if (theirs.has_secret == own_.secret.empty())
        return LinkRefusal{
            Reason::secret_missing,
            "member " + number(theirs.has_secret ? own_.self : theirs.from) + " has no clusterSecret"};
    return std::nullopt;
}

std::optional<LinkProof> LinkHandshake::proof(bool of_asking) const {
    if (own_.secret.empty()) return std::nullopt;
    // The word for the side keeps one from sending the other's proof back.
    return hmac_sha256(own_.secret, std::string{of_asking ? "TernMQ member link 1 asking"
                                                          : "TernMQ member link 1 answering"} +
                                        asking_hello_ + answering_hello_);
}

bool LinkHandshake::proves(const std::optional<LinkProof>& theirs, bool of_asking) const {
    const auto expected = proof(of_asking);
    if (!expected) return !theirs;
    return theirs && same_proof(*theirs, *expected);
}

}  // namespace tern::replication
