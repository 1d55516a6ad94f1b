// The links of this member with the others of its group: dialled or accepted, made again when they end, one
// for each other member. What is said over them is member_link.hpp's, who is believed link_handshake.hpp's,
// and docs/formats/member-link.md says both.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ref.hpp"
#include "base/result.hpp"
#include "base/runtime.hpp"
#include "model/host.hpp"
#include "remoting/transport.hpp"
#include "replication/link_handshake.hpp"
#include "replication/member_frame.hpp"
#include "replication/member_links_probe.hpp"

namespace tern::replication {

struct LinkEndpoint {
    raft::MemberId member;
    std::string address;  // "host:port" of its link port; empty: it dials us.
};

struct LinkTimes {
    // Between attempts: drawn from the shortest to a bound that doubles from one attempt to the next, up to
    // the longest, and starts again after a link that was open for at least the longest.
    Duration redial_min{20ms};
    Duration redial_max{500ms};
    // A link over which nothing came for so long is closed; who has sent nothing for a third of it says that
    // he is there.
    Duration silence_max{1500ms};
};

// Of two members with addresses the one with the smaller id dials; a member that does not listen dials all
// whose addresses it knows. So for each pair exactly one side has to know the other's address and not be
// waited for by it.
struct MemberLinksConfig {
    LinkIdentity identity;
    std::optional<model::Host> listen;  // None: nobody can reach this member, and it only dials.
    std::vector<LinkEndpoint> peers;    // Known by configuration; this member itself is left out.
    bool admits_others{false};          // Also members that are not among the peers.
    Duration handshake_timeout{1s};     // Of all of it, and when dialling of the connecting as well.
    LinkTimes times;
    Duration log_interval{30s};  // Between lines on strangers, and on one member that cannot be reached.
    std::size_t frame_max{default_member_frame_max};
    std::size_t unsent_max{std::size_t{48}
                           << 20};   // With more, the member takes nothing: its link is closed.
    std::size_t handshakes_max{64};  // Of accepted connections; with another one the oldest is closed.
};

// An open link, for status commands.
struct OpenLink {
    LinkPeer peer;
    model::Host address;  // The other side's; its port is that of its listener only when it was dialled.
    bool dialled{false};
    std::size_t unsent_bytes{0};
};

// Without a secret, a configured member is believed only at the address that its configuration has, when that
// is an IP address. A name is resolved by the transport and not here, so a member that is configured by a
// name, or without an address, is believed wherever it comes from; a second one that comes from elsewhere
// while its link is alive is not. With a secret the proof decides, and addresses say nothing.
//
// A second link of a member takes the place of the first, for it is the member's side that knows that the
// first is dead: a process that was started again, or one whose machine lost the connection, gets its link
// although we noticed nothing. It is refused as long as the first link is alive when it cannot prove itself
// and comes from another address, and when its process had the link before the present one: then two
// processes believe that they are this member, and the newer one has it.
//
// All of it happens on the loop of the transport. Runtime and handler outlive it, and so does the transport,
// or it is stopped before.
class MemberLinks {
public:
    // Not called from within send() and start(). A handler may call anything, also stop().
    struct Handler {
        virtual ~Handler() = default;
        virtual void on_link_up(const LinkPeer& peer) = 0;
        // An open link ended, or an attempt to reach the member failed.
        virtual void on_link_down(raft::MemberId peer, std::string_view why) = 0;
        // The frame's views are valid during the call only.
        virtual void on_message(raft::MemberId from, const GroupFrame& frame) = 0;
    };

    MemberLinks(MemberLinksConfig config, const Runtime& runtime, remoting::Transport& transport,
                Handler& handler);
    ~MemberLinks();
    MemberLinks(const MemberLinks&) = delete;
    MemberLinks& operator=(const MemberLinks&) = delete;

    // Listens and dials. Errc::invalid_argument for an identity that fits no Hello, Errc::io_failed for an
    // address that cannot be had. Once.
    Result<> start();
    // Closes all; the handler is not called any more.
    void stop();

    // With the port the system chose when 0 was asked for; none when it does not listen.
    std::optional<model::Host> address() const;
    // The id of the group, which a new member learns from the others, and the feature level that its log
    // needs: said in the next handshakes.
    void learned_group(GroupId group, std::int32_t level_needed = base_level);
    // Where a member is that was configured without an address, or has moved: it is dialled from now on. A
    // link that stands is not touched.
    void learned_address(raft::MemberId member, const std::string& address);

    // From the next attempt and the next word on.
    void set_times(const LinkTimes& times);

    // False: no open link, or a message that fits no frame (which is logged), or more than unsent_max unsent,
    // which ends the link. The message is dropped then.
    bool send(raft::MemberId to, const GroupFrame& frame);
    // What the member's link has not given to the operating system; 0 without a link. Who sends ranges looks
    // at it: a connection with more unsent than the transport's pause is not read from either.
    std::size_t unsent_bytes(raft::MemberId to) const;
    bool is_up(raft::MemberId member) const;
    std::vector<OpenLink> open_links() const;  // By member.
    const MemberLinksProbe& probe() const;

private:
    class Table;
    Ref<Table> table_;  // Connections and timers refer to it, and may live longer.
};

}  // namespace tern::replication
