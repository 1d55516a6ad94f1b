#include "replication/vote_file.hpp"

#include "base/text.hpp"
#include "io/memory_file_system.hpp"
#include "io/simulated_loop.hpp"

namespace tern::replication {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* path = "/tern/vote";

MemberState state_in(std::int64_t term, std::optional<std::int64_t> vote = {}) {
    MemberState state{GroupId{7}, raft::MemberId{2}, raft::Incarnation{11}, raft::Term{term}, {}, false};
    if (vote) state.vote = raft::MemberId{*vote};
    return state;
}

// One member's machine.
class VoteFiles : public testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(io::create_directories_durably(disk, "/tern")); }

    Result<std::unique_ptr<VoteFile>> load() { return VoteFile::open(disk, loop, path); }
    void create(const MemberState& state) { ASSERT_TRUE(VoteFile::create(disk, path, state)); }
    // Hands the state over; how that ended is told in `ends`, by its term.
    void write(VoteFile& file, const MemberState& state) {
        file.write(state, [this, term = state.term.value()](const Result<>& done) {
            ends.push_back((done ? "" : "not ") + std::to_string(term));
        });
    }
    void overwrite(std::int64_t place, std::string_view bytes) {
        ASSERT_TRUE((*disk.open(path, io::OpenMode::read_write))->write_at(place, bytes));
    }

    io::SimulatedLoop loop;
    io::MemoryFileSystem disk{loop.runtime()};
    std::vector<std::string> ends;
};

TEST_F(VoteFiles, have_what_a_member_was_created_with) {
    create(state_in(0));
    EXPECT_EQ((*load())->state(), state_in(0));
    disk.crash_machine();
    EXPECT_EQ((*load())->state(), state_in(0));
}

TEST_F(VoteFiles, are_never_created_over_one_that_is_there) {
    create(state_in(3, 1));
    EXPECT_EQ(VoteFile::create(disk, path, state_in(0)).error().code, Errc::already_exists);
    EXPECT_EQ((*load())->state(), state_in(3, 1));
}

TEST_F(VoteFiles, complete_a_write_only_when_it_survives_the_machine) {
    create(state_in(0));
    auto file = *load();
    disk.set_faults({.sync_delay_min = 5ms, .sync_delay_max = 5ms});
    write(*file, state_in(1, 2));
    loop.advance(4ms);
    EXPECT_THAT(ends, ElementsAre());
    loop.advance(1ms);
    EXPECT_THAT(ends, ElementsAre("1"));
    disk.crash_machine();
    EXPECT_EQ((*load())->state(), state_in(1, 2));
}

TEST_F(VoteFiles, keep_identity_and_the_loss_of_memory_beside_the_vote) {
    MemberState state{GroupId{}, raft::MemberId{-1}, raft::Incarnation{~std::uint64_t{0}}, {}, {}, true};
    create(state);
    auto file = *load();
    EXPECT_EQ(file->state(), state);
    state.group = GroupId{1};
    state.incarnation = raft::Incarnation{5};
    state.memory_lost = false;
    write(*file, state);
    loop.run();
    EXPECT_EQ((*load())->state(), state);
}

TEST_F(VoteFiles, write_only_the_newest_of_the_states_that_waited) {
    create(state_in(0));
    auto file = *load();
    for (const int term : {1, 2, 3}) write(*file, state_in(term));
    EXPECT_EQ(file->state(), state_in(3));
    loop.run();
    EXPECT_THAT(ends, ElementsAre("1", "2", "3"));
    // Created, term 1, term 3: the third slot to be written lies where the first did.
    const std::string bytes = *io::read_file(disk, path);
    EXPECT_EQ(io::decode_slot("TERNVOT1", std::string_view{bytes}.substr(4096, 128))->sequence, 3U);
    EXPECT_EQ((*load())->state(), state_in(3));
}

TEST_F(VoteFiles, take_a_new_state_from_a_completion) {
    create(state_in(0));
    auto file = *load();
    file->write(state_in(1), [&](const Result<>&) { write(*file, state_in(2)); });
    loop.run();
    EXPECT_THAT(ends, ElementsAre("2"));
    EXPECT_EQ((*load())->state(), state_in(2));
}

TEST_F(VoteFiles, write_nothing_more_after_a_sync_that_failed) {
    create(state_in(0));
    auto file = *load();
    disk.set_faults({.sync_failures = 1000});
    write(*file, state_in(1));
    write(*file, state_in(2));
    loop.run();
    disk.set_faults({});
    write(*file, state_in(3));
    loop.run();
    EXPECT_THAT(ends, ElementsAre("not 1", "not 2", "not 3"));
    file.reset();
    disk.crash_machine();
    EXPECT_LE((*load())->state().term, raft::Term{1});
}

TEST_F(VoteFiles, write_nothing_more_after_a_write_that_failed) {
    create(state_in(4, 1));
    auto file = *load();
    disk.set_faults({.write_failures = 1000});
    write(*file, state_in(5));
    disk.set_faults({});
    write(*file, state_in(6));
    loop.run();
    EXPECT_THAT(ends, ElementsAre("not 5", "not 6"));
    file.reset();
    disk.crash_process();
    EXPECT_EQ((*load())->state(), state_in(4, 1));
}

TEST_F(VoteFiles, outlive_a_slot_that_is_torn) {
    create(state_in(1));
    auto file = *load();
    write(*file, state_in(2));
    loop.run();
    file.reset();
    overwrite(40, "torn");
    EXPECT_EQ((*load())->state(), state_in(1));
}

TEST_F(VoteFiles, are_an_error_that_names_them_when_no_slot_is_whole) {
    create(state_in(1));
    overwrite(4096 + 40, "rotten");
    const auto loaded = load();
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, Errc::corrupt);
    EXPECT_EQ(loaded.error().detail, "/tern/vote: no whole slot");
}

TEST_F(VoteFiles, are_an_error_when_they_are_missing_or_cut_off) {
    EXPECT_EQ(load().error().code, Errc::io_failed);
    create(state_in(1));
    ASSERT_TRUE((*disk.open(path, io::OpenMode::read_write))->set_size(8191));
    EXPECT_EQ(load().error().detail, "/tern/vote: cut off at 8191 bytes");
}

TEST(VoteFileDeathTest, is_never_told_to_take_a_vote_or_a_term_back) {
    io::SimulatedLoop loop;
    io::MemoryFileSystem disk{loop.runtime()};
    ASSERT_TRUE(VoteFile::create(disk, "/vote", state_in(3, 1)));
    auto file = *VoteFile::open(disk, loop, "/vote");
    EXPECT_DEATH(file->write(state_in(2), [](const Result<>&) {}), "may_follow");
    EXPECT_DEATH(file->write(state_in(3, 2), [](const Result<>&) {}), "may_follow");
    EXPECT_DEATH(file->write(state_in(3), [](const Result<>&) {}), "may_follow");
}

TEST(MemberStates, are_these_bytes_on_disk) {
    const MemberState state{GroupId{0x0102030405060708},
                            raft::MemberId{2},
                            raft::Incarnation{0xFFEEDDCCBBAA9988},
                            raft::Term{9},
                            raft::MemberId{1},
                            true,
                            0xA1A2A3A4,
                            raft::Term{8}};
    const std::string slot = io::encode_slot("TERNVOT1", {12, encode_member_state(state)});
    EXPECT_EQ(to_hex(slot),
              "5445524E564F5431000000000000000C01020304050607080000000000000002"
              "FFEEDDCCBBAA9988000000000000000900000000000000010101A1A2A3A40000"
              "0000000000080000000000000000000000000000000000000000000000000000"
              "0000000000000000000000000000000000000000000000000000000059FDC7A6");
    EXPECT_EQ(*decode_member_state(io::decode_slot("TERNVOT1", slot)->content), state);
}

TEST(MemberStates, are_refused_with_the_value_that_cannot_be) {
    const std::string good = encode_member_state(state_in(1, 1));
    const auto with = [&](std::size_t at, char byte) {
        std::string bytes = good;
        bytes[at] = byte;
        return decode_member_state(bytes).error().detail;
    };
    EXPECT_THAT(with(24, '\xFF'), HasSubstr("vote: term -72057594037927935"));
    EXPECT_THAT(with(46, '\xFF'), HasSubstr("vote: first term -72057594037927936"));
    EXPECT_EQ(with(40, 2), "vote: flag for a vote 2");
    EXPECT_EQ(with(41, 3), "vote: flag for lost memory 3");
    EXPECT_EQ(decode_member_state("short").error().detail, "vote: content size 5");
}

// Lives of one member on one disk, which end by chance: what is loaded is the last state that was durable or
// the one that was under way, never an older one.
class VoteFileLives {
public:
    explicit VoteFileLives(std::uint64_t seed) : random_{seed}, loop_{seed} {
        EXPECT_TRUE(io::create_directories_durably(disk_, "/tern"));
        EXPECT_TRUE(VoteFile::create(disk_, path, state_in(0)));
    }

    void live_once() {
        disk_.set_faults({});
        auto opened = VoteFile::open(disk_, loop_, path);
        ASSERT_TRUE(opened) << opened.error().detail;
        file_ = std::move(*opened);
        const std::int64_t term = file_->state().term.value();
        ASSERT_GE(term, durable_);
        ASSERT_LE(term, handed_over_);
        ASSERT_EQ(file_->state(), term == 0 ? state_in(0) : voted_in(term));
        durable_ = handed_over_ = term;
        disk_.set_faults({.sync_delay_min = 1ms,
                          .sync_delay_max = 4ms,
                          .sync_failures = random_.below(4) == 0 ? 300U : 0U,
                          .write_failures = random_.below(4) == 0 ? 300U : 0U});
        for (auto steps = random_.below(8); steps > 0; --steps) {
            vote();
            loop_.advance(Duration{static_cast<std::int64_t>(random_.below(3'000'000))});
        }
        die();
    }

private:
    static MemberState voted_in(std::int64_t term) { return state_in(term, term % 3); }

    void vote() {
        const std::int64_t term = ++handed_over_;
        file_->write(voted_in(term), [this, term](const Result<>& done) {
            if (done) durable_ = std::max(durable_, term);
        });
    }
    // Of some deaths the next life begins only after the power was lost, too.
    void die() {
        if (random_.below(2) == 0) {
            disk_.crash_process();
            if (random_.below(2) == 0) disk_.crash_machine();
        } else {
            disk_.crash_machine();
        }
        loop_.run();
        file_.reset();
    }

    SeededRandom random_;
    io::SimulatedLoop loop_;
    io::MemoryFileSystem disk_{loop_.runtime()};
    std::unique_ptr<VoteFile> file_;
    std::int64_t durable_{0};
    std::int64_t handed_over_{0};
};

TEST(VoteFileCrashes, leave_the_last_durable_vote_or_the_one_under_way) {
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        VoteFileLives member{seed};
        for (int life = 0; life < 12; ++life) {
            member.live_once();
            if (testing::Test::HasFatalFailure()) {
                FAIL() << "seed " << seed << ", life " << life;
            }
        }
    }
}

}  // namespace
}  // namespace tern::replication
