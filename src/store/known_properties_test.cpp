#include "store/known_properties.hpp"

namespace tern::store {
namespace {

class Known {
public:
    Known& adds(std::int64_t at, std::string_view properties, std::string_view tags) {
        model::IndexedProperties indexed;
        indexed.tags = properties.substr(properties.find(tags), tags.size());
        model::RecordDraft draft;
        draft.properties = properties;
        draft.indexed = &indexed;
        known_.add(PhysicalOffset{at}, draft);
        return *this;
    }
    std::string tags(std::int64_t at, std::string_view properties) {
        model::RecordView record;
        record.physical_offset = PhysicalOffset{at};
        record.properties = properties;
        const auto known = known_.take(record);
        return known ? std::string{known->tags} : "(unknown)";
    }
    Known& forgets() {
        known_.clear();
        return *this;
    }

private:
    KnownProperties known_;
};

TEST(KnownProperties, are_views_into_those_that_were_stored) {
    Known known;
    known.adds(0, "TAGS\1a\2", "a").adds(50, "k\1v\2TAGS\1longer\2", "longer");
    EXPECT_EQ(known.tags(0, "TAGS\1a\2"), "a");
    EXPECT_EQ(known.tags(50, "k\1v\2TAGS\1longer\2"), "longer");
}

TEST(KnownProperties, are_those_of_their_record_only) {
    Known known;
    known.adds(10, "TAGS\1a\2", "a").adds(30, "TAGS\1b\2", "b");
    EXPECT_EQ(known.tags(0, "TAGS\1x\2"), "(unknown)");
    EXPECT_EQ(known.tags(20, "TAGS\1y\2"), "(unknown)");
    EXPECT_EQ(known.tags(30, "TAGS\1b\2"), "b");
    EXPECT_EQ(known.adds(40, "TAGS\1c\2", "c").forgets().tags(40, "TAGS\1d\2"), "(unknown)");
}

}  // namespace
}  // namespace tern::store
