#include "base/settings.hpp"

namespace tern {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

enum class Flush { async_flush, sync_flush };
constexpr std::array<std::string_view, 2> enum_names(Flush) {
    return {"ASYNC_FLUSH", "SYNC_FLUSH"};
}

bool are_hours(std::string_view text) {
    return std::ranges::all_of(split(text, ';'), [](auto hour) {
        const auto number = parse_number<int>(hour);
        return number && *number < 24;
    });
}

struct StoreConfig {
    std::int32_t segment_size{1'073'741'824};
    std::int64_t reserved_hours{72};
    std::string delete_when{"04"};
    double clean_ratio{0.8};
    Flush flush{Flush::async_flush};

    static constexpr auto settings() {
        using C = StoreConfig;
        return list_of(
            setting("mappedFileSizeCommitLog", &C::segment_size, at_least(65'536), Apply::at_restart,
                    "Size of one commit-log segment.", "bytes"),
            setting("fileReservedTime", &C::reserved_hours, between(1, 9'999), Apply::at_once,
                    "How long a segment is kept after its last write.", "h"),
            setting("deleteWhen", &C::delete_when, Shape{are_hours, "hours of the day, such as 04;16"},
                    Apply::at_once, "When expired segments go."),
            setting("cleanRatio", &C::clean_ratio, at_most(1.0), Apply::at_once,
                    "Share that forces cleaning."),
            setting("flushDiskType", &C::flush, Apply::at_once, "When an answer leaves."));
    }
};

struct BrokerConfig {
    std::string name;
    bool auto_create{true};
    std::int32_t listen_port{10'911};

    static constexpr auto settings() {
        using C = BrokerConfig;
        return list_of(
            setting("brokerName", &C::name, Apply::at_restart, "Name of the group."),
            setting("autoCreateTopicEnable", &C::auto_create, Apply::at_once, "Create what is sent to."),
            setting("listenPort", &C::listen_port, between(1, 65'535), Apply::at_restart,
                    "Where we listen."));
    }
};

struct ProxyConfig {
    std::int32_t listen_port{8'080};
    static constexpr auto settings() {
        return list_of(setting("listenPort", &ProxyConfig::listen_port, Apply::at_restart, "Likewise."));
    }
};

constexpr std::array<std::string_view, 1> thread_pools{"sendMessageThreadPoolNums"};
constexpr std::array unsupported{ForeignSettings::Unsupported{"enableDLegerCommitLog", "false"}};

class EventLog final : public Log {
public:
    void write(LogLevel level, std::string_view event, Fields fields) override {
        auto& line = lines.emplace_back(enum_name(level));
        line.append(" ").append(event);
        for (const auto& field : fields) line.append(" ").append(field.name).append("=").append(field.value);
    }
    std::vector<std::string> lines;
};

// A broker's settings in one flat file, broker.conf.
class SettingsOfABroker : public ::testing::Test {
protected:
    BrokerConfig broker;
    StoreConfig store;
    Settings settings{ForeignSettings{thread_pools, unsupported}, broker, store};

    Result<std::vector<SettingNote>> apply(std::string_view text) {
        return settings.apply("broker.conf", *parse_properties(text));
    }
    Result<std::vector<SettingChange>> update(std::string_view text) {
        auto changes = settings.check_update(*parse_properties(text));
        if (changes) settings.update(*changes);
        return changes;
    }
    std::string complaint(std::string_view text) {
        const auto applied = apply(text);
        return applied ? "none" : applied.error().detail;
    }
};

TEST_F(SettingsOfABroker, come_from_one_file_whatever_struct_they_are_in) {
    ASSERT_TRUE(
        apply("brokerName = broker-a\nfileReservedTime=48\nautoCreateTopicEnable=FALSE\n"
              "flushDiskType=SYNC_FLUSH\ncleanRatio=0.5\nlistenPort : 30911"));
    EXPECT_EQ(broker.name, "broker-a");
    EXPECT_EQ(store.reserved_hours, 48);
    EXPECT_FALSE(broker.auto_create);
    EXPECT_EQ(store.flush, Flush::sync_flush);
    EXPECT_EQ(store.clean_ratio, 0.5);
    EXPECT_EQ(broker.listen_port, 30'911);
}
TEST_F(SettingsOfABroker, keep_the_default_of_the_struct_where_the_file_says_nothing) {
    ASSERT_TRUE(apply("brokerName=broker-a"));
    EXPECT_EQ(store.segment_size, 1'073'741'824);
}
TEST_F(SettingsOfABroker, do_not_mind_blanks_at_the_end_of_a_value) {
    ASSERT_TRUE(apply("fileReservedTime=48  \nbrokerName=broker-a \t"));
    EXPECT_EQ(store.reserved_hours, 48);
    EXPECT_EQ(broker.name, "broker-a");
}
TEST_F(SettingsOfABroker, take_the_last_value_of_a_key_that_stands_twice) {
    ASSERT_TRUE(apply("fileReservedTime=48\nfileReservedTime=24"));
    EXPECT_EQ(store.reserved_hours, 24);
}
TEST_F(SettingsOfABroker, are_set_in_every_struct_that_has_them) {
    ProxyConfig proxy;
    Settings both{ForeignSettings{}, broker, proxy};
    ASSERT_TRUE(both.apply("proxy.conf", *parse_properties("listenPort=9000")));
    EXPECT_EQ(broker.listen_port, 9'000);
    EXPECT_EQ(proxy.listen_port, 9'000);
    EXPECT_EQ(both.text(), "brokerName=\nautoCreateTopicEnable=true\nlistenPort=9000\n");
}

TEST_F(SettingsOfABroker, stop_the_start_at_a_bad_value_and_say_what_would_be_right) {
    EXPECT_EQ(
        complaint("brokerName=a\n\nfileReservedTime=soon"),
        "broker.conf:3: fileReservedTime=soon is not right: it takes a whole number from 1 to 9999, in h "
        "(default 72)");
    EXPECT_THAT(complaint("fileReservedTime=0"), HasSubstr("from 1 to 9999"));
    EXPECT_THAT(complaint("fileReservedTime="), HasSubstr("from 1 to 9999"));
    EXPECT_THAT(complaint("mappedFileSizeCommitLog=1024"),
                HasSubstr("a whole number of at least 65536, in bytes"));
    EXPECT_THAT(complaint("mappedFileSizeCommitLog=99999999999"), HasSubstr("of at least 65536"));
    EXPECT_THAT(complaint("cleanRatio=1.5"), HasSubstr("a number of at most 1"));
    EXPECT_THAT(complaint("autoCreateTopicEnable=yes"), HasSubstr("true or false"));
    EXPECT_THAT(complaint("flushDiskType=SOMETIMES"), HasSubstr("ASYNC_FLUSH or SYNC_FLUSH"));
    EXPECT_THAT(complaint("deleteWhen=4;25"), HasSubstr("hours of the day, such as 04;16"));
}
TEST_F(SettingsOfABroker, note_an_unknown_key_with_its_line_and_the_nearest_known_one) {
    const auto notes = apply("brokerName=a\nfileReservdTime=48\nsomethingElseEntirely=1");
    ASSERT_TRUE(notes);
    ASSERT_EQ(notes->size(), 2);
    EXPECT_EQ((*notes)[0].kind, SettingNote::Kind::unknown);
    EXPECT_EQ((*notes)[0].property.line, 2);
    EXPECT_EQ((*notes)[0].advice, "fileReservedTime");
    EXPECT_EQ((*notes)[1].advice, "");
}
TEST_F(SettingsOfABroker, suggest_a_key_whatever_the_slip) {
    for (const auto* key : {"filereservedtime", "fileReservedTimes", "fielReservedTime", "fileReserveTime"})
        EXPECT_EQ(apply(std::string{key} + "=48").value().at(0).advice, "fileReservedTime") << key;
}
TEST_F(SettingsOfABroker, accept_keys_that_steer_nothing_here_without_a_warning) {
    const auto notes = apply("sendMessageThreadPoolNums=16");
    ASSERT_TRUE(notes);
    EXPECT_EQ(notes->at(0).kind, SettingNote::Kind::without_effect);
}
TEST_F(SettingsOfABroker, are_noted_for_a_log_that_opens_when_all_have_been_read) {
    ASSERT_TRUE(apply("brokerName=a\nsendMessageThreadPoolNums=16\nfileReservdTime=48"));
    ASSERT_TRUE(settings.apply("command line", std::array{Property{"enableDLegerCommitLog", "true", 0}}));
    EventLog log;
    log_notes(log, settings.notes());
    EXPECT_THAT(
        log.lines,
        ElementsAre("INFO setting_without_effect at=broker.conf:2 key=sendMessageThreadPoolNums",
                    "WARN setting_unknown at=broker.conf:3 nearest=fileReservedTime key=fileReservdTime",
                    "WARN setting_not_supported at=command line supported=false "
                    "key=enableDLegerCommitLog value=true"));
}
TEST_F(SettingsOfABroker, warn_of_a_key_only_when_it_asks_for_what_is_not_there) {
    EXPECT_THAT(apply("enableDLegerCommitLog=False").value(), IsEmpty());
    const auto notes = apply("enableDLegerCommitLog=true");
    EXPECT_EQ(notes.value().at(0).kind, SettingNote::Kind::unsupported);
    EXPECT_EQ(notes.value().at(0).advice, "false");
}

TEST_F(SettingsOfABroker, change_at_run_time_where_they_apply_at_once) {
    const auto changes = update("fileReservedTime=48\nautoCreateTopicEnable=false\nfileReservedTime=24 ");
    ASSERT_TRUE(changes);
    ASSERT_EQ(changes->size(), 2);
    EXPECT_EQ(changes->at(0).name, "fileReservedTime");
    EXPECT_EQ(changes->at(0).before, "72");
    EXPECT_EQ(changes->at(0).after, "24");
    EXPECT_EQ(store.reserved_hours, 24);
    EXPECT_FALSE(broker.auto_create);
}
TEST_F(SettingsOfABroker, change_all_together_or_not_at_all) {
    EXPECT_EQ(update("fileReservedTime=24\nlistenPort=1").error().code, Errc::no_permission);
    EXPECT_EQ(update("fileReservedTime=24\nautoCreateTopicEnable=maybe").error().code,
              Errc::invalid_argument);
    EXPECT_EQ(update("fileReservedTime=0").error().detail,
              "fileReservedTime=0 is not right: it takes a whole number from 1 to 9999, in h (default 72)");
    EXPECT_EQ(update("fileReservedTime=24\nautoCreateTopicEnabled=true").error().detail,
              "unknown setting autoCreateTopicEnabled, did you mean autoCreateTopicEnable?");
    EXPECT_EQ(store.reserved_hours, 72);
}
TEST_F(SettingsOfABroker, say_at_run_time_what_steers_nothing_here) {
    EXPECT_EQ(update("sendMessageThreadPoolNums=4").error().detail,
              "sendMessageThreadPoolNums is a setting of RocketMQ's that steers nothing here");
    for (const auto* value : {"true", "false"})
        EXPECT_EQ(update(std::string{"enableDLegerCommitLog="} + value).error().detail,
                  "enableDLegerCommitLog is a setting of RocketMQ's that is not supported here: it acts as "
                  "false");
}

struct LinkConfig {
    std::string secret;
    std::int32_t timeout{300};
    static constexpr auto settings() {
        using C = LinkConfig;
        return list_of(setting("secret", &C::secret, Secret{}, Apply::at_restart, "Known to members only."),
                       setting("minElectTime", &C::timeout, Apply::at_once, "Until a vote."));
    }
};
TEST(SettingsOfALink, show_a_secret_to_nobody) {
    LinkConfig link;
    Settings settings{ForeignSettings{}, link};
    EXPECT_EQ(settings.value("secret"), "");
    ASSERT_TRUE(settings.apply("broker.conf", *parse_properties("secret=hush")));
    EXPECT_EQ(link.secret, "hush");
    EXPECT_EQ(settings.text(), "secret=******\nminElectTime=300\n");
}
TEST(SettingsOfALink, are_known_by_their_aliases) {
    constexpr std::array aliases{ForeignSettings::Alias{"minVoteTime", "minElectTime"}};
    LinkConfig link;
    Settings settings{ForeignSettings{.aliases = aliases}, link};
    EXPECT_EQ(settings.name_of("minVoteTime"), "minElectTime");
    EXPECT_EQ(settings.name_of("minTime"), std::nullopt);
    EXPECT_EQ(settings.check_update(*parse_properties("minVoteTime=200"))->at(0).name, "minElectTime");
}

TEST_F(SettingsOfABroker, are_listed_as_properties_that_read_back) {
    ASSERT_TRUE(apply("brokerName=broker-a\ncleanRatio=0.75"));
    EXPECT_EQ(settings.text(),
              "brokerName=broker-a\nautoCreateTopicEnable=true\nlistenPort=10911\n"
              "mappedFileSizeCommitLog=1073741824\nfileReservedTime=72\ndeleteWhen=04\ncleanRatio=0.75\n"
              "flushDiskType=ASYNC_FLUSH\n");
    EXPECT_TRUE(apply(settings.text()));
}
TEST_F(SettingsOfABroker, are_found_by_name) {
    EXPECT_EQ(settings.value("fileReservedTime"), "72");
    EXPECT_EQ(settings.value("nothing"), std::nullopt);
    EXPECT_TRUE(settings.has("brokerName"));
}
TEST_F(SettingsOfABroker, print_their_reference_page) {
    EXPECT_THAT(
        settings.reference(),
        AllOf(
            HasSubstr("| Key | Default | Takes | Applies | Meaning |\n"),
            HasSubstr("| `fileReservedTime` | `72` h | a whole number from 1 to 9999 | at once | How long a "
                      "segment is kept after its last write. |\n"),
            HasSubstr("| `brokerName` |  | text | at restart | Name of the group. |\n")));
}

}  // namespace
}  // namespace tern
