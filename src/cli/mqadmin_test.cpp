#include "cli/mqadmin.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/cli_scenario.hpp"
#include "cli/command.hpp"
#include "cli/help.hpp"

namespace tern::cli {
namespace {

using remoting::RequestCode;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class Mqadmin : public testing::Test {
protected:
    CliScenario cli;
};

TEST_F(Mqadmin, lists_its_commands_when_called_with_nothing) {
    const auto [status, out, err] = cli.call({});
    EXPECT_EQ(status, exit_ok);
    EXPECT_THAT(
        out,
        StartsWith("The most commonly used mqadmin commands are:\n   updateTopic                         "));
    EXPECT_THAT(out, HasSubstr("\n   clusterList                         "));
    EXPECT_THAT(out,
                HasSubstr("\n\nSee 'mqadmin help <command>' for more information on a specific command.\n"));
}
TEST_F(Mqadmin, explains_one_command_with_its_options_and_two_examples) {
    const auto [status, out, err] = cli.call({"help", "topicRoute"});
    EXPECT_EQ(status, exit_ok);
    EXPECT_EQ(out,
              "usage: mqadmin topicRoute [-h] [--json] [-l] [-n <text>] -t <text>\n"
              " -h,--help                 print this help\n"
              "    --json                 print one JSON document instead of text\n"
              " -l,--list                 a table instead of the route as RocketMQ's clients see it\n"
              " -n,--namesrvAddr <text>   NameServers, 'host:port;host:port'; else those of the variable "
              "NAMESRV_ADDR\n"
              " -t,--topic <text>         name of the topic\n"
              "\n"
              "Route of a topic: its brokers, their addresses and the numbers of queues.\n"
              "\n"
              "Examples:\n"
              "  mqadmin topicRoute -t OrderTopic -n 127.0.0.1:9876\n"
              "  mqadmin topicRoute -t OrderTopic -l -n 127.0.0.1:9876\n");
    EXPECT_EQ(cli.call({"topicRoute", "-h"}).out, out);
}
TEST_F(Mqadmin, shows_options_that_exclude_each_other_as_a_choice) {
    EXPECT_THAT(cli.call({"help", "brokerStatus"}).out,
                StartsWith("usage: mqadmin brokerStatus (-b <text> | -c <text>) [-h]"));
}
TEST_F(Mqadmin, finds_commands_in_any_case_of_letters) {
    EXPECT_EQ(cli.call({"help", "CLUSTERLIST"}).out, cli.call({"help", "clusterList"}).out);
}
TEST_F(Mqadmin, says_that_there_is_no_such_command) {
    const auto [status, out, err] = cli.call({"frobnicate"});
    EXPECT_EQ(status, exit_usage);
    EXPECT_EQ(err, "The sub command frobnicate not exist.\n");
}
TEST_F(Mqadmin, says_what_is_wrong_with_the_options_and_how_they_are_used) {
    const auto [status, out, err] = cli.call({"topicRoute"});
    EXPECT_EQ(status, exit_usage);
    EXPECT_THAT(out, IsEmpty());
    EXPECT_THAT(err, StartsWith("Missing required option: -t\nusage: mqadmin topicRoute"));
}
TEST_F(Mqadmin, asks_for_a_name_server_when_none_is_named) {
    cli.variables.clear();
    const auto [status, out, err] = cli.call({"clusterList"});
    EXPECT_EQ(status, exit_usage);
    EXPECT_THAT(err, AllOf(HasSubstr("-n host:port"), HasSubstr("NAMESRV_ADDR")));
}
TEST_F(Mqadmin, needs_no_name_server_for_what_it_asks_a_broker_directly) {
    cli.variables.clear();
    cli.golden("127.0.0.1:21911", RequestCode::get_broker_runtime_info,
               "28-GET_BROKER_RUNTIME_INFO-550json-admin-brokerStatus");
    EXPECT_EQ(cli.call({"brokerStatus", "-b", "127.0.0.1:21911"}).status, exit_ok);
}
TEST_F(Mqadmin, prefers_the_name_servers_of_its_options) {
    cli.world.servers.at("other:9876", RequestCode::get_all_topic_list_from_nameserver,
                         {.body = R"({"topicList":["T"]})"});
    EXPECT_EQ(cli.call({"topicList", "-n", "other:9876"}).out, "T\n");
    EXPECT_EQ(cli.call({"topicList", "-n", "other"}).status, exit_usage);
}
TEST_F(Mqadmin, names_what_failed_and_what_to_do) {
    const auto [status, out, err] = cli.call({"clusterList"});
    EXPECT_EQ(status, exit_failed);
    EXPECT_EQ(err,
              "mqadmin clusterList: ns:9876: connection refused\n"
              "Check the address, and that the server runs and can be reached from here.\n");
}

TEST(MqadminCommands, each_have_a_description_and_two_examples_of_themselves) {
    for (const auto* command : all_commands()) {
        EXPECT_THAT(command->description, Not(IsEmpty())) << command->name;
        for (const auto example : command->examples)
            EXPECT_THAT(example, StartsWith(command->name)) << command->name;
        EXPECT_NE(command->examples[0], command->examples[1]) << command->name;
    }
}
TEST(MqadminCommands, have_options_that_do_not_meet) {
    for (const auto* command : all_commands()) {
        std::set<std::string_view> names;
        for (const auto& option : options_of(*command)) {
            EXPECT_TRUE(names.insert(option.long_name).second) << command->name << ' ' << option.long_name;
            if (!option.short_name.empty())
                EXPECT_TRUE(names.insert(option.short_name).second)
                    << command->name << ' ' << option.short_name;
            EXPECT_THAT(option.meaning, Not(IsEmpty())) << command->name << ' ' << option.long_name;
        }
    }
}
TEST(MqadminCommands, have_examples_that_parse) {
    for (const auto* command : all_commands()) {
        for (const auto example : command->examples) {
            // Quoted parts are one word, as in a shell.
            std::vector<std::string> words{""};
            bool quoted = false;
            for (const char c : example.substr(command->name.size() + 1)) {
                if (c == '\'') {
                    quoted = !quoted;
                } else if (c == ' ' && !quoted) {
                    words.emplace_back();
                } else {
                    words.back() += c;
                }
            }
            const std::vector<std::string_view> views{words.begin(), words.end()};
            const auto parsed = Arguments::parse(options_of(*command), views);
            EXPECT_TRUE(parsed) << example << ": " << (parsed ? "" : parsed.error().detail);
        }
    }
}
TEST(MqadminReference, has_every_command_and_option) {
    const auto page = mqadmin_reference();
    for (const auto* command : all_commands()) {
        EXPECT_THAT(page, HasSubstr("\n## " + std::string{command->name} + "\n"));
        for (const auto& option : command->options)
            EXPECT_THAT(page, HasSubstr("`--" + std::string{option.long_name} + "`"));
    }
    EXPECT_THAT(page, HasSubstr("| `-b` | `--brokerAddr` | text | one of these |"));
}

}  // namespace
}  // namespace tern::cli
