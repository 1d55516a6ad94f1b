#include "check.hpp"

#include <csignal>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/hash.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "client/client.hpp"
#include "client/producer.hpp"
#include "client/pull_consumer.hpp"
#include "server.hpp"

#include <unistd.h>

namespace tern::apps {
namespace {

constexpr Duration silence_max = 60s;  // Without any progress the check gives up.

// A body that its key alone determines, so that a reader can tell whether it is whole.
std::string body_of(std::string_view key, std::size_t size) {
    SeededRandom random{crc32(key)};
    std::string body{key};
    body += ' ';
    while (body.size() < size) body += static_cast<char>('a' + random.below(26));
    body.resize(size);
    return body;
}

// One queue of the topic: its messages are sent in order, several at a time, and read at once by offset.
struct CheckedQueue {
    model::MessageQueue queue;
    std::int64_t begin{0};  // Where the queue ended before we began.
    std::int64_t to_send{0};
    std::int64_t next{0};  // The number of the next message to send.
    std::int64_t under_way{0};
    std::int64_t highest_acknowledged{-1};  // Offset.
    std::map<std::int64_t, std::string>
        acknowledged;  // Offset → key, as the broker said; taken out when read.
    std::set<std::string> read_keys;
    std::int64_t read_next{0};  // Offset.
    std::int64_t repeats{0};    // Messages stored more than once, after an answer that was lost.
};

class Check {
public:
    Check(ServerProcess& world, const CheckArguments& arguments)
        : world_{world},
          arguments_{arguments},
          client_{world.runtime(), world.transport(), client_config(arguments)},
          producer_{client_, {.group = "tern_check_producer", .send_timeout = 5s, .attempts = 1}},
          consumer_{client_, "TOOLS_CONSUMER"} {}

    int run() {
        client_.start();
        client_.routes().find(arguments_.topic, [this](const auto& route) {
            if (!route) return fail("the route of " + arguments_.topic + ": " + route.error().detail);
            begin((*route)->publish_queues());
        });
        watch();
        world_.loop().run();
        if (!failure_.empty()) std::fprintf(stderr, "\nFAILED: %s\n", failure_.c_str());
        return failure_.empty() ? 0 : 2;
    }

private:
    static client::ClientConfig client_config(const CheckArguments& arguments) {
        client::ClientConfig config;
        for (const auto server : split(arguments.name_servers, ';')) config.name_servers.emplace_back(server);
        config.client_id = "127.0.0.1@check" + std::to_string(::getpid());
        config.address = *model::Host::parse(first_address() + ":0");
        config.process = static_cast<std::uint16_t>(::getpid());
        return config;
    }

    void begin(const std::vector<model::MessageQueue>& queues) {
        if (queues.empty()) return fail(arguments_.topic + " has no queue to send to");
        queues_.resize(queues.size());
        for (std::size_t i = 0; i < queues.size(); ++i) {
            auto& queue = queues_[i];
            queue.queue = queues[i];
            queue.to_send =
                arguments_.messages / static_cast<std::int64_t>(queues.size()) +
                (static_cast<std::int64_t>(i) < arguments_.messages % static_cast<std::int64_t>(queues.size())
                     ? 1
                     : 0);
            consumer_.max_offset(queue.queue, [this, &queue](Result<QueueOffset> end) {
                if (!end) return fail("the end of " + queue.queue.topic + ": " + end.error().detail);
                queue.begin = queue.read_next = end->value();
                while (queue.under_way < arguments_.outstanding && queue.next < queue.to_send)
                    send(queue, queue.next++);
                pull(queue);
            });
        }
    }

    std::string key_of(const CheckedQueue& queue, std::int64_t number) const {
        return queue.queue.broker_name + "-" + std::to_string(queue.queue.queue_id.value()) + "-" +
               std::to_string(queue.begin) + "-" + std::to_string(number);
    }

    void send(CheckedQueue& queue, std::int64_t number) {
        ++queue.under_way;
        client::Message message;
        message.topic = arguments_.topic;
        message.keys = key_of(queue, number);
        message.body = body_of(message.keys, static_cast<std::size_t>(arguments_.size));
        const std::int64_t acknowledged_before = queue.highest_acknowledged;
        producer_.send(
            message, queue.queue,
            [this, &queue, number, acknowledged_before,
             begun = world_.loop().now()](Result<client::Sent> sent) {
                --queue.under_way;
                if (!sent) {
                    // Lost answers and refusals alike: the message is sent again until the cluster says that
                    // it has it.
                    ++retries_;
                    client_.routes().refresh(arguments_.topic, [](const auto&) {});
                    client_.runtime().timers.after(20ms, [this, &queue, number] { send(queue, number); });
                    return;
                }
                const std::int64_t offset = sent->queue_offset.value();
                if (offset <= acknowledged_before)
                    return fail("order: " + key_of(queue, number) + " is at " + std::to_string(offset) +
                                ", behind an earlier acknowledged " + std::to_string(acknowledged_before));
                queue.highest_acknowledged = std::max(queue.highest_acknowledged, offset);
                if (!queue.acknowledged.emplace(offset, key_of(queue, number)).second)
                    return fail("two messages were acknowledged at one offset: " + std::to_string(offset));
                if (killed_at_ && begun >= *killed_at_) {
                    const auto after = world_.loop().now() - *killed_at_;
                    world_.log().info("send_accepted", {{"ms_after_kill", after / 1ms}});
                    killed_at_.reset();  // Only the first one matters.
                }
                acknowledged(queue);
            });
    }

    void acknowledged(CheckedQueue& queue) {
        progress();
        ++acknowledged_;
        if (acknowledged_ == arguments_.messages / 2 && arguments_.kill_at_half > 0) {
            world_.log().info("kills", {{"pid", arguments_.kill_at_half}});
            killed_at_ = world_.loop().now();
            ::kill(static_cast<pid_t>(arguments_.kill_at_half), SIGKILL);
        }
        if (queue.next < queue.to_send) send(queue, queue.next++);
    }

    void pull(CheckedQueue& queue) {
        client::Pull pull;
        pull.queue = queue.queue;
        pull.offset = QueueOffset{queue.read_next};
        pull.hold = 1s;
        consumer_.pull(pull, [this, &queue](Result<client::Pulled> pulled) {
            if (!pulled) {
                client_.runtime().timers.after(100ms, [this, &queue] { this->pull(queue); });
                return;
            }
            for (const auto& message : pulled->messages) read(queue, message);
            if (failure_.empty()) finish_or(queue, pulled->status);
        });
    }

    void finish_or(CheckedQueue& queue, client::PullStatus status) {
        const bool all_sent = acknowledged_ == arguments_.messages;
        if (all_sent && status == client::PullStatus::no_new_message &&
            queue.read_next > queue.highest_acknowledged) {
            if (++finished_ == queues_.size()) verify();
            return;
        }
        pull(queue);
    }

    void read(CheckedQueue& queue, const client::ReceivedMessage& message) {
        progress();
        const std::int64_t offset = message.queue_offset.value();
        if (offset != queue.read_next)
            return fail("a hole: read offset " + std::to_string(offset) + " where " +
                        std::to_string(queue.read_next) + " was next");
        ++queue.read_next;
        const std::string key{message.keys()};
        if (message.body != body_of(key, static_cast<std::size_t>(arguments_.size)))
            return fail("the body of " + key + " at " + std::to_string(offset) + " is not what was sent");
        if (!queue.read_keys.insert(key).second) ++queue.repeats;
        ++read_;
        read_at_.push_back({&queue, offset, key});
    }

    // Everything was sent and read: every acknowledgement must name what was read there.
    void verify() {
        for (const auto& [queue, offset, key] : read_at_) {
            const auto promised = queue->acknowledged.find(offset);
            if (promised != queue->acknowledged.end() && promised->second == key)
                queue->acknowledged.erase(promised);
        }
        std::int64_t lost = 0;
        std::int64_t duplicated = 0;
        std::string first_lost;
        for (const auto& queue : queues_) {
            duplicated += queue.repeats;
            lost += static_cast<std::int64_t>(queue.acknowledged.size());
            if (!queue.acknowledged.empty() && first_lost.empty())
                first_lost = queue.acknowledged.begin()->second + ", told to be at " +
                             std::to_string(queue.acknowledged.begin()->first);
        }
        show(true);
        if (lost == 0)
            std::printf(
                "\nall %lld acknowledged messages were read at the queue and offset acknowledged, whole and "
                "in order\n",
                static_cast<long long>(acknowledged_));
        row("acknowledged", acknowledged_, "all that were sent");
        row("read", read_ - duplicated, "different messages");
        row("lost", lost, "acknowledged, and not where they were told to be");
        row("duplicated", duplicated, "stored again, after an answer that was lost");
        row("sent again", retries_, "after a refusal or an answer that was lost");
        if (lost > 0)
            return fail(std::to_string(lost) + " acknowledged messages are lost, the first is " + first_lost);
        world_.loop().stop();
    }

    static void row(const char* name, std::int64_t value, const char* meaning) {
        std::printf("  %-14s%12lld  %s\n", name, static_cast<long long>(value), meaning);
    }

    void progress() { progressed_at_ = world_.loop().now(); }

    void watch() {
        progressed_at_ = progressed_at_ == Instant{} ? world_.loop().now() : progressed_at_;
        world_.loop().after(100ms, [this] {
            if (world_.loop().now() - progressed_at_ > silence_max) return fail("nothing happened for 60 s");
            show(false);
            watch();
        });
    }

    void show(bool last) const {
        if (arguments_.quiet || (!last && ::isatty(STDOUT_FILENO) == 0)) return;
        constexpr int width = 40;
        const auto part = static_cast<int>(width * (acknowledged_ + read_) /
                                           std::max<std::int64_t>(1, 2 * arguments_.messages));
        std::string bar(static_cast<std::size_t>(std::min(part, width)), '#');
        bar.resize(width, '.');
        std::printf("\r[%s] sent %lld, read %lld of %lld", bar.c_str(), static_cast<long long>(acknowledged_),
                    static_cast<long long>(read_), static_cast<long long>(arguments_.messages));
        std::fflush(stdout);
    }

    void fail(std::string why) {
        if (failure_.empty()) failure_ = std::move(why);
        world_.loop().stop();
    }

    struct ReadAt {
        CheckedQueue* queue;
        std::int64_t offset;
        std::string key;
    };

    ServerProcess& world_;
    const CheckArguments& arguments_;
    client::Client client_;
    client::Producer producer_;
    client::PullConsumer consumer_;
    std::vector<CheckedQueue> queues_;
    std::vector<ReadAt> read_at_;
    std::int64_t acknowledged_{0};
    std::int64_t read_{0};
    std::int64_t retries_{0};
    std::size_t finished_{0};
    Instant progressed_at_{};
    std::optional<Instant> killed_at_;  // Until a send begun after it is accepted.
    std::string failure_;
};

}  // namespace

int run_check(const CheckArguments& arguments) {
    net::TlsConfig tls;
    if (!complete(tls, arguments.tls, TlsReader::tool)) return exit_usage;
    auto process = ServerProcess::open({}, "check", LogLevel::info);
    if (!process) {
        std::fprintf(stderr, "%s\n", process.error().detail.c_str());
        return exit_usage;
    }
    if (auto secured = (*process)->secure_client(tls); !secured) {
        std::fprintf(stderr, "%s\n", secured.error().detail.c_str());
        return exit_usage;
    }
    return Check{**process, arguments}.run();
}

}  // namespace tern::apps
