#include "replication/internal_record.hpp"

namespace tern::replication {
namespace {

TEST(InternalRecord, is_this_text_in_a_record_that_java_passes_over) {
    InternalRecord change;
    change.epoch_start = EpochStart{3, "10.0.0.1:10911", 5};
    change.offsets.emplace();
    (*change.offsets)["Orders@consumers"][QueueId{0}] = QueueOffset{7};
    const std::string body = encode_internal(change);
    EXPECT_EQ(
        body,
        R"({"epochStart":{"epoch":3,"group":5,"leader":"10.0.0.1:10911"},"level":1,"offsets":{"Orders@consumers":{"0":7}}})");
    Buffer bytes;
    model::encode_record(bytes, internal_draft(body, *model::Host::parse("10.0.0.1:10911"), 1));
    const auto record = model::decode_record(bytes.view(), model::VerifyBody::yes);
    ASSERT_TRUE(record);
    EXPECT_TRUE(is_internal(*record));
    EXPECT_EQ(record->transaction_type(), model::sys_flag::transaction_rollback);
    EXPECT_EQ(record->queue_offset, QueueOffset{0});
}

TEST(InternalRecord, comes_back_as_it_was) {
    InternalRecord change;
    change.topics.emplace().emplace_back().name = "Orders";
    change.deleted_groups = {{"old"}};
    change.locks = {{{"client", "group", 4, "Orders"}}};
    change.schedule.emplace();
    (*change.schedule)[2] = QueueOffset{9};
    const auto decoded = decode_internal(encode_internal(change));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->topics->at(0).name, "Orders");
    EXPECT_EQ(decoded->deleted_groups->at(0), "old");
    EXPECT_EQ(decoded->locks->at(0).client, "client");
    EXPECT_EQ(decoded->schedule->at(2), QueueOffset{9});
    EXPECT_FALSE(decoded->epoch_start);
}

// What a leader has written nobody may find too large, or no member starts any more.
TEST(InternalRecord, is_read_however_much_it_holds) {
    InternalRecord change;
    auto& queues = change.offsets.emplace()["Orders@readers"];
    for (std::int32_t id = 0; id < 600'000; ++id) queues[QueueId{id}] = QueueOffset{1};
    const auto decoded = decode_internal(encode_internal(change));
    ASSERT_TRUE(decoded) << decoded.error().detail;
    EXPECT_EQ(decoded->offsets, change.offsets);
}

TEST(InternalRecord, of_a_newer_feature_level_is_not_guessed_at) {
    const auto decoded = decode_internal(R"({"level":2,"somethingNew":{}})");
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, Errc::not_supported);
}

}  // namespace
}  // namespace tern::replication
