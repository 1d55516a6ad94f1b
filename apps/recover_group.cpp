#include "recover_group.hpp"

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "base/text.hpp"
#include "broker/foreign_settings.hpp"
#include "broker/former_members.hpp"
#include "broker_settings.hpp"
#include "recovery_report.hpp"

namespace tern::apps {
namespace {

constexpr int exit_not_confirmed = 2;
constexpr int exit_store = 3;

int fails(int status, const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    return status;
}

// What cannot be meant: nothing is asked, then, and nothing changed. Empty: all is as it should be.
std::string objection(const broker::GroupSetup& setup, const replication::MemberState& state,
                      const std::optional<std::string>& former_peers) {
    if (state.member != setup.self)
        return "dLegerSelfId names n" + std::to_string(setup.self.value()) + ", the store is of member n" +
               std::to_string(state.member.value());
    const auto former = former_peers ? broker::parse_peers(*former_peers) : std::vector<broker::GroupPeer>{};
    if (!former) return former.error().detail;
    if (former->empty()) return {};
    std::vector<raft::MemberId> before;
    std::vector<raft::MemberId> left;
    for (const auto& peer : *former) before.push_back(peer.member);
    for (const auto& member : setup.members) {
        left.push_back(member.id);
        if (std::ranges::find(before, member.id) == before.end())
            return "dLegerPeers names n" + std::to_string(member.id.value()) + ", who was none of " +
                   *former_peers + ": name only who is left. New members come later";
    }
    if (!broker::leaves_a_majority_out(before, left))
        return "dLegerPeers still names so many of " + *former_peers +
               " that they elect a leader by themselves, and nothing is lost. Name only who is left";
    return {};
}

bool is_confirmed(const std::string& group) {
    std::printf("Type the name of the group, %s, to go on: ", group.c_str());
    std::fflush(stdout);
    std::string typed;
    std::getline(std::cin, typed);
    return trim(typed) == group;
}

}  // namespace

int run_recover_group(const RecoverGroupArguments& arguments) {
    broker::BrokerConfig config;
    net::TlsConfig tls;  // The file may hold it.
    Settings settings{broker::foreign_settings, config, tls};
    if (read_broker_settings({.config_file = arguments.config_file}, settings, config) != 0 ||
        !complete_broker_settings(config))
        return exit_usage;
    if (!config.raft_group)
        return fails(exit_usage, arguments.config_file +
                                     ": enableDLegerCommitLog is not set. A slave becomes the master by "
                                     "brokerRole and brokerId=0 (docs/failover.md)");
    if (arguments.json && !arguments.only_shows && !arguments.is_confirmed)
        return fails(exit_usage, "--json asks nobody: add --show, or --yes");
    const auto setup = broker::group_setup(config);
    if (!setup) return fails(exit_usage, setup.error().detail);

    auto process = ServerProcess::open({}, "recover-group", LogLevel::warning);
    if (!process) return fails(exit_store, process.error().detail);
    auto& files = (*process)->files();
    if (!files.exists(config.store_root))
        return fails(exit_store, config.store_root + ": not there; is storePathRootDir the member's?");
    const auto lock = files.lock(config.store_root + "/lock");
    if (!lock)
        return fails(exit_store, lock.error().detail + ". A broker runs with this store: stop it first");
    const auto found =
        replication::look_at_member(files, config.store_root, config.store_commit_log, config.segment_size);
    if (!found) return fails(exit_store, found.error().detail);
    const auto former_peers = broker::former_members(files, config.store_root);
    if (!former_peers) return fails(exit_store, former_peers.error().detail);

    const RecoveryReport report{config, *setup, *found, *former_peers};
    if (!arguments.json) std::fputs(report.table().c_str(), stdout);
    if (arguments.only_shows) {
        if (arguments.json) std::fputs(report.json({}).c_str(), stdout);
        return 0;
    }
    if (const auto why = objection(*setup, found->state, *former_peers); !why.empty())
        return fails(exit_usage, why);
    if (!arguments.json) std::fputs(RecoveryReport::price().c_str(), stdout);
    if (!arguments.is_confirmed && !is_confirmed(setup->name))
        return fails(exit_not_confirmed, "\nthat is not its name: nothing was changed");

    const replication::GroupId named{((*process)->runtime().random.next() >> 1) | 1};
    const auto recovered = replication::recovered_member(*found, named);
    const auto account = report.account(recovered, (*process)->runtime().clock.wall_ms());
    if (auto done = replication::recover_member(files, config.store_root, recovered, account); !done)
        return fails(exit_store, done.error().detail);
    // Until this, too, is on the disk the broker does not start: what is done is done again then.
    if (auto kept = broker::remember_members(files, config.store_root, config.raft_peers); !kept)
        return fails(exit_store, kept.error().detail + ": do it again");
    std::fputs(arguments.json ? report.json(recovered).c_str() : report.next_steps(recovered).c_str(),
               stdout);
    return 0;
}

}  // namespace tern::apps
