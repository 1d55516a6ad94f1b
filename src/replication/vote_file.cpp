#include "replication/vote_file.hpp"

#include "base/assert.hpp"
#include "base/buffer.hpp"
#include "store/sync_in_turn.hpp"

namespace tern::replication {
namespace {

constexpr io::SlotFormat slot_format{.magic = "TERNVOT1", .slot_size = 128};
constexpr std::size_t content_size = slot_format.slot_size - io::slot_overhead;

// What no later state may take back.
bool may_follow(const MemberState& before, const MemberState& after) {
    if (after.member != before.member || after.term < before.term) return false;
    if (after.group != before.group && before.group != GroupId{}) return false;
    return after.term > before.term || !before.vote || after.vote == before.vote;
}

Result<MemberState> state_in(const std::string& path, const std::optional<std::string>& newest) {
    if (!newest) return failure(Errc::corrupt, path + ": no whole slot");
    auto state = decode_member_state(*newest);
    if (!state) return failure(state.error().code, path + ": " + state.error().detail);
    return state;
}

}  // namespace

std::string encode_member_state(const MemberState& state) {
    Buffer out;
    out.append_be<std::uint64_t>(state.group.value());
    out.append_be<std::int64_t>(state.member.value());
    out.append_be<std::uint64_t>(state.incarnation.value());
    out.append_be<std::int64_t>(state.term.value());
    out.append_be<std::int64_t>(state.vote.value_or(raft::MemberId{}).value());
    out.append_be<std::uint8_t>(state.vote.has_value());
    out.append_be<std::uint8_t>(state.memory_lost);
    out.append_be<std::uint32_t>(state.boot);
    out.append_be<std::int64_t>(state.group_since.value());
    out.append_be<std::uint16_t>(state.slaves);
    std::string content{out.view()};
    content.resize(content_size, '\0');
    return content;
}

Result<MemberState> decode_member_state(std::string_view content) {
    const auto damaged = [](const char* what, auto value) {
        return failure(Errc::corrupt, std::string{"vote: "} + what + " " + std::to_string(value));
    };
    if (content.size() != content_size) return damaged("content size", content.size());
    ByteReader in{content};
    MemberState state;
    state.group = GroupId{*in.read<std::uint64_t>()};
    state.member = raft::MemberId{*in.read<std::int64_t>()};
    state.incarnation = raft::Incarnation{*in.read<std::uint64_t>()};
    state.term = raft::Term{*in.read<std::int64_t>()};
    const raft::MemberId vote{*in.read<std::int64_t>()};
    const auto voted = *in.read<std::uint8_t>();
    const auto memory_lost = *in.read<std::uint8_t>();
    state.boot = *in.read<std::uint32_t>();
    state.group_since = raft::Term{*in.read<std::int64_t>()};
    state.slaves = *in.read<std::uint16_t>();
    if (state.term < raft::Term{}) return damaged("term", state.term.value());
    if (state.group_since < raft::Term{}) return damaged("first term", state.group_since.value());
    if (voted > 1) return damaged("flag for a vote", voted);
    if (memory_lost > 1) return damaged("flag for lost memory", memory_lost);
    if (voted == 1) state.vote = vote;
    state.memory_lost = memory_lost == 1;
    return state;
}

Result<> VoteFile::create(io::FileSystem& files, const std::string& path, const MemberState& state) {
    if (files.exists(path)) return failure(Errc::already_exists, path);
    return io::replace_file(files, path,
                            io::TwoSlotFile::first_content(slot_format, encode_member_state(state)));
}

Result<> VoteFile::replace(io::FileSystem& files, const std::string& path, const MemberState& state) {
    return io::replace_file(files, path,
                            io::TwoSlotFile::first_content(slot_format, encode_member_state(state)));
}

Result<MemberState> VoteFile::look(io::FileSystem& files, const std::string& path) {
    const auto newest = io::TwoSlotFile::look(files, path, slot_format);
    if (!newest) return std::unexpected(newest.error());
    return state_in(path, *newest);
}

Result<std::unique_ptr<VoteFile>> VoteFile::open(io::FileSystem& files, Executor& executor,
                                                 const std::string& path) {
    auto slots = io::TwoSlotFile::open(files, path, io::OpenMode::read_write, slot_format);
    if (!slots) return std::unexpected(slots.error());
    auto state = state_in(path, slots->newest());
    if (!state) return std::unexpected(state.error());
    return std::unique_ptr<VoteFile>{new VoteFile{std::move(*slots), executor, *state}};
}

void VoteFile::write(const MemberState& state, io::Done done) {
    TERN_ASSERT(may_follow(state_, state));
    state_ = state;
    waiting_.push_back(std::move(done));
    if (under_way_.empty()) begin();
}

Result<> VoteFile::write_now(const MemberState& state) {
    TERN_ASSERT(may_follow(state_, state) && under_way_.empty() && waiting_.empty());
    state_ = state;
    if (health_) health_ = slots_.write(encode_member_state(state_));
    if (health_) health_ = slots_.file()->sync_now();
    return health_;
}

void VoteFile::begin() {
    if (health_) health_ = slots_.write(encode_member_state(state_));
    if (!health_) return tell_later(std::exchange(waiting_, {}));
    under_way_ = std::exchange(waiting_, {});
    slots_.file()->sync([this, alive = alive_, file = slots_.file()](Result<> synced) {
        if (*alive) end(std::move(synced));
    });
}

void VoteFile::end(Result<> synced) {
    // After a failed sync nobody knows which of the slots the disk has: neither may be touched.
    health_ = synced;
    auto dones = std::exchange(under_way_, {});
    if (!waiting_.empty()) begin();
    for (const auto alive = alive_; auto& done : dones) {
        done(synced);
        if (!*alive) return;
    }
}

void VoteFile::tell_later(std::vector<io::Done> dones) {
    for (auto& done : dones) store::complete_later(executor_, std::move(done), health_);
}

}  // namespace tern::replication
