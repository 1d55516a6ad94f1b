#include "verify.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "admin/cluster.hpp"
#include "admin/send_account.hpp"
#include "admin/settings.hpp"
#include "admin/topics.hpp"
#include "base/text.hpp"
#include "broker/group_setup.hpp"
#include "client/producer.hpp"
#include "client/pull_consumer.hpp"
#include "local_process.hpp"
#include "remoting/header/send.hpp"
#include "server.hpp"
#include "verify_report.hpp"

namespace tern::apps {
namespace {

using client::Sent;
using remoting::SendMessageRequest;

constexpr Duration send_timeout = 5s;
constexpr Duration ask_timeout = 1s;  // A member that is stopped shall not hold up the question who leads.
constexpr Duration tick = 5ms;
constexpr Duration progress_interval = 5s;
constexpr Duration registration_deadline = 10s;
constexpr Duration topic_deadline = 20s;
constexpr Duration whole_deadline = 60s;  // After the last fault.
constexpr Duration read_deadline = 30s;   // Without anything further to read.
constexpr Duration poll_interval = 50ms;
constexpr std::int64_t sends_max = 50'000'000;  // They are kept in memory, 24 bytes each and more.
constexpr std::int64_t behind_max = 64 * 1024;  // Bytes that are on their way while there is load.
constexpr int exit_failed = 2;

double in_seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

// What a group lacks to be whole; empty when nothing: then all members agree on a leader that has all of them
// linked and near its end.
std::string what_is_missing(const std::vector<admin::GroupMember>& members) {
    const admin::GroupMember* leader = nullptr;
    for (const auto& member : members) {
        if (!member.answered) return member.broker.address + " does not answer";
        if (member.role == "LEADER") leader = &member;
    }
    if (leader == nullptr) return "no member leads";
    for (const auto& member : members) {
        if (member.leader != leader->member || member.term != leader->term)
            return member.member + " does not follow " + leader->member;
        if (&member == leader) continue;
        if (member.replication.find(", linked") == std::string::npos)
            return member.member + " is not linked to " + leader->member;
        const auto behind = member.replication.find("behind ");
        const auto bytes = behind == std::string::npos
                               ? std::nullopt
                               : parse_number<std::int64_t>(
                                     split(std::string_view{member.replication}.substr(behind + 7), ' ')[0]);
        if (!bytes || *bytes > behind_max) return member.member + " is behind";
    }
    return {};
}

class Verify {
public:
    Verify(ServerProcess& world, const VerifyArguments& arguments, std::vector<std::string> name_servers)
        : world_{world},
          arguments_{arguments},
          client_{world.runtime(), world.transport(), client_config(std::move(name_servers))},
          admin_{client_, ask_timeout},
          topic_{fmt::format("verify-{:08x}", world.runtime().random.next() & 0xFFFFFFFFU)},
          account_{topic_, static_cast<std::size_t>(arguments.queues)} {}

    int run() {
        world_.loop().on_signal({SIGINT, SIGTERM}, [this](int) { is_interrupted_ = true; });
        auto result = admin::wait_for(whole(), [this](const auto& holds) {
            while (!holds()) world_.loop().run_one();
        });
        client_.close();
        while (!client_.is_closed()) world_.loop().run_one();
        if (result) return *result;
        std::fprintf(stderr, "tern verify: %s\n", result.error().detail.c_str());
        return result.error().code == Errc::invalid_argument ? exit_usage : exit_failed;
    }

private:
    using Members = std::vector<admin::GroupMember>;

    static client::ClientConfig client_config(std::vector<std::string> name_servers) {
        client::ClientConfig config;
        config.name_servers = std::move(name_servers);
        config.address = *model::Host::parse(first_address() + ":0");
        config.process = static_cast<std::uint16_t>(::getpid());
        config.client_id = fmt::format("{}@verify{}", config.address.address_text(), ::getpid());
        config.request_timeout = 2s;
        config.route_interval = 1s;
        return config;
    }

    Instant now() const { return world_.loop().now(); }
    auto rest(Duration duration) { return admin::pause(world_.loop(), duration); }
    void say(const std::string& line) const { std::fprintf(stderr, "%s\n", line.c_str()); }

    admin::Task<Result<int>> whole() {
        if (auto found = co_await find_group(); !found) co_return std::unexpected{found.error()};
        if (auto made = co_await make_topic(); !made) {
            if (is_topic_made_) co_await remove_topic();
            co_return std::unexpected{made.error()};
        }
        client_.start();
        begin_load();
        const auto troubled = co_await trouble();
        if (!troubled) say("the faults end here: " + troubled.error().detail);
        end_load();
        while (account_.outstanding() > 0) co_await rest(tick);
        const auto missing = co_await wait_until_whole(now() + whole_deadline);
        auto read = co_await read_everything();
        co_await remove_topic();
        if (!read) co_return std::unexpected{read.error()};
        const int status = show(missing);
        co_return troubled ? status : exit_failed;
    }

    // ------------------------------------------------------------------------------------------ the group

    // Whose members are these from now on: the NameServers forget one that is down.
    admin::Task<Result<>> find_group() {
        Result<> found;
        // A member that has just been started is at the NameServers a moment later.
        const Instant deadline = now() + registration_deadline;
        do {
            found = co_await look_for_group();
            if (found || found.error().code != Errc::service_not_available) break;
            co_await rest(poll_interval);
        } while (now() < deadline && !is_interrupted_);
        // To watch it, a part of the group is enough.
        if (!found && found.error().code == Errc::service_not_available && arguments_.kill == "none" &&
            !group_.empty())
            co_return {};
        co_return found;
    }

    // Errc::service_not_available: not whole at the moment, or not there.
    admin::Task<Result<>> look_for_group() {
        group_.clear();
        const auto info = co_await admin::cluster_info(admin_);
        if (!info) co_return std::unexpected{info.error()};
        const auto& table = info->broker_addr_table;
        if (table.empty()) co_return failure(Errc::service_not_available, "the NameServer knows no broker");
        std::string known;
        for (const auto& [name, broker] : table) known.append(known.empty() ? "" : ", ").append(name);
        if (arguments_.broker_name.empty() && table.size() > 1)
            co_return failure(Errc::invalid_argument,
                              "name the group with --broker-name; the NameServer knows " + known);
        broker_name_ = arguments_.broker_name.empty() ? table.begin()->first : arguments_.broker_name;
        if (!table.contains(broker_name_))
            co_return failure(Errc::invalid_argument,
                              fmt::format("--broker-name {}: the NameServer knows {}", broker_name_, known));
        auto members = co_await admin::group_members(admin_, broker_name_);
        if (!members) co_return std::unexpected{members.error()};
        std::erase_if(*members, [](const admin::GroupMember& member) {
            return member.replication.starts_with("learner");  // Takes no sends.
        });
        for (const auto& member : *members) group_.push_back(member.broker);
        if (!group_.empty()) cluster_ = group_.front().cluster;
        co_return co_await is_fit(std::move(*members));
    }

    // To be watched, and where faults are wanted for those, too.
    admin::Task<Result<>> is_fit(Members members) {
        const bool has_faults = arguments_.kill != "none";
        const auto info = co_await leader_info(members);
        std::size_t voters = 0;
        for (const auto& [key, value] : info)
            if (key.starts_with("groupMember_") && value.starts_with("voter")) ++voters;
        if (has_faults && (voters == 1 || voters == 2))
            co_return failure(
                Errc::invalid_argument,
                fmt::format("--kill {}: {} has {} voting member{}; with fewer than three none may "
                            "fail. Leave --kill out",
                            arguments_.kill, broker_name_, voters, voters == 1 ? "" : "s"));
        auto missing = what_is_missing(members);
        if (missing.empty() && voters != group_.size())
            missing = fmt::format("{} of its {} members are at the NameServer", group_.size(), voters);
        if (!missing.empty())
            co_return failure(Errc::service_not_available,
                              fmt::format("--kill {}: the group is not whole, so nothing is killed: {}",
                                          arguments_.kill, missing));
        for (const auto& member : members) {
            if (!has_faults) break;
            const auto process = process_of(member);
            if (!process) co_return std::unexpected{process.error()};
        }
        co_return {};
    }

    admin::Task<admin::RuntimeInfo> leader_info(Members members) {
        for (const auto& member : members) {
            if (member.role != "LEADER") continue;
            auto info = co_await admin::runtime_info(admin_, member.broker.address);
            if (info) co_return std::move(*info);
        }
        co_return {};
    }

    admin::Task<admin::GroupMember> ask_member(admin::Member broker, admin::RuntimeInfo* table) {
        admin::GroupMember member{.broker = std::move(broker)};
        auto info = co_await admin::runtime_info(admin_, member.broker.address);
        if (!info) {
            member.answered = std::unexpected{info.error()};
            co_return member;
        }
        member.member = (*info)["groupSelf"];
        member.role = (*info)["groupRole"];
        member.term = (*info)["groupTerm"];
        member.leader = (*info)["groupLeader"];
        *table = std::move(*info);
        co_return member;
    }

    // The members found at the start, whatever the NameServers say of them now.
    admin::Task<Members> ask_group() {
        std::vector<admin::RuntimeInfo> tables(group_.size());
        std::vector<admin::Task<admin::GroupMember>> asking;
        for (std::size_t i = 0; i < group_.size(); ++i) asking.push_back(ask_member(group_[i], &tables[i]));
        auto members = co_await admin::all(std::move(asking));
        for (std::size_t i = 0; i < members.size(); ++i) {
            if (members[i].role != "LEADER") continue;
            for (auto& member : members) member.replication = tables[i]["groupMember_" + member.member];
        }
        co_return members;
    }

    // What is missing when it is over; empty: nothing.
    admin::Task<std::string> wait_until_whole(Instant deadline) {
        for (;;) {
            const auto members = co_await ask_group();
            auto missing = what_is_missing(members);
            if (missing.empty() || now() > deadline || is_interrupted_) co_return missing;
            co_await rest(poll_interval);
        }
    }

    admin::Task<Result<>> make_topic() {
        const model::TopicConfig config{
            .name = topic_, .read_queue_nums = arguments_.queues, .write_queue_nums = arguments_.queues};
        const Instant deadline = now() + topic_deadline;
        Result<> made = failure(Errc::service_not_available, "no member answers");
        while (now() < deadline && !is_interrupted_) {
            for (const auto& member : group_) {
                made = co_await admin::put_topic(admin_, member.address, config, {});
                if (made) break;
            }
            is_topic_made_ = is_topic_made_ || made.has_value();
            const auto route = co_await admin::topic_route(admin_, topic_);
            if (made && route &&
                (*route)->publish_queues().size() == static_cast<std::size_t>(arguments_.queues)) {
                queues_ = (*route)->publish_queues();
                co_return {};
            }
            if (made && !route) made = std::unexpected{route.error()};
            co_await rest(poll_interval);
        }
        co_return failure(Errc::service_not_available,
                          fmt::format("topic {} could not be made: {}", topic_,
                                      made ? "it has no queues" : made.error().detail));
    }

    admin::Task<bool> remove_topic() {
        Result<> removed;
        const Instant deadline = now() + topic_deadline;
        do {
            const auto route = co_await admin::topic_route(admin_, topic_);
            if (!route) {
                removed = std::unexpected{route.error()};
            } else if (!(*route)->master_address(broker_name_)) {
                removed = failure(Errc::service_not_available, "no member leads");
            } else {
                removed = co_await admin::delete_topic(admin_, cluster_, topic_);
            }
            if (removed) co_return true;
            co_await rest(poll_interval);
        } while (now() < deadline);
        say(fmt::format("topic {} is still there: {}; remove it with: mqadmin deleteTopic -c {} -t {}",
                        topic_, removed.error().detail, cluster_, topic_));
        co_return false;
    }

    // ------------------------------------------------------------------------------------------- the load

    void begin_load() {
        begun_ = now();
        end_ = begun_ +
               std::chrono::duration_cast<Duration>(std::chrono::duration<double>(60 * arguments_.minutes));
        producer_.emplace(client_,
                          client::ProducerConfig{.group = "tern_verify", .send_timeout = send_timeout});
        consumer_.emplace(client_, "TOOLS_CONSUMER");
        along_.resize(queues_.size());
        for (std::size_t i = 0; i < queues_.size(); ++i) pull_along(i);
        is_sending_ = true;
        keep_sending();
        keep_telling();
    }

    void end_load() {
        is_sending_ = false;
        took_ = now() - begun_;
    }

    // At the rate, whatever becomes of the sends that are under way: each ends by its time-out.
    void keep_sending() {
        if (!is_sending_) return;
        const auto due =
            static_cast<std::int64_t>(in_seconds(now() - begun_) * static_cast<double>(arguments_.rate));
        skipped_ =
            std::max(skipped_, due - account_.begun() - arguments_.rate);  // Of a machine that stood still.
        while (account_.begun() + skipped_ < due) send();
        world_.loop().after(tick, [this] { keep_sending(); });
    }

    void send() {
        const auto number = account_.begin(now());
        const auto body = admin::numbered_body(topic_, number, static_cast<std::size_t>(arguments_.size));
        client::Message message{.topic = topic_, .body = body};
        message.keys = std::to_string(number);
        // In turn through each member, and as a client that follows the route.
        const auto turn = static_cast<std::size_t>(number) % (group_.size() + 1);
        if (turn == group_.size())
            return producer_->send(message, [this, number](const Result<Sent>& sent) {
                if (!sent) client_.routes().refresh(topic_, [](const auto&) {});
                ended(number, sent);
            });
        send_through(group_[turn].address, number, message);
    }

    void send_through(const std::string& address, std::int64_t number, const client::Message& message) {
        const auto& queue =
            queues_[static_cast<std::size_t>(number / static_cast<std::int64_t>(group_.size() + 1)) %
                    queues_.size()];
        const auto properties = client::encode_properties(message, client_.unique_ids().next().text());
        const SendMessageRequest request{.producer_group = "tern_verify",
                                         .topic = topic_,
                                         .default_topic = "TBW102",
                                         .default_topic_queue_nums = arguments_.queues,
                                         .queue_id = queue.queue_id,
                                         .born_timestamp = world_.loop().wall_ms(),
                                         .properties = properties,
                                         .broker_name = broker_name_};
        client_.rpc().call(
            address, SendMessageRequest::short_code,
            [&request](remoting::FrameWriter& frame) {
                remoting::encode_fields<SendMessageRequest, &SendMessageRequest::short_fields>(frame,
                                                                                               request);
            },
            message.body, send_timeout,
            [this, number](const Result<remoting::Command>& answer) {
                const auto stored = client::header_of<remoting::SendMessageResponse>(answer);
                if (!stored) return ended(number, std::unexpected{stored.error()});
                ended(number, Sent{.status = client::SendStatus::ok,
                                   .queue = {broker_name_, stored->queue_id, topic_},
                                   .queue_offset = stored->queue_offset});
            });
    }

    void ended(std::int64_t number, const Result<Sent>& sent) {
        if (sent && sent->status == client::SendStatus::ok)
            return account_.acknowledged(number, sent->queue.queue_id, sent->queue_offset, now());
        if (sent || client::may_be_stored(sent.error().code)) return account_.unknown(number, now());
        account_.refused(number, now());
    }

    void pull_along(std::size_t i) {
        if (took_) return;
        client::Pull pull;
        pull.queue = queues_[i];
        pull.offset = QueueOffset{along_[i]};
        pull.hold = 1s;
        consumer_->pull(pull, [this, i](const Result<client::Pulled>& pulled) {
            if (took_) return;
            if (!pulled) {
                world_.loop().after(poll_interval, [this, i] { pull_along(i); });
                return;
            }
            for (const auto& message : pulled->messages) {
                if (message.queue_offset.value() != along_[i]) break;  // The last reading names the hole.
                account_.read_along(queues_[i].queue_id, message.queue_offset, message.body);
                ++along_[i];
            }
            pull_along(i);
        });
    }

    void keep_telling() {
        world_.loop().after(progress_interval, [this] {
            if (!is_sending_) return;
            std::int64_t read = 0;
            for (const auto offset : along_) read += offset;
            say(fmt::format("[{:6.1f} s] {} sent, {} under way, {} read along, {} faults",
                            in_seconds(now() - begun_), account_.begun(), account_.outstanding(), read,
                            account_.faults().size()));
            keep_telling();
        });
    }

    // ------------------------------------------------------------------------------------------- the faults

    // Until the time is over. One member at a time, and only while the group is whole.
    admin::Task<Result<>> trouble() {
        while (now() < end_ && !is_interrupted_) {
            if (arguments_.kill == "none") {
                co_await rest(poll_interval);
                continue;
            }
            co_await rest_between_faults();
            const auto missing = co_await wait_until_whole(end_);
            if (now() >= end_ || is_interrupted_) break;
            if (!missing.empty() || !account_.has_recovered()) continue;
            const auto members = co_await ask_group();
            if (!what_is_missing(members).empty()) continue;
            const auto leader = std::ranges::find(members, std::string{"LEADER"}, &admin::GroupMember::role);
            auto process = process_of(*leader);
            if (!process) co_return std::unexpected{process.error()};
            Result<> done;
            if (arguments_.kill == "pause") {
                done = co_await pause_member(*leader, std::move(*process));
            } else if (arguments_.kill == "partition") {
                done = co_await cut_off_member(*leader, std::move(*process));
            } else {
                done = kill_member(*leader, *process);
            }
            if (!done) co_return done;
        }
        co_return {};
    }

    admin::Task<bool> rest_between_faults() {
        const auto until = now() + 1s + std::chrono::milliseconds{world_.runtime().random.below(1000)};
        while (now() < std::min(until, end_) && !is_interrupted_) co_await rest(poll_interval);
        co_return true;
    }

    // As --pids says, or who listens at the member's address.
    Result<LocalBroker> process_of(const admin::GroupMember& member) const {
        if (!arguments_.pids.empty()) {
            for (const auto pair : split(arguments_.pids, ',')) {
                const auto equals = pair.find('=');
                const auto pid =
                    parse_number<pid_t>(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
                if (!pid || *pid <= 0)
                    return failure(Errc::invalid_argument,
                                   fmt::format("--pids {}: {} is not member=pid", arguments_.pids, pair));
                if (pair.substr(0, equals) != member.member) continue;
                if (!killed_.contains(member.member))
                    return LocalBroker::of(*pid);  // Since then it is another.
            }
        }
        const auto address = model::Host::parse(member.broker.address);
        if (!address) return std::unexpected{address.error()};
        auto found = LocalBroker::at(*address);
        if (!found)
            return failure(
                Errc::invalid_argument,
                fmt::format("--kill {}: {} of {}: {}; run it on the members' machine, or name them with "
                            "--pids {}=PID,…",
                            arguments_.kill, member.member, broker_name_, found.error().detail,
                            member.member));
        return found;
    }

    Result<> kill_member(const admin::GroupMember& member, const LocalBroker& process) {
        const Instant at = now();
        if (auto killed = process.signal(SIGKILL); !killed) return killed;
        killed_.insert(member.member);
        account_.fault("SIGKILL", member.member, at);
        say(fmt::format(
            "[{:6.1f} s] {} (process {}, {}) led and was killed. It is to be started again, by systemd "
            "or by you; nothing else is killed before the group is whole",
            in_seconds(at - begun_), member.member, process.pid(), member.broker.address));
        return {};
    }

    Duration length_of_a_fault() {
        return 1s + std::chrono::milliseconds{world_.runtime().random.below(2001)};
    }

    admin::Task<Result<>> pause_member(admin::GroupMember member, LocalBroker process) {
        const Duration length = length_of_a_fault();
        const auto pid = process.pid();
        const Instant at = now();
        const auto stopped = StoppedBroker::stop(std::move(process));
        if (!stopped) co_return std::unexpected{stopped.error()};
        account_.fault(fmt::format("SIGSTOP {:.1f} s", in_seconds(length)), member.member, at);
        say(fmt::format("[{:6.1f} s] {} (process {}, {}) leads and is stopped for {:.1f} s",
                        in_seconds(at - begun_), member.member, pid, member.broker.address,
                        in_seconds(length)));
        while (now() < at + length && !is_interrupted_) co_await rest(tick);
        co_return {};
    }

    admin::Task<Result<>> cut_off_member(admin::GroupMember member, LocalBroker process) {
        const auto settings = co_await admin::broker_settings(admin_, member.broker.address);
        if (!settings) co_return std::unexpected{settings.error()};
        const auto found = std::ranges::find(*settings, std::string{"dLegerPeers"}, &Property::key);
        const auto peers = broker::parse_peers(found == settings->end() ? std::string{} : found->value);
        if (!peers) co_return std::unexpected{peers.error()};
        std::optional<CutLinks::Address> own;
        std::vector<CutLinks::Address> others;
        for (const auto& peer : *peers) {
            const auto colon = peer.address.rfind(':');
            CutLinks::Address address{
                peer.address.substr(0, colon),
                parse_number<std::uint16_t>(std::string_view{peer.address}.substr(colon + 1)).value_or(0)};
            if ("n" + std::to_string(peer.member.value()) == member.member) {
                own = std::move(address);
            } else {
                others.push_back(std::move(address));
            }
        }
        if (!own)
            co_return failure(Errc::invalid_argument,
                              fmt::format("{} is not in its own dLegerPeers", member.member));
        const Duration length = length_of_a_fault();
        const Instant at = now();
        const auto cut = CutLinks::cut(process, *own, others);
        if (!cut) co_return std::unexpected{cut.error()};
        account_.fault(fmt::format("partition {:.1f} s", in_seconds(length)), member.member, at);
        say(fmt::format("[{:6.1f} s] {} (process {}, {}) leads and is cut off from the others for {:.1f} s",
                        in_seconds(at - begun_), member.member, process.pid(), member.broker.address,
                        in_seconds(length)));
        while (now() < at + length && !is_interrupted_) co_await rest(tick);
        co_return {};
    }

    // ------------------------------------------------------------------------------------------ the account

    // From the first offset on, by the route as it is now.
    admin::Task<Result<>> read_everything() {
        for (const auto& queue : queues_) {
            auto read = co_await read_queue(queue);
            if (!read) co_return read;
        }
        co_return {};
    }

    admin::Task<Result<>> read_queue(model::MessageQueue queue) {
        const auto needed = account_.needed_end(queue.queue_id);
        QueueOffset next{0};
        Instant deadline = now() + read_deadline;
        for (;;) {
            client::Pull pull;
            pull.queue = queue;
            pull.offset = next;
            pull.hold = next < needed ? Duration{1s} : Duration{};
            const auto pulled = co_await admin::answer_of<Result<client::Pulled>>(
                [&](const auto& done) { consumer_->pull(pull, done); });
            const bool got_on = pulled && !pulled->messages.empty();
            if (got_on) deadline = now() + read_deadline;
            if (pulled && pulled->status == client::PullStatus::offset_illegal && pulled->min_offset > next)
                co_return failure(
                    Errc::query_not_found,
                    fmt::format("queue {} begins at {}: messages were deleted before they were read "
                                "(fileReservedTime), so there is no account",
                                queue.queue_id.value(), pulled->min_offset.value()));
            if (got_on) {
                for (const auto& message : pulled->messages) {
                    if (message.queue_offset != next)
                        co_return failure(
                            Errc::corrupt,
                            fmt::format("queue {} has a hole: offset {} came where {} was next",
                                        queue.queue_id.value(), message.queue_offset.value(), next.value()));
                    account_.read_at_last(queue.queue_id, next, message.body);
                    next = QueueOffset{next.value() + 1};
                }
                continue;
            }
            // The end; what is needed and not there within the deadline is lost.
            if (pulled && next >= needed && pulled->max_offset <= next) co_return {};
            if (now() > deadline && pulled) co_return {};
            if (now() > deadline)
                co_return failure(
                    pulled.error().code,
                    fmt::format("queue {} can't be read: {}", queue.queue_id.value(), pulled.error().detail));
            if (!pulled) co_await admin::topic_route(admin_, topic_);
            co_await rest(poll_interval);
        }
    }

    int show(const std::string& missing) const {
        const VerifyReport report{.broker_name = broker_name_,
                                  .topic = topic_,
                                  .members = group_.size(),
                                  .took = *took_,
                                  .totals = account_.totals(),
                                  .faults = account_.faults(),
                                  .missing = missing};
        std::fputs((arguments_.json ? report.json() : report.table()).c_str(), stdout);
        return report.is_good() ? 0 : exit_failed;
    }

    ServerProcess& world_;
    const VerifyArguments& arguments_;
    client::Client client_;
    admin::Admin admin_;
    std::string topic_;
    admin::SendAccount account_;
    std::string broker_name_;
    std::string cluster_;
    std::vector<admin::Member> group_;
    std::vector<model::MessageQueue> queues_;
    std::optional<client::Producer> producer_;
    std::optional<client::PullConsumer> consumer_;
    std::vector<std::int64_t> along_;  // By queue: the next offset to read along.
    Instant begun_{};
    Instant end_{};
    std::optional<Duration> took_;
    std::int64_t skipped_{0};
    std::set<std::string> killed_;  // Members whose processes are not those that --pids names any more.
    bool is_topic_made_{false};
    bool is_sending_{false};
    bool is_interrupted_{false};
};

// What can be said of the arguments alone; empty: nothing.
std::string what_is_wrong_with(const VerifyArguments& arguments) {
    const std::set<std::string_view> kinds{"leader", "pause", "partition", "none"};
    if (!kinds.contains(arguments.kill))
        return "--kill " + arguments.kill + ": there are leader, pause, partition and none";
    if (arguments.kill == "partition" && ::geteuid() != 0)
        return "--kill partition: it changes the machine's firewall, which only root may do";
    if (arguments.kill == "none" && !arguments.pids.empty())
        return "--pids " + arguments.pids + ": nothing is done to any process without --kill";
    if (static_cast<double>(arguments.rate) * arguments.minutes * 60 > static_cast<double>(sends_max))
        return fmt::format("--rate {} for --minutes {}: more than {} sends do not fit into one account",
                           arguments.rate, arguments.minutes, sends_max);
    return {};
}

}  // namespace

int run_verify(const VerifyArguments& arguments) {
    net::TlsConfig tls;
    if (!complete(tls, arguments.tls, TlsReader::tool)) return exit_usage;
    auto wrong = what_is_wrong_with(arguments);
    auto name_servers = client::parse_name_servers(arguments.name_servers);
    if (wrong.empty() && !name_servers) wrong = "--namesrv: " + name_servers.error().detail;
    auto process = ServerProcess::open({}, "verify", LogLevel::warning);
    if (wrong.empty() && !process) wrong = process.error().detail;
    if (wrong.empty())
        if (auto secured = (*process)->secure_client(tls); !secured) wrong = secured.error().detail;
    if (!wrong.empty()) {
        std::fprintf(stderr, "tern verify: %s\n", wrong.c_str());
        return exit_usage;
    }
    return Verify{**process, arguments, std::move(*name_servers)}.run();
}

}  // namespace tern::apps
