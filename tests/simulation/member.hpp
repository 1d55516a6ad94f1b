// A broker of the cluster under test, and what a run has in mind for it: the death it is to die next, when it
// is to be started again, and until when its disk excuses its errors; and the group that it belongs to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/forwarder.hpp"
#include "simulation/group_oracle.hpp"
#include "simulation/history.hpp"
#include "simulation/scenario.hpp"
#include "simulation/servers.hpp"

namespace tern::simulation {

struct BrokerGroup;

struct Member {
    Member(const Surroundings& surroundings, BrokerGroup& of, std::size_t number, std::string name,
           broker::BrokerConfig config, std::uint64_t seed, std::function<void(Member&, const Error&)> failed)
        : group{of},
          index{number},
          host{surroundings, std::move(name), std::move(config), seed,
               [this, told = std::move(failed)](const Error& why) { told(*this, why); }} {}

    Machine& machine() { return host.machine(); }
    const std::string& name() { return host.machine().name(); }

    BrokerGroup& group;
    std::size_t index;  // In the group.
    BrokerHost host;
    std::optional<Fault> armed;
    std::optional<std::uint64_t> death_at_step;
    std::optional<Fault> death_in_start;  // To be armed when it starts.
    bool start_scheduled{false};
    Instant away_until{};                // It is not started before.
    std::optional<Fault> left_behind;    // By that; installations that it gets then may be cut short.
    std::optional<std::size_t> offered;  // Who has offered it an installation that it has not taken yet.
    std::uint64_t installed{0};          // In this life,
    bool has_installed_ever{false};      // and in any.
    bool is_blank{false};                // Its disk was lost, and it has got nothing since.
    PhysicalOffset lost_disk_had;        // It may have been acknowledged before, and be committed by that.
    PhysicalOffset log_begin;
    Instant disk_trouble_until{};
    std::uint64_t snapshots_since_start{0};
    // Of a quorum of memory: its machine forgot what was behind that place, and it has not caught up since.
    // Of a slave: what it had.
    std::optional<PhysicalOffset> forgot_behind;
    PhysicalOffset has;  // Its log's end, as of the last event,
    PhysicalOffset had;  // and the greatest ever.
    std::uint64_t tails_given_up{0};
    PhysicalOffset end_at_start;            // Of its log,
    PhysicalOffset committed_at_its_start;  // and of what the group had committed then.
    bool all_died_together{false};
    broker::ForwarderProbe forwarded;
    std::uint64_t given_away_for_disk{0};
    std::uint64_t taken_back{0};
    std::uint64_t read_ahead{0};
    struct Damaged {
        FaultKind by;
        PhysicalOffset from;
        PhysicalOffset to;
    };
    std::optional<Damaged> damaged;  // By its disk, and not mended yet.
};

// Brokers of one name, or one of them alone: what is held against them, and what clients did with them.
struct BrokerGroup {
    BrokerGroup(std::size_t number, std::string broker_name, std::size_t size)
        : index{number}, name{std::move(broker_name)}, oracle{size} {}

    std::size_t index;
    std::string name;
    std::vector<std::unique_ptr<Member>> members;
    GroupOracle oracle;
    History* history{nullptr};                       // Its own of all histories.
    std::size_t looked_at{0};                        // So many acknowledgements of that.
    std::map<std::int64_t, std::string> candidates;  // One for each term.
    bool have_two_led{false};
    bool was_disk_replaced{false};
    std::vector<Moment> segment_committed_at;  // When so many segments were.
};

}  // namespace tern::simulation
