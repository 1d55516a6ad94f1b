// Any bytes as the files of a store: a segment of the commit log, a consume queue, an index file, checksums
// of blocks, the list of deleted topics. Damage leads nowhere outside of them, and what is read is written
// again as the same. The first byte says which.
#include <array>

#include "base/buffer.hpp"
#include "check.hpp"
#include "io/memory_file_system.hpp"
#include "io/simulated_loop.hpp"
#include "store/block_checksums.hpp"
#include "store/consume_queue_entry.hpp"
#include "store/consume_queues.hpp"
#include "store/dispatcher.hpp"
#include "store/index_file.hpp"
#include "store/log_entry.hpp"
#include "store/probe.hpp"

namespace tern::store {
namespace {

constexpr IndexShape shape{.slots = 7, .entries = 12};

void check_segment(std::string_view bytes) {
    const auto segment_size = static_cast<std::int64_t>(bytes.size());
    for (PhysicalOffset at; at.value() < segment_size;) {
        const auto entry = read_log_entry(bytes.substr(static_cast<std::size_t>(at.value())), at,
                                          segment_size, model::VerifyBody::no);
        TERN_ASSERT((entry.kind == LogEntry::Kind::nothing) == (entry.next == at));
        if (entry.kind == LogEntry::Kind::nothing) return;
        TERN_ASSERT(entry.next.value() <= segment_size);
        if (entry.kind == LogEntry::Kind::record) (void)read_indexed_properties(entry.record.properties);
        at = entry.next;
    }
}

void check_queue(std::string_view bytes) {
    const ConsumeQueueSpan entries{bytes};
    for (std::size_t i = 0; i < entries.size(); ++i) {
        std::array<char, ConsumeQueueEntry::encoded_size> written{};
        entries[i].encode(written.data());
        TERN_ASSERT(bytes.substr(i * written.size(), written.size()) ==
                    std::string_view(written.data(), written.size()));
    }
}

// The first bytes say what is done with the file that the rest is.
void check_index(std::string_view input) {
    ByteReader in{input};
    const auto steps = in.read_bytes(4);
    if (!steps) return;
    std::string content{in.rest()};
    content.resize(static_cast<std::size_t>(shape.file_size()), '\0');
    io::SimulatedLoop loop;
    io::MemoryFileSystem files{loop.runtime()};
    {
        const auto file = files.open("/index", io::OpenMode::create_or_truncate);
        const std::string_view part = content;
        TERN_ASSERT(file && (*file)->write_at(0, {&part, 1}));
    }
    const auto opened = IndexFile::open(files, "/index", shape);
    TERN_ASSERT(opened);
    auto& index = **opened;
    auto earlier = index.header();
    for (const char step : *steps) {
        const auto hash = static_cast<unsigned char>(step) / 4;
        std::vector<PhysicalOffset> found;
        index.find(hash, 0, INT64_MAX, 32, found);
        TERN_ASSERT(found.size() <= static_cast<std::size_t>(shape.entries));
        earlier.next_entry = std::clamp(hash, 1, index.header().next_entry);
        switch (static_cast<unsigned char>(step) % 4) {
            case 0:
                if (!index.is_full()) index.put(hash, PhysicalOffset{hash}, 1000);
                break;
            case 1:
                index.undo_to(earlier);
                break;
            case 2:
                index.rebuild_from(earlier);
                break;
            default:
                index.truncate(PhysicalOffset{hash});
        }
    }
}

void put_file(io::FileSystem& files, const std::string& directory, const std::string& name,
              std::string_view content) {
    TERN_ASSERT(files.create_directories(directory));
    TERN_ASSERT(io::replace_file(files, directory + "/" + name, content));
}

// The first two bytes say where the log begins, in segments, and how much of it is intact.
void check_block_checksums(std::string_view input) {
    constexpr std::int64_t segment_size = 64;
    constexpr std::int64_t block_size = 16;
    if (input.size() < 2) return;
    const PhysicalOffset begin{input[0] % 2 == 0 ? 0 : segment_size};
    const PhysicalOffset intact = begin + static_cast<unsigned char>(input[1]);
    io::SimulatedLoop loop;
    io::MemoryFileSystem files{loop.runtime()};
    put_file(files, "/sums", std::string(20, '0'), input.substr(2));
    BlockChecksums sums{files, "/sums", segment_size, block_size};
    if (!sums.load(begin, intact)) return;
    for (PhysicalOffset block = begin; block < intact + segment_size; block = block + block_size)
        if (sums.find(block)) TERN_ASSERT(sums.block_end(block) <= intact);
    const PhysicalOffset next = sums.block_begin(intact);
    TERN_ASSERT(sums.set(next, 7) && sums.find(next) == 7U);
}

void check_deleted_topics(std::string_view text) {
    io::SimulatedLoop loop;
    io::MemoryFileSystem files{loop.runtime()};
    put_file(files, "/store/tern", "deleted-topics", text);
    put_file(files, "/store/consumequeue/TopicA/0", std::string(20, '0'), "");
    put_file(files, "/store/commitlog", "kept", "");
    const StoreConfig config{.root = "/store"};
    StoreProbe probe;
    ConsumeQueues queues{config, files, probe};
    if (!queues.load_deletions()) return;
    TERN_ASSERT(queues.apply_deletions());
    TERN_ASSERT(files.exists("/store/commitlog/kept"));
    TERN_ASSERT(files.exists("/store/consumequeue/TopicA/0") != queues.is_deleted("TopicA"));
}

}  // namespace
}  // namespace tern::store

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using Check = void (*)(std::string_view);
    using namespace tern::store;
    constexpr Check checks[] = {check_segment, check_queue, check_index, check_block_checksums,
                                check_deleted_topics};
    if (size == 0) return 0;
    checks[data[0] % std::size(checks)](tern::as_bytes(data + 1, size - 1));
    return 0;
}
