#include "recovery_report.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "json/writer.hpp"

namespace tern::apps {
namespace {

std::string id_text(replication::GroupId id) {
    return id == replication::GroupId{} ? "none yet" : fmt::format("{:016x}", id.value());
}

std::string time_text(WallMillis at_ms) {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(at_ms / 1000)));
}

std::string name_of(raft::MemberId member) {
    return "n" + std::to_string(member.value());
}

}  // namespace

std::string RecoveryReport::table() const {
    std::string text;
    const auto row = [&text](std::string_view name, const auto& value, std::string_view meaning = "") {
        fmt::format_to(std::back_inserter(text), "  {:<16}  {}{}{}\n", name, value,
                       meaning.empty() ? "" : "  ", meaning);
    };
    const auto& [state, epochs, log, committed, lacks_log] = found;
    row("group", setup.name);
    row("id", id_text(state.group));
    row("store", config.store_root);
    row("self", name_of(state.member));
    row("former members", former_peers.value_or("not known"));
    row("dLegerPeers", config.raft_peers, "who is to be left");
    row("term", state.term.value());
    row("last record", fmt::format("term {}, ends at {}", found.last_term().value(), log.end.value()),
        "of several survivors the newest log is that of the highest term, and among those the longest");
    if (log.last_store_timestamp > 0) row("stored", time_text(log.last_store_timestamp));
    row("begin of the log", log.begin.value());
    row("committed", fmt::format("at least {}", committed.value()));
    row("last stop", log.clean ? "clean" : "not clean");
    if (!log.stopped_by.empty()) row("behind the end", log.stopped_by);
    if (state.memory_lost)
        row("CAUTION", "this member forgot some of what it had acknowledged; another survivor may know more");
    if (lacks_log) row("CAUTION", "this member was being brought up when it stopped, and cannot go on alone");
    std::string reigns;
    const auto& entries = epochs.entries();
    constexpr std::size_t shown_max = 8;
    const std::size_t first = entries.size() > shown_max ? entries.size() - shown_max : 0;
    for (std::size_t i = first; i < entries.size(); ++i)
        reigns += fmt::format("{}{} from {}", reigns.empty() ? "" : ", ", entries[i].epoch.value(),
                              entries[i].start.value());
    row("epochs", reigns.empty() ? "none" : (first > 0 ? "... " : "") + reigns);
    return text;
}

std::string RecoveryReport::price() {
    return "\n"
           "Only for a group that has lost a majority of its members for good. What it costs:\n"
           "  - Messages that were acknowledged and lie on lost members only are lost, and nobody can say "
           "which.\n"
           "  - It is done on ONE survivor, the one with the newest log (--show on each). The others begin "
           "with an\n"
           "    empty store and get all from it: move theirs away, do not start them with it.\n"
           "  - The lost members must never run again with their stores. They are not let in, but two of "
           "three\n"
           "    would be a group of their own.\n\n";
}

std::string RecoveryReport::next_steps(const replication::MemberState& recovered) const {
    const bool is_alone = setup.members.size() == 1;
    return fmt::format(
        "\nDone: {} goes on as group {} with the id {} in term {}; tern/recoveries has an account of it.\n"
        "What next:\n"
        "  1. {}\n"
        "  2. {}\n"
        "  3. To have more members again: stop the brokers, name all members in every dLegerPeers, and start "
        "those\n"
        "     with this store and the new ones with empty stores. The first leader is elected when all are "
        "there.\n"
        "  4. Destroy the stores of the lost members, or keep them where no broker starts with them.\n",
        name_of(recovered.member), setup.name, id_text(recovered.group), recovered.term.value(),
        is_alone ? fmt::format("Start this broker: tern broker -c {}. It leads at once.", config.config_path)
                 : fmt::format("Move the stores of the other survivors away, so that they begin empty."),
        is_alone ? "Look at it: mqadmin brokerStatus, and consumers that read on."
                 : "Start all of dLegerPeers: the first leader is elected when all of them are there.");
}

std::string RecoveryReport::account(const replication::MemberState& recovered, WallMillis now) const {
    const json::Object line{{"at", time_text(now)},
                            {"group", setup.name},
                            {"member", name_of(recovered.member)},
                            {"idBefore", id_text(found.state.group)},
                            {"id", id_text(recovered.group)},
                            {"termBefore", found.state.term.value()},
                            {"term", recovered.term.value()},
                            {"logEnd", found.log.end.value()},
                            {"committed", found.committed.value()},
                            {"formerPeers", former_peers.value_or("")},
                            {"peers", config.raft_peers}};
    return json::write(line);
}

std::string RecoveryReport::json(const std::optional<replication::MemberState>& recovered) const {
    json::Array reigns;
    for (const auto& entry : found.epochs.entries())
        reigns.push_back(json::Object{{"epoch", entry.epoch.value()}, {"start", entry.start.value()}});
    json::Object document{{"group", setup.name},
                          {"id", id_text(found.state.group)},
                          {"store", config.store_root},
                          {"self", name_of(found.state.member)},
                          {"formerPeers", former_peers ? json::Value{*former_peers} : json::Value{}},
                          {"peers", config.raft_peers},
                          {"term", found.state.term.value()},
                          {"lastTerm", found.last_term().value()},
                          {"logBegin", found.log.begin.value()},
                          {"logEnd", found.log.end.value()},
                          {"committed", found.committed.value()},
                          {"cleanStop", found.log.clean},
                          {"memoryLost", found.state.memory_lost},
                          {"epochs", std::move(reigns)},
                          {"recovered", recovered.has_value()}};
    if (recovered) {
        document.push_back({"newId", id_text(recovered->group)});
        document.push_back({"newTerm", recovered->term.value()});
    }
    return json::write(document, {.pretty = true}) + '\n';
}

}  // namespace tern::apps
