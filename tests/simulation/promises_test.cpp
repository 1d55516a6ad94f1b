// docs/promises.md, tried out: each cell of its tables is a story of a cluster with the settings of its row.
#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/properties.hpp"
#include "base/settings.hpp"
#include "base/text.hpp"
#include "broker/foreign_settings.hpp"
#include "broker/forwarder.hpp"
#include "model/message_record.hpp"
#include "remoting/frame.hpp"
#include "replication/group.hpp"
#include "replication/internal_record.hpp"
#include "simulation/asking_client.hpp"
#include "simulation/message.hpp"
#include "simulation/servers.hpp"

namespace tern::simulation {
namespace {

using broker::Answer;
using remoting::ResponseCode;
using testing::HasSubstr;

constexpr int link_port = 40911;
constexpr std::uint64_t seeds = 4;
constexpr Duration answer_deadline = 10s;
constexpr Duration links_are_silent = 3s;

// Rows of a markdown table as cells, by their first one; the head has the name "mode".
using Table = std::map<std::string, std::vector<std::string>>;

std::vector<Table> tables_of(const std::string& path) {
    std::ifstream file{path};
    std::vector<Table> tables;
    bool is_in_table = false;
    for (std::string line; std::getline(file, line);) {
        const bool is_row = line.starts_with("| ");
        if (is_row && !is_in_table) tables.emplace_back();
        is_in_table = is_row || (is_in_table && line.starts_with("|-"));
        if (!is_row) continue;
        std::vector<std::string> cells;
        for (const auto cell : split(line.substr(1, line.size() - 2), '|')) cells.emplace_back(trim(cell));
        const std::string mode = cells.front();
        tables.back().emplace(mode, std::move(cells));
    }
    return tables;
}

const std::vector<Table>& promises() {
    static const auto tables = tables_of(TERN_SOURCE_DIR "/docs/promises.md");
    return tables;
}

struct Mode {
    std::string name;
    std::size_t members;
    std::vector<Property> settings;
    std::int64_t segment_size{0};  // When it is not to be small.

    bool is(std::string_view key, std::string_view value) const {
        return std::ranges::any_of(settings, [&](const Property& property) {
            return property.key == key && property.value == value;
        });
    }
    bool is_raft() const { return is("enableDLegerCommitLog", "true"); }
};

Mode mode_of(const std::vector<std::string>& row) {
    std::string text = row[2];
    std::ranges::replace(text, '`', '\n');
    return {.name = row[0],
            .members = static_cast<std::size_t>(std::stoi(row[1])),
            .settings = *parse_properties(text)};
}

// The brokers of one mode on machines of their own, and a client that remembers what was acknowledged.
class Brokers {
public:
    Brokers(Mode mode, std::uint64_t seed)
        : mode_{std::move(mode)}, time_{seed, Ties::shuffled}, network_{time_, seed, {}} {
        for (std::size_t i = 0; i < mode_.members; ++i)
            hosts_.push_back(std::make_unique<BrokerHost>(surroundings_, "broker-" + std::to_string(i),
                                                          config_of(i), seed + i, [](const Error&) {}));
        for (const auto& host : hosts_) EXPECT_TRUE(host->start());
        EXPECT_TRUE(runs_until([&] { return leads() && are_together(); }));
    }

    BrokerHost& leader() {
        return **std::ranges::find_if(hosts_, [](const auto& host) { return is_leading(*host); });
    }
    // All but that one.
    std::vector<BrokerHost*> but(const BrokerHost& one) {
        auto found = all();
        std::erase(found, &one);
        return found;
    }
    std::vector<BrokerHost*> all() {
        std::vector<BrokerHost*> found;
        for (const auto& host : hosts_) found.push_back(host.get());
        return found;
    }

    // Messages that are on every disk, others that are in memories only, some that one of three has not got,
    // and where that is acknowledged some that the leader alone has.
    void send_all_kinds(BrokerHost& at, bool acknowledges_alone) {
        for (int i = 0; i < 5; ++i) send(at);
        EXPECT_TRUE(runs_until([&] { return are_together() && is_all_flushed(); }));
        for (const auto& key : acknowledged_) flushed_.insert(key);
        EXPECT_EQ(flushed_.size(), 5U);
        for (int i = 0; i < 5; ++i) send(at);
        const auto others = but(at);
        if (others.size() > 1) {
            cuts_off(*others.back());
            tries_to_send(at, links_are_silent);
            for (int i = 0; i < 2; ++i) send(at);
        }
        if (!acknowledges_alone) return;
        cuts_off(at);
        tries_to_send(at, links_are_silent);
        for (int i = 0; i < 2; ++i) send(at);
    }
    // The code, or "refused".
    std::string send(BrokerHost& at) {
        const std::string key = fmt::format("message-{}", sent_++);
        client_.sends(at.text(), key);
        EXPECT_TRUE(runs_until([&] { return client_.answer || client_.is_refused; }, answer_deadline));
        if (!client_.answer) return "refused";
        if (client_.answer->code == ResponseCode::success) acknowledged_.insert(key);
        return client_.answer->code == ResponseCode::success
                   ? "accepted"
                   : std::to_string(static_cast<int>(client_.answer->code));
    }
    // So many messages in one request.
    std::string send_batch(BrokerHost& at, int messages, const std::string& body) {
        std::string batch;
        for (int i = 0; i < messages; ++i) append_batch_entry(batch, body, "TAGS\1t");
        remoting::SendMessageRequest request;
        request.producer_group = "producers";
        request.topic = "TopicA";
        request.default_topic = "TBW102";
        request.default_topic_queue_nums = 4;
        request.batch = true;
        return ask(at, remoting::RequestCode::send_message, request, batch);
    }
    // The code; "closed" when the connection is.
    std::string ask(BrokerHost& at, remoting::RequestCode code, const auto& header,
                    std::string_view body = {}) {
        client_.asks(at.text(), code, header, body);
        EXPECT_TRUE(runs_until([&] { return client_.answer || client_.is_refused; }, answer_deadline));
        return client_.answer ? std::to_string(static_cast<int>(client_.answer->code)) : "closed";
    }
    // "read", or the code.
    std::string tries_to_read(BrokerHost& at, Duration time) {
        remoting::PullMessageRequest request;
        request.consumer_group = "consumers";
        request.topic = "TopicA";
        request.max_msg_nums = 32;
        request.sys_flag = remoting::pull_sys_flag::subscription;
        request.subscription = "*";
        const Instant deadline = time_.now() + time;
        std::string answer;
        do {
            answer = ask(at, remoting::RequestCode::pull_message, request);
            if (answer != "0") runs_for(50ms);
        } while (answer != "0" && time_.now() < deadline);
        return answer == "0" ? "read" : answer == "closed" ? "refused" : answer;
    }
    // Waits for the next message of a queue of TopicA that has none.
    void begins_to_pull(BrokerHost& at) {
        remoting::PullMessageRequest request;
        request.consumer_group = "consumers";
        request.topic = "TopicA";
        request.queue_id = QueueId{3};
        request.max_msg_nums = 32;
        request.sys_flag = remoting::pull_sys_flag::suspend | remoting::pull_sys_flag::subscription;
        request.suspend_timeout_ms = 15'000;
        request.subscription = "*";
        client_.asks(at.text(), remoting::RequestCode::pull_message, request);
    }
    const std::optional<Answer>& answer() const { return client_.answer; }
    void ask_in_words(BrokerHost& at, std::string_view header) {
        client_.asks_in_words(at.text(), header);
        EXPECT_TRUE(runs_until([&] { return client_.answer || client_.is_refused; }, answer_deadline));
    }
    bool are_up() {
        return std::ranges::all_of(hosts_, [](const auto& host) { return host->is_up(); });
    }
    bool comes_together() {
        return runs_until([&] { return are_together(); });
    }
    // Until it is accepted, for so long.
    std::string tries_to_send(BrokerHost& at, Duration time) {
        const Instant deadline = time_.now() + time;
        std::string answer;
        do {
            answer = send(at);
            if (answer != "accepted") runs_for(50ms);
        } while (answer != "accepted" && time_.now() < deadline);
        return answer;
    }
    void heals() {
        for (const auto& one : hosts_)
            for (const auto& other : hosts_)
                if (one != other) network_.heal(one->machine().address(), other->machine().address());
        for (const auto& host : hosts_)
            if (!host->is_up()) EXPECT_TRUE(host->start());
        EXPECT_TRUE(runs_until([&] { return leads(); }));
        EXPECT_EQ(tries_to_send(leader(), 10s), "accepted");
        EXPECT_TRUE(runs_until([&] { return are_together(); }));
    }
    // Of what was acknowledged: what no member has any more, and what one has and another has not.
    std::set<std::string> lost() {
        std::set<std::string> missing;
        for (const auto& host : hosts_) {
            const auto bodies = bodies_of(*host);
            std::ranges::set_difference(acknowledged_, bodies, std::inserter(missing, missing.end()));
        }
        return missing;
    }
    const std::set<std::string>& flushed() const { return flushed_; }

    void cuts_off(BrokerHost& one) {
        for (auto* other : but(one)) network_.partition(one.machine().address(), other->machine().address());
    }
    void runs_for(Duration time) { time_.run_for(time); }
    Instant now() const { return time_.now(); }

private:
    broker::BrokerConfig config_of(std::size_t index) const {
        broker::BrokerConfig config;
        Settings settings{broker::foreign_settings, config};
        EXPECT_TRUE(settings.apply("docs/promises.md", mode_.settings));
        configure_small_broker(config, index);
        if (mode_.segment_size > 0) config.segment_size = mode_.segment_size;
        config.ha_listen_port = link_port;
        config.flush_interval_ms = 2'000;
        if (mode_.is_raft()) {
            config.raft_self = "n" + std::to_string(index);
            for (std::size_t i = 0; i < mode_.members; ++i)
                config.raft_peers +=
                    fmt::format("{}n{}-{}:{}", i == 0 ? "" : ";", i, broker_address(i), link_port);
        } else if (index > 0) {
            config.role = broker::BrokerRole::slave;
            config.broker_id = static_cast<std::int64_t>(index);
            config.ha_master_address = fmt::format("{}:{}", broker_address(0), link_port);
        }
        return config;
    }
    template <class Condition>
    bool runs_until(Condition condition, Duration at_most = 60s) {
        return step_until(time_, condition, at_most);
    }

    static bool is_leading(const BrokerHost& host) {
        const auto inside = host.inside();
        return inside && inside->group.accepts();
    }
    bool leads() const {
        return std::ranges::any_of(hosts_, [](const auto& host) { return is_leading(*host); });
    }
    bool are_together() {
        return std::ranges::all_of(hosts_, [&](const auto& host) {
            const auto inside = host->inside();
            return inside && leads() &&
                   inside->store.commit_log().end() == leader().inside()->store.commit_log().end();
        });
    }
    bool is_all_flushed() const {
        return std::ranges::all_of(hosts_, [](const auto& host) {
            const auto& log = host->inside()->store.commit_log();
            return log.flushed() == log.end();
        });
    }
    static std::set<std::string> bodies_of(const BrokerHost& host) {
        std::set<std::string> bodies;
        const auto& log = host.inside()->store.commit_log();
        const auto scanned = log.scan(log.begin(), log.end(), [&](const model::RecordView& record) {
            if (!replication::is_internal(record)) bodies.insert(std::string{record.body});
            return Result<>{};
        });
        EXPECT_TRUE(scanned);
        return bodies;
    }

    Mode mode_;
    SimulatedTime time_;
    SimulatedNetwork network_;
    Trace trace_{time_};
    Surroundings surroundings_{time_, network_, trace_};
    std::vector<std::unique_ptr<BrokerHost>> hosts_;
    AskingClient client_{time_, network_};
    int sent_{0};
    std::set<std::string> acknowledged_;
    std::set<std::string> flushed_;
};

using Fails = std::function<void(Brokers&)>;

void lose_power(const std::vector<BrokerHost*>& hosts) {
    for (auto* host : hosts) (void)host->lose_power();
}
void die(const std::vector<BrokerHost*>& hosts) {
    for (auto* host : hosts) host->kill();
}

const std::map<std::string, Fails>& failures() {
    static const std::map<std::string, Fails> all{
        {"the leader's process dies", [](Brokers& brokers) { die({&brokers.leader()}); }},
        {"all processes die", [](Brokers& brokers) { die(brokers.all()); }},
        {"the leader's machine loses power", [](Brokers& brokers) { lose_power({&brokers.leader()}); }},
        {"another machine loses power",
         [](Brokers& brokers) { lose_power({brokers.but(brokers.leader()).front()}); }},
        {"the leader's and another lose power",
         [](Brokers& brokers) {
             auto& leader = brokers.leader();
             auto* another = brokers.but(leader).front();
             lose_power({&leader, another});
         }},
        {"all machines lose power", [](Brokers& brokers) { lose_power(brokers.all()); }},
    };
    return all;
}

class Promises : public testing::TestWithParam<std::string> {
protected:
    const std::vector<std::string>& row(std::size_t table) const { return promises()[table].at(GetParam()); }
    static const std::vector<std::string>& head(std::size_t table) { return promises()[table].at("mode"); }
    Mode mode() const { return mode_of(row(0)); }
    bool acknowledges_alone() const {
        const auto column = std::ranges::find(head(1), "all that do not lead") - head(1).begin();
        return row(1)[static_cast<std::size_t>(column)] == "accepted";
    }
};

TEST_P(Promises, keep_what_they_say_they_keep) {
    for (std::size_t column = 3; column < head(0).size(); ++column) {
        const std::string& promised = row(0)[column];
        if (promised == "—") continue;
        SCOPED_TRACE(head(0)[column] + ": " + promised);
        ASSERT_TRUE(promised == "kept" || promised == "unflushed lost");
        std::size_t lost = 0;
        for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
            SCOPED_TRACE(seed);
            Brokers brokers{mode(), seed};
            brokers.send_all_kinds(brokers.leader(), acknowledges_alone());
            failures().at(head(0)[column])(brokers);
            brokers.runs_for(3s);  // By then nobody takes any more what a dead machine had sent.
            brokers.heals();
            const auto missing = brokers.lost();
            lost += missing.size();
            for (const auto& key : missing) EXPECT_FALSE(brokers.flushed().contains(key)) << key;
        }
        EXPECT_EQ(lost > 0, promised == "unflushed lost") << lost;
    }
}

TEST_P(Promises, accept_what_they_say_they_accept) {
    constexpr Duration patience = 2s;
    const auto& columns = head(1);
    const auto says = [&](std::string_view column) {
        return row(1)[static_cast<std::size_t>(std::ranges::find(columns, column) - columns.begin())];
    };
    const auto leader_away = says("the leader");
    const auto one_away = says("one that does not lead");
    const auto all_away = says("all that do not lead");
    const auto cut_off = says("the leader, cut off from the others, at it");
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE(seed);
        {
            Brokers brokers{mode(), seed};
            auto& leader = brokers.leader();
            const auto others = brokers.but(leader);
            leader.kill();
            EXPECT_EQ(brokers.tries_to_send(others.empty() ? leader : *others.front(), patience),
                      leader_away);
        }
        if (mode().members == 1) continue;
        {
            Brokers brokers{mode(), seed};
            auto& leader = brokers.leader();
            const auto others = brokers.but(leader);
            others.front()->kill();
            EXPECT_EQ(brokers.tries_to_send(leader, patience), one_away);
            die({others.begin() + 1, others.end()});
            brokers.runs_for(patience);
            EXPECT_EQ(brokers.tries_to_send(leader, patience), all_away);
        }
        {
            Brokers brokers{mode(), seed};
            auto& leader = brokers.leader();
            brokers.cuts_off(leader);
            brokers.runs_for(patience);
            EXPECT_EQ(brokers.tries_to_send(leader, patience), cut_off);
        }
    }
}

TEST_P(Promises, let_be_read_what_they_say_may_be_read) {
    constexpr Duration patience = 2s;
    const auto& columns = head(2);
    const auto says = [&](std::string_view column) {
        return row(2)[static_cast<std::size_t>(std::ranges::find(columns, column) - columns.begin())];
    };
    const auto leader_away = says("the leader, at another one");
    const auto all_away = says("all that do not lead, at the leader");
    const auto cut_off = says("the leader, cut off from the others, at it");
    const auto other_cut_off = says("one that does not lead, cut off, at it");
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE(seed);
        const auto with_messages = [&] {
            auto brokers = std::make_unique<Brokers>(mode(), seed);
            for (int i = 0; i < 8; ++i) EXPECT_EQ(brokers->send(brokers->leader()), "accepted");
            EXPECT_TRUE(brokers->comes_together());
            brokers->runs_for(5s);  // Slaves show what is flushed.
            return brokers;
        };
        {
            const auto brokers = with_messages();
            auto& leader = brokers->leader();
            const auto others = brokers->but(leader);
            leader.kill();
            EXPECT_EQ(brokers->tries_to_read(others.empty() ? leader : *others.front(), patience),
                      leader_away);
        }
        if (mode().members == 1) continue;
        {
            const auto brokers = with_messages();
            auto& leader = brokers->leader();
            die(brokers->but(leader));
            brokers->runs_for(patience);
            EXPECT_EQ(brokers->tries_to_read(leader, patience), all_away);
        }
        for (const bool leads : {true, false}) {
            const auto brokers = with_messages();
            auto& leader = brokers->leader();
            auto& one = leads ? leader : *brokers->but(leader).front();
            brokers->cuts_off(one);
            brokers->runs_for(patience);
            EXPECT_EQ(brokers->tries_to_read(one, patience), leads ? cut_off : other_cut_off);
        }
    }
}

std::vector<std::string> modes() {
    std::vector<std::string> names;
    for (const auto& [name, row] : promises().at(0))
        if (name != "mode") names.push_back(name);
    return names;
}

// "The leader, cut off": whenever a send comes, and whether it was proposed or waited.
TEST(CutOffLeader, tells_its_clients_within_a_second_to_go_elsewhere) {
    const Mode mode = mode_of(promises()[0].at("Raft, on disk"));
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE(seed);
        Brokers brokers{mode, seed};
        auto& leader = brokers.leader();
        EXPECT_EQ(brokers.send(leader), "accepted");
        brokers.cuts_off(leader);
        for (const Instant end = brokers.now() + 5s; brokers.now() < end;) {
            const Instant asked_at = brokers.now();
            const std::string answer = brokers.send(leader);
            EXPECT_LE(brokers.now() - asked_at, 1s) << answer;
            EXPECT_TRUE(answer == "14" || (answer == "1" && brokers.now() - (end - 5s) < 1s)) << answer;
        }
        brokers.heals();
        EXPECT_TRUE(brokers.lost().empty());
    }
}

// Those that wait there, and those that it has passed on to the leader.
TEST(CutOffMember, refuses_pulls_that_wait_for_messages) {
    for (const std::size_t members : {3, 5}) {
        for (const bool leads : {true, false}) {
            SCOPED_TRACE(fmt::format("{} of {}", leads ? "the leader" : "another one", members));
            Mode mode = mode_of(promises()[0].at("Raft, on disk"));
            mode.members = members;
            Brokers brokers{mode, 1};
            auto& leader = brokers.leader();
            EXPECT_EQ(brokers.send(leader), "accepted");
            auto& one = leads ? leader : *brokers.but(leader).front();
            brokers.begins_to_pull(one);
            brokers.runs_for(5s);
            ASSERT_FALSE(brokers.answer()) << static_cast<int>(brokers.answer()->code);
            brokers.cuts_off(one);
            brokers.runs_for(1100ms);
            ASSERT_TRUE(brokers.answer());
            EXPECT_EQ(brokers.answer()->code, ResponseCode::service_not_available);
        }
    }
}

// Its records are longer than its body, and so is the blank that they leave where they do not fit.
TEST(ALargeBatch, and_the_blank_before_it_come_to_all_members) {
    for (const auto* name : {"Raft, on disk", "synchronous master with slaves"}) {
        SCOPED_TRACE(name);
        Mode mode = mode_of(promises()[0].at(name));
        mode.segment_size = 10'000'000;
        Brokers brokers{mode, 1};
        auto& leader = brokers.leader();
        for (int i = 0; i < 3; ++i) {
            EXPECT_EQ(brokers.send_batch(leader, 29'000, std::string(80, 'x')), "0");
            EXPECT_TRUE(brokers.comes_together());
        }
    }
}

// Near the limit of a header: written anew it is longer.
TEST(AMember, lives_on_when_it_is_asked_what_is_too_long_to_be_passed_on) {
    const Mode mode = mode_of(promises()[0].at("Raft, on disk"));
    Brokers brokers{mode, 1};
    auto& leader = brokers.leader();
    for (auto* member : {&leader, brokers.but(leader).front()}) {
        for (std::size_t below = 0; below < 400; below += 8) {
            const std::string_view begin = R"({"code":30,"extFields":{"queueId":"0","topic":")";
            std::string header{begin};
            header.append(remoting::header_size_max - begin.size() - 3 - below, 'x').append("\"}}");
            brokers.ask_in_words(*member, header);
            ASSERT_TRUE(brokers.are_up()) << below;
        }
    }
    EXPECT_EQ(brokers.send(leader), "accepted");
}

TEST(AMemberWithoutALeader, holds_a_request_as_long_as_forward_timeout_says) {
    Mode mode = mode_of(promises()[0].at("Raft, on disk"));
    mode.settings.push_back({.key = "forwardTimeoutMs", .value = "300"});
    Brokers brokers{mode, 1};
    auto& leader = brokers.leader();
    const auto others = brokers.but(leader);
    others.front()->kill();
    leader.kill();
    const Instant asked_at = brokers.now();
    EXPECT_EQ(brokers.send(*others.back()), "14");
    EXPECT_GE(brokers.now() - asked_at, 300ms);
    EXPECT_LT(brokers.now() - asked_at, 350ms);
    EXPECT_EQ(others.back()->inside()->forwarder.probe().waited, 1U);
    brokers.heals();
}

TEST(PromisesDocument, has_a_row_of_each_table_for_each_mode) {
    ASSERT_EQ(promises().size(), 3U);
    EXPECT_GE(modes().size(), 11U);
    for (const auto& [name, row] : promises()[0]) {
        EXPECT_TRUE(promises()[1].contains(name)) << name;
        EXPECT_TRUE(promises()[2].contains(name)) << name;
    }
    for (std::size_t column = 3; column < promises()[0].at("mode").size(); ++column)
        EXPECT_TRUE(failures().contains(promises()[0].at("mode")[column]));
}

INSTANTIATE_TEST_SUITE_P(Document, Promises, testing::ValuesIn(modes()), [](const auto& mode) {
    std::string name = mode.param;
    std::erase_if(name, [](char c) { return c == ','; });
    std::ranges::replace(name, ' ', '_');
    return name;
});

}  // namespace
}  // namespace tern::simulation
