#include "nameserver/route_table.hpp"

#include "model/permission.hpp"

namespace tern::nameserver {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// What a broker would register: by default the master of broker-a with the topics T and U.
struct Broker {
    std::string name{"broker-a"};
    std::int64_t id{0};
    std::string address{"10.0.0.1:10911"};
    std::string cluster{"C"};
    std::int64_t epoch{0};
    std::int64_t counter{1};
    std::vector<std::string> topics{"T", "U"};
    std::int32_t perm{6};
    std::int32_t queues{8};
    std::optional<bool> acting{false};
    std::string zone{};
    std::int32_t topic_flag{0};

    Registration registration() const {
        Registration registration{.cluster = cluster,
                                  .broker_name = name,
                                  .broker_id = BrokerId{id},
                                  .address = address,
                                  .ha_address = address + ":ha",
                                  .zone = zone,
                                  .enable_acting_master = acting};
        registration.topics.data_version = {.counter = counter, .state_version = epoch, .timestamp = 1};
        for (const auto& topic : topics)
            registration.topics.topic_config_table[topic] = {.name = topic,
                                                             .read_queue_nums = queues,
                                                             .write_queue_nums = queues,
                                                             .perm = perm,
                                                             .sys_flag = topic_flag};
        return registration;
    }
};

const std::string first = "10.0.0.1:10911";
const std::string second = "10.0.0.2:10911";
const std::string third = "10.0.0.3:10911";

class ARouteTable : public ::testing::Test {
protected:
    Registered registers(const Broker& broker) {
        const auto registered = table.register_broker(broker.registration(), delete_missing_topics);
        EXPECT_TRUE(registered) << registered.error().detail;
        return registered.value_or(Registered{});
    }
    void leaves(const std::string& name, const std::string& address) {
        table.unregister_broker(name, address);
    }

    // "broker-a{0=10.0.0.1:10911} 8/8 perm 6", one for each group of the route.
    std::vector<std::string> route(std::string_view topic) {
        std::vector<std::string> lines;
        const auto found = table.route(topic, support_acting_master);
        if (!found) return lines;
        EXPECT_EQ(found->queue_datas.size(), found->broker_datas.size());
        for (std::size_t i = 0; i < found->queue_datas.size(); ++i) {
            const auto& queues = found->queue_datas[i];
            EXPECT_EQ(queues.broker_name, found->broker_datas[i].broker_name);
            lines.push_back(queues.broker_name + members(found->broker_datas[i]) + " " +
                            std::to_string(queues.read_queue_nums) + "/" +
                            std::to_string(queues.write_queue_nums) + " perm " + std::to_string(queues.perm));
        }
        return lines;
    }
    static std::string members(const remoting::BrokerData& group) {
        std::string text;
        for (const auto& [id, address] : group.broker_addrs)
            text += (text.empty() ? "" : ",") + std::to_string(id.value()) + "=" + address;
        return "{" + text + "}";
    }

    RouteTable table;
    bool delete_missing_topics{false};
    bool support_acting_master{false};
};

TEST_F(ARouteTable, knows_where_the_topics_are_that_a_master_registered) {
    registers({});
    EXPECT_THAT(route("T"), ElementsAre("broker-a{0=10.0.0.1:10911} 8/8 perm 6"));
}
TEST_F(ARouteTable, knows_no_route_to_what_nobody_registered) {
    registers({});
    EXPECT_EQ(table.route("V", false), std::nullopt);
}
TEST_F(ARouteTable, lists_everything_in_the_order_of_the_names) {
    registers({.name = "broker-b", .address = second, .topics = {"U", "T"}});
    registers({.name = "broker-a", .address = first, .topics = {"V", "T"}});
    EXPECT_THAT(route("T"), ElementsAre("broker-a{0=10.0.0.1:10911} 8/8 perm 6",
                                        "broker-b{0=10.0.0.2:10911} 8/8 perm 6"));
    EXPECT_THAT(table.topics(), ElementsAre("T", "U", "V"));
    EXPECT_THAT(table.clusters().cluster_addr_table,
                ElementsAre(Pair("C", ElementsAre("broker-a", "broker-b"))));
}
TEST_F(ARouteTable, shows_all_members_of_a_group_and_tells_replicas_of_their_master) {
    EXPECT_EQ(registers({.id = 1, .address = second}).master_address, "");
    EXPECT_EQ(registers({.id = 0, .address = first}).master_address, "");
    const auto registered = registers({.id = 1, .address = second});
    EXPECT_EQ(registered.master_address, first);
    EXPECT_EQ(registered.master_ha_address, first + ":ha");
    EXPECT_THAT(route("T"), ElementsAre("broker-a{0=10.0.0.1:10911,1=10.0.0.2:10911} 8/8 perm 6"));
}
TEST_F(ARouteTable, shows_a_broker_that_changed_its_role_once) {
    registers({.id = 1, .address = second});
    registers({.id = 0, .address = second});
    EXPECT_THAT(route("T"), ElementsAre("broker-a{0=10.0.0.2:10911} 8/8 perm 6"));
}

TEST_F(ARouteTable, takes_topics_from_the_master_and_not_from_its_replicas) {
    registers({.queues = 8});
    registers({.id = 1, .address = second, .counter = 2, .topics = {"T", "V"}, .queues = 4});
    EXPECT_THAT(route("T"), ElementsAre("broker-a{0=10.0.0.1:10911,1=10.0.0.2:10911} 8/8 perm 6"));
    EXPECT_THAT(route("V"), IsEmpty());
}
TEST_F(ARouteTable, takes_topics_from_the_lowest_replica_while_there_is_no_master) {
    registers({.id = 1, .address = second, .queues = 4});
    registers({.id = 2, .address = third, .queues = 2});
    EXPECT_THAT(route("T"), ElementsAre("broker-a{1=10.0.0.2:10911,2=10.0.0.3:10911} 4/4 perm 6"));
}
TEST_F(ARouteTable, takes_no_topics_from_a_replica_that_lags_behind_an_epoch) {
    registers({.epoch = 3});
    registers({.id = 1, .address = second, .epoch = 2, .queues = 4});
    registers({.id = 2, .address = third, .epoch = 3, .queues = 8});
    leaves("broker-a", first);
    registers({.id = 1, .address = second, .epoch = 2, .queues = 4});
    EXPECT_THAT(route("T"), ElementsAre("broker-a{1=10.0.0.2:10911,2=10.0.0.3:10911} 8/8 perm 6"));
    registers({.id = 1, .address = second, .epoch = 3, .counter = 2, .queues = 16});
    EXPECT_THAT(route("T"), ElementsAre("broker-a{1=10.0.0.2:10911,2=10.0.0.3:10911} 16/16 perm 6"));
}

TEST_F(ARouteTable, takes_no_topics_from_replicas_of_old_versions) {
    registers({.id = 1, .address = second, .acting = std::nullopt});
    EXPECT_THAT(route("T"), IsEmpty());
}
TEST_F(ARouteTable, lets_nobody_write_to_a_replica_that_stands_in_for_its_master) {
    registers({.id = 1, .address = second, .acting = true});
    EXPECT_THAT(route("T"), ElementsAre("broker-a{1=10.0.0.2:10911} 8/8 perm 4"));
}

TEST_F(ARouteTable, changes_topics_when_their_version_differs) {
    registers({.counter = 1, .queues = 8});
    registers({.counter = 2, .queues = 4});
    EXPECT_THAT(route("T"), ElementsAre("broker-a{0=10.0.0.1:10911} 4/4 perm 6"));
    registers({.counter = 1, .queues = 2});
    EXPECT_THAT(route("T"), ElementsAre("broker-a{0=10.0.0.1:10911} 2/2 perm 6"));
}
TEST_F(ARouteTable, leaves_known_topics_alone_while_their_version_is_the_same) {
    registers({});
    table.wipe_write_perm("broker-a");
    registers({.topics = {"T", "U", "V"}});
    EXPECT_THAT(route("T"), ElementsAre("broker-a{0=10.0.0.1:10911} 8/8 perm 4"));
    EXPECT_THAT(route("V"), ElementsAre("broker-a{0=10.0.0.1:10911} 8/8 perm 6"));
}
TEST_F(ARouteTable, keeps_topics_that_a_later_registration_does_not_name) {
    registers({.counter = 1, .topics = {"T", "U"}});
    registers({.counter = 2, .topics = {"V"}});
    EXPECT_THAT(table.topics(), ElementsAre("T", "U", "V"));
}
TEST_F(ARouteTable, drops_topics_that_a_later_registration_does_not_name_if_it_is_told_to) {
    delete_missing_topics = true;
    registers({.counter = 1, .topics = {"T", "U"}});
    registers({.name = "broker-b", .address = second, .topics = {"U", "V"}});
    registers({.counter = 2, .topics = {"T", "W"}});
    EXPECT_THAT(table.topics(), ElementsAre("T", "U", "V", "W"));
    EXPECT_THAT(route("U"), ElementsAre("broker-b{0=10.0.0.2:10911} 8/8 perm 6"));
}
TEST_F(ARouteTable, refuses_a_first_registration_with_a_single_topic) {
    const auto refused = table.register_broker(Broker{.topics = {"T"}}.registration());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().detail, "register broker failed");
    EXPECT_TRUE(table.groups().empty());
    registers({.topics = {"T", "U"}});
    registers({.counter = 2, .topics = {"V"}});
}

TEST_F(ARouteTable, lets_the_leader_of_a_newer_epoch_take_the_masters_place) {
    registers({.id = 0, .address = first, .epoch = 5});
    registers({.id = 1, .address = second, .epoch = 5});
    registers({.id = 0, .address = second, .epoch = 6});
    EXPECT_THAT(route("T"), ElementsAre("broker-a{0=10.0.0.2:10911} 8/8 perm 6"));
}
TEST_F(ARouteTable, ignores_the_old_master_while_one_of_a_newer_epoch_lives) {
    registers({.id = 0, .address = second, .epoch = 6});
    EXPECT_TRUE(registers({.id = 0, .address = first, .epoch = 5, .queues = 1}).is_outdated);
    EXPECT_THAT(route("T"), ElementsAre("broker-a{0=10.0.0.2:10911} 8/8 perm 6"));
}
TEST_F(ARouteTable, ignores_the_old_master_while_a_replica_of_a_newer_epoch_lives) {
    registers({.id = 0, .address = second, .epoch = 6});
    registers({.id = 2, .address = third, .epoch = 6});
    leaves("broker-a", second);
    EXPECT_TRUE(registers({.id = 0, .address = first, .epoch = 5}).is_outdated);
    EXPECT_THAT(route("T"), ElementsAre("broker-a{2=10.0.0.3:10911} 8/8 perm 6"));
    EXPECT_FALSE(registers({.id = 0, .address = third, .epoch = 7}).is_outdated);
}
TEST_F(ARouteTable, ignores_what_a_broker_said_in_an_epoch_before_its_last_one) {
    registers({.id = 0, .epoch = 6, .counter = 2, .queues = 8});
    EXPECT_TRUE(registers({.id = 0, .epoch = 5, .counter = 1, .queues = 4}).is_outdated);
    EXPECT_THAT(route("T"), ElementsAre("broker-a{0=10.0.0.1:10911} 8/8 perm 6"));
}
TEST_F(ARouteTable, lets_a_replica_of_an_older_epoch_join) {
    registers({.id = 0, .address = first, .epoch = 6});
    EXPECT_FALSE(registers({.id = 1, .address = second, .epoch = 5}).is_outdated);
    EXPECT_THAT(route("T"), ElementsAre("broker-a{0=10.0.0.1:10911,1=10.0.0.2:10911} 8/8 perm 6"));
}
TEST_F(ARouteTable, forgets_the_epochs_of_a_group_with_its_last_member) {
    registers({.epoch = 6});
    leaves("broker-a", first);
    EXPECT_FALSE(registers({.epoch = 1}).is_outdated);
}
TEST_F(ARouteTable, lets_the_last_one_win_where_there_are_no_epochs) {
    registers({.id = 0, .address = first});
    registers({.id = 0, .address = second});
    EXPECT_THAT(route("T"), ElementsAre("broker-a{0=10.0.0.2:10911} 8/8 perm 6"));
}

TEST_F(ARouteTable, keeps_a_groups_route_while_any_member_lives) {
    registers({.id = 0, .address = first});
    registers({.id = 1, .address = second});
    leaves("broker-a", first);
    EXPECT_THAT(route("T"), ElementsAre("broker-a{1=10.0.0.2:10911} 8/8 perm 6"));
    leaves("broker-a", second);
    EXPECT_THAT(route("T"), IsEmpty());
    EXPECT_THAT(table.topics(), IsEmpty());
    EXPECT_TRUE(table.groups().empty());
}
TEST_F(ARouteTable, keeps_the_queues_of_other_groups_when_one_goes) {
    registers({.name = "broker-a", .address = first});
    registers({.name = "broker-b", .address = second});
    leaves("broker-a", first);
    EXPECT_THAT(route("T"), ElementsAre("broker-b{0=10.0.0.2:10911} 8/8 perm 6"));
}
TEST_F(ARouteTable, does_not_mind_the_farewell_of_a_broker_whose_place_another_has_taken) {
    registers({.id = 0, .address = first, .epoch = 5});
    registers({.id = 0, .address = second, .epoch = 6});
    leaves("broker-a", first);
    leaves("broker-x", first);
    EXPECT_THAT(route("T"), ElementsAre("broker-a{0=10.0.0.2:10911} 8/8 perm 6"));
}
TEST_F(ARouteTable, lets_nobody_write_to_a_group_that_lost_its_master_and_has_one_acting) {
    registers({.id = 0, .address = first, .acting = true});
    registers({.id = 1, .address = second, .acting = true});
    leaves("broker-a", first);
    EXPECT_THAT(route("T"), ElementsAre("broker-a{1=10.0.0.2:10911} 8/8 perm 4"));
    registers({.id = 0, .address = first, .acting = true});
    EXPECT_THAT(route("T"), ElementsAre("broker-a{0=10.0.0.1:10911,1=10.0.0.2:10911} 8/8 perm 6"));
}
TEST_F(ARouteTable, presents_the_acting_master_as_the_master_if_it_is_told_to) {
    support_acting_master = true;
    registers(
        {.id = 2, .address = third, .topics = {"T", "rmq_sys_SYNC_BROKER_MEMBER_broker-a"}, .acting = true});
    registers({.id = 1, .address = second, .topics = {"T", "U"}, .acting = true});
    EXPECT_THAT(route("T"), ElementsAre("broker-a{0=10.0.0.2:10911,2=10.0.0.3:10911} 8/8 perm 4"));
    EXPECT_THAT(route("rmq_sys_SYNC_BROKER_MEMBER_broker-a"),
                ElementsAre("broker-a{1=10.0.0.2:10911,2=10.0.0.3:10911} 8/8 perm 4"));
}
TEST_F(ARouteTable, presents_no_acting_master_of_a_group_that_did_not_ask_for_it) {
    support_acting_master = true;
    registers({.id = 1, .address = second, .perm = 4, .acting = false});
    EXPECT_THAT(route("T"), ElementsAre("broker-a{1=10.0.0.2:10911} 8/8 perm 4"));
}

TEST_F(ARouteTable, deletes_a_topic_everywhere_or_in_one_cluster) {
    registers({.name = "broker-a", .address = first, .cluster = "C"});
    registers({.name = "broker-b", .address = second, .cluster = "D"});
    table.delete_topic("T", "C");
    EXPECT_THAT(route("T"), ElementsAre("broker-b{0=10.0.0.2:10911} 8/8 perm 6"));
    table.delete_topic("T", "D");
    table.delete_topic("U");
    table.delete_topic("V");
    EXPECT_THAT(table.topics(), IsEmpty());
}
TEST_F(ARouteTable, adds_queues_of_groups_that_it_knows) {
    registers({});
    const remoting::QueueData known{
        .broker_name = "broker-a", .perm = 6, .read_queue_nums = 2, .write_queue_nums = 3};
    const remoting::QueueData unknown{
        .broker_name = "broker-x", .perm = 6, .read_queue_nums = 2, .write_queue_nums = 3};
    ASSERT_TRUE(table.add_queues("V", {unknown, known}));
    ASSERT_TRUE(table.add_queues("W", {unknown}));
    EXPECT_THAT(route("V"), ElementsAre("broker-a{0=10.0.0.1:10911} 2/3 perm 6"));
    EXPECT_THAT(table.topics(), ElementsAre("T", "U", "V"));
}
TEST_F(ARouteTable, takes_and_gives_the_right_to_write_to_all_topics_of_a_group) {
    registers({.perm = 7});
    EXPECT_EQ(table.wipe_write_perm("broker-a"), 2);
    EXPECT_THAT(route("T"), ElementsAre("broker-a{0=10.0.0.1:10911} 8/8 perm 5"));
    EXPECT_EQ(table.add_write_perm("broker-a"), 2);
    EXPECT_THAT(route("T"), ElementsAre("broker-a{0=10.0.0.1:10911} 8/8 perm 6"));
    EXPECT_EQ(table.wipe_write_perm("broker-x"), 0);
}
TEST_F(ARouteTable, lists_topics_by_cluster_and_by_unit) {
    registers({.name = "broker-a", .address = first, .cluster = "C", .topics = {"T", "U"}, .topic_flag = 1});
    registers({.name = "broker-b", .address = second, .cluster = "D", .topics = {"V", "W"}, .topic_flag = 2});
    EXPECT_THAT(table.topics_of_cluster("D"), ElementsAre("V", "W"));
    EXPECT_THAT(table.topics_with_flag(1, 0), ElementsAre("T", "U"));
    EXPECT_THAT(table.topics_with_flag(2, 1), ElementsAre("V", "W"));
    EXPECT_THAT(table.topics_with_flag(3, 0), IsEmpty());
}
TEST_F(ARouteTable, names_the_members_of_a_group) {
    registers({.id = 0, .address = first});
    registers({.id = 1, .address = second});
    EXPECT_THAT(table.member_group("C", "broker-a").broker_addrs,
                ElementsAre(Pair(BrokerId{0}, first), Pair(BrokerId{1}, second)));
    EXPECT_THAT(table.member_group("C", "broker-x").broker_addrs, IsEmpty());
}
TEST_F(ARouteTable, passes_filter_servers_and_mappings_of_static_topics_through) {
    auto registration = Broker{}.registration();
    registration.filter_servers = {"10.0.0.1:30000"};
    registration.topics.topic_queue_mapping_info_map["T"] = json::Object{{"epoch", 7}};
    ASSERT_TRUE(table.register_broker(registration));
    const auto route = table.route("T", false);
    EXPECT_THAT(route->filter_server_table, ElementsAre(Pair(first, ElementsAre("10.0.0.1:30000"))));
    EXPECT_EQ((*route->topic_queue_mapping_by_broker)["broker-a"]["epoch"], json::Value{7});
    EXPECT_EQ(table.route("U", false)->topic_queue_mapping_by_broker, std::nullopt);
}

TEST_F(ARouteTable, counts_what_an_answer_could_show) {
    registers({});
    const auto before = table.revision();
    registers({});
    EXPECT_EQ(table.revision(), before);
    registers({.counter = 2, .queues = 4});
    EXPECT_GT(table.revision(), before);
}

TEST_F(ARouteTable, forgets_the_size_of_all_that_is_gone) {
    registers({});
    registers({.id = 1, .address = second});
    registers({.name = "broker-b", .address = third, .topics = {"T", "V"}, .zone = "z"});
    auto with_mapping = Broker{.counter = 2}.registration();
    with_mapping.topics.topic_queue_mapping_info_map["U"] = json::Object{{"bname", "broker-a"}};
    ASSERT_TRUE(table.register_broker(with_mapping));
    registers({.id = 2, .address = second});
    ASSERT_TRUE(table.add_queues("W", {{.broker_name = "broker-b"}, {.broker_name = "nobody"}}));
    table.delete_topic("T", "C");
    table.delete_topic("V");
    EXPECT_GT(table.bytes(), 4 * registered_entry_size);

    leaves("broker-a", first);
    leaves("broker-a", second);
    EXPECT_EQ(table.bytes(), 2 * registered_entry_size +
                                 std::string{"broker-bCz" + third + third + ":ha" + "Wbroker-b"}.size());
    leaves("broker-b", third);
    EXPECT_EQ(table.bytes(), 0U);
}

TEST_F(ARouteTable, takes_no_more_than_it_has_room_for_and_keeps_what_it_has) {
    table = RouteTable{2'000};
    registers({});
    const auto full = table.register_broker(
        Broker{.name = "broker-b", .address = second, .zone = std::string(1'500, 'z')}.registration());
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code, Errc::limit_exceeded);
    EXPECT_EQ(table.find_group("broker-b"), nullptr);

    std::vector<std::string> many;
    for (int i = 0; i < 10; ++i) many.push_back("topic-" + std::to_string(i));
    EXPECT_FALSE(table.register_broker(Broker{.counter = 2, .topics = many}.registration()));
    EXPECT_FALSE(table.add_queues(std::string(1'500, 't'), {{.broker_name = "broker-a"}}));
    EXPECT_THAT(route("T"), ElementsAre("broker-a{0=10.0.0.1:10911} 8/8 perm 6"));

    EXPECT_FALSE(table.register_broker(Broker{.counter = 2, .zone = std::string(1'500, 'z')}.registration()));

    many.resize(4);
    registers({.counter = 2, .topics = many});
    const auto size = table.bytes();
    for (int i = 3; i < 9; ++i) registers({.counter = i, .topics = many});
    EXPECT_EQ(table.bytes(), size);
}

TEST_F(ARouteTable, leaves_of_a_route_what_is_in_the_zone_or_has_no_master) {
    registers({.name = "broker-a", .address = first, .zone = "z1"});
    registers({.name = "broker-b", .address = second, .zone = "z2"});
    registers({.name = "broker-c", .id = 1, .address = third, .zone = "z2"});
    registers({.name = "broker-d", .address = "10.0.0.4:10911"});
    auto route = *table.route("T", false);
    keep_zone(route, "Z1");
    const auto names = [](const auto& list) {
        std::vector<std::string> out;
        for (const auto& each : list) out.push_back(each.broker_name);
        return out;
    };
    EXPECT_THAT(names(route.broker_datas), ElementsAre("broker-a", "broker-c"));
    EXPECT_THAT(names(route.queue_datas), ElementsAre("broker-a", "broker-c"));
}

}  // namespace
}  // namespace tern::nameserver
