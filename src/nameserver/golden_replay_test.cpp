// What brokers, clients and tools asked of the Java NameServer, in the order it was recorded, asked of ours:
// the answers say the same (tests/compatibility/golden/README.md). Not every registration was recorded, so a
// route is compared when one that was names its topic.
#include <filesystem>
#include <fstream>
#include <set>

#include "base/text.hpp"
#include "io/memory_file_system.hpp"
#include "io/simulated_loop.hpp"
#include "json/fields.hpp"
#include "nameserver/name_server.hpp"
#include "remoting/body/lists.hpp"
#include "remoting/body/register_broker.hpp"
#include "remoting/body/route_data.hpp"
#include "remoting/fake_connection.hpp"

namespace tern::nameserver {
namespace {

using remoting::Command;
using remoting::FakeConnection;
using remoting::RequestCode;

struct Exchange {
    std::int64_t at_ms{};
    std::string file;
    std::string request;
    std::string response;
};

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

// All whole exchanges with the NameServer that one pairing of servers and clients had, in order; the probes
// without any header are left out.
std::vector<Exchange> exchanges_of(const std::string& pairing) {
    std::vector<Exchange> found;
    const std::filesystem::path folder{TERN_SOURCE_DIR "/tests/compatibility/golden/frames"};
    for (const auto& file : std::filesystem::directory_iterator{folder}) {
        const auto name = file.path().filename().string();
        if (name.find("-" + pairing + "-") == std::string::npos || name.find("noheader") != std::string::npos)
            continue;
        const auto json = json::parse(read_file(file.path()));
        if (!json || !(*json)["direction"].string()->ends_with("→namesrv")) continue;
        const auto* request = (*json)["request_hex"].string();
        const auto* response = (*json)["response_hex"].string();
        if (request == nullptr) continue;
        found.push_back({*(*json)["t_ms"].integer(), name, from_hex(*request).value(),
                         response == nullptr ? "" : from_hex(*response).value()});
    }
    std::ranges::sort(found, {}, [](const Exchange& each) { return std::pair{each.at_ms, each.file}; });
    return found;
}

// A frame with the storage that its command's views need.
struct Decoded {
    explicit Decoded(const std::string& bytes) {
        const auto frame = remoting::cut_frame(bytes);
        const auto decoded = decoder.decode(**frame);
        EXPECT_TRUE(decoded);
        command = decoded.value_or(Command{});
    }
    remoting::CommandDecoder decoder;
    Command command;
};

class Replay {
public:
    Replay() {
        server_ = std::move(*NameServer::start({.kv_config_path = "/kv.json"}, loop_.runtime(), files_));
        loop_.advance(young_for);  // The recorded one had run for a while.
    }

    // Asks our server, and compares if what is known suffices.
    void run(const Exchange& exchange) {
        const Decoded request{exchange.request};
        const auto& connection = connection_of(request.command);
        server_->on_command(connection, request.command);
        if (static_cast<RequestCode>(request.command.code) == RequestCode::register_broker)
            note_topics(request.command);
        if (!connection->has_sent()) return;
        const auto& ours = connection->take_sent();
        if (exchange.response.empty() || !is_comparable(request.command)) return;
        const Decoded theirs{exchange.response};
        compare(static_cast<RequestCode>(request.command.code), ours, theirs.command);
        ++compared_;
    }
    int compared() const { return compared_; }

private:
    const Ref<FakeConnection>& connection_of(const Command& request) {
        const auto [connection, is_new] =
            connections_.try_emplace(std::string{request.field("brokerAddr").value_or("")});
        if (is_new)
            connection->second =
                make_counted<FakeConnection>(connections_.size(), "127.0.0.1:50000", "127.0.0.1:9876");
        return connection->second;
    }
    void note_topics(const Command& request) {
        const auto body = remoting::decode_register_broker_body(request.body, false, request.version);
        ASSERT_TRUE(body);
        for (const auto& [name, config] : body->topic_config_table.topic_config_table) topics_.insert(name);
    }
    bool is_comparable(const Command& request) const {
        switch (static_cast<RequestCode>(request.code)) {
            case RequestCode::get_routeinfo_by_topic:
                return topics_.contains(std::string{request.field("topic").value_or("")});
            case RequestCode::get_all_topic_list_from_nameserver:  // Topics that unrecorded registrations
                                                                   // named.
            case RequestCode::get_topics_by_cluster:
            case RequestCode::wipe_write_perm_of_broker:
            case RequestCode::add_write_perm_of_broker:
            case RequestCode::query_data_version:
            case RequestCode::get_namesrv_config:
                return false;
            default:
                return true;
        }
    }
    template <class Body>
    static void compare_bodies(const Command& ours, const Command& theirs) {
        const auto our_body = json::decode<Body>(ours.body);
        const auto their_body = json::decode<Body>(theirs.body);
        ASSERT_TRUE(our_body && their_body);
        EXPECT_EQ(*our_body, *their_body) << ours.body << "\n" << theirs.body;
    }
    static std::map<std::string_view, std::string_view> fields_of(const Command& command) {
        std::map<std::string_view, std::string_view> fields;
        const auto entries = command.fields.entries();
        for (const auto& [name, value] : *entries) fields[name] = value;
        return fields;
    }
    static void compare(RequestCode code, const Command& ours, const Command& theirs) {
        EXPECT_EQ(ours.code, theirs.code) << ours.remark << "\n" << theirs.remark;
        EXPECT_EQ(ours.flag, theirs.flag);
        EXPECT_EQ(ours.opaque, theirs.opaque);
        EXPECT_EQ(ours.encoding, theirs.encoding);
        EXPECT_EQ(fields_of(ours), fields_of(theirs));
        if (theirs.body.empty()) {
            EXPECT_EQ(ours.body, "");
        } else if (code == RequestCode::get_routeinfo_by_topic) {
            compare_bodies<remoting::TopicRouteData>(ours, theirs);
        } else if (code == RequestCode::get_broker_cluster_info) {
            compare_bodies<remoting::ClusterInfo>(ours, theirs);
        } else {
            EXPECT_EQ(ours.body, theirs.body);
        }
    }

    io::SimulatedLoop loop_;
    io::MemoryFileSystem files_{loop_.runtime()};
    std::unique_ptr<NameServer> server_;
    std::map<std::string, Ref<FakeConnection>> connections_;
    std::set<std::string> topics_;
    int compared_{0};
};

class RecordedConversation : public ::testing::TestWithParam<const char*> {};

TEST_P(RecordedConversation, has_the_same_answers_from_us) {
    Replay replay;
    for (const auto& exchange : exchanges_of(GetParam())) {
        SCOPED_TRACE(exchange.file);
        replay.run(exchange);
    }
    EXPECT_GE(replay.compared(), 7);
}

INSTANTIATE_TEST_SUITE_P(OfTheJavaNameServer, RecordedConversation,
                         ::testing::Values("550json", "550bin", "497json", "c497b550", "550ha", "497ha",
                                           "550act"),
                         [](const auto& info) { return std::string{info.param}; });

}  // namespace
}  // namespace tern::nameserver
