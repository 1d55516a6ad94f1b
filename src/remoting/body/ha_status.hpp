// How far the other members of a broker group are, as GET_BROKER_HA_STATUS (907) tells it
// (spec/replication.md A.6).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.hpp"
#include "base/runtime.hpp"

namespace tern::remoting {

// A slave as its master sees it.
struct HaConnectionInfo {
    std::string addr;
    std::int64_t diff{};  // Bytes that it lacks.
    bool in_sync{};
    std::int64_t slave_ack_offset{};
    std::int64_t transfer_from_where{};
    std::int64_t transferred_bytes_per_s{};

    static constexpr auto fields() {
        using I = HaConnectionInfo;
        return list_of(optional_field("addr", &I::addr), optional_field("diff", &I::diff),
                       optional_field("inSync", &I::in_sync),
                       optional_field("slaveAckOffset", &I::slave_ack_offset),
                       optional_field("transferFromWhere", &I::transfer_from_where),
                       optional_field("transferredByteInSecond", &I::transferred_bytes_per_s));
    }
};

// A slave as it sees itself.
struct HaClientInfo {
    bool activated{};  // It has a connection to its master.
    WallMillis last_read_timestamp{};
    WallMillis last_write_timestamp{};
    std::string master_addr;
    std::int64_t master_flush_offset{};
    std::int64_t max_offset{};
    std::int64_t transferred_bytes_per_s{};

    static constexpr auto fields() {
        using I = HaClientInfo;
        return list_of(optional_field("activated", &I::activated),
                       optional_field("lastReadTimestamp", &I::last_read_timestamp),
                       optional_field("lastWriteTimestamp", &I::last_write_timestamp),
                       optional_field("masterAddr", &I::master_addr),
                       optional_field("masterFlushOffset", &I::master_flush_offset),
                       optional_field("maxOffset", &I::max_offset),
                       optional_field("transferredByteInSecond", &I::transferred_bytes_per_s));
    }
};

struct HaStatus {
    HaClientInfo client;
    std::vector<HaConnectionInfo> connections;
    std::int32_t in_sync_slaves{};
    bool master{};
    std::int64_t master_max_offset{};

    static constexpr auto fields() {
        using S = HaStatus;
        return list_of(optional_field("haClientRuntimeInfo", &S::client),
                       optional_field("haConnectionInfo", &S::connections),
                       optional_field("inSyncSlaveNums", &S::in_sync_slaves),
                       optional_field("master", &S::master),
                       optional_field("masterCommitLogMaxOffset", &S::master_max_offset));
    }
};

}  // namespace tern::remoting
