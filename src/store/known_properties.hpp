// The properties that queues and index are made from, of records that wait for their dispatch: whoever
// appended them knew, so that nobody has to search them again.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/ring.hpp"
#include "model/message_record.hpp"

namespace tern::store {

// Owned by one thread. Keeps places within the properties, not their bytes: whoever changes the log behind an
// offset has to clear().
class KnownProperties {
public:
    void add(PhysicalOffset record, const model::RecordDraft& draft) {
        const auto part = [&](std::string_view text) {
            if (text.empty()) return Part{};
            return Part{static_cast<std::uint16_t>(text.data() - draft.properties.data()),
                        static_cast<std::uint16_t>(text.size())};
        };
        const model::IndexedProperties& known = *draft.indexed;
        Entry& entry = entries_.push_slot();
        entry.record = record;
        entry.parts = {part(known.tags), part(known.keys), part(known.unique_key), part(known.delay_level)};
    }

    // Those of a record, if they are known. To be asked in the order of the log.
    std::optional<model::IndexedProperties> take(const model::RecordView& record) {
        while (!entries_.empty() && entries_.front().record < record.physical_offset) entries_.drop();
        if (entries_.empty() || entries_.front().record != record.physical_offset) return std::nullopt;
        const auto text = [&](Part part) { return record.properties.substr(part.at, part.size); };
        const auto& [tags, keys, unique_key, delay_level] = entries_.front().parts;
        return model::IndexedProperties{text(tags), text(keys), text(unique_key), text(delay_level)};
    }

    void clear() {
        while (!entries_.empty()) entries_.drop();
    }

private:
    struct Part {
        std::uint16_t at{};
        std::uint16_t size{};
    };
    struct Entry {
        PhysicalOffset record;
        std::array<Part, 4> parts;
    };
    Ring<Entry> entries_;
};

}  // namespace tern::store
