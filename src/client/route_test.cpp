#include "client/route.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/client_scenario.hpp"

namespace tern::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> names(const std::vector<model::MessageQueue>& queues) {
    std::vector<std::string> names;
    for (const auto& queue : queues)
        names.push_back(queue.broker_name + "/" + std::to_string(queue.queue_id.value()));
    return names;
}

TEST(Route, is_published_to_and_read_in_the_order_of_brokers_and_queues) {
    const Route route{"Orders", route_on({{"b", "b:1", 1}, {"a", "a:1", 2}})};
    EXPECT_THAT(names(route.publish_queues()), ElementsAre("a/0", "a/1", "b/0"));
    EXPECT_EQ(names(route.subscribe_queues()), names(route.publish_queues()));
}
TEST(Route, of_a_group_without_master_is_read_but_not_published_to) {
    const Route route{"Orders", route_on({{.name = "a", .address = "a:1", .id = 1}})};
    EXPECT_THAT(names(route.publish_queues()), IsEmpty());
    EXPECT_THAT(names(route.subscribe_queues()), ElementsAre("a/0", "a/1"));
    EXPECT_EQ(route.member_address("a", master_id), "a:1");
}
TEST(Route, respects_what_is_permitted) {
    EXPECT_THAT(Route("T", route_on({{.name = "a", .address = "a:1", .perm = 4}})).publish_queues(),
                IsEmpty());
    EXPECT_THAT(Route("T", route_on({{.name = "a", .address = "a:1", .perm = 2}})).subscribe_queues(),
                IsEmpty());
}
TEST(Route, of_an_ordered_topic_is_published_to_where_its_order_says) {
    auto data = route_on({{"a", "a:1", 8}, {"b", "b:1", 8}});
    data.order_topic_conf = "b:1;a:2;odd";
    EXPECT_THAT(names(Route("T", data).publish_queues()), ElementsAre("a/0", "a/1", "b/0"));
    EXPECT_THAT(Route("T", data).subscribe_queues(), SizeIs(16));
}

class RouteCacheTest : public testing::Test {
protected:
    ClientScenario scenario;
    RouteCache& routes{scenario.client.routes()};
};

TEST_F(RouteCacheTest, asks_once_for_a_topic_that_many_want) {
    scenario.topics({{"Orders", route_on({{"a", "a:1"}})}});
    int answers = 0;
    for (int i = 0; i < 3; ++i)
        routes.find("Orders", [&answers](const auto& route) { answers += route ? 1 : 0; });
    scenario.world.settle();
    EXPECT_EQ(answers, 3);
    EXPECT_THAT(scenario.world.servers.asked(remoting::RequestCode::get_routeinfo_by_topic), SizeIs(1));
}
TEST_F(RouteCacheTest, keeps_the_route_it_knows_when_the_topic_is_gone) {
    scenario.topics({{"Orders", route_on({{"a", "a:1"}})}});
    ASSERT_TRUE(scenario.route_of("Orders"));
    scenario.topics({});
    routes.refresh_all();
    scenario.world.settle();
    EXPECT_TRUE(routes.known("Orders"));
}
TEST_F(RouteCacheTest, says_which_topic_does_not_exist) {
    const auto route = scenario.route_of("Nothing");
    EXPECT_EQ(route.error().code, Errc::topic_not_exist);
    EXPECT_THAT(route.error().detail, testing::HasSubstr("topic Nothing"));
}
TEST_F(RouteCacheTest, gives_producers_the_template_for_a_topic_that_a_send_would_create) {
    scenario.topics({{"TBW102", route_on({{.name = "a", .address = "a:1", .queues = 8, .perm = 7}})}});
    Ref<Route> found;
    routes.refresh_to_publish("New", [&found](const Result<Ref<Route>>& route) { found = *route; });
    scenario.world.settle();
    ASSERT_TRUE(found);
    EXPECT_THAT(names(found->publish_queues()), ElementsAre("a/0", "a/1", "a/2", "a/3"));
    EXPECT_EQ(found->publish_queues().front().topic, "New");
}
TEST_F(RouteCacheTest, tells_producers_when_nothing_creates_topics) {
    Errc error{};
    routes.refresh_to_publish("New",
                              [&error](const Result<Ref<Route>>& route) { error = route.error().code; });
    scenario.world.settle();
    EXPECT_EQ(error, Errc::topic_not_exist);
}

}  // namespace
}  // namespace tern::client
