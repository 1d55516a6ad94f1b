// Any text as what servers keep as JSON and as settings: a broker's tables, the NameServer's kvConfig.json,
// the members of a group, changes of settings. The first byte says which; what is accepted is written and
// read again as the same.
#include "base/hash.hpp"
#include "base/settings.hpp"
#include "broker/broker_config.hpp"
#include "broker/consumer_offsets.hpp"
#include "broker/foreign_settings.hpp"
#include "broker/group_setup.hpp"
#include "broker/queue_locks.hpp"
#include "broker/scheduled_messages.hpp"
#include "broker/subscription_groups.hpp"
#include "broker/topics.hpp"
#include "check.hpp"
#include "io/memory_file_system.hpp"
#include "io/simulated_loop.hpp"
#include "nameserver/kv_config.hpp"

namespace tern {
namespace {

template <class Table>
void check_table(std::string_view text) {
    Table table;
    if (!table.restore(text)) return;
    const std::string written = table.text();
    Table again;
    TERN_ASSERT(again.restore(written) && again.text() == written);
}

void check_kv_config(std::string_view text) {
    const std::string path = "/kvConfig.json";
    io::SimulatedLoop loop;
    io::MemoryFileSystem files{loop.runtime()};
    TERN_ASSERT(io::replace_file(files, path, text));
    nameserver::KvConfig config{files, path};
    if (!config.load()) return;
    if (!config.put("space", "key", "value")) return;  // Too large.
    nameserver::KvConfig again{files, path};
    TERN_ASSERT(again.load() && *again.find("space", "key") == "value");
}

void check_peers(std::string_view text) {
    const auto peers = broker::parse_peers(std::string{text});
    if (!peers) return;
    std::string written;
    for (const auto& peer : *peers)
        written += "n" + std::to_string(peer.member.value()) + "-" + peer.address + ";";
    const auto again = broker::parse_peers(written);
    TERN_ASSERT(again && again->size() == peers->size());
}

// What a broker lists of its settings gives another one the same. There are hundreds of them: one text in
// sixteen is enough of a fuzzer's time.
void check_listed(const Settings& settings, std::string_view changed_by) {
    if (crc32(changed_by) % 16 != 0) return;
    const std::string text = settings.text();
    broker::BrokerConfig config;
    Settings again{broker::foreign_settings, config};
    TERN_ASSERT(again.apply("broker.conf", *parse_properties(text)) && again.text() == text);
}

void check_settings(std::string_view text) {
    const auto properties = parse_properties(text);
    if (!properties) return;
    broker::BrokerConfig config;
    Settings settings{broker::foreign_settings, config};
    // An unknown name is compared with all that are known, which takes a fuzzer's time and finds nothing.
    if (!std::ranges::all_of(*properties, [&](const auto& each) { return settings.has(each.key); })) return;
    if (const auto changes = settings.check_update(*properties)) {
        settings.update(*changes);
        check_listed(settings, text);
    }
    if (settings.apply("broker.conf", *properties)) check_listed(settings, text);
}

}  // namespace
}  // namespace tern

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using Check = void (*)(std::string_view);
    using namespace tern;
    constexpr Check checks[] = {check_table<broker::LockTable>,
                                check_table<broker::TopicTable>,
                                check_table<broker::GroupTable>,
                                check_table<broker::ConsumerOffsets>,
                                check_table<broker::DelayProgress>,
                                check_kv_config,
                                check_peers,
                                check_settings};
    if (size == 0) return 0;
    checks[data[0] % std::size(checks)](as_bytes(data, size).substr(1));
    return 0;
}
