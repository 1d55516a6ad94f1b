// Answers sends once their records are written: every body becomes a record with its checksum, the records of
// a turn one write at the end of a file. Headers are not decoded and no queue is kept.
#pragma once

#include <string>

#include "bench/limits/frame_server.hpp"
#include "bench/limits/ready_answer.hpp"

namespace tern::bench {

// Group commit: an fdatasync covers what all connections sent in a turn, and their answers leave behind it.
enum class Sync { never, each_turn };

class AppendService final : public FrameService {
public:
    // Overwrites the file. Its place for new records goes back to its beginning after a gigabyte, so that a
    // disk is never filled; one that is synced has its blocks from the start, as a commit log has.
    static Result<AppendService> open(const std::string& path, Sync sync);
    AppendService(UniqueFd file, Sync sync) : file_{std::move(file)}, sync_{sync} {}

    std::span<const std::string_view> serve(const Answer& request, Buffer& answers) override;
    Result<> end_turn() override;

private:
    UniqueFd file_;
    Sync sync_;
    ReadyAnswer json_{send_answer(remoting::HeaderEncoding::json)};
    ReadyAnswer binary_{send_answer(remoting::HeaderEncoding::binary)};
    Buffer records_;
    std::int64_t written_{0};
    std::int64_t next_offset_{0};
};

}  // namespace tern::bench
