#include "net/descriptors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "net/transport_scenario.hpp"

namespace tern::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Descriptors, are_as_many_as_the_hard_limit_allows) {
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit low{64, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
    EXPECT_EQ(raise_descriptor_limit(), before.rlim_max);
    rlimit after{};
    ::getrlimit(RLIMIT_NOFILE, &after);
    EXPECT_EQ(after.rlim_cur, before.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(Descriptors, are_left_for_files_by_connections) {
    for (const std::size_t descriptors : {std::size_t{0}, std::size_t{64}, std::size_t{1024},
                                          std::size_t{4096}, std::size_t{20'000}, std::size_t{31'600}}) {
        const auto limits = within_descriptors({}, descriptors);
        EXPECT_LE(limits.connections_max + limits.streams_max, descriptors - descriptors / 3) << descriptors;
        EXPECT_GE(limits.connections_max, descriptors / 2) << descriptors;
    }
    const auto enough = within_descriptors({}, 31'600);
    EXPECT_EQ(enough.connections_max, 20'000U);
    EXPECT_EQ(enough.streams_max, 1024U);
}

TEST(Descriptors, are_warned_of_when_they_are_few) {
    KeepingLog log;
    log_descriptors(log, within_descriptors({}, 1024), 1024);
    log_descriptors(log, within_descriptors({}, 524'288), 524'288);
    EXPECT_THAT(log.lines, ElementsAre(HasSubstr("descriptors_are_few"), HasSubstr("descriptors ")));
}

}  // namespace
}  // namespace tern::net
