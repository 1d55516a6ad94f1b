#include "metrics/registry.hpp"

namespace tern::metrics {
namespace {

using testing::HasSubstr;

class StoreProbe {
public:
    void message_appended(std::size_t size, Duration time) {
        appended_messages_.add();
        appended_bytes_.add(size);
        append_time_.record(time);
        segments_.set(1);
    }

    template <class Visit>
    void metrics(Visit visit) const {
        visit("store_appended_messages_total", "Messages written.", appended_messages_);
        visit("store_appended_bytes_total", "Bytes written.", appended_bytes_);
        visit("store_append_seconds", "Time of an append.", append_time_, nanoseconds_as_seconds);
        visit("store_segments", "Segments on the disk.", segments_);
    }

private:
    Counter appended_messages_;
    Counter appended_bytes_;
    Histogram append_time_;
    Gauge segments_;
};

TEST(ARegistry, shows_counters_gauges_and_computed_levels) {
    Registry registry;
    Counter counter;
    Gauge gauge;
    const std::uint64_t plain = 4;
    registry.add("b_total", "Things that happened.", counter);
    registry.add("d_total", "Counted plainly.", plain);
    registry.add("a", "Level.", gauge);
    registry.add("c", "Computed.", [] { return 0.25; });
    counter.add(3);
    gauge.add(5);
    gauge.subtract(7);
    EXPECT_EQ(registry.text(),
              "# HELP a Level.\n"
              "# TYPE a gauge\n"
              "a -2\n"
              "# HELP b_total Things that happened.\n"
              "# TYPE b_total counter\n"
              "b_total 3\n"
              "# HELP c Computed.\n"
              "# TYPE c gauge\n"
              "c 0.25\n"
              "# HELP d_total Counted plainly.\n"
              "# TYPE d_total counter\n"
              "d_total 4\n");
}

TEST(ARegistry, shows_levels_without_exponents_where_people_read_them) {
    const std::pair<double, std::string_view> levels[]{{100'000, "100000"},   {0.00025, "0.00025"},
                                                       {1.5e9, "1500000000"}, {0, "0"},
                                                       {1e300, "1e+300"},     {1e-300, "1e-300"}};
    for (const auto& [level, text] : levels) {
        Registry registry;
        registry.add("bytes", "Some.", [level] { return level; });
        EXPECT_THAT(registry.text(), HasSubstr("bytes " + std::string{text} + "\n"));
    }
}

TEST(ARegistry, shows_the_series_that_there_are_when_it_is_asked) {
    Registry registry;
    std::vector<Registry::Level> members;
    registry.add("lag", "Of members.", [&members] { return members; });
    EXPECT_EQ(registry.text(), "# HELP lag Of members.\n# TYPE lag gauge\n");
    members = {{{{"member", "n1"}}, 5}, {{{"member", "n2"}}, 0.5}};
    EXPECT_EQ(registry.text(),
              "# HELP lag Of members.\n"
              "# TYPE lag gauge\n"
              "lag{member=\"n1\"} 5\n"
              "lag{member=\"n2\"} 0.5\n");
}

TEST(ARegistry, shows_a_histogram_in_the_units_and_buckets_of_its_scale) {
    static constexpr std::uint64_t limits[] = {1'000, 1'000'000};
    Registry registry;
    Histogram histogram;
    registry.add("wait_seconds", "Time waited.", histogram, Scale{limits, 1e9}, {{"queue", "a"}});
    for (const auto time : {Duration{500ns}, Duration{2us}, Duration{3us}, Duration{1s}})
        histogram.record(time);
    EXPECT_EQ(registry.text(),
              "# HELP wait_seconds Time waited.\n"
              "# TYPE wait_seconds histogram\n"
              "wait_seconds_bucket{queue=\"a\",le=\"0.000001\"} 1\n"
              "wait_seconds_bucket{queue=\"a\",le=\"0.001\"} 3\n"
              "wait_seconds_bucket{queue=\"a\",le=\"+Inf\"} 4\n"
              "wait_seconds_sum{queue=\"a\"} 1.0000055\n"
              "wait_seconds_count{queue=\"a\"} 4\n");
}

TEST(ARegistry, keeps_series_of_one_name_together) {
    Registry registry;
    Counter first;
    Counter second;
    registry.add("x_total", "X.", first, {{"node", "a"}, {"role", "r"}});
    registry.add("x_total", "X.", second, {{"node", "b"}, {"role", "r"}});
    second.add();
    EXPECT_EQ(registry.text(),
              "# HELP x_total X.\n# TYPE x_total counter\n"
              "x_total{node=\"a\",role=\"r\"} 0\nx_total{node=\"b\",role=\"r\"} 1\n");
}

TEST(ARegistry, escapes_what_would_end_a_label_or_a_line) {
    Registry registry;
    Counter counter;
    registry.add("x_total", "one\ntwo \\ \"three\"", counter, {{"topic", "a\"b\\c\nd"}});
    EXPECT_EQ(registry.text(),
              "# HELP x_total one\\ntwo \\\\ \"three\"\n# TYPE x_total counter\n"
              "x_total{topic=\"a\\\"b\\\\c\\nd\"} 0\n");
}

TEST(ARegistry, takes_a_probe_with_all_that_it_counts) {
    Registry registry;
    StoreProbe probe;
    registry.add_probe(probe, {{"cluster", "c"}});
    probe.message_appended(100, 3ms);
    const auto text = registry.text();
    for (const auto* line :
         {"store_appended_messages_total{cluster=\"c\"} 1\n",
          "store_appended_bytes_total{cluster=\"c\"} 100\n",
          "store_append_seconds_bucket{cluster=\"c\",le=\"0.005\"} 1\n",
          "store_append_seconds_count{cluster=\"c\"} 1\n", "store_segments{cluster=\"c\"} 1\n"})
        EXPECT_THAT(text, HasSubstr(line));
}

TEST(ARegistryDeathTest, refuses_what_no_reader_could_tell_apart) {
    Registry registry;
    Counter counter;
    Gauge gauge;
    registry.add("x_total", "X.", counter);
    EXPECT_DEATH(registry.add("x_total", "X.", counter), "assertion failed");
    EXPECT_DEATH(registry.add("x_total", "X.", gauge, {{"a", "b"}}), "assertion failed");
    EXPECT_DEATH(registry.add("x-total", "X.", counter), "assertion failed");
}

}  // namespace
}  // namespace tern::metrics
