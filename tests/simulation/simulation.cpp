#include "simulation/simulation.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "simulation/kept_seeds.hpp"

namespace tern::simulation {
namespace {

struct Totals {
    std::uint64_t passed{0};
    std::uint64_t failed{0};
    std::uint64_t events{0};
    std::uint64_t sent{0};
    std::uint64_t acknowledged{0};
    std::uint64_t reigns{0};
    std::uint64_t cuts{0};
    std::uint64_t elections{0};
    std::uint64_t expired{0};
    std::uint64_t installations{0};
    Duration simulated{0};
    std::vector<std::uint64_t> failed_seeds;
    RareStates rare_states;

    void add(std::uint64_t seed, const RunReport& report) {
        const bool has_passed = report.failures.empty();
        ++(has_passed ? passed : failed);
        if (!has_passed) failed_seeds.push_back(seed);
        events += report.events;
        sent += report.sent;
        acknowledged += report.acknowledged;
        reigns += report.reigns;
        cuts += report.cuts;
        elections += report.elections;
        expired += report.expired;
        installations += report.installations;
        simulated += report.simulated;
        rare_states.add(report.rare_states);
    }
};

double hours(Duration duration) {
    return std::chrono::duration<double, std::ratio<3600>>{duration}.count();
}

void print_failure(const std::string& program, const std::string& scenario, std::uint64_t seed,
                   const RunReport& report, std::ostream& out) {
    out << "\n" << report.last_lines << draw_scenario(seed, scenario).value_or(Scenario{}).text();
    for (const auto& why : report.failures) out << "seed " << seed << " failed: " << why << "\n";
    out << "again: " << program << " --scenario " << scenario << " --seed " << seed << " --trace\n";
}

std::vector<RareState> never_reached(const RareStates& states) {
    std::vector<RareState> missing;
    for (std::size_t i = 0; i < rare_state_count; ++i)
        if (states.count(static_cast<RareState>(i)) == 0) missing.push_back(static_cast<RareState>(i));
    return missing;
}

void print_table(const Totals& totals, std::ostream& out) {
    out << fmt::format(
        "{} messages sent, {} acknowledged, {} elections, {} reigns, {} tails cut, {} times that segments "
        "expired, {} snapshots installed, {} events, {:.1f} hours of virtual time\n",
        totals.sent, totals.acknowledged, totals.elections, totals.reigns, totals.cuts, totals.expired,
        totals.installations, totals.events, hours(totals.simulated));
    out << "rare states reached:\n";
    for (std::size_t i = 0; i < rare_state_count; ++i)
        out << fmt::format("  {:<36} {:>8}\n", rare_state_name(static_cast<RareState>(i)),
                           totals.rare_states.count(static_cast<RareState>(i)));
}

void print_json(const Campaign& campaign, const Totals& totals, std::ostream& out) {
    out << fmt::format(R"({{"scenario":"{}","firstSeed":{},"passed":{},"failed":{},"failedSeeds":[{}],)",
                       campaign.scenario, campaign.first_seed, totals.passed, totals.failed,
                       fmt::join(totals.failed_seeds, ","))
        << fmt::format(R"("sent":{},"acknowledged":{},"elections":{},"reigns":{},"cuts":{},)", totals.sent,
                       totals.acknowledged, totals.elections, totals.reigns, totals.cuts)
        << fmt::format(R"("expired":{},"installations":{},"events":{},"rareStates":{{)", totals.expired,
                       totals.installations, totals.events);
    for (std::size_t i = 0; i < rare_state_count; ++i)
        out << fmt::format(R"({}"{}":{})", i == 0 ? "" : ",", rare_state_name(static_cast<RareState>(i)),
                           totals.rare_states.count(static_cast<RareState>(i)));
    out << "}}\n";
}

}  // namespace

RunReport run_seed(std::uint64_t seed, const std::string& scenario, RunTwice twice, PrintTrace print_trace) {
    const auto drawn = draw_scenario(seed, scenario);
    if (!drawn) return {.failures = {drawn.error().detail}};
    auto report = World{*drawn, print_trace}.run();
    if (twice == RunTwice::no) return report;
    const auto again = World{*drawn, PrintTrace::no}.run();
    if (again.state_hash != report.state_hash)
        report.failures.push_back(fmt::format("two runs ended in different states, {:016X} and {:016X}",
                                              report.state_hash, again.state_hash));
    return report;
}

namespace {

// The seeds of a campaign, given out one by one to its threads.
class Runs {
public:
    Runs(const Campaign& campaign, std::ostream& out) : campaign_{campaign}, out_{out} {
        if (campaign.runs_kept_seeds) {
            for (const auto& kept : kept_seeds) runs_.push_back({std::string{kept.scenario}, kept.seed});
            for (const std::uint64_t seed : also_kept) runs_.push_back({"everything", seed});
        }
        for (std::uint64_t i = 0; i < campaign.seeds; ++i)
            runs_.push_back({campaign.scenario, campaign.first_seed + i});
    }

    const Totals& run() {
        std::vector<std::jthread> threads;
        for (unsigned i = 1; i < campaign_.jobs; ++i) threads.emplace_back([this] { work(); });
        work();
        threads.clear();
        return totals_;
    }

private:
    struct Run {
        std::string scenario;
        std::uint64_t seed;
    };

    void work() {
        while (const auto index = next()) {
            const auto& [scenario, seed] = runs_[*index];
            const bool twice = campaign_.run_twice_one_in > 0 && *index % campaign_.run_twice_one_in == 0 &&
                               !campaign_.print_trace;
            const auto report = run_seed(seed, scenario, twice ? RunTwice::yes : RunTwice::no,
                                         campaign_.print_trace ? PrintTrace::yes : PrintTrace::no);
            ended(runs_[*index], report);
        }
    }

    std::optional<std::size_t> next() {
        const std::lock_guard lock{mutex_};
        if (next_ == runs_.size() || totals_.failed >= campaign_.failures_max) return std::nullopt;
        return next_++;
    }

    void ended(const Run& run, const RunReport& report) {
        const std::lock_guard lock{mutex_};
        totals_.add(run.seed, report);
        if (campaign_.as_json) return;
        if (!report.failures.empty()) print_failure(campaign_.program, run.scenario, run.seed, report, out_);
        if (campaign_.show_progress)
            out_ << fmt::format("\r{} of {} seeds, {} failed", totals_.passed + totals_.failed, runs_.size(),
                                totals_.failed)
                 << std::flush;
    }

    const Campaign& campaign_;
    std::ostream& out_;
    std::vector<Run> runs_;
    std::mutex mutex_;  // Of all below, and of the stream.
    std::size_t next_{0};
    Totals totals_;
};

}  // namespace

bool run_campaign(const Campaign& campaign, std::ostream& out) {
    Runs runs{campaign, out};
    const Totals& totals = runs.run();
    bool passed = totals.failed == 0;
    if (campaign.as_json) {
        print_json(campaign, totals, out);
    } else {
        if (campaign.show_progress) out << "\n";
        print_table(totals, out);
    }
    if (const auto missing = never_reached(totals.rare_states);
        campaign.require_rare_states && !missing.empty()) {
        passed = false;
        if (!campaign.as_json)
            for (const auto state : missing) out << "never reached: " << rare_state_name(state) << "\n";
    }
    if (!campaign.as_json)
        out << fmt::format("{} passed, {} failed, 0 skipped\n", totals.passed, totals.failed);
    return passed;
}

}  // namespace tern::simulation
