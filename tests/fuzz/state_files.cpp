// Any bytes as the files of our own directory and as internal records: what is read can be written again and
// is read as the same. The first byte says which of them it is.
#include "base/buffer.hpp"
#include "base/hash.hpp"
#include "broker/kept_offsets.hpp"
#include "check.hpp"
#include "io/two_slot_file.hpp"
#include "replication/epoch_table.hpp"
#include "replication/installation.hpp"
#include "replication/internal_record.hpp"
#include "replication/snapshot.hpp"
#include "replication/vote_file.hpp"
#include "store/checkpoint_file.hpp"
#include "store/position_file.hpp"
#include "store/session_marks.hpp"

namespace tern {
namespace {

void check_epochs(std::string_view bytes) {
    const auto entries = replication::EpochTable::decode(bytes);
    if (!entries) return;
    for (std::size_t i = 1; i < entries->size(); ++i) {
        TERN_ASSERT((*entries)[i - 1].epoch < (*entries)[i].epoch);
        TERN_ASSERT((*entries)[i - 1].start <= (*entries)[i].start);
    }
}

void check_snapshot(std::string_view bytes) {
    const auto snapshot = replication::decode_snapshot(bytes);
    if (!snapshot) return;
    const auto again = replication::decode_snapshot(replication::encode_snapshot(*snapshot));
    TERN_ASSERT(again && again->position == snapshot->position && again->epoch == snapshot->epoch);
    TERN_ASSERT(again->tables.size() == snapshot->tables.size());
}

void check_installation(std::string_view bytes) {
    const auto installation = replication::decode_installation(bytes);
    if (!installation) return;
    TERN_ASSERT(installation->snapshot.position >= installation->begin);
    const std::string written = replication::encode_installation(*installation);
    const auto again = replication::decode_installation(written);
    TERN_ASSERT(again && replication::encode_installation(*again) == written);
}

void check_internal_record(std::string_view bytes) {
    const auto change = replication::decode_internal(bytes);
    if (!change) return;
    const std::string written = replication::encode_internal(*change);
    const auto again = replication::decode_internal(written);
    TERN_ASSERT(again && replication::encode_internal(*again) == written);
}

void check_position(std::string_view bytes) {
    const auto slot = store::decode_position_slot(bytes);
    if (!slot) return;
    const auto again =
        store::decode_position_slot(store::encode_position_slot(slot->position, slot->sequence));
    TERN_ASSERT(again && again->position == slot->position && again->sequence == slot->sequence);
}

void check_session_marks(std::string_view bytes) {
    if (const auto mark = store::decode_abort(bytes)) {
        const auto again = store::decode_abort(store::encode_abort(*mark));
        TERN_ASSERT(again && again->session == mark->session && again->boot_id == mark->boot_id);
    }
    if (const auto stop = store::decode_clean_stop(bytes)) {
        const auto again = store::decode_clean_stop(store::encode_clean_stop(*stop));
        TERN_ASSERT(again && again->session == stop->session && again->log_end == stop->log_end);
    }
}

void check_checkpoint(std::string_view bytes) {
    if (bytes.size() < store::Checkpoint::encoded_size) return;
    char written[store::Checkpoint::encoded_size];
    store::Checkpoint::decode(bytes.data()).encode(written);
    TERN_ASSERT(bytes.starts_with(std::string_view{written, sizeof written}));
}

void check_slot(std::string_view bytes) {
    const auto slot = io::decode_slot("TERNVOT1", bytes);
    if (slot) TERN_ASSERT(io::encode_slot("TERNVOT1", *slot) == bytes);
}

void check_vote(std::string_view bytes) {
    const auto state = replication::decode_member_state(bytes);
    if (!state) return;
    TERN_ASSERT(!(state->term < Epoch{}));
    const auto again = replication::decode_member_state(replication::encode_member_state(*state));
    TERN_ASSERT(again && *again == *state);
}

void check_kept_offsets(std::string_view bytes) {
    const broker::ConsumerOffsets none;
    broker::KeptOffsets kept{none};
    if (!kept.restore(bytes)) return;
    broker::KeptOffsets again{none};
    TERN_ASSERT(again.restore(kept.text()) && again.text() == kept.text());
}

// Of files that end with a checksum the input is the rest: no fuzzer finds a checksum by chance.
template <void (*check)(std::string_view)>
void check_sealed(std::string_view content) {
    Buffer file;
    file.append(content);
    file.append_be<std::uint32_t>(crc32(content));
    check(file.view());
}

}  // namespace
}  // namespace tern

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using Check = void (*)(std::string_view);
    using namespace tern;
    constexpr Check checks[] = {check_sealed<check_epochs>,
                                check_sealed<check_snapshot>,
                                check_internal_record,
                                check_sealed<check_position>,
                                check_session_marks,
                                check_checkpoint,
                                check_vote,
                                check_sealed<check_installation>,
                                check_sealed<check_slot>,
                                check_kept_offsets};
    if (size == 0) return 0;
    checks[data[0] % std::size(checks)](as_bytes(data, size).substr(1));
    return 0;
}
