#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/cli_scenario.hpp"

namespace tern::cli {
namespace {

using remoting::RequestCode;
using testing::AllOf;
using testing::HasSubstr;

struct ConsumerStatus : testing::Test {
    static constexpr auto broker = "10.0.0.1:10911";

    ConsumerStatus() {
        cli.world.servers.at(broker, RequestCode::heart_beat, client::ScriptedAnswer{});
        cli.world.servers.at(broker, RequestCode::unregister_client, client::ScriptedAnswer{});
        cli.world.servers.at(broker, RequestCode::get_consumer_connection_list, {.body = R"({"connectionSet":[
                {"clientAddr":"10.0.0.8:1","clientId":"10.0.0.8@1","language":"JAVA","version":513},
                {"clientAddr":"10.0.0.9:1","clientId":"10.0.0.9@1","language":"JAVA","version":513}],
                "consumeType":"CONSUME_PASSIVELY"})"});
        cli.world.servers.at(
            broker, RequestCode::get_consumer_running_info, [this](const client::ScriptedRequest& request) {
                return client::ScriptedAnswer{.body = told.at(request.fields.at("clientId"))};
            });
    }
    // What a member tells: its queue of the topic, and the tags it wants.
    void member_has(const std::string& client_id, int queue, const std::string& tags) {
        told[client_id] =
            R"({"jstack":"TID: 1 STATE: RUNNABLE","properties":{"PROP_CONSUME_TYPE":"CONSUME_PASSIVELY"},
               "mqTable":{{"brokerName":"broker-a","queueId":)" +
            std::to_string(queue) + R"(,"topic":"Orders"}:{"cachedMsgCount":3,"commitOffset":7}},
               "statusTable":{"Orders":{"consumeOKTPS":1.5,"pullRT":2.0}},
               "subscriptionSet":[{"topic":"Orders","subString":")" +
            tags + R"("}]})";
    }
    std::string out(std::vector<std::string_view> more = {}) {
        std::vector<std::string_view> words{"consumerStatus", "-g", "readers", "-b", broker};
        words.insert(words.end(), more.begin(), more.end());
        const auto outcome = cli.call(words);
        EXPECT_EQ(outcome.status, exit_ok) << outcome.err;
        return outcome.out;
    }
    CliScenario cli;
    std::map<std::string, std::string> told;  // By client id.
};

TEST_F(ConsumerStatus, keeps_a_report_of_each_member_and_says_that_they_agree) {
    member_has("10.0.0.8@1", 0, "*");
    member_has("10.0.0.9@1", 1, "*");
    EXPECT_THAT(
        out(),
        AllOf(HasSubstr("#Index     #ClientId                                #Version             "
                        "#ConsumerRunningInfoFile\n1          10.0.0.8@1 "),
              HasSubstr("2          10.0.0.9@1                               V5_5_0 "),
              HasSubstr("Same subscription in the same group of consumer\n"), HasSubstr("Rebalance OK\n")));
    ASSERT_EQ(cli.files.size(), 2U);
    const auto& [path, report] = *cli.files.begin();
    EXPECT_THAT(path, HasSubstr("/10.0.0.8@1"));
    EXPECT_THAT(report, AllOf(HasSubstr("PROP_CONSUME_TYPE                       : CONSUME_PASSIVELY\n"),
                              HasSubstr("001 Topic: Orders "), HasSubstr("broker-a "), HasSubstr(" 1.50 ")));
}

TEST_F(ConsumerStatus, says_that_members_differ_or_have_one_queue_together) {
    member_has("10.0.0.8@1", 0, "*");
    member_has("10.0.0.9@1", 0, "TagA");
    EXPECT_THAT(out(), AllOf(HasSubstr("WARN: Different subscription in the same group of consumer!!!\n"),
                             HasSubstr("Rebalance Failed\n")));
}

TEST_F(ConsumerStatus, shows_all_that_one_member_tells) {
    member_has("10.0.0.8@1", 0, "*");
    EXPECT_THAT(
        out({"-i", "10.0.0.8@1", "-s"}),
        AllOf(HasSubstr("#Consumer Offset#"), HasSubstr("#Consumer MQ Detail#"),
              HasSubstr("#Consumer RT&TPS#"), HasSubstr("#Consumer jstack#\nTID: 1 STATE: RUNNABLE\n")));
    const auto asked = cli.world.servers.asked(RequestCode::get_consumer_running_info);
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].fields.at("jstackEnable"), "true");
}

TEST_F(ConsumerStatus, names_the_member_that_does_not_answer) {
    cli.world.servers.at(broker, RequestCode::get_consumer_running_info,
                         [](const client::ScriptedRequest&) { return std::nullopt; });
    const auto outcome = cli.call({"consumerStatus", "-g", "readers", "-b", broker, "-i", "10.0.0.8@1"});
    EXPECT_EQ(outcome.status, exit_failed);
    EXPECT_THAT(outcome.err,
                HasSubstr(std::string{"10.0.0.8@1, asked through "} + broker + ": no answer in time"));
}

}  // namespace
}  // namespace tern::cli
