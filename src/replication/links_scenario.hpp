// Members with links on a fake network, for tests: what each hears is kept as lines of text.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "replication/fake_link_network.hpp"
#include "replication/member_links.hpp"

namespace tern::replication {

class KeptLines final : public Log {
public:
    void write(LogLevel, std::string_view event, Fields fields) override {
        std::string line{event};
        for (const auto& field : fields) line.append(" ").append(field.name).append("=").append(field.value);
        lines.push_back(std::move(line));
    }
    std::size_t count(std::string_view event) const {
        return static_cast<std::size_t>(
            std::ranges::count_if(lines, [&](const auto& line) { return line.starts_with(event); }));
    }
    std::vector<std::string> lines;
};

inline std::string machine_of(std::int64_t id) {
    return "10.0.0." + std::to_string(id);
}

// A member of a group, each of whose members has a machine of its own and knows the others.
inline MemberLinksConfig config_of(std::int64_t id, std::vector<std::int64_t> members = {1, 2}) {
    MemberLinksConfig config{
        .identity = {.group = GroupId{7},
                     .group_name = "broker-a",
                     .self = raft::MemberId{id},
                     .incarnation = raft::Incarnation{static_cast<std::uint64_t>(100 * id)},
                     .client_address = machine_of(id) + ":10911"},
        .listen = model::Host::parse(machine_of(id) + ":10912").value()};
    for (const std::int64_t peer : members)
        config.peers.push_back({raft::MemberId{peer}, machine_of(peer) + ":10912"});
    return config;
}

inline RaftFrame timeout_now(std::int64_t term) {
    return {.message = raft::TimeoutNow{raft::Term{term}}};
}

class LinkedMember final : public MemberLinks::Handler {
public:
    LinkedMember(FakeLinkNetwork& network, Random& random, Log& log, MemberLinksConfig config,
                 const std::string& machine)
        : transport_{network.machine(machine)} {
        links.emplace(std::move(config), Runtime{network, network, network, random, log}, *transport_, *this);
        started = links->start();
    }

    void on_link_up(const LinkPeer& peer) override { hear("up", peer.member, ""); }
    void on_link_down(raft::MemberId peer, std::string_view why) override { hear("down", peer, why); }
    void on_message(raft::MemberId from, const GroupFrame& any) override {
        const auto& frame = std::get<RaftFrame>(any);
        if (const auto* now = std::get_if<raft::TimeoutNow>(&frame.message))
            hear("message", from, std::to_string(now->term.value()));
        else
            hear("message", from, frame.range);
    }
    std::vector<std::string> take_heard() { return std::exchange(heard, {}); }
    bool is_up(std::int64_t member) const { return links->is_up(raft::MemberId{member}); }
    bool send(std::int64_t to, const GroupFrame& frame) { return links->send(raft::MemberId{to}, frame); }

    std::vector<std::string> heard;
    std::function<void()> when_hearing;
    std::optional<MemberLinks> links;
    Result<> started;

private:
    void hear(std::string_view what, raft::MemberId member, std::string_view more) {
        heard.push_back(std::string{what} + " " + std::to_string(member.value()));
        if (!more.empty()) heard.back().append(": ").append(more);
        if (when_hearing) when_hearing();
    }
    std::unique_ptr<remoting::Transport> transport_;
};

// One who connects and says any bytes.
class Stranger final : public remoting::StreamHandler {
public:
    Result<std::size_t> on_bytes(const Ref<remoting::Connection>&, std::string_view bytes) override {
        answered += bytes;
        return bytes.size();
    }
    void on_closed(const Ref<remoting::Connection>&, std::string_view why) override { closed_because = why; }

    Ref<remoting::Connection> connection;
    std::string answered;
    std::string closed_because;
};

class LinksScenario : public ::testing::Test {
protected:
    using Lines = std::vector<std::string>;

    // On another machine than its configuration says.
    std::unique_ptr<LinkedMember> start(MemberLinksConfig config, const std::string& machine) {
        if (config.listen) config.listen = model::Host::parse(machine + ":10912").value();
        auto member = std::make_unique<LinkedMember>(network, random, log, config, machine);
        EXPECT_TRUE(member->started) << member->started.error().detail;
        return member;
    }
    std::unique_ptr<LinkedMember> start(const MemberLinksConfig& config) {
        return start(config, machine_of(config.identity.self.value()));
    }
    std::unique_ptr<LinkedMember> start(std::int64_t id) { return start(config_of(id)); }
    // Says the bytes to a member.
    Ref<Stranger> says(std::string_view bytes, std::int64_t to = 2, const std::string& from = "10.6.6.6") {
        auto stranger = make_counted<Stranger>();
        outside.push_back(network.machine(from));
        stranger->connection = outside.back()->connect_stream(machine_of(to) + ":10912", stranger);
        if (!bytes.empty()) stranger->connection->output().append(bytes);
        network.run_for(1ms);
        strangers.push_back(stranger);
        return stranger;
    }
    ~LinksScenario() override {
        for (const auto& stranger : strangers) stranger->connection = {};
    }

    FakeLinkNetwork network;
    SeededRandom random{1};
    KeptLines log;
    std::vector<std::unique_ptr<remoting::Transport>> outside;
    std::vector<Ref<Stranger>> strangers;
};

}  // namespace tern::replication
