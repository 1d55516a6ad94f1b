// What a member of a group must never forget: who it is, and whom it voted for. File: <root>/tern/vote,
// docs/formats/vote.md.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/runtime.hpp"
#include "io/two_slot_file.hpp"
#include "raft/types.hpp"
#include "replication/group_id.hpp"

namespace tern::replication {

struct MemberState {
    GroupId group;
    raft::MemberId member;
    raft::Incarnation incarnation;  // Of the process that wrote it, or wrote it last.
    raft::Term term;
    std::optional<raft::MemberId> vote;  // In that term.
    bool memory_lost{false};  // Or new, and not made good since: raft::StartState, raft::MemoryRecovered.
    std::uint32_t boot{0};    // Of the machine, in which memory_lost was last decided: CRC-32 of its id.
    // The first term that is the group's under this id. In what its log has of earlier terms the group may
    // have another one: group_recovery.hpp.
    raft::Term group_since{};
    std::uint16_t slaves{0};  // That a master has had at once: who may have what its machine loses.
    friend bool operator==(const MemberState&, const MemberState&) = default;
};

// The content of a slot.
std::string encode_member_state(const MemberState& state);
// Errc::corrupt when it is none.
Result<MemberState> decode_member_state(std::string_view content);

// Owned by the loop that owns the log. When it dies a write that is under way goes on, and nobody is told.
class VoteFile {
public:
    ~VoteFile() { *alive_ = false; }
    VoteFile(const VoteFile&) = delete;
    VoteFile& operator=(const VoteFile&) = delete;
    // A new member's; durable, name and all, before it returns. Errc::already_exists when there is one: what
    // it says must not be forgotten.
    static Result<> create(io::FileSystem& files, const std::string& path, const MemberState& state);
    // The file of a member that goes on as somebody else: under another id, where nobody is elected, or in a
    // group that goes on without those it has lost. Durable before it returns.
    static Result<> replace(io::FileSystem& files, const std::string& path, const MemberState& state);
    // What the file says; it is not touched.
    static Result<MemberState> look(io::FileSystem& files, const std::string& path);
    // An absent file is an error, and so is one in which no slot is whole: a member that forgot its vote
    // could vote twice. Whether a member is new is the caller's to know.
    static Result<std::unique_ptr<VoteFile>> open(io::FileSystem& files, Executor& executor,
                                                  const std::string& path);

    // The newest that was loaded or handed to write().
    const MemberState& state() const { return state_; }
    // done runs later, when this state or a newer one is durable. States that are handed over while a write
    // is under way wait for its end, and only the newest of them is written. After a failure nothing is
    // written any more, and every done is told of it.
    void write(const MemberState& state, io::Done done);
    // The same, waiting; while no write is under way.
    Result<> write_now(const MemberState& state);

private:
    VoteFile(io::TwoSlotFile slots, Executor& executor, MemberState state)
        : slots_{std::move(slots)}, executor_{executor}, state_{state} {}
    void begin();
    void end(Result<> synced);
    void tell_later(std::vector<io::Done> dones);

    io::TwoSlotFile slots_;
    Executor& executor_;
    MemberState state_;
    std::vector<io::Done> under_way_;  // Empty when no write is.
    std::vector<io::Done> waiting_;
    Result<> health_;
    std::shared_ptr<bool> alive_{std::make_shared<bool>(true)};
};

}  // namespace tern::replication
