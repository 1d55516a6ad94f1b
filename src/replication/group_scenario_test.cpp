// How the simulated group lives: its disks, its network, and what is compared.
#include "replication/group_scenario.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "store/store_scenario.hpp"

namespace tern::replication {
namespace {

constexpr std::string_view root = "/store";
constexpr std::string_view topic = "TopicA";

std::string name(int member) {
    return "member " + std::to_string(member);
}

}  // namespace

void HistoryTable::apply(const InternalRecord& change, const AppliedAt& at) {
    const std::string seen = std::to_string(at.offset.value()) + " " + std::to_string(at.epoch.value()) +
                             " " + std::to_string(at.store_timestamp) + " " + encode_internal(change);
    sum_ = crc32(seen, sum_);
    ++changes_;
}

std::string HistoryTable::text() const {
    return std::to_string(changes_) + " " + std::to_string(sum_);
}

Result<> HistoryTable::restore(std::string_view text) {
    const auto blank = text.find(' ');
    const auto changes = parse_number<std::uint64_t>(text.substr(0, blank));
    const auto sum = parse_number<std::uint32_t>(text.substr(blank + 1));
    if (!changes || !sum) return failure(Errc::malformed, "history: " + std::string{text});
    changes_ = *changes;
    sum_ = *sum;
    return {};
}

void OffsetTable::apply(const InternalRecord& change, const AppliedAt&) {
    if (!change.offsets) return;
    for (const auto& [key, queues] : *change.offsets) offsets_[key] = queues.begin()->second.value();
    ++revision_;
}

std::string OffsetTable::text() const {
    std::string text = "offsets";
    for (const auto& [key, offset] : offsets_) text += "\n" + key + " " + std::to_string(offset);
    return text;
}

Result<> OffsetTable::restore(std::string_view text) {
    std::map<std::string, std::int64_t> offsets;
    for (const auto line : split(text, '\n')) {
        if (line == "offsets") continue;
        const auto blank = line.find(' ');
        const auto offset = parse_number<std::int64_t>(line.substr(blank + 1));
        if (!offset) return failure(Errc::malformed, "offsets: " + std::string{line});
        offsets[std::string{line.substr(0, blank)}] = *offset;
    }
    offsets_ = std::move(offsets);
    ++revision_;
    return {};
}

// --- The one that watches a member.

GroupScenario::Host::Host(GroupScenario& scenario, int member)
    : all{scenario},
      number{member},
      random{scenario.setup_.seed * 31 + static_cast<std::uint64_t>(member)},
      files{runtime()} {
    files.set_faults(scenario.setup_.disk);
}

void GroupScenario::Host::on_committed(const store::Dispatched& dispatched) {
    all.check_committed(number, *store->commit_log().record_at(dispatched.record_at));
}

void GroupScenario::Host::on_reign_began() {
    ++reigns_begun;
    const auto [reign, is_new] = all.reigns_.emplace(group->epoch(), number);
    if (!is_new) all.violated("epoch " + std::to_string(reign->first.value()) + " began twice");
    if (!group->leads()) all.violated(name(number) + " began a reign and does not lead");
    if (!all.committed_.empty() && group->committed() <= all.committed_.rbegin()->first)
        all.violated(name(number) + " leads before it has all that was committed");
}

void GroupScenario::Host::on_reign_ended() {
    ++reigns_ended;
    if (reigns_ended != reigns_begun) all.violated(name(number) + " ended a reign that had not begun");
}

void GroupScenario::Host::on_cut_off() {
    if (group->leads()) all.violated(name(number) + " leads and reaches no majority");
}

void GroupScenario::Host::on_poisoned(const Error&) {
    poisoned = true;
}

void GroupScenario::CountingLog::write(LogLevel level, std::string_view event, Fields fields) {
    ++events[std::string{event}];
    if (level == LogLevel::error) ++errors[std::string{event}];
    if (traced == nullptr) return;
    std::printf("%10lld us  %.*s", static_cast<long long>(traced->now().time_since_epoch() / 1us),
                static_cast<int>(event.size()), event.data());
    for (const auto& field : fields)
        std::printf(" %.*s=%s", static_cast<int>(field.name.size()), field.name.data(), field.value.c_str());
    std::printf("\n");
}

// --- Members.

GroupScenario::GroupScenario(GroupSetup setup)
    : setup_{std::move(setup)}, loop_{setup_.seed}, chance_{setup_.seed * 7 + 1} {
    if (std::getenv("TERN_GROUP_TRACE") != nullptr) log_.traced = &loop_;
    const int count = setup_.voters + setup_.learners;
    for (int i = 0; i < count; ++i) hosts_.push_back(std::make_unique<Host>(*this, i));
    cut_.assign(static_cast<std::size_t>(count * count), 0);
    arrives_.assign(cut_.size(), Instant{});
    for (int i = 0; i < count; ++i) restarts(i);
}

GroupScenario::~GroupScenario() {
    for (auto& one : hosts_) {
        one->files.crash_process();
        bury(*one);
    }
}

GroupConfig GroupScenario::group_config(int member) const {
    GroupConfig config;
    config.directory = std::string{root} + "/tern";
    config.config_directory = std::string{root} + "/config";
    config.store_host = model::Host::v4({10, 0, 0, static_cast<std::uint8_t>(member + 1)}, 10911);
    config.name = "broker-a";
    config.self = id(member);
    config.members.clear();
    for (int i = 0; i < members(); ++i) {
        const bool votes = i < setup_.voters;
        config.members.push_back(
            {.id = id(i), .kind = votes ? raft::MemberKind::voter : raft::MemberKind::learner});
    }
    config.raft.quorum = setup_.quorum;
    config.replicas = setup_.replicas;
    config.flush_interval = 200ms;
    config.checkpoint_interval = 300ms;
    config.table_interval = 500ms;
    config.snapshot_interval = 2s;
    config.snapshot_bytes = 16 * 1024;
    if (setup_.configure) setup_.configure(config);
    return config;
}

store::StoreConfig GroupScenario::store_config(const Host& host) const {
    store::StoreConfig config = store::small_files();
    config.root = root;
    config.sync_flush = setup_.quorum == raft::QuorumPolicy::durable;
    config.dispatch_at_open = false;
    config.boot_id = "boot-" + std::to_string(host.boots);
    return config;
}

Result<> GroupScenario::tries_to_start(int member) {
    Host& one = host(member);
    if (one.group) return {};
    one.poisoned = false;
    one.reigns_begun = one.reigns_ended = 0;
    one.history.clear();
    one.offsets.clear();
    const auto failed = [&](const Error& error) -> Result<> {
        one.files.crash_process();
        bury(one);
        return std::unexpected(error);
    };
    auto opened = store::MessageStore::open(store_config(one), one.files, one.runtime());
    if (!opened) return failed(opened.error());
    one.store = std::move(*opened);
    const auto config = group_config(member);
    if (auto made = io::create_directories_durably(one.files, config.config_directory); !made)
        return failed(made.error());
    one.group = std::make_unique<Group>(config, one.runtime(), one.files, *one.store,
                                        std::vector<Table*>{&one.history, &one.offsets}, one);
    one.group->attach(
        [this, member](raft::MemberId to, const GroupFrame& frame) { return send(member, to, frame); });
    if (auto started = one.group->start(); !started) return failed(started.error());
    for (int peer = 0; peer < members(); ++peer) {
        if (peer == member || !is_up(peer) || cut(member, peer) || cut(peer, member)) continue;
        tell_link(member, peer, true);
        tell_link(peer, member, true);
    }
    return {};
}

GroupScenario& GroupScenario::restarts(int member) {
    host(member).files.set_faults(setup_.disk);
    const auto started = tries_to_start(member);
    if (!started) violated(name(member) + " does not start: " + started.error().detail);
    return *this;
}

void GroupScenario::bury(Host& dead) {
    dead.group.reset();
    dead.store.reset();
    ++dead.life;
    for (int peer = 0; peer < members(); ++peer)
        if (peer != dead.number && !cut(dead.number, peer)) tell_link(peer, dead.number, false);
}

GroupScenario& GroupScenario::kills(int member, Death death, const io::CrashOdds& odds) {
    Host& one = host(member);
    if (one.group && !one.group->recovering()) one.forgot = false;
    if (death == Death::of_machine) {
        one.files.crash_machine(odds);
        ++one.boots;
        one.forgot = one.forgot || (setup_.quorum == raft::QuorumPolicy::written && member < setup_.voters);
    } else {
        one.files.crash_process();
    }
    if (one.group) bury(one);
    return *this;
}

GroupScenario& GroupScenario::stops(int member) {
    Host& one = host(member);
    const auto stopped = one.group->stop();
    if (!stopped) violated(name(member) + " does not stop: " + stopped.error().detail);
    one.files.crash_process();
    bury(one);
    return *this;
}

GroupScenario& GroupScenario::loses_its_disk(int member) {
    kills(member);
    files(member).set_faults({});
    EXPECT_TRUE(files(member).remove(std::string{root}));
    EXPECT_TRUE(files(member).sync_directory("/"));
    host(member).forgot = member < setup_.voters;
    return *this;
}

GroupScenario& GroupScenario::opens_its_store_and_dies(int member) {
    Host& one = host(member);
    one.files.set_faults(setup_.disk);
    EXPECT_TRUE(store::MessageStore::open(store_config(one), one.files, one.runtime()));
    one.files.crash_process();
    return *this;
}

GroupScenario& GroupScenario::cuts(int from, int to) {
    cut(from, to) = 1;
    return *this;
}

GroupScenario& GroupScenario::isolates(int member) {
    for (int peer = 0; peer < members(); ++peer)
        if (peer != member) cuts(member, peer).cuts(peer, member);
    return *this;
}

GroupScenario& GroupScenario::closes_link(int a, int b) {
    tell_link(a, b, false);
    tell_link(b, a, false);
    return *this;
}

GroupScenario& GroupScenario::heals() {
    for (int a = 0; a < members(); ++a) {
        host(a).tamper = {};
        for (int b = 0; b < members(); ++b) {
            cut(a, b) = 0;
            if (a != b && is_up(b)) tell_link(a, b, true);
        }
    }
    return *this;
}

GroupScenario& GroupScenario::stalls_disk_of(int member, Duration time) {
    auto faults = files(member).faults();
    faults.stalled_until = now() + time;
    files(member).set_faults(faults);
    return *this;
}

GroupScenario& GroupScenario::breaks_disk_of(int member) {
    auto faults = files(member).faults();
    faults.sync_failures = 1000;
    files(member).set_faults(faults);
    return *this;
}

GroupScenario& GroupScenario::fails_reads_of(int member, bool fails) {
    auto faults = files(member).faults();
    faults.read_failures = fails ? 1000 : 0;
    files(member).set_faults(faults);
    return *this;
}

GroupScenario& GroupScenario::overwrites_log_of(int member, PhysicalOffset at, std::string_view bytes) {
    const std::string path = std::string{root} + "/commitlog/00000000000000000000";
    const auto file = files(member).open(path, io::OpenMode::read_write);
    EXPECT_TRUE(file && (*file)->write_at(at.value(), bytes) && (*file)->sync_now());
    return *this;
}

GroupScenario& GroupScenario::transfers(int from, int to) {
    const auto begun = group(from).transfer_leadership(id(to));
    EXPECT_TRUE(begun) << begun.error().detail;
    return *this;
}

GroupScenario& GroupScenario::tampers_with_what_reaches(int member, Tamper tamper) {
    host(member).tamper = std::move(tamper);
    return *this;
}

// --- The network.

bool GroupScenario::send(int from, raft::MemberId to_id, const GroupFrame& frame) {
    const int to = number(to_id);
    if (!is_up(to)) return false;
    if (cut(from, to) || chance_.below(100) < static_cast<std::uint64_t>(drop_percent)) return true;
    Letter letter{frame, {}};
    if (const auto* raft = std::get_if<RaftFrame>(&frame)) letter.bytes = raft->range;
    if (const auto* part = std::get_if<SnapshotPart>(&frame)) letter.bytes = part->bytes;
    if (const auto* part = std::get_if<LostTailPart>(&frame)) letter.bytes = part->range;
    if (const auto* block = std::get_if<LogBlock>(&frame)) letter.bytes = block->bytes;
    if (chance_.below(100) < static_cast<std::uint64_t>(duplicate_percent)) post(from, to, letter);
    post(from, to, std::move(letter));
    return true;
}

void GroupScenario::post(int from, int to, Letter letter) {
    Instant at = now() + 50us + Duration{chance_.below(static_cast<std::uint64_t>(delay_max.count()) + 1)};
    if (chance_.below(100) >= static_cast<std::uint64_t>(reorder_percent)) {
        Instant& newest = arrives_[static_cast<std::size_t>(from * members() + to)];
        at = newest = std::max(newest, at);
    }
    auto posted = std::make_unique<Letter>(std::move(letter));
    loop_.after(at - now(), [this, from, to, life = host(to).life, letter = std::move(posted)] {
        if (host(to).life == life) deliver(from, to, *letter);
    });
}

void GroupScenario::deliver(int from, int to, Letter& letter) {
    if (cut(from, to)) return;
    if (auto* raft = std::get_if<RaftFrame>(&letter.frame)) {
        if (host(to).tamper) host(to).tamper(*raft, letter.bytes);
        raft->range = letter.bytes;
    }
    auto* offer = std::get_if<SnapshotOffer>(&letter.frame);
    if (offer != nullptr && host(to).tamper_offer) host(to).tamper_offer(*offer);
    if (auto* part = std::get_if<SnapshotPart>(&letter.frame)) part->bytes = letter.bytes;
    if (auto* block = std::get_if<LogBlock>(&letter.frame)) block->bytes = letter.bytes;
    if (auto* part = std::get_if<LostTailPart>(&letter.frame)) {
        if (host(to).tamper_tail) host(to).tamper_tail(*part, letter.bytes);
        part->range = letter.bytes;
    }
    group(to).on_message(id(from), letter.frame);
}

void GroupScenario::tell_link(int member, int peer, bool up) {
    loop_.after(100us, [this, member, peer, up, life = host(member).life] {
        if (host(member).life != life || !is_up(member)) return;
        if (!up) return group(member).on_link_down(id(peer));
        const auto level = [&](int of) { return group(of).config().feature_level; };
        if (!is_up(peer)) return group(member).on_link_up(id(peer));
        group(member).on_link_up(id(peer), group(peer).group_id(), std::min(level(member), level(peer)));
    });
}

// --- Callers.

GroupScenario& GroupScenario::proposes_on(int member, int messages, std::size_t body_size) {
    if (member < 0 || !is_up(member)) return *this;
    for (int i = 0; i < messages; ++i) {
        std::string body = "message " + std::to_string(++bodies_) + ".";
        body.resize(std::max(body.size(), body_size), 'x');
        std::string properties;
        auto draft = store::StoreScenario::draft(topic, proposes_to_.value_or(bodies_ % 2), body, properties);
        const auto indexed = store::read_indexed_properties(properties);
        if (bodies_ % 3 != 0) draft.indexed = &indexed;  // As of a send; others leave it to the dispatch.
        const auto queue = store(member).queue(topic, draft.queue_id);
        const auto placed = group(member).propose(draft, queue);
        if (!placed) continue;
        asked_.push_back({.member = member, .body = std::move(body), .placed = *placed});
        group(member).when_settled(*placed, WaitFor::promise, [this, n = asked_.size() - 1](Outcome outcome) {
            asked_[n].outcome = outcome;
            if (++asked_[n].told > 1) violated("told twice: " + asked_[n].body);
        });
    }
    return *this;
}

GroupScenario& GroupScenario::proposes_segments(int segments) {
    for (int i = 0; i < segments; ++i) proposes_on(leader(), 4, 450).runs(20ms);
    return *this;
}

GroupScenario& GroupScenario::expires(int member) {
    if (!is_up(member) || is_poisoned(member)) return *this;
    const auto removed = store(member).remove_expired(
        {.bound = group(member).needed_from(), .segments_max = 100, .regardless_of_age = true});
    if (!removed) EXPECT_GT(files(member).faults().sync_failures, 0U) << removed.error().detail;
    return *this;
}

GroupScenario& GroupScenario::changes(int member) {
    if (member < 0 || !is_up(member)) return *this;
    InternalRecord change;
    const std::string key = "TopicA@group-" + std::to_string(chance_.below(5));
    change.offsets.emplace()[key][QueueId{0}] = QueueOffset{static_cast<std::int64_t>(chance_.below(1000))};
    const auto placed = group(member).propose(change);
    if (!placed) return *this;
    asked_.push_back({.member = member, .body = {}, .placed = *placed});
    group(member).when_settled(*placed, WaitFor::promise, [this, n = asked_.size() - 1](Outcome outcome) {
        asked_[n].outcome = outcome;
    });
    return *this;
}

std::vector<std::optional<Outcome>> GroupScenario::outcomes(std::size_t n) const {
    std::vector<std::optional<Outcome>> newest;
    for (std::size_t i = asked_.size() - std::min(n, asked_.size()); i < asked_.size(); ++i)
        newest.push_back(asked_[i].outcome);
    return newest;
}

std::size_t GroupScenario::acknowledged() const {
    return static_cast<std::size_t>(std::ranges::count(asked_, Outcome::promised, &Asked::outcome));
}

// --- Time.

GroupScenario& GroupScenario::runs(Duration time) {
    loop_.advance(time);
    return *this;
}

bool GroupScenario::runs_until(const std::function<bool()>& condition, Duration at_most) {
    const Instant end = now() + at_most;
    while (!condition() && now() < end && verdict_.empty()) runs(1ms);
    return condition();
}

GroupScenario& GroupScenario::elects() {
    if (!runs_until([this] { return leader() >= 0; })) violated("nobody was elected");
    return *this;
}

GroupScenario& GroupScenario::agrees(Duration within) {
    if (!runs_until([this] { return all_agree(); }, within)) violated("no agreement in time");
    return *this;
}

// --- What is so.

int GroupScenario::leader() const {
    int found = -1;
    for (int i = 0; i < members(); ++i) {
        if (!is_up(i) || is_poisoned(i) || !host(i).group->leads()) continue;
        if (found < 0 || host(i).group->epoch() > host(found).group->epoch()) found = i;
    }
    return found;
}

std::string GroupScenario::log_of(int member, PhysicalOffset from) const {
    const auto& log = host(member).store->commit_log();
    std::string bytes;
    for (PhysicalOffset at = from; at < log.end();) {
        const auto entry = log.entry_at(at);
        EXPECT_TRUE(entry);
        bytes += *log.view(at, entry->next - at);
        at = entry->next;
    }
    return bytes;
}

std::string GroupScenario::tables_of(int member) const {
    return host(member).history.text() + "\n" + host(member).offsets.text();
}

std::vector<std::string> GroupScenario::cut_files(int member) const {
    std::vector<std::string> names;
    for (const auto& entry : *host(member).files.list(std::string{root} + "/tern"))
        if (entry.name.starts_with("cut-")) names.push_back(entry.name);
    return names;
}

int GroupScenario::memories_missing() const {
    return static_cast<int>(std::ranges::count_if(
        hosts_, [](const auto& one) { return one->forgot && (!one->group || one->group->recovering()); }));
}

bool GroupScenario::all_agree() const {
    if (leader() < 0) return false;
    const auto end = host(leader()).store->commit_log().end();
    return std::ranges::all_of(hosts_, [end](const auto& one) {
        return !one->group || one->poisoned ||
               (one->store->commit_log().end() == end && one->group->committed() == end);
    });
}

std::uint64_t GroupScenario::errors_logged(const std::string& event) const {
    const auto found = log_.errors.find(event);
    return found == log_.errors.end() ? 0 : found->second;
}

std::uint64_t GroupScenario::reached(const std::string& state) const {
    std::uint64_t times = 0;
    for (const auto& [event, count] : log_.events)
        if (event == state || event.starts_with(state + ",")) times += count;
    return times;
}

// --- What has to be so.

void GroupScenario::violated(const std::string& what) {
    if (verdict_.empty()) verdict_ = what + ", at " + std::to_string(now().time_since_epoch() / 1us) + " us";
}

// Whoever commits a place of the log commits the same there.
void GroupScenario::check_committed(int member, const model::RecordView& record) {
    const auto [known, is_new] = committed_.emplace(record.physical_offset, crc32(record.bytes));
    if (!is_new && known->second != crc32(record.bytes))
        violated(name(member) + " committed another record at " +
                 std::to_string(record.physical_offset.value()));
}

const std::string& GroupScenario::final_verdict() {
    const int first = leader();
    if (first < 0) violated("nobody leads at the end");
    if (!verdict_.empty()) return verdict_;
    for (int i = 0; i < members(); ++i) {
        if (!is_up(i) || is_poisoned(i)) continue;
        const auto from = std::max(store(i).commit_log().begin(), store(first).commit_log().begin());
        if (log_of(i, from) != log_of(first, from)) violated("the log of " + name(i) + " is another one");
        if (tables_of(i) != tables_of(first))
            violated("tables of " + name(i) + ": " + tables_of(i) + "; of the leader: " + tables_of(first));
        if (group(i).epochs().entries() != group(first).epochs().entries())
            violated("the epochs of " + name(i) + " are others");
        if (group(i).group_id() != group(first).group_id() || group(i).group_id() == GroupId{})
            violated(name(i) + " knows its group by another name");
        check_queues(i);
        for (const auto* queue : store(first).queues()) {
            const auto* other = store(i).find_queue(queue->topic(), queue->id());
            if (other == nullptr || other->max() != queue->max())
                violated("a queue of " + name(i) + " ends elsewhere than the leader's");
        }
    }
    check_acknowledged(first);
    for (const auto& [event, times] : log_.errors)
        if (event != "store_poisoned" && event != "range_refused") violated("logged: " + event);
    return verdict_;
}

// What was promised is where it was said to be, and nothing is there twice.
void GroupScenario::check_acknowledged(int member) {
    std::map<std::string, std::pair<PhysicalOffset, QueueOffset>, std::less<>> found;
    auto& log = store(member).commit_log();
    const auto scanned = log.scan(log.begin(), log.end(), [&](const model::RecordView& record) -> Result<> {
        if (is_internal(record)) return {};
        const bool is_new =
            found.emplace(record.body, std::pair{record.physical_offset, record.queue_offset}).second;
        if (!is_new) violated("twice in the log: " + std::string{record.body});
        return {};
    });
    EXPECT_TRUE(scanned);
    for (const auto& one : asked_) {
        if (one.outcome != Outcome::promised || one.placed.record_at < log.begin()) continue;
        if (one.body.empty()) {
            if (!committed_.contains(one.placed.record_at)) violated("an acknowledged change is lost");
            continue;
        }
        const auto there = found.find(one.body);
        if (there == found.end()) {
            violated("acknowledged and lost: " + one.body);
        } else if (there->second != std::pair{one.placed.record_at, one.placed.queue_at}) {
            violated("not where its sender was told: " + one.body);
        }
    }
}

void GroupScenario::check_queues(int member) {
    auto& log = store(member).commit_log();
    std::map<QueueId, std::map<QueueOffset, PhysicalOffset>> expected;
    EXPECT_TRUE(log.scan(log.begin(), log.end(), [&](const model::RecordView& record) -> Result<> {
        if (!is_internal(record)) expected[record.queue_id][record.queue_offset] = record.physical_offset;
        return {};
    }));
    for (const auto& [queue_id, places] : expected) {
        const auto* queue = store(member).find_queue(topic, queue_id);
        if (queue == nullptr || queue->min() != places.begin()->first ||
            queue->max() != places.rbegin()->first + 1)
            return violated("queue " + std::to_string(queue_id.value()) + " of " + name(member) +
                            (queue == nullptr ? " is not there"
                                              : " has " + std::to_string(queue->min().value()) + " to " +
                                                    std::to_string(queue->max().value())) +
                            ", its log " + std::to_string(places.begin()->first.value()) + " to " +
                            std::to_string(places.rbegin()->first.value()));
        for (QueueOffset at = queue->min(); at < queue->max(); at += 1) {
            const auto entry = queue->entry(at);
            const auto record = entry ? log.record_at(entry->record_at)
                                      : Result<model::RecordView>{failure(Errc::query_not_found, "")};
            const auto place = places.find(at);
            if (!record || record->queue_offset != at || place == places.end() ||
                record->physical_offset != place->second)
                return violated("a queue of " + name(member) + " leads elsewhere at " +
                                std::to_string(at.value()));
        }
    }
}

}  // namespace tern::replication
