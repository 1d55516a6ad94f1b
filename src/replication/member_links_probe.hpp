// What happens on the links of a member, counted.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "metrics/metric.hpp"
#include "replication/member_link.hpp"

namespace tern::replication {

class MemberLinksProbe {
public:
    void link_opened() { opened_.add(), open_.add(1); }
    void link_closed() { closed_.add(), open_.subtract(1); }
    void link_replaced() { replaced_.add(); }
    void dial_failed() { failed_dials_.add(); }
    void refused(LinkRefusalReason reason) { refused_[row_of(reason)].add(); }
    void stranger_closed() { strangers_.add(); }
    void handshake_timed_out() { timeouts_.add(); }
    void frame_sent(std::size_t bytes) { sent_.add(), sent_bytes_.add(bytes); }
    void frame_received(std::size_t bytes) { received_.add(), received_bytes_.add(bytes); }
    void frame_not_sent() { not_sent_.add(); }
    void kind_skipped() { skipped_.add(); }
    void closed_for_unsent() { unsent_.add(); }

    std::int64_t open_links() const { return open_.value(); }
    std::uint64_t opened() const { return opened_.value(); }
    std::uint64_t replaced() const { return replaced_.value(); }
    std::uint64_t failed_dials() const { return failed_dials_.value(); }
    std::uint64_t refused_for(LinkRefusalReason reason) const { return refused_[row_of(reason)].value(); }
    std::uint64_t strangers() const { return strangers_.value(); }
    std::uint64_t handshake_timeouts() const { return timeouts_.value(); }
    std::uint64_t frames_sent() const { return sent_.value(); }
    std::uint64_t frames_received() const { return received_.value(); }
    std::uint64_t skipped_kinds() const { return skipped_.value(); }

    template <class Visit>
    void metrics(Visit visit) const {
        visit("replication_links", "Links with members that are open now.", open_);
        visit("replication_opened_links_total", "Links opened, by whichever side.", opened_);
        visit("replication_closed_links_total", "Open links that ended.", closed_);
        visit("replication_replaced_links_total", "Open links ended by a newer one of the same member.",
              replaced_);
        visit("replication_failed_dials_total", "Attempts to reach a member that opened no link.",
              failed_dials_);
        for (std::size_t row = 0; row < rows.size(); ++row)
            visit(rows[row].name, rows[row].help, refused_[row]);
        visit("replication_link_strangers_total",
              "Accepted connections closed before they said who they are.", strangers_);
        visit("replication_link_handshake_timeouts_total", "Handshakes that took too long.", timeouts_);
        visit("replication_link_sent_frames_total", "Messages sent to members.", sent_);
        visit("replication_link_sent_bytes_total", "Their bytes.", sent_bytes_);
        visit("replication_link_received_frames_total", "Frames received from members.", received_);
        visit("replication_link_received_bytes_total", "Their bytes.", received_bytes_);
        visit("replication_link_unsendable_frames_total", "Messages that fit no frame.", not_sent_);
        visit("replication_link_skipped_frames_total", "Frames of a newer kind, passed over.", skipped_);
        visit("replication_link_unsent_closes_total", "Links closed because the member took nothing.",
              unsent_);
    }

private:
    struct Row {
        std::string_view name;
        std::string_view help;
    };
    static constexpr std::array<Row, 11> rows{
        Row{"replication_refused_links_total", "Links refused for a reason that a newer version has."},
        Row{"replication_refused_links_version_total", "Links refused: another version of the link."},
        Row{"replication_refused_links_group_total", "Links refused: another group."},
        Row{"replication_refused_links_member_total", "Links refused: not the member that was wanted."},
        Row{"replication_refused_links_unknown_total", "Links refused: an unknown member."},
        Row{"replication_refused_links_level_total", "Links refused: feature levels that do not fit."},
        Row{"replication_refused_links_no_secret_total", "Links refused: only one side has a secret."},
        Row{"replication_refused_links_proof_total", "Links refused: the secrets differ."},
        Row{"replication_refused_links_turn_total", "Links refused: not what is said at that point."},
        Row{"replication_refused_links_address_total", "Links refused: not from the member's address."},
        Row{"replication_refused_links_taken_total",
            "Links refused: another process has the member's link."}};
    static std::size_t row_of(LinkRefusalReason reason) {
        const auto row = static_cast<std::size_t>(reason);
        return row < rows.size() ? row : 0;
    }

    metrics::Gauge open_;
    metrics::Counter opened_;
    metrics::Counter closed_;
    metrics::Counter replaced_;
    metrics::Counter failed_dials_;
    std::array<metrics::Counter, rows.size()> refused_;
    metrics::Counter strangers_;
    metrics::Counter timeouts_;
    metrics::Counter sent_;
    metrics::Counter sent_bytes_;
    metrics::Counter received_;
    metrics::Counter received_bytes_;
    metrics::Counter not_sent_;
    metrics::Counter skipped_;
    metrics::Counter unsent_;
};

}  // namespace tern::replication
