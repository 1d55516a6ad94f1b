#include "broker/replication_service.hpp"

#include <algorithm>

#include "json/fields.hpp"
#include "remoting/body/ha_status.hpp"

namespace tern::broker {

void ReplicationService::ha_status(remoting::Request& request) {
    const auto& group = parts_.group;
    const PhysicalOffset end = parts_.store.commit_log().end();
    const auto self = group.config().self;
    remoting::HaStatus status;
    status.master = group.leads();
    if (group.leads()) {
        status.master_max_offset = end.value();
        for (const auto& member : group.members()) {
            if (member.id == self || !member.linked) continue;
            remoting::HaConnectionInfo slave;
            slave.addr = parts_.forwarder.address_of(member.id);
            slave.slave_ack_offset = member.written.value();
            slave.diff = end - member.written;
            slave.in_sync = slave.diff < group.config().slave_lag_max;
            slave.transfer_from_where = member.next.value();
            slave.transferred_bytes_per_s = bytes_per_s(member.id);
            status.in_sync_slaves += slave.in_sync ? 1 : 0;
            status.connections.push_back(std::move(slave));
        }
    } else {
        auto& own = status.client;
        own.activated = group.leader().has_value();
        own.last_read_timestamp = last_read_;
        own.last_write_timestamp = last_write_;
        own.master_addr =
            group.leader() ? parts_.forwarder.address_of(*group.leader()) : parts_.config.ha_master_address;
        own.master_flush_offset = group.committed().value();  // What it has said of its own log.
        own.max_offset = end.value();
        own.transferred_bytes_per_s = bytes_per_s(self);
    }
    request.responder.answer(remoting::ResponseCode::success, {}, json::encode(status));
}

ReplicationLag ReplicationService::lag_from(PhysicalOffset from) const {
    const auto& log = parts_.store.commit_log();
    const PhysicalOffset begin = std::max(from, log.begin());
    ReplicationLag lag{.bytes = log.end() - from};
    if (lag.bytes <= 0) return {};
    const PhysicalOffset look_to = std::min(log.end(), begin + counted_bytes_max);
    WallMillis oldest = 0;
    const auto scanned = log.scan(begin, look_to, [&](const model::RecordView& record) -> Result<> {
        if (oldest == 0) oldest = record.store_timestamp;
        lag.messages += replication::is_internal(record) ? 0 : 1;
        return {};
    });
    lag.counted = scanned && from == begin && look_to == log.end();
    if (!lag.counted && look_to > begin) {
        const double share = static_cast<double>(lag.bytes) / static_cast<double>(look_to - begin);
        lag.messages = static_cast<std::int64_t>(share * static_cast<double>(lag.messages));
    }
    if (oldest != 0)
        lag.age = std::chrono::milliseconds{std::max<WallMillis>(0, runtime_.clock.wall_ms() - oldest)};
    return lag;
}

const std::vector<MemberLag>& ReplicationService::member_lags() {
    const auto& group = parts_.group;
    const Instant now = runtime_.clock.now();
    const bool is_new = lags_seen_ && now - *lags_seen_ < lags_age_max;
    if (is_new && group.leads() == !lags_.empty()) return lags_;
    lags_.clear();
    lags_seen_ = now;
    if (!group.leads()) return lags_;
    for (const auto& member : group.members())
        if (member.id != group.config().self)
            lags_.push_back({member.id, member.linked, lag_from(member.matched)});
    return lags_;
}

void ReplicationService::tick() {
    for (const auto& member : parts_.group.members()) {
        auto [known, is_new] = positions_.try_emplace(member.id, Position{member.matched});
        Position& position = known->second;
        // A log that was cut, or another leader's view of it, is no traffic.
        position.bytes_per_s = std::max<std::int64_t>(0, member.matched - position.at);
        position.at = member.matched;
    }
}

std::int64_t ReplicationService::bytes_per_s(raft::MemberId member) const {
    const auto known = positions_.find(member);
    return known == positions_.end() ? 0 : known->second.bytes_per_s;
}

}  // namespace tern::broker
