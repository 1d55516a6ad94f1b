#include "client/name_servers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/client_scenario.hpp"

namespace tern::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(NameServerList, is_addresses_with_semicolons_between) {
    EXPECT_THAT(*parse_name_servers("a:9876; b:9876 ;"), ElementsAre("a:9876", "b:9876"));
}
TEST(NameServerList, says_which_address_has_no_port) {
    EXPECT_THAT(parse_name_servers("a:9876;b").error().detail, HasSubstr("b"));
    EXPECT_THAT(parse_name_servers("a:0").error().detail, HasSubstr("a:0"));
    EXPECT_FALSE(parse_name_servers(" ; "));
}

class NameServersTest : public testing::Test {
protected:
    void listening(const std::string& address) {
        world.servers.at(address, remoting::RequestCode::get_broker_cluster_info, {.body = address});
    }
    // Who answered, or what went wrong.
    std::string ask() {
        std::string said;
        servers.ask(
            [this](const std::string& address, Rpc::Done done) {
                rpc.call(address, remoting::RequestCode::get_broker_cluster_info, {}, 3s, std::move(done));
            },
            [&said](const Result<remoting::Command>& answer) {
                said = answer ? std::string{answer->body} : answer.error().detail;
            });
        world.run_until([&] { return !said.empty(); });
        return said;
    }

    ScriptedWorld world;
    Rpc rpc{world.servers, world.time};
    NameServers servers{{"a:1", "b:1", "c:1"}, world.runtime().random};
};

TEST_F(NameServersTest, stays_with_the_server_that_answers) {
    for (const auto* address : {"a:1", "b:1", "c:1"}) listening(address);
    const auto first = ask();
    for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(), first);
}

TEST_F(NameServersTest, moves_on_to_the_one_that_lives_and_stays_there) {
    listening("b:1");
    EXPECT_EQ(ask(), "b:1");
    listening("a:1");
    listening("c:1");
    EXPECT_EQ(ask(), "b:1");
}

TEST_F(NameServersTest, says_what_is_wrong_when_none_answers) {
    EXPECT_THAT(ask(), HasSubstr("connection refused"));
}

}  // namespace
}  // namespace tern::client
