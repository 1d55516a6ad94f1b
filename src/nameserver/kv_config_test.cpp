#include "nameserver/kv_config.hpp"

#include "io/memory_file_system.hpp"
#include "io/simulated_loop.hpp"

namespace tern::nameserver {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::Pointee;

const std::string path = "/home/namesrv/kvConfig.json";

class AKvConfig : public ::testing::Test {
protected:
    // As the next process finds it.
    KvConfig reopened() {
        KvConfig next{files, path};
        EXPECT_TRUE(next.load());
        return next;
    }

    io::SimulatedLoop loop;
    io::MemoryFileSystem files{loop.runtime()};
    KvConfig kv{files, path};
};

TEST_F(AKvConfig, keeps_values_by_namespace_and_key) {
    ASSERT_TRUE(kv.put(order_topic_namespace, "T", "broker-a:8"));
    ASSERT_TRUE(kv.put("PROJECT_CONFIG", "10.0.0.1", "p"));
    EXPECT_THAT(kv.find(order_topic_namespace, "T"), Pointee(std::string{"broker-a:8"}));
    EXPECT_EQ(kv.find(order_topic_namespace, "U"), nullptr);
    EXPECT_EQ(kv.find("PROJECT_CONFIG", "T"), nullptr);
    EXPECT_EQ(kv.find("nothing"), nullptr);
    EXPECT_THAT(*kv.find("PROJECT_CONFIG"), ElementsAre(Pair("10.0.0.1", "p")));
}
TEST_F(AKvConfig, is_the_same_after_a_loss_of_power) {
    ASSERT_TRUE(kv.put("N", "a", "1"));
    ASSERT_TRUE(kv.put("N", "b", "2"));
    ASSERT_TRUE(kv.remove("N", "a"));
    files.crash_machine();
    EXPECT_THAT(*reopened().find("N"), ElementsAre(Pair("b", "2")));
}
TEST_F(AKvConfig, is_written_as_java_writes_it_and_read_as_java_wrote_it) {
    ASSERT_TRUE(kv.put("ORDER_TOPIC_CONFIG", "T", "broker-a:8"));
    EXPECT_EQ(*io::read_file(files, path), R"({"configTable":{"ORDER_TOPIC_CONFIG":{"T":"broker-a:8"}}})");
    ASSERT_TRUE(io::replace_file(files, path, "{\n\t\"configTable\":{\"N\":{\n\t\t\"k\":\"v\"}}}"));
    EXPECT_THAT(reopened().find("N", "k"), Pointee(std::string{"v"}));
}
TEST_F(AKvConfig, keeps_a_namespace_whose_last_key_went) {
    ASSERT_TRUE(kv.put("N", "a", "1"));
    ASSERT_TRUE(kv.remove("N", "a"));
    ASSERT_TRUE(kv.remove("N", "a"));
    EXPECT_THAT(*kv.find("N"), ::testing::IsEmpty());
}
TEST_F(AKvConfig, is_empty_where_there_is_no_file) {
    EXPECT_TRUE(kv.load());
}
TEST_F(AKvConfig, does_not_start_from_a_file_that_it_cannot_read) {
    ASSERT_TRUE(files.create_directories("/home/namesrv"));
    ASSERT_TRUE(io::replace_file(files, path, "{\"configTable\":"));
    const auto loaded = kv.load();
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, Errc::corrupt);
    EXPECT_THAT(loaded.error().detail, ::testing::HasSubstr(path));
}
TEST_F(AKvConfig, changes_nothing_when_the_disk_refuses) {
    ASSERT_TRUE(kv.put("N", "a", "1"));
    const auto revision = kv.revision();
    files.set_faults({.write_failures = 1'000});
    EXPECT_EQ(kv.put("N", "a", "2").error().code, Errc::io_failed);
    EXPECT_THAT(kv.find("N", "a"), Pointee(std::string{"1"}));
    EXPECT_EQ(kv.revision(), revision);
    files.set_faults({});
    EXPECT_THAT(reopened().find("N", "a"), Pointee(std::string{"1"}));
}
TEST_F(AKvConfig, is_bounded) {
    EXPECT_EQ(kv.put("N", "a", std::string(kv_config_size_max, 'x')).error().code, Errc::limit_exceeded);
    EXPECT_EQ(kv.find("N"), nullptr);
}

}  // namespace
}  // namespace tern::nameserver
