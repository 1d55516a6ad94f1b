// What the oracle of a group sees of a member: so much that a test can give it lies instead.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong.hpp"
#include "broker/broker.hpp"
#include "replication/group.hpp"

namespace tern::simulation {

class MemberView {
public:
    struct State {
        bool is_poisoned{false};
        bool leads{false};  // In the raft's sense, from its election on.
        Epoch term;
        PhysicalOffset committed;
        PhysicalOffset begin;  // Of its log.
        PhysicalOffset end;
        PhysicalOffset flushed;
    };

    virtual ~MemberView() = default;
    virtual State state() const = 0;
    // Of the log, not more than there are in one piece; nothing where the log has none.
    virtual std::optional<std::string_view> bytes(PhysicalOffset from, std::int64_t size) const = 0;
    // Which reign wrote which of them.
    virtual const std::vector<replication::EpochEntry>& epochs() const = 0;
    virtual replication::Snapshot tables() const = 0;
    // The newest position that a snapshot on its disk has.
    virtual PhysicalOffset snapshot() const = 0;
    // The members as it sees them, when it leads.
    virtual std::vector<replication::MemberStatus> members() const = 0;
};

// A broker that runs; of the look, and no longer.
class BrokerView final : public MemberView {
public:
    // The disk is the machine's own.
    BrokerView(const broker::Broker::Inside& inside, const io::FileSystem& disk)
        : inside_{inside}, disk_{disk} {}

    State state() const override;
    std::optional<std::string_view> bytes(PhysicalOffset from, std::int64_t size) const override;
    const std::vector<replication::EpochEntry>& epochs() const override {
        return inside_.group.epochs().entries();
    }
    replication::Snapshot tables() const override { return inside_.group.capture(); }
    PhysicalOffset snapshot() const override;
    std::vector<replication::MemberStatus> members() const override { return inside_.group.members(); }

private:
    const broker::Broker::Inside& inside_;
    const io::FileSystem& disk_;
};

}  // namespace tern::simulation
