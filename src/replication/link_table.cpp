#include "replication/link_table.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace tern::replication {
namespace {

using remoting::Connection;
using Reason = LinkRefusalReason;

// Without a secret anybody may say that he is one of those whom nobody configured.
constexpr std::size_t unconfigured_max = 64;

std::string number(raft::MemberId member) {
    return std::to_string(member.value());
}

}  // namespace

MemberLinks::Table::Table(MemberLinksConfig config, const Runtime& runtime, remoting::Transport& transport,
                          Handler& handler)
    : config_{std::move(config)}, runtime_{runtime}, transport_{transport}, handler_{handler} {
    for (const auto& peer : config_.peers) {
        if (peer.member == config_.identity.self) continue;
        Other& other = others_[peer.member];
        other.is_configured = true;
        has_address(peer.member, other, peer.address);
    }
}

void MemberLinks::Table::has_address(raft::MemberId member, Other& other, const std::string& address) const {
    other.address = address;
    other.host.reset();
    if (const auto host = model::Host::parse(address)) other.host = *host;
    other.is_dialled = !address.empty() && (!config_.listen || config_.identity.self < member);
}

void MemberLinks::Table::learned_address(raft::MemberId member, const std::string& address) {
    if (is_stopped_ || member == config_.identity.self) return;
    Other& other = others_[member];
    if (other.address == address) return;
    has_address(member, other, address);
    if (!other.is_dialled || other.link != 0 || other.attempt != 0) return;
    runtime_.timers.cancel(std::exchange(other.redial_timer, 0));
    dial(member);
}

Result<> MemberLinks::Table::start() {
    const auto& own = config_.identity;
    if (own.group_name.size() > group_name_size_max || own.client_address.size() > client_address_size_max)
        return failure(Errc::invalid_argument, "name of the group or address for clients is too long");
    if (config_.listen) {
        auto listener = transport_.listen_stream(*config_.listen, Ref<remoting::StreamHandler>{this});
        if (!listener) return std::unexpected{listener.error()};
        listener_ = std::move(*listener);
    }
    for (const auto& [member, other] : others_)
        if (other.is_dialled) dial(member);
    say_alive();
    return {};
}

void MemberLinks::Table::stop() {
    if (std::exchange(is_stopped_, true)) return;
    listener_.reset();
    runtime_.timers.cancel(std::exchange(alive_timer_, 0));
    for (auto& [member, other] : others_) runtime_.timers.cancel(std::exchange(other.redial_timer, 0));
    for (auto& [id, end] : std::exchange(ends_, {})) {
        runtime_.timers.cancel(end.deadline);
        if (end.peer) probe_.link_closed();
        end.connection->close("the links of this member end");
    }
    others_.clear();
}

std::optional<model::Host> MemberLinks::Table::address() const {
    if (!listener_) return std::nullopt;
    return listener_->address();
}

// --- Dialling.

void MemberLinks::Table::dial(raft::MemberId member) {
    Other& other = others_.at(member);
    if (other.link != 0 || other.attempt != 0) return;
    const auto connection = transport_.connect_stream(other.address, Ref<remoting::StreamHandler>{this});
    other.attempt = connection->id();
    End& end = ends_[connection->id()];
    end.connection = connection;
    end.wanted = member;
    begin(end, LinkHandshake::asking(config_.identity, draw_nonce(runtime_.random), member));
}

void MemberLinks::Table::redial(raft::MemberId member) {
    Other& other = others_.at(member);
    if (!other.is_dialled || other.redial_timer != 0) return;
    other.redial_bound =
        std::min(std::max(2 * other.redial_bound, 2 * config_.times.redial_min), config_.times.redial_max);
    const auto spread = std::max(other.redial_bound - config_.times.redial_min, Duration{0}).count();
    const Duration jitter{
        static_cast<Duration::rep>(runtime_.random.below(static_cast<std::uint64_t>(spread) + 1))};
    other.redial_timer = runtime_.timers.after(config_.times.redial_min + jitter, [self = Ref{this}, member] {
        if (self->is_stopped_) return;
        self->others_.at(member).redial_timer = 0;
        self->dial(member);
    });
}

void MemberLinks::Table::drop_attempt(Other& other) {
    runtime_.timers.cancel(std::exchange(other.redial_timer, 0));
    if (const auto attempt = take_out(std::exchange(other.attempt, 0)))
        attempt->connection->close("the member has a link");
}

void MemberLinks::Table::dial_failed(raft::MemberId member, std::string_view why) {
    Other& other = others_.at(member);
    other.attempt = 0;
    probe_.dial_failed();
    if (const auto unsaid = other.failures.due(runtime_.clock.now(), config_.log_interval))
        runtime_.log.info(
            "member_not_reached",
            {{"member", member.value()}, {"address", other.address}, {"unsaid", *unsaid}, {"why", why}});
    redial(member);
    handler_.on_link_down(member, why);
}

// --- Handshakes.

void MemberLinks::Table::on_opened(const Ref<Connection>& connection) {
    if (is_stopped_) return connection->close("the links of this member end");
    if (auto* dialled = find(connection->id())) return carry_out(*dialled, dialled->handshake->connected());
    make_room_for_handshake();
    End& end = ends_[connection->id()];
    end.connection = connection;
    begin(end, LinkHandshake::answering(config_.identity, draw_nonce(runtime_.random),
                                        [this, at = connection->peer()](const Hello& theirs) {
                                            return objection(theirs.from, theirs.incarnation, at);
                                        }));
}

void MemberLinks::Table::begin(End& end, LinkHandshake handshake) {
    end.handshake.emplace(std::move(handshake));
    end.deadline =
        runtime_.timers.after(config_.handshake_timeout, [self = Ref{this}, id = end.connection->id()] {
            auto* late = self->find(id);
            if (late == nullptr || late->is_over()) return;
            self->probe_.handshake_timed_out();
            late->connection->close("no handshake in time");
        });
}

// The oldest goes: a member needs no longer than it takes to say three things.
void MemberLinks::Table::make_room_for_handshake() {
    const auto is_stranger = [](const auto& entry) {
        return entry.second.handshake && !entry.second.wanted && !entry.second.is_over();
    };
    if (std::ranges::count_if(ends_, is_stranger) < static_cast<std::ptrdiff_t>(config_.handshakes_max))
        return;
    std::ranges::find_if(ends_, is_stranger)->second.connection->close("too many handshakes");
}

void MemberLinks::Table::carry_out(End& end, const HandshakeStep& step) {
    if (step.send) send_frame(end, *step.send);
    if (step.refused) refuse(end, *step.refused, step.refused_by_peer);
    if (step.open) open(end, *step.open);
}

std::optional<LinkRefusal> MemberLinks::Table::objection(raft::MemberId member, raft::Incarnation incarnation,
                                                         const model::Host& at) const {
    const auto found = others_.find(member);
    const Other* other = found == others_.end() ? nullptr : &found->second;
    if (other == nullptr) {
        const std::string who = "member " + number(member);
        if (!config_.admits_others)
            return LinkRefusal{Reason::unknown_member,
                               who + " is not known to member " + number(config_.identity.self)};
        if (std::ranges::count(others_, false, [](const auto& entry) {
                return entry.second.is_configured;
            }) >= static_cast<std::ptrdiff_t>(unconfigured_max))
            return LinkRefusal{Reason::unknown_member,
                               who + " is one too many of those that are not configured"};
        return std::nullopt;
    }
    const bool is_proven = !config_.identity.secret.empty();
    if (!is_proven && other->host && other->host->address_bytes() != at.address_bytes())
        return LinkRefusal{Reason::wrong_address, "member " + number(member) + " is at " +
                                                      other->host->address_text() + ", not at " +
                                                      at.address_text()};
    const auto link = ends_.find(other->link);
    if (link == ends_.end() || !is_alive(link->second)) return std::nullopt;
    const auto& present = *link->second.connection;
    if (other->outlived == incarnation ||
        (!is_proven && present.peer().address_bytes() != at.address_bytes()))
        return LinkRefusal{
            Reason::link_taken,
            "member " + number(member) + " has a link from another process, at " + present.peer().text()};
    return std::nullopt;
}

void MemberLinks::Table::refuse(End& end, const LinkRefusal& refusal, bool by_peer) {
    probe_.refused(refusal.reason);
    close_later(end, (by_peer ? "refused by the member: " : "refused: ") + refusal.detail);
    if (end.wanted) return;  // Told as a dial that failed.
    if (const auto unsaid = refusals_.due(runtime_.clock.now(), config_.log_interval))
        runtime_.log.warning(
            "member_link_refused",
            {{"address", end.connection->peer().text()}, {"unsaid", *unsaid}, {"why", end.closing_because}});
}

void MemberLinks::Table::open(End& end, const LinkPeer& peer) {
    if (!end.wanted) {  // What was true when it said hello may have changed.
        if (const auto refusal = objection(peer.member, peer.incarnation, end.connection->peer())) {
            send_frame(end, *refusal);
            return refuse(end, *refusal, false);
        }
    }
    const EndId id = end.connection->id();
    runtime_.timers.cancel(std::exchange(end.deadline, 0));
    end.handshake.reset();
    end.reader.take_frames_up_to(config_.frame_max);
    end.peer = peer;
    end.opened_at = end.received_at = runtime_.clock.now();

    Other& other = others_[peer.member];
    if (other.attempt == id) other.attempt = 0;
    drop_attempt(other);
    if (auto replaced = take_out(std::exchange(other.link, 0))) {
        if (replaced->peer->incarnation != peer.incarnation) other.outlived = replaced->peer->incarnation;
        probe_.link_replaced();
        replaced->connection->close("a newer link of this member");
        link_ended(*replaced, "a newer link of this member");
        if (is_stopped_) return;
    } else {
        other.outlived.reset();
    }
    other.link = id;
    probe_.link_opened();
    runtime_.log.info("member_link_up", {{"member", peer.member.value()},
                                         {"address", end.connection->peer().text()},
                                         {"level", peer.level},
                                         {"proven", peer.proven}});
    handler_.on_link_up(peer);
}

bool MemberLinks::Table::is_alive(const End& link) const {
    return !link.is_over() && runtime_.clock.now() - link.received_at < config_.times.silence_max;
}

// --- Open links.

Result<std::size_t> MemberLinks::Table::on_bytes(const Ref<Connection>& connection, std::string_view bytes) {
    auto* end = find(connection->id());
    if (end == nullptr || end->is_over()) return bytes.size();
    const auto next = end->reader.next(bytes);
    if (!next) {
        if (!end->handshake) return std::unexpected{next.error()};
        const auto step = end->handshake->received_none(next.error());
        if (!step.send) return std::unexpected{next.error()};
        carry_out(*end, step);
        return bytes.size();
    }
    if (!*next) return 0;
    const auto& [size, message] = **next;
    end->received_at = runtime_.clock.now();
    if (!message) {
        probe_.kind_skipped();
    } else if (end->handshake) {
        carry_out(*end, end->handshake->received(*message));
    } else {
        return take(*end, *message, size);
    }
    return size;
}

Result<std::size_t> MemberLinks::Table::take(End& end, const MemberMessage& message, std::size_t size) {
    probe_.frame_received(size);
    if (const auto* frame = std::get_if<GroupFrame>(&message)) {
        handler_.on_message(end.peer->member, *frame);
    } else if (const auto* refusal = std::get_if<LinkRefusal>(&message)) {
        probe_.refused(refusal->reason);
        return failure(Errc::refused, "refused by the member: " + refusal->detail);
    } else if (!std::holds_alternative<LinkAlive>(message)) {
        return failure(Errc::malformed, "a handshake on an open link");
    }
    return size;
}

const MemberLinks::Table::End* MemberLinks::Table::link_of(raft::MemberId member) const {
    const auto other = others_.find(member);
    if (other == others_.end()) return nullptr;
    const auto end = ends_.find(other->second.link);
    return end == ends_.end() || end->second.is_over() ? nullptr : &end->second;
}

std::vector<OpenLink> MemberLinks::Table::open_links() const {
    std::vector<OpenLink> links;
    for (const auto& [member, other] : others_)
        if (const auto* link = link_of(member))
            links.push_back({.peer = *link->peer,
                             .address = link->connection->peer(),
                             .dialled = link->wanted.has_value(),
                             .unsent_bytes = link->connection->unsent_bytes()});
    return links;
}

bool MemberLinks::Table::send(raft::MemberId to, const GroupFrame& frame) {
    const auto* link = link_of(to);
    if (link == nullptr) return false;
    End& end = ends_.at(link->connection->id());
    if (const auto unsent = end.connection->unsent_bytes(); unsent > config_.unsent_max) {
        probe_.closed_for_unsent();
        end.connection->close("takes nothing: " + std::to_string(unsent) + " bytes unsent");
        return false;
    }
    Buffer& out = end.connection->output();
    const auto size_before = out.size();
    if (const auto encoded = encode_member_message(frame, config_.frame_max, out); !encoded) {
        probe_.frame_not_sent();
        if (const auto unsaid = unsendable_.due(runtime_.clock.now(), config_.log_interval))
            runtime_.log.warning(
                "member_message_unsendable",
                {{"member", to.value()}, {"unsaid", *unsaid}, {"why", encoded.error().detail}});
        return false;
    }
    probe_.frame_sent(out.size() - size_before);
    end.has_sent = true;
    return true;
}

void MemberLinks::Table::send_frame(End& end, const MemberMessage& message) {
    Buffer& out = end.connection->output();
    const auto size_before = out.size();
    const auto encoded = encode_member_message(message, handshake_frame_max, out);
    TERN_ASSERT(encoded);
    probe_.frame_sent(out.size() - size_before);
    end.has_sent = true;
}

void MemberLinks::Table::say_alive() {
    for (auto& [id, end] : ends_) {
        if (!end.peer || end.is_over()) continue;
        // Until the system gives such a connection up, nobody would make a new one.
        if (!is_alive(end)) {
            end.connection->close("nothing came from the member for too long");
            continue;
        }
        if (!end.has_sent) send_frame(end, LinkAlive{});
        end.has_sent = false;
    }
    alive_timer_ = runtime_.timers.after(config_.times.silence_max / 3, [self = Ref{this}] {
        if (!self->is_stopped_) self->say_alive();
    });
}

// --- Ends.

// What was sent leaves at the end of this turn, before what is posted now is run.
void MemberLinks::Table::close_later(End& end, std::string why) {
    end.closing_because = std::move(why);
    runtime_.executor.post([self = Ref{this}, id = end.connection->id()] {
        if (const auto* refused = self->find(id)) refused->connection->close(refused->closing_because);
    });
}

void MemberLinks::Table::on_closed(const Ref<Connection>& connection, std::string_view why) {
    const auto ended = take_out(connection->id());
    if (!ended) return;
    // The other side may have been quicker to close, and its words are poorer.
    const std::string_view words = ended->closing_because.empty() ? why : ended->closing_because;
    if (!ended->peer)
        return ended->wanted ? dial_failed(*ended->wanted, words) : stranger_left(*ended, words);
    const auto member = ended->peer->member;
    Other& other = others_.at(member);
    other.link = 0;
    // Two processes that both believe to be one member would chase each other without a pause otherwise.
    if (runtime_.clock.now() - ended->opened_at >= config_.times.redial_max) other.redial_bound = Duration{0};
    redial(member);
    if (!other.is_configured) others_.erase(member);
    link_ended(*ended, words);
}

void MemberLinks::Table::link_ended(const End& ended, std::string_view why) {
    const auto member = ended.peer->member;
    probe_.link_closed();
    runtime_.log.info(
        "member_link_down",
        {{"member", member.value()}, {"address", ended.connection->peer().text()}, {"why", why}});
    handler_.on_link_down(member, why);
}

void MemberLinks::Table::stranger_left(const End& end, std::string_view why) {
    if (!end.closing_because.empty()) return;  // It was refused, and that was said.
    probe_.stranger_closed();
    if (const auto unsaid = strangers_.due(runtime_.clock.now(), config_.log_interval))
        runtime_.log.info("member_link_stranger",
                          {{"address", end.connection->peer().text()}, {"unsaid", *unsaid}, {"why", why}});
}

MemberLinks::Table::End* MemberLinks::Table::find(EndId id) {
    const auto found = ends_.find(id);
    return found == ends_.end() ? nullptr : &found->second;
}

std::optional<MemberLinks::Table::End> MemberLinks::Table::take_out(EndId id) {
    const auto found = ends_.find(id);
    if (found == ends_.end()) return std::nullopt;
    auto end = std::move(found->second);
    runtime_.timers.cancel(std::exchange(end.deadline, 0));
    ends_.erase(found);
    return end;
}

}  // namespace tern::replication
