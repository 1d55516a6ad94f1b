#include "client/rpc.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/answer.hpp"
#include "client/client_scenario.hpp"
#include "remoting/header/offset.hpp"

namespace tern::client {
namespace {

using remoting::RequestCode;
using remoting::ResponseCode;
using testing::ElementsAre;
using testing::HasSubstr;

class RpcTest : public testing::Test {
protected:
    // What an offset request to the address ended with: the offset, or the error's words.
    std::string ask(const std::string& address, Duration timeout = 3s) {
        std::optional<std::string> said;
        rpc.call(address, remoting::GetMaxOffsetRequest{.topic = "Orders"}, {}, timeout,
                 [&said](const Result<remoting::Command>& answer) {
                     const auto header = header_of<remoting::OffsetResponse>(answer);
                     said = header ? std::to_string(header->offset.value()) : header.error().detail;
                 });
        EXPECT_FALSE(said) << "answered from within call()";
        world.run_until([&] { return said.has_value(); });
        return said.value_or("nothing");
    }

    ScriptedWorld world;
    Rpc rpc{world.servers, world.time};
};

TEST_F(RpcTest, gives_the_answer_of_the_server_it_asked) {
    world.servers.at("a:1", RequestCode::get_max_offset, {.fields = {{"offset", "7"}}});
    world.servers.at("b:1", RequestCode::get_max_offset, {.fields = {{"offset", "8"}}});
    EXPECT_EQ(ask("a:1"), "7");
    EXPECT_EQ(ask("b:1"), "8");
}

TEST_F(RpcTest, names_code_and_remark_of_a_refusal) {
    world.servers.at("a:1", RequestCode::get_max_offset,
                     {.code = ResponseCode::system_busy, .remark = "come back"});
    EXPECT_EQ(ask("a:1"), "SYSTEM_BUSY (2): come back");
}

TEST_F(RpcTest, names_the_address_that_nobody_listens_at) {
    EXPECT_EQ(ask("nowhere:1"), "nowhere:1: connection refused");
}

TEST_F(RpcTest, names_the_address_that_did_not_answer_in_time) {
    world.servers.at("a:1", RequestCode::get_max_offset, [](const auto&) { return std::nullopt; });
    EXPECT_EQ(ask("a:1", 5s), "a:1: no answer in time");
    EXPECT_EQ(world.time.now().time_since_epoch(), 5s);
}

TEST_F(RpcTest, connects_again_after_a_connection_broke) {
    world.servers.at("a:1", RequestCode::get_max_offset, {.fields = {{"offset", "7"}}});
    ask("a:1");
    world.servers.stop("a:1");
    EXPECT_THAT(ask("a:1"), HasSubstr("connection refused"));
    world.servers.at("a:1", RequestCode::get_max_offset, {.fields = {{"offset", "9"}}});
    EXPECT_EQ(ask("a:1"), "9");
}

TEST_F(RpcTest, greets_a_server_before_it_asks_for_anything) {
    rpc.greet_with([this](const std::string& address) {
        rpc.call(address, RequestCode::heart_beat, "hello", 3s, [](const Result<remoting::Command>&) {});
    });
    std::vector<int> codes;
    for (const auto code : {RequestCode::heart_beat, RequestCode::get_max_offset})
        world.servers.at("a:1", code, [&codes](const ScriptedRequest& request) {
            codes.push_back(request.code);
            return ScriptedAnswer{.fields = {{"offset", "7"}}};
        });
    ask("a:1");
    ask("a:1");
    EXPECT_THAT(codes, ElementsAre(34, 30, 30));
}

TEST_F(RpcTest, is_closed_once_all_connections_have_ended) {
    world.servers.at("a:1", RequestCode::get_max_offset, {.fields = {{"offset", "7"}}});
    ask("a:1");
    EXPECT_FALSE(rpc.is_closed());
    rpc.close();
    world.settle();
    EXPECT_TRUE(rpc.is_closed());
}

}  // namespace
}  // namespace tern::client
