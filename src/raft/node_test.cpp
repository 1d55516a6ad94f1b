// One member, told what others say: each rule of the core by itself.
#include "raft/node.hpp"

#include "base/random.hpp"

namespace tern::raft {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::SizeIs;

constexpr MemberId self{1};
constexpr MemberId other{2};
constexpr MemberId third{3};
constexpr LogOffset at(std::int64_t offset) {
    return LogOffset{offset};
}

class RaftNode : public testing::Test {
protected:
    Config config{};
    SeededRandom random{7};
    Instant now{};
    std::optional<Node> node;
    Outputs outputs;

    Node& starts(StartState state = {}) {
        node.emplace(self, std::vector<Member>{{self}, {other}, {third}}, config, random);
        node->start(std::move(state), now);
        return take();
    }
    Node& take() {
        outputs = node->take_outputs();
        return *node;
    }
    Node& hears(MemberId from, const Message& message) {
        node->receive(from, message, now);
        return take();
    }
    Node& persists() {
        node->vote_persisted(persist().term, persist().vote, now);
        return take();
    }
    Node& waits(Duration time) {
        now += time;
        node->tick(now);
        return take();
    }
    // Became leader of term 1 with an empty log, and has appended its epoch start, ten bytes.
    Node& leads() {
        starts();
        waits(1s);
        hears(other, VoteReply{.asked = Term{1}, .pre = true});
        persists();
        hears(other, VoteReply{.asked = Term{1}, .term = Term{1}});
        EXPECT_EQ(node->role(), Role::leader);
        node->appended(at(10));
        return *node;
    }
    // Has the bytes [0, 100) of term 1, durably, from a leader of it.
    Node& follows() {
        return starts({.term = Term{1}, .end = at(100), .durable = at(100), .terms = one_term()});
    }
    static TermTable one_term() { return TermTable{{{Term{1}, at(0)}}}; }
    static Holding holds(std::int64_t end) {
        return {.matched = at(end), .written = at(end), .durable = at(end), .incarnation = Incarnation{9}};
    }

    template <class T>
    std::vector<T> all() const {
        std::vector<T> found;
        for (const auto& output : outputs)
            if (const auto* one = std::get_if<T>(&output)) found.push_back(*one);
        return found;
    }
    template <class T>
    std::vector<T> sent() const {
        std::vector<T> found;
        for (const auto& send : all<Send>())
            if (const auto* one = std::get_if<T>(&send.message)) found.push_back(*one);
        return found;
    }
    Persist persist() const { return all<Persist>().back(); }
};

TEST_F(RaftNode, sends_no_vote_before_it_is_durable) {
    starts();
    hears(other, VoteRequest{.term = Term{1}});
    EXPECT_EQ(persist(), (Persist{Term{1}, other}));
    EXPECT_THAT(sent<VoteReply>(), IsEmpty());
    persists();
    ASSERT_THAT(sent<VoteReply>(), SizeIs(1));
    EXPECT_TRUE(sent<VoteReply>()[0].granted());
}

TEST_F(RaftNode, votes_once_a_term_also_after_a_restart) {
    starts({.term = Term{1}, .vote = other});
    hears(third, VoteRequest{.term = Term{1}});
    EXPECT_EQ(sent<VoteReply>()[0].refusal, Refusal::voted_for_other);
    hears(other, VoteRequest{.term = Term{1}});
    EXPECT_TRUE(sent<VoteReply>()[0].granted());
}

TEST_F(RaftNode, promises_nothing_by_a_pre_vote) {
    starts();
    hears(other, VoteRequest{.term = Term{1}, .pre = true});
    EXPECT_TRUE(sent<VoteReply>()[0].granted());
    EXPECT_THAT(all<Persist>(), IsEmpty());
    EXPECT_EQ(node->term(), Term{0});
}

TEST_F(RaftNode, refuses_whoever_lacks_what_it_has) {
    follows();
    hears(other, VoteRequest{.term = Term{2}, .last_term = Term{1}, .end = at(99)});
    persists();
    EXPECT_EQ(sent<VoteReply>()[0].refusal, Refusal::log_behind);
    hears(other, VoteRequest{.term = Term{2}, .last_term = Term{1}, .end = at(100)});
    persists();
    EXPECT_TRUE(sent<VoteReply>()[0].granted());
}

TEST_F(RaftNode, hears_no_candidate_while_its_leader_is_alive) {
    follows();
    hears(other, Heartbeat{.term = Term{1}});
    hears(third, VoteRequest{.term = Term{9}, .last_term = Term{9}, .end = at(999)});
    EXPECT_EQ(sent<VoteReply>()[0].refusal, Refusal::leader_alive);
    EXPECT_EQ(node->term(), Term{1});
    node->link_lost(other, now);
    hears(third, VoteRequest{.term = Term{9}, .last_term = Term{9}, .end = at(999)});
    EXPECT_EQ(persist(), (Persist{Term{9}, third}));
}

TEST_F(RaftNode, asks_for_votes_soon_after_the_connection_to_its_leader_closed) {
    follows();
    hears(other, Heartbeat{.term = Term{1}});
    node->link_lost(third, now);
    EXPECT_GE(node->next_deadline(), now + config.election_timeout_min);
    node->link_lost(other, now);
    EXPECT_LE(node->next_deadline(), now + config.link_lost_jitter);
}

TEST_F(RaftNode, asks_again_soon_when_only_a_member_that_is_gone_has_not_answered) {
    follows();
    hears(other, Heartbeat{.term = Term{1}});
    node->link_lost(other, now);
    waits(config.link_lost_jitter);
    ASSERT_EQ(node->role(), Role::pre_candidate);
    // The third has not noticed yet.
    hears(third, VoteReply{.asked = Term{2}, .pre = true, .term = Term{1}, .refusal = Refusal::leader_alive});
    EXPECT_LE(node->next_deadline() - now, 3 * config.link_lost_jitter);
    waits(3 * config.link_lost_jitter);
    EXPECT_THAT(sent<VoteRequest>(), SizeIs(2));
}

TEST_F(RaftNode, acknowledges_what_is_durable_when_it_is) {
    follows();
    hears(other, Append{.term = Term{1}, .from = at(100), .to = at(150), .term_before = Term{1}});
    EXPECT_EQ(all<Accept>()[0].from, at(100));
    EXPECT_THAT(sent<AppendReply>(), IsEmpty());
    node->written({at(150), node->cuts()});
    take();
    EXPECT_EQ(sent<AppendReply>()[0].holding.durable, at(100));  // Had been, and is known to agree by now.
    node->durable({at(150), node->cuts()});
    take();
    EXPECT_EQ(sent<AppendReply>()[0].holding.durable, at(150));
}

TEST_F(RaftNode, does_nothing_for_an_append_that_came_before) {
    follows();
    hears(other, Append{.term = Term{1}, .from = at(40), .to = at(80), .term_before = Term{1}});
    EXPECT_THAT(all<Truncate>(), IsEmpty());
    EXPECT_THAT(all<Accept>(), IsEmpty());
    ASSERT_THAT(sent<AppendReply>(), SizeIs(1));
    EXPECT_EQ(sent<AppendReply>()[0].holding.durable, at(80));  // No more was compared.
    EXPECT_EQ(node->end(), at(100));
}

TEST_F(RaftNode, cuts_a_tail_that_differs_at_the_last_common_place_and_takes_the_rest) {
    follows();
    hears(
        other,
        Append{
            .term = Term{3}, .from = at(0), .to = at(120), .starts = {{Term{1}, at(0)}, {Term{2}, at(60)}}});
    EXPECT_EQ(all<Truncate>()[0].to, at(60));
    EXPECT_EQ(all<Accept>()[0].from, at(60));
    EXPECT_EQ(all<Accept>()[0].to, at(120));
    EXPECT_EQ(node->terms().term_before(at(120)), Term{2});
}

TEST_F(RaftNode, does_not_count_a_flush_that_began_before_a_cut) {
    follows();
    const Stored before{at(100), node->cuts()};
    hears(other, Append{.term = Term{2},
                        .from = at(60),
                        .to = at(120),
                        .term_before = Term{1},
                        .starts = {{Term{2}, at(60)}}});
    persists();
    node->durable(before);
    take();
    EXPECT_THAT(sent<AppendReply>(), IsEmpty());
}

TEST_F(RaftNode, says_how_far_back_to_go_when_logs_differ) {
    follows();
    hears(other, Append{.term = Term{3}, .from = at(200), .to = at(220), .term_before = Term{2}});
    persists();
    ASSERT_THAT(sent<AppendReply>(), SizeIs(1));
    EXPECT_FALSE(sent<AppendReply>()[0].accepted);
    EXPECT_EQ(sent<AppendReply>()[0].hint, at(100));
    EXPECT_EQ(sent<AppendReply>()[0].hint_term, Term{1});
}

TEST_F(RaftNode, looks_no_further_at_an_append_that_nobody_can_have_meant) {
    follows();
    hears(other, Append{.term = Term{1}, .from = at(100), .to = at(50)});
    hears(other, Append{.term = Term{1}, .from = at(100), .to = at(150), .starts = {{Term{2}, at(120)}}});
    EXPECT_THAT(outputs, IsEmpty());
    EXPECT_EQ(node->leader(), std::nullopt);
}

TEST_F(RaftNode, without_its_memory_votes_no_more_than_it_remembers_until_it_has_caught_up) {
    config.quorum = QuorumPolicy::written;
    starts({.term = Term{1}, .end = at(50), .durable = at(50), .terms = one_term(), .memory_lost = true});
    hears(other,
          Heartbeat{.term = Term{1}, .end = at(50)});  // Said to the life before: it may have had more.
    const auto incarnation = sent<HeartbeatReply>()[0].holding.incarnation;
    hears(other,
          Append{.term = Term{1}, .from = at(50), .to = at(50), .term_before = Term{1}, .end = at(50)});
    EXPECT_TRUE(node->recovering());
    hears(other, Heartbeat{.term = Term{1}, .end = at(80), .incarnation = incarnation});
    EXPECT_TRUE(node->recovering());
    hears(other,
          Append{.term = Term{1}, .from = at(50), .to = at(80), .term_before = Term{1}, .end = at(80)});
    EXPECT_TRUE(node->recovering());
    node->written({at(80), node->cuts()});
    take();
    EXPECT_THAT(all<MemoryRecovered>(), SizeIs(1));
    EXPECT_FALSE(node->recovering());
}

TEST_F(RaftNode, without_its_memory_waits_for_what_learners_have_when_nobody_else_votes) {
    node.emplace(self, std::vector<Member>{{self}, {other, MemberKind::learner}}, config, random);
    node->start({.term = Term{2},
                 .end = at(10),
                 .durable = at(10),
                 .terms = TermTable{{{Term{1}, at(0)}}},
                 .memory_lost = true},
                now);
    take();
    EXPECT_EQ(node->next_deadline(), Instant::max());
    waits(10s);
    EXPECT_EQ(node->role(), Role::follower);
    node->took_back(at(30), {{Term{2}, at(20)}});
    waits(10s);
    EXPECT_EQ(node->role(), Role::follower);
    node->memory_made_good(now);
    EXPECT_THAT(take().role(), Role::follower);
    EXPECT_THAT(outputs, Contains(testing::VariantWith<MemoryRecovered>(testing::_)));
    waits(0s);
    persists();
    EXPECT_EQ(node->role(), Role::leader);
    EXPECT_EQ(node->term(), Term{3});
    EXPECT_EQ(node->terms().term_before(at(30)), Term{2});
}

TEST_F(RaftNode, forgets_what_is_damaged_and_stands_back_until_it_has_caught_up) {
    starts({.term = Term{1}, .end = at(50), .durable = at(50), .committed = at(20), .terms = one_term()});
    hears(other, Heartbeat{.term = Term{1}, .committed = at(20), .end = at(50)});
    EXPECT_FALSE(node->forget_damaged(at(10), now)) << "it is committed";
    EXPECT_FALSE(node->forget_damaged(at(50), now)) << "there is nothing";
    ASSERT_TRUE(node->forget_damaged(at(40), now));
    EXPECT_TRUE(take().recovering());
    EXPECT_THAT(outputs, Contains(testing::VariantWith<Truncate>(testing::_)));
    hears(other, Append{.term = Term{1},
                        .from = at(50),
                        .to = at(50),
                        .term_before = Term{1},
                        .end = at(50),
                        .incarnation = node->incarnation()});
    const auto& refused = std::get<AppendReply>(std::get<Send>(outputs.back()).message);
    EXPECT_FALSE(refused.accepted);
    EXPECT_EQ(refused.hint, at(40));
    EXPECT_TRUE(refused.holding.recovering);
    hears(other, Append{.term = Term{1},
                        .from = at(40),
                        .to = at(50),
                        .term_before = Term{1},
                        .end = at(50),
                        .incarnation = node->incarnation()});
    node->written({at(50), node->cuts()});
    EXPECT_TRUE(take().recovering());
    node->durable({at(50), node->cuts()});
    EXPECT_FALSE(take().recovering());
    EXPECT_FALSE(node->forget_damaged(at(40), now)) << "the leader has it from here";
}

TEST_F(RaftNode, has_sent_again_what_its_machine_may_have_damaged) {
    starts({.term = Term{1},
            .end = at(100),
            .durable = at(100),
            .committed = at(20),
            .terms = one_term(),
            .doubted_from = at(60)});
    const auto hears_of = [&](std::int64_t from, std::int64_t to) {
        hears(other, Append{.term = Term{1},
                            .from = at(from),
                            .to = at(to),
                            .term_before = Term{1},
                            .committed = at(100),
                            .end = at(120)});
        return sent<AppendReply>().at(0);
    };
    const auto refused = hears_of(100, 100);
    EXPECT_FALSE(refused.accepted);
    EXPECT_EQ(refused.hint, at(60));
    EXPECT_EQ(refused.holding.matched, at(0));
    const auto accepted = hears_of(60, 80);
    EXPECT_TRUE(accepted.accepted);
    EXPECT_EQ(accepted.holding.durable, at(80));
    EXPECT_THAT(all<Accept>(), IsEmpty());
    EXPECT_EQ(node->doubted_from(), at(80));
    EXPECT_FALSE(hears_of(100, 120).accepted) << "what lies before it was not compared";
    hears(other,
          Append{.term = Term{1}, .from = at(80), .to = at(120), .term_before = Term{1}, .end = at(120)});
    ASSERT_THAT(all<Accept>(), SizeIs(1));
    EXPECT_EQ(all<Accept>()[0].from, at(100));
    EXPECT_THAT(all<Truncate>(), IsEmpty());
    EXPECT_EQ(node->doubted_from(), std::nullopt);
}

TEST_F(RaftNode, doubts_no_more_than_it_has_and_than_leaders_can_tell) {
    const StartState doubtful{.term = Term{1},
                              .end = at(100),
                              .durable = at(100),
                              .committed = at(20),
                              .terms = one_term(),
                              .doubted_from = at(60)};
    starts(doubtful).trust(at(70));
    EXPECT_EQ(node->doubted_from(), at(70));
    node->trust(at(50));
    EXPECT_EQ(node->doubted_from(), at(70));
    node->trust(at(100));
    EXPECT_EQ(node->doubted_from(), std::nullopt);
    starts(doubtful);
    hears(other, Heartbeat{.term = Term{1}, .end = at(100)});
    ASSERT_TRUE(node->forget_damaged(at(60), now));
    EXPECT_EQ(node->doubted_from(), std::nullopt) << "that is all that was doubted";
    starts(doubtful);
    waits(1s);
    hears(other, VoteReply{.asked = Term{2}, .pre = true});
    persists();
    hears(other, VoteReply{.asked = Term{2}, .term = Term{2}});
    EXPECT_EQ(node->role(), Role::leader);
    EXPECT_EQ(node->doubted_from(), std::nullopt) << "nobody has anything to compare it with";
}

TEST_F(RaftNode, takes_over_only_when_it_may) {
    starts({.term = Term{1}, .end = at(50), .durable = at(50), .committed = at(20), .terms = one_term()});
    hears(other, Heartbeat{.term = Term{1}, .committed = at(20), .end = at(50)});
    node->may_take_over(false);
    hears(other, TimeoutNow{Term{1}});
    EXPECT_EQ(node->role(), Role::follower);
    node->may_take_over(true);
    hears(other, TimeoutNow{Term{1}});
    EXPECT_EQ(node->role(), Role::candidate);
}

TEST_F(RaftNode, keeps_a_log_that_has_all_of_a_snapshot) {
    follows();
    EXPECT_FALSE(node->needs_snapshot(at(60), Term{1}));
    EXPECT_TRUE(node->needs_snapshot(at(60), Term{2}));
    EXPECT_TRUE(node->needs_snapshot(at(120), Term{1}));
    node->snapshot_installed(at(120), one_term());
    take();
    EXPECT_EQ(all<Committed>()[0].end, at(120));
    EXPECT_EQ(node->begin(), at(120));
    EXPECT_FALSE(node->needs_snapshot(at(120), Term{1}));
}

TEST_F(RaftNode, as_leader_commits_what_a_majority_holds) {
    leads();
    (void)node->sent(other, at(0), at(10), now);
    node->durable({at(10), 0});
    hears(other, AppendReply{.term = Term{1}, .to = at(10), .holding = holds(10)});
    ASSERT_THAT(all<Committed>(), SizeIs(1));
    EXPECT_EQ(all<Committed>()[0].end, at(10));
}

TEST_F(RaftNode, as_leader_counts_itself_as_far_as_its_own_disk) {
    leads();
    hears(other, AppendReply{.term = Term{1}, .to = at(10), .holding = holds(10)});
    EXPECT_THAT(all<Committed>(), IsEmpty());
    node->durable({at(10), 0});
    take();
    EXPECT_THAT(all<Committed>(), SizeIs(1));
}

TEST_F(RaftNode, as_leader_tells_learners_of_nothing_that_its_machine_could_forget) {
    config.quorum = QuorumPolicy::written;
    node.emplace(self, std::vector<Member>{{self}, {other, MemberKind::learner}}, config, random);
    node->start({}, now);
    waits(0ms);
    persists();
    ASSERT_EQ(node->role(), Role::leader);
    node->appended(at(10));
    node->written({at(10), 0});
    EXPECT_EQ(node->committed(), at(10));
    waits(config.heartbeat_interval);
    EXPECT_EQ(sent<Heartbeat>().at(0).committed, at(0));
    node->durable({at(10), 0});
    waits(config.heartbeat_interval);
    EXPECT_EQ(sent<Heartbeat>().at(0).committed, at(10));
}

TEST_F(RaftNode, as_leader_asks_with_its_first_bytes_then_fills_a_window) {
    config.append_bytes_max = 100;
    config.in_flight_bytes_max = 250;
    leads();
    node->appended(at(1000));
    ASSERT_TRUE(node->next_range(other));
    (void)node->sent(other, at(0), at(100), now);
    EXPECT_FALSE(node->next_range(other));  // One question at a time.
    hears(other, AppendReply{.term = Term{1}, .to = at(100), .holding = holds(100)});
    for (std::int64_t from = 100; const auto range = node->next_range(other); from += range->limit) {
        EXPECT_EQ(range->from, at(from));
        (void)node->sent(other, range->from, range->from + range->limit, now);
    }
    EXPECT_EQ(node->progress(other)->next, at(350));
}

TEST_F(RaftNode, as_leader_asks_without_bytes_after_a_refusal) {
    leads();
    (void)node->sent(other, at(0), at(10), now);
    starts({.term = Term{4},
            .end = at(300),
            .durable = at(300),
            .terms = TermTable{{{Term{1}, at(0)}, {Term{4}, at(200)}}}});
    waits(1s);
    hears(other, VoteReply{.asked = Term{5}, .pre = true, .term = Term{4}});
    persists();
    hears(other, VoteReply{.asked = Term{5}, .term = Term{5}});
    node->appended(at(310));
    (void)node->sent(other, at(300), at(310), now);
    AppendReply refusal{.term = Term{5}, .from = at(300), .to = at(310), .accepted = false};
    refusal.hint = at(250);
    refusal.hint_term = Term{2};
    hears(other, refusal);
    ASSERT_THAT(sent<Append>(), SizeIs(1));
    EXPECT_EQ(sent<Append>()[0].from, at(200));  // The last of its own that is not of a later term.
    EXPECT_EQ(sent<Append>()[0].to, at(200));
    EXPECT_FALSE(node->next_range(other));
    hears(other, refusal);
    EXPECT_THAT(outputs, IsEmpty());  // Again: nothing new.
}

// Its disk was replaced, say: what it once acknowledged is not there any more.
TEST_F(RaftNode, as_leader_starts_anew_with_a_member_that_comes_back_empty) {
    leads();
    node->appended(at(300));
    hears(other, AppendReply{Term{1}, at(0), at(300), holds(300), true, {}, {}});
    Holding nothing{.incarnation = Incarnation{10}};
    hears(other, HeartbeatReply{Term{1}, 0, nothing});
    EXPECT_EQ(node->progress(other)->matched, at(0));
    waits(100ms);
    ASSERT_THAT(sent<Append>(), testing::Contains(testing::Field(&Append::from, at(300))));
    hears(other, AppendReply{Term{1}, at(300), at(300), nothing, false, at(0), Term{0}});
    hears(other, AppendReply{Term{1}, at(0), at(0), nothing, true, {}, {}});
    const auto range = node->next_range(other);
    ASSERT_TRUE(range);
    EXPECT_EQ(range->from, at(0));
}

TEST_F(RaftNode, takes_settings_at_once_and_refuses_what_is_out_of_bounds) {
    follows();
    auto faster = config;
    faster.election_timeout_min = 200ms;
    faster.election_timeout_max = 250ms;
    ASSERT_TRUE(node->configure(faster));
    hears(other, Heartbeat{.term = Term{1}});
    EXPECT_LE(node->next_deadline(), now + 250ms);
    faster.heartbeat_interval = 0ms;
    EXPECT_FALSE(node->configure(faster));
}

}  // namespace
}  // namespace tern::raft
