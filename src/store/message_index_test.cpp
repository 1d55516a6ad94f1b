#include "store/message_index.hpp"

#include "store/store_scenario.hpp"

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

namespace tern::store {
namespace {

class AMessageIndex : public testing::Test {
protected:
    void add(std::string_view keys, std::int64_t record_at, std::int64_t stored = 0) {
        add_to(index_, "", keys, record_at, stored);
    }
    static void add_to(MessageIndex& index, std::string_view unique_key, std::string_view keys,
                       std::int64_t record_at, std::int64_t stored = 0) {
        std::vector<std::int32_t> hashes;
        add_key_hashes(index_topic_hash("T"), unique_key, keys, hashes);
        ASSERT_TRUE(index.add(hashes, PhysicalOffset{record_at}, start_ + stored));
    }
    std::vector<std::int64_t> find(std::string_view key, std::size_t count = 64, std::int64_t begin = 0,
                                   std::int64_t end = INT32_MAX) const {
        std::vector<std::int64_t> offsets;
        for (const auto at : index_.find("T", key, count, start_ + begin, start_ + end).records)
            offsets.push_back(at.value());
        return offsets;
    }
    std::vector<io::DirectoryEntry> files() {
        return files_.list("/store/index").value_or(std::vector<io::DirectoryEntry>{});
    }
    std::string bytes(std::size_t file = 0) {
        return *io::read_file(files_, "/store/index/" + files()[file].name);
    }

    static constexpr std::int64_t start_ = 1'700'000'000'000;
    StoreConfig config_ = small_files();
    io::SimulatedLoop loop_;
    io::MemoryFileSystem files_{loop_.runtime()};
    StoreProbe probe_;
    MessageIndex index_{config_, files_, loop_.runtime(), probe_};
};

}  // namespace

TEST_F(AMessageIndex, finds_records_by_each_of_their_keys) {
    add_to(index_, "unique", "one  two", 10);
    add("two three", 20);
    EXPECT_THAT(find("unique"), ElementsAre(10));
    EXPECT_THAT(find("one"), ElementsAre(10));
    EXPECT_THAT(find("two"), ElementsAre(10, 20));
    EXPECT_THAT(find(""), IsEmpty());
    EXPECT_THAT(find("four"), IsEmpty());
}

// Java has one hash for "Aa" and "BB". Who reads the record compares.
TEST_F(AMessageIndex, gives_the_records_of_keys_with_the_same_hash_as_well) {
    add("Aa", 10);
    add("BB", 20);
    add("Bb", 30);
    for (const auto* key : {"Aa", "BB"}) EXPECT_THAT(find(key), ElementsAre(10, 20)) << key;
    EXPECT_THAT(find("Bb"), ElementsAre(30));
}

TEST_F(AMessageIndex, gives_the_newest_when_there_are_more_than_asked_for) {
    for (int i = 0; i < 50; ++i) add("k", i);
    EXPECT_THAT(find("k", 3), ElementsAre(47, 48, 49));
}

TEST_F(AMessageIndex, looks_only_at_the_time_asked_for) {
    for (int i = 0; i < 50; ++i) add("k", i, i * 1000);
    EXPECT_THAT(find("k", 64, 10'000, 12'000), ElementsAre(10, 11, 12));
    EXPECT_THAT(find("k", 64, 48'500), ElementsAre(49));
    EXPECT_THAT(find("k", 64, 90'000), IsEmpty());
}

TEST_F(AMessageIndex, takes_no_record_twice) {
    add("k", 10);
    add("k", 20);
    add("k", 10);
    add("k", 20);
    EXPECT_THAT(find("k"), ElementsAre(10, 20));
}

TEST_F(AMessageIndex, writes_java_s_bytes) {
    // Three keys; 7 slots. T#a hashes to 81906, T#b to 81907, T#h to 81913 = 81906 + 7.
    add("a", 0x1000, 500);
    add("b", 0x2000, 2'700);
    add("h", 0x3000, 5'500);
    ASSERT_THAT(files(), SizeIs(1));
    EXPECT_THAT(files()[0].name, SizeIs(17));
    ASSERT_EQ(files()[0].size, 40 + 4 * 7 + 20 * 20);
    const std::string file = bytes();
    const auto i64 = [&](std::size_t at) { return load_be<std::int64_t>(file.data() + at); };
    const auto i32 = [&](std::size_t at) { return load_be<std::int32_t>(file.data() + at); };
    EXPECT_THAT((std::vector{i64(0), i64(8), i64(16), i64(24)}),
                ElementsAre(start_ + 500, start_ + 5'500, 0x1000, 0x3000));
    EXPECT_THAT((std::vector{i32(32), i32(36)}), ElementsAre(2, 4));
    const std::size_t slot = 40 + 4 * (81906 % 7);
    EXPECT_EQ(i32(slot), 3);
    EXPECT_EQ(i32(40 + 4 * (81907 % 7)), 2);
    const std::size_t third = 40 + 4 * 7 + 20 * 3;
    EXPECT_EQ(i32(third), 81913);
    EXPECT_EQ(i64(third + 4), 0x3000);
    EXPECT_EQ(i32(third + 12), 5);
    EXPECT_EQ(i32(third + 16), 1);
    EXPECT_EQ(file.substr(40 + 28, 20), std::string(20, '\0'));
}

TEST_F(AMessageIndex, begins_a_file_when_one_is_full_even_if_the_clock_stands) {
    for (int i = 0; i < 60; ++i) add("key-" + std::to_string(i), i, i);
    ASSERT_THAT(files(), SizeIs(4));
    EXPECT_EQ(IndexHeader::decode(bytes(0).data()).next_entry, 20);
    EXPECT_EQ(IndexHeader::decode(bytes(1).data()).begin_offset, 19);
    for (int i = 0; i < 60; ++i) EXPECT_THAT(find("key-" + std::to_string(i)), testing::Contains(i));
    EXPECT_EQ(index_.find("T", "x", 1, 0, 0).index_offset, 59);
}

TEST_F(AMessageIndex, is_the_same_after_it_is_loaded_again) {
    for (int i = 0; i < 30; ++i) add("k", i, i);
    MessageIndex again{config_, files_, loop_.runtime(), probe_};
    ASSERT_TRUE(again.load(Mending::none));
    EXPECT_EQ(again.mark(), index_.mark());
    EXPECT_EQ(again.find("T", "k", 64, 0, INT64_MAX).records,
              index_.find("T", "k", 64, 0, INT64_MAX).records);
    add_to(again, "", "k", 29);
    EXPECT_EQ(again.mark(), index_.mark());
}

TEST_F(AMessageIndex, goes_back_to_a_mark_byte_by_byte) {
    for (const bool intact : {true, false}) {
        ASSERT_TRUE(index_.clear());
        for (int i = 0; i < 10; ++i) add("key-" + std::to_string(i), i, i);
        const auto mark = index_.mark();
        const std::string before = bytes().substr(0, 40 + 4 * 7 + 20 * 11);
        for (int i = 10; i < 50; ++i) add("key-" + std::to_string(i % 20), i, i);
        ASSERT_TRUE(index_.rewind(mark, intact));
        EXPECT_EQ(index_.mark(), mark);
        EXPECT_EQ(bytes().substr(0, before.size()), before) << intact;
        EXPECT_THAT(files(), SizeIs(1));
        add("key-3", 10, 10);
        EXPECT_THAT(find("key-3"), testing::IsSupersetOf({3, 10}));
    }
}

TEST_F(AMessageIndex, takes_back_a_put_that_was_interrupted) {
    add("a", 1);
    const auto mark = index_.mark();
    const std::string header = bytes().substr(0, 40);
    add("h", 2);
    // The entry and its slot are there, the header does not count them yet.
    const std::string path = "/store/index/" + files()[0].name;
    ASSERT_TRUE((*files_.open(path, io::OpenMode::read_write))->write_at(0, header));
    MessageIndex again{config_, files_, loop_.runtime(), probe_};
    ASSERT_TRUE(again.load(Mending::none) && again.rewind(mark, true));
    EXPECT_THAT(again.find("T", "a", 64, 0, INT64_MAX).records, ElementsAre(PhysicalOffset{1}));
}

TEST_F(AMessageIndex, drops_records_that_were_cut_and_files_below_the_logs_begin) {
    for (int i = 0; i < 60; ++i) add("k", i, i);
    ASSERT_TRUE(index_.truncate(PhysicalOffset{25}));
    EXPECT_THAT(files(), SizeIs(2));
    EXPECT_THAT(find("k"), SizeIs(25));
    add("k", 25, 25);
    EXPECT_THAT(find("k", 2), ElementsAre(24, 25));
    ASSERT_TRUE(index_.remove_below(PhysicalOffset{20}));
    EXPECT_THAT(files(), SizeIs(1));
}

TEST_F(AMessageIndex, survives_a_file_of_nonsense) {
    for (int i = 0; i < 10; ++i) add("k", i);
    SeededRandom random{7};
    for (int round = 0; round < 200; ++round) {
        std::string nonsense(bytes().size(), '\0');
        for (char& byte : nonsense) byte = static_cast<char>(random.next());
        const std::string path = "/store/index/" + files()[0].name;
        ASSERT_TRUE((*files_.open(path, io::OpenMode::read_write))->write_at(0, nonsense));
        MessageIndex again{config_, files_, loop_.runtime(), probe_};
        ASSERT_TRUE(again.load(Mending::none));
        std::ignore = again.find("T", "k", 64, 0, INT64_MAX);
        ASSERT_TRUE(again.truncate(PhysicalOffset{0}));
        add_to(again, "u", "k", INT64_MAX - 1);
    }
}

TEST_F(AMessageIndex, survives_a_header_with_the_least_and_the_largest_numbers) {
    for (int i = 0; i < 10; ++i) add("k", i);
    const std::string path = "/store/index/" + files()[0].name;
    for (const char* begin : {"\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "\x80\0\0\0\0\0\0\0"}) {
        for (const char* slots_used : {"\x7F\xFF\xFF\xFF", "\x80\0\0\0"}) {
            const auto file = files_.open(path, io::OpenMode::read_write);
            ASSERT_TRUE((*file)->write_at(0, std::string_view{begin, 8}));
            ASSERT_TRUE((*file)->write_at(32, std::string_view{slots_used, 4}));
            MessageIndex again{config_, files_, loop_.runtime(), probe_};
            ASSERT_TRUE(again.load(Mending::none));
            std::ignore = again.find("T", "k", 64, 0, INT64_MAX);
            add_to(again, "u", "k", 1000);
            ASSERT_TRUE(again.truncate(PhysicalOffset{5}));
        }
    }
}

}  // namespace tern::store
