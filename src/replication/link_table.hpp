// The connections of member_links.hpp and the members they belong to. For the sources of this library only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/seldom_line.hpp"
#include "replication/member_links.hpp"

namespace tern::replication {

class MemberLinks::Table final : public remoting::StreamHandler {
public:
    Table(MemberLinksConfig config, const Runtime& runtime, remoting::Transport& transport, Handler& handler);

    Result<> start();
    void stop();
    std::optional<model::Host> address() const;
    void learned_group(GroupId group, std::int32_t level_needed) {
        config_.identity.group = group;
        config_.identity.level_needed = level_needed;
    }
    void learned_address(raft::MemberId member, const std::string& address);
    void set_times(const LinkTimes& times) { config_.times = times; }
    bool send(raft::MemberId to, const GroupFrame& frame);
    std::vector<OpenLink> open_links() const;
    const MemberLinksProbe& probe() const { return probe_; }

    void on_opened(const Ref<remoting::Connection>& connection) override;
    Result<std::size_t> on_bytes(const Ref<remoting::Connection>& connection,
                                 std::string_view bytes) override;
    void on_closed(const Ref<remoting::Connection>& connection, std::string_view why) override;

    // A connection: first in a handshake, then a link, or over.
    struct End {
        Ref<remoting::Connection> connection;
        std::optional<raft::MemberId> wanted;    // Whom we dialled; nothing when it was accepted.
        std::optional<LinkHandshake> handshake;  // Until it has ended.
        std::optional<LinkPeer> peer;            // Once the link is open.
        MemberLinkReader reader{handshake_frame_max};
        TimerId deadline{0};
        Instant opened_at{};
        Instant received_at{};
        bool has_sent{false};         // Since the members were last told that we are there.
        std::string closing_because;  // It has been refused, and is closed once the words for it have left.
        bool is_over() const { return !closing_because.empty() || !connection->is_open(); }
    };
    // The member's open link; null when there is none.
    const End* link_of(raft::MemberId member) const;

private:
    using EndId = std::uint64_t;  // The id of its connection; 0 is none.

    // Another member: configured, or one that has or had a link.
    struct Other {
        std::string address;
        std::optional<model::Host> host;  // When the address is an IP address.
        bool is_configured{false};
        bool is_dialled{false};
        EndId link{0};
        EndId attempt{0};
        TimerId redial_timer{0};
        Duration redial_bound{0};
        std::optional<raft::Incarnation> outlived;  // Whose link the present one has replaced.
        SeldomLine failures;
    };

    // Dialling.
    void has_address(raft::MemberId member, Other& other, const std::string& address) const;
    void dial(raft::MemberId member);
    void redial(raft::MemberId member);
    void drop_attempt(Other& other);

    // Handshakes.
    void begin(End& end, LinkHandshake handshake);
    void make_room_for_handshake();
    void carry_out(End& end, const HandshakeStep& step);
    std::optional<LinkRefusal> objection(raft::MemberId member, raft::Incarnation incarnation,
                                         const model::Host& at) const;
    void refuse(End& end, const LinkRefusal& refusal, bool by_peer);
    void open(End& end, const LinkPeer& peer);
    bool is_alive(const End& link) const;

    // Open links and ends.
    Result<std::size_t> take(End& end, const MemberMessage& message, std::size_t size);
    void send_frame(End& end, const MemberMessage& message);
    void say_alive();
    void close_later(End& end, std::string why);
    void link_ended(const End& ended, std::string_view why);
    void dial_failed(raft::MemberId member, std::string_view why);
    void stranger_left(const End& end, std::string_view why);

    End* find(EndId id);
    std::optional<End> take_out(EndId id);

    MemberLinksConfig config_;
    Runtime runtime_;
    remoting::Transport& transport_;
    Handler& handler_;
    MemberLinksProbe probe_;
    std::unique_ptr<remoting::Listener> listener_;
    std::map<EndId, End> ends_;
    std::map<raft::MemberId, Other> others_;
    TimerId alive_timer_{0};
    bool is_stopped_{false};
    SeldomLine strangers_;
    SeldomLine refusals_;
    SeldomLine unsendable_;
};

}  // namespace tern::replication
