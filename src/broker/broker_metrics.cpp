// What a broker counts, under the names by which GET_METRICS tells it. docs/limits.md refers to them.
#include "broker/broker_parts.hpp"

namespace tern::broker {

void Broker::Parts::expose_metrics() {
    metrics.add_probe(group->probe());
    metrics.add_probe(store->probe());
    metrics.add_probe(store->scrub().probe());
    metrics.add_probe(forwarder->probe());
    if (links) metrics.add_probe(links->probe());

    metrics.add("broker_leads", "1 while this member leads its group.",
                [this] { return group->leads() ? 1 : 0; });
    metrics.add("broker_epoch", "The epoch, or term, of its newest record.",
                [this] { return group->epoch().value(); });
    metrics.add("broker_log_begin_offset", "Where the commit log begins.",
                [this] { return store->commit_log().begin().value(); });
    metrics.add("broker_log_end_offset", "Where it ends.",
                [this] { return store->commit_log().end().value(); });
    metrics.add("broker_committed_offset", "Up to where it is committed.",
                [this] { return group->committed().value(); });
    metrics.add("broker_topics", "Topics.", [this] { return topic_table.all().size(); });
    metrics.add("broker_groups", "Consumer groups.", [this] { return group_table.all().size(); });
    metrics.add("broker_producer_groups", "Producer groups that clients say they are in.",
                [this] { return clients->registry().all_producers().size(); });
    metrics.add("broker_consumer_groups", "Consumer groups that clients say they are in.",
                [this] { return clients->registry().all_consumers().size(); });
    metrics.add("broker_heartbeat_bytes", "Bytes of the heartbeats that clients are known by.",
                [this] { return clients->registry().heartbeat_bytes(); });
    metrics.add("broker_held_pulls", "Pulls that wait for a message.",
                [this] { return pull->held().size(); });
    metrics.add("broker_waiting_requests",
                "Requests, but for pulls, that wait for the leader, or for its answer.",
                [this] { return forwarder->waiting(); });
    metrics.add("broker_forwarded_pulls", "Pulls that wait for the leader, or at it for a message.",
                [this] { return forwarder->pulls(); });
    metrics.add("broker_queue_locks", "Locks of queues.", [this] { return lock_table.holders().size(); });
    metrics.add("broker_messages_in_per_second", "Messages taken in a second, of the last minute.",
                [this] { return stats.messages_in.per_second(60); });
    metrics.add("broker_messages_out_per_second", "Messages given out a second, of the last minute.",
                [this] { return stats.messages_out.per_second(60); });

    // One series for each of the other members, at the one that leads.
    const auto of_members = [this](std::string_view name, std::string_view help, auto value) {
        metrics.add(name, help, [this, value] {
            std::vector<metrics::Registry::Level> levels;
            for (const auto& member : replication->member_lags())
                levels.push_back({{{"member", "n" + std::to_string(member.member.value())}},
                                  static_cast<double>(value(member))});
            return levels;
        });
    };
    of_members("broker_member_linked", "1 while the member has a link to its leader.",
               [](const MemberLag& member) { return member.linked ? 1 : 0; });
    of_members("broker_member_lag_bytes", "Bytes of the leader's log that the member lacks.",
               [](const MemberLag& member) { return member.lag.bytes; });
    of_members("broker_member_lag_messages",
               "Messages that it lacks; beyond 1 MiB of log they are estimated from its begin.",
               [](const MemberLag& member) { return member.lag.messages; });
    of_members("broker_member_lag_seconds", "Age of the oldest record that it lacks.",
               [](const MemberLag& member) { return std::chrono::duration<double>(member.lag.age).count(); });

    metrics.add("broker_bytes_in_total", "Bytes of the bodies of messages taken.", stats.bytes_in);
    metrics.add("broker_bytes_out_total", "Bytes of messages given out.", stats.bytes_out);
    metrics.add("broker_refused_sends_total", "Sends answered with an error.", stats.sends_refused);
    // One series for each limit.
    const auto limit = [this](std::string_view name, const std::uint64_t& hits) {
        metrics.add("broker_limited_total", "Times that somebody was beyond a limit of docs/limits.md.", hits,
                    {{"limit", std::string{name}}});
    };
    limit("held_pulls", stats.pulls_not_held);
    limit("forwarded_pulls", forwarder->probe().refused_pulls);
    limit("pushed_replies", reply->refused());
    limit("heartbeats", clients->registry().refused_heartbeats());
    limit("told_consumers", clients->untold_consumers());
    limit("held_lists", clients->refused_questions());
    limit("groups_of_client", clients->registry().unknown_groups());
    limit("topics_made_by_themselves", topics.not_made());
    limit("groups_made_by_themselves", groups.not_made());
    limit("queue_locks", locks.not_granted());
    limit("kept_offsets", kept_offsets.not_kept());
}

}  // namespace tern::broker
