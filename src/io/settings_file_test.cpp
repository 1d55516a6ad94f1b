#include "io/settings_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/properties.hpp"
#include "io/memory_file_system.hpp"
#include "io/posix_file_system.hpp"
#include "io/simulated_loop.hpp"

namespace tern::io {
namespace {

using testing::HasSubstr;

struct Config {
    std::int32_t hours{72};
    std::int32_t patience{300};
    static constexpr auto settings() {
        return list_of(setting("hours", &Config::hours, Apply::at_once, "How long."),
                       setting("patience", &Config::patience, Apply::at_once, "How long, too."));
    }
};
constexpr std::array aliases{ForeignSettings::Alias{"oldPatience", "patience"}};

class ASettingsFile : public ::testing::Test {
protected:
    SimulatedLoop loop;
    MemoryFileSystem files{loop.runtime()};
    Config config;
    Settings settings{ForeignSettings{.aliases = aliases}, config};
    const std::string path = "/etc/tern/broker.conf";

    void holds(std::string_view text) { ASSERT_TRUE(keep_file(files, path, text)); }
    Result<> keeps(std::string_view text) {
        return keep_settings(files, path, settings, *settings.check_update(*parse_properties(text)));
    }
    std::string text(const std::string& of) { return *read_file(files, of); }
    Config read_again() {
        Config again;
        Settings rows{ForeignSettings{.aliases = aliases}, again};
        EXPECT_TRUE(rows.apply(path, *parse_properties(text(path))));
        return again;
    }
};

TEST_F(ASettingsFile, keeps_what_a_person_wrote_around_a_value) {
    const std::string before = "# Ours.\n\nhours : 48\n! Do not touch.\nlistenPort=10911\n";
    holds(before);
    ASSERT_TRUE(keeps("hours=24\npatience=200"));
    EXPECT_EQ(text(path), "# Ours.\n\nhours=24\n! Do not touch.\nlistenPort=10911\npatience=200\n");
    EXPECT_EQ(text(path + ".bak"), before);
}
TEST_F(ASettingsFile, is_made_with_its_directory_when_it_is_missing) {
    ASSERT_TRUE(keeps("hours=24"));
    EXPECT_EQ(text(path), "hours=24\n");
    EXPECT_FALSE(files.exists(path + ".bak"));
}
TEST_F(ASettingsFile, has_the_new_value_at_the_next_start_whatever_names_it_uses) {
    for (const auto* before :
         {"oldPatience=1\npatience=2\n", "patience=1\noldPatience=2\n", "patience=1\npatience=2"}) {
        for (const auto* key : {"patience", "oldPatience"}) {
            holds(before);
            ASSERT_TRUE(keeps(std::string{key} + "=200"));
            EXPECT_EQ(read_again().patience, 200) << before << key;
        }
    }
}
TEST_F(ASettingsFile, that_no_start_could_read_is_left_alone) {
    holds("a=\\u12\n");
    const auto kept = keeps("hours=24");
    ASSERT_FALSE(kept);
    EXPECT_THAT(kept.error().detail, HasSubstr(path + ": line 1"));
    EXPECT_EQ(text(path), "a=\\u12\n");
}
TEST_F(ASettingsFile, is_there_whole_wherever_the_machine_dies) {
    holds("hours=48\n");
    ASSERT_TRUE(keeps("hours=24"));
    files.crash_machine();
    EXPECT_EQ(text(path), "hours=24\n");
    EXPECT_EQ(text(path + ".bak"), "hours=48\n");
}
// It may hold a secret.
TEST_F(ASettingsFile, is_shown_to_nobody_who_could_not_read_it_before) {
    PosixFileSystem disk{loop};
    const std::string directory = testing::TempDir() + "settings_file_test";
    ASSERT_TRUE(disk.remove(directory));
    const std::string file = directory + "/broker.conf";
    ASSERT_TRUE(keep_file(disk, file, "hours=48\n"));
    ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
    const auto changes = settings.check_update(*parse_properties("hours=24"));
    ASSERT_TRUE(keep_settings(disk, file, settings, *changes));
    for (const auto& one : {file, file + ".bak"}) {
        struct stat status{};
        ASSERT_EQ(::stat(one.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777, 0600U) << one;
    }
    ASSERT_TRUE(disk.remove(directory));
}

}  // namespace
}  // namespace tern::io
