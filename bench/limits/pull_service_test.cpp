#include "bench/limits/pull_service.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include "bench/limits/server_thread.hpp"
#include "bench/load/generator.hpp"

namespace tern::bench {
namespace {

class PulledService : public testing::TestWithParam<remoting::HeaderEncoding> {
protected:
    // The messages that a generator gets that reads every queue once and looks at each message.
    static Result<std::uint64_t> pulled(const PullService::Messages& messages) {
        const UniqueFd file{memfd_create("records", MFD_CLOEXEC)};
        auto service = PullService::open("/proc/self/fd/" + std::to_string(file.get()), messages);
        if (!service) return std::unexpected(service.error());
        ServerThread server{*service};
        Options options;
        options.mode = Mode::pull;
        options.header = GetParam();
        options.connections = 3;
        options.outstanding = 2;
        options.verify = true;
        Generator generator{options, server.target()};
        if (auto ran = generator.run(); !ran) return std::unexpected(ran.error());
        return generator.measurement().pulls().messages;
    }
};

TEST_P(PulledService, gives_every_message_of_every_queue) {
    EXPECT_EQ(pulled({.queues = 4, .in_each = 100, .body_size = 128}), 600U);
}

TEST_P(PulledService, gives_answers_that_no_socket_takes_at_once) {
    EXPECT_EQ(pulled({.queues = 4, .in_each = 64, .body_size = 200'000}), 6U * 64);
}

INSTANTIATE_TEST_SUITE_P(EachEncoding, PulledService,
                         testing::Values(remoting::HeaderEncoding::json, remoting::HeaderEncoding::binary));

}  // namespace
}  // namespace tern::bench
