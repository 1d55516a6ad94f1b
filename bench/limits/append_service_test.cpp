#include "bench/limits/append_service.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include "bench/limits/server_thread.hpp"
#include "bench/load/generator.hpp"
#include "model/message_record.hpp"

namespace tern::bench {
namespace {

// What an append to /dev/null comes to: it can be written, but not synced.
Result<> append_to_null(Sync sync) {
    AppendService service{UniqueFd{open("/dev/null", O_WRONLY | O_CLOEXEC)}, sync};
    Answer request;
    request.frame.body = "a body";
    Buffer answers;
    service.serve(request, answers);
    return service.end_turn();
}

TEST(AppendService, makes_a_whole_record_of_every_send_it_acknowledges) {
    UniqueFd file{memfd_create("records", MFD_CLOEXEC)};
    const UniqueFd again{dup(file.get())};
    AppendService service{std::move(file), Sync::each_turn};
    ServerThread server{service};
    const auto options = sends(200);
    Generator generator{options, server.target()};
    ASSERT_TRUE(generator.run());

    std::string bytes(static_cast<std::size_t>(lseek(again.get(), 0, SEEK_END)), '\0');
    ASSERT_EQ(pread(again.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    std::int64_t count = 0;
    for (std::string_view rest = bytes; !rest.empty(); ++count) {
        const auto record = model::decode_record(rest, model::VerifyBody::yes);
        ASSERT_TRUE(record);
        EXPECT_EQ(record->body.size(), 100);
        EXPECT_EQ(record->queue_offset.value(), count);
        rest.remove_prefix(record->bytes.size());
    }
    EXPECT_EQ(count, 200);
}

TEST(AppendService, of_group_commits_syncs_before_a_turn_ends) {
    EXPECT_TRUE(append_to_null(Sync::never));
    EXPECT_EQ(append_to_null(Sync::each_turn).error().code, Errc::io_failed);
}

}  // namespace
}  // namespace tern::bench
