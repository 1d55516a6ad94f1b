// Commands of RocketMQ's that are known and not served, for those who look for them.
#include "cli/commands.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::string_view no_static_topics =
    "there are no static topics here: the queues of a topic belong to the brokers that have it. For more "
    "queues "
    "use mqadmin updateTopic -t TOPIC -c CLUSTER -r N -w N; to empty a broker, take its write permission "
    "(mqadmin wipeWritePerm -b BROKER) and let the consumers read what it has";

}  // namespace

constinit const Command update_static_topic{
    "updateStaticTopic",
    "Not served: topics whose queues keep their numbers over brokers.",
    {},
    {"updateStaticTopic --help", "updateStaticTopic --json"},
    nullptr,
    no_static_topics};

constinit const Command remapping_static_topic{
    "remappingStaticTopic",
    "Not served: moving the queues of a static topic to other brokers.",
    {},
    {"remappingStaticTopic --help", "remappingStaticTopic --json"},
    nullptr,
    no_static_topics};

constinit const Command dump_compaction_log{
    "dumpCompactionLog",
    "Not served: printing a file of the compaction store.",
    {},
    {"dumpCompactionLog --help", "dumpCompactionLog --json"},
    nullptr,
    "there is no compaction store here, so there are no files of one: every message is in the commit log. "
    "For "
    "the messages of a queue use mqadmin printMsgByQueue -t TOPIC -a BROKER -i QUEUE -p true"};

}  // namespace tern::cli::commands
