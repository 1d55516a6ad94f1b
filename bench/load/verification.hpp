// Looks at answers whole: what a send was acknowledged as, and every message that a pull brought. Costs the
// generator several times what it costs without.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "remoting/command.hpp"

namespace tern::bench {

// Every acknowledgement has an id, names the queue asked for, and an offset that no other has.
class SendVerification {
public:
    Result<> check(const remoting::FrameView& answer, std::int32_t queue, std::uint64_t messages);
    // Once all sends were answered without an error: no queue has a hole or an offset given twice.
    Result<> check_offsets() const;

private:
    struct Range {
        std::int64_t begin;
        std::int64_t end;
    };
    remoting::CommandDecoder decoder_;
    std::map<std::int32_t, std::vector<Range>> acknowledged_;  // By queue, in the order of the answers.
};

// Every message is whole, by its checksum, and of the queue and the offset that are due.
class PullVerification {
public:
    explicit PullVerification(std::string topic) : topic_{std::move(topic)} {}

    Result<> check(const remoting::FrameView& answer, std::int32_t queue, std::int64_t from,
                   std::int64_t next);

private:
    std::string topic_;
    remoting::CommandDecoder decoder_;
};

}  // namespace tern::bench
