// Answers where topics, brokers and clusters are: requests 105, 106 and 901.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/runtime.hpp"
#include "base/string_map.hpp"
#include "nameserver/config.hpp"
#include "nameserver/kv_config.hpp"
#include "nameserver/route_table.hpp"
#include "remoting/header/route.hpp"
#include "remoting/router.hpp"

namespace tern::nameserver {

inline constexpr std::size_t encoded_routes_size_max = std::size_t{64} * 1024 * 1024;  // Bytes kept ready.

// A NameServer that was started again knows nothing until brokers register, which takes them a second. Who
// asks meanwhile is answered when they have: clients that begin with no route fail their first send.
inline constexpr Duration young_for = 5s;
inline constexpr Duration held_for = 1500ms;  // Clients wait 3 s.
inline constexpr std::size_t held_questions_max = 10'000;
inline constexpr std::size_t held_question_size_max = 512;  // Longer than any topic with a zone.

// All it is given outlives it. Owned by the NameServer's loop.
class RouteService {
public:
    RouteService(const NameServerConfig& config, const RouteTable& table, const KvConfig& kv,
                 const Runtime& runtime);
    ~RouteService();

    void get_route(const remoting::GetRouteInfoRequest& header, remoting::Request& request);
    void get_clusters(remoting::Request& request);
    void get_member_group(const remoting::GetBrokerMemberGroupRequest& header, remoting::Request& request);

    // Whether somebody waits for the first brokers.
    bool holds_questions() const { return !held_.empty(); }
    std::size_t held_questions() const { return held_.size(); }
    // Questions answered at once because too many wait, or they are too long.
    const std::uint64_t& not_held() const { return not_held_; }
    // Answers those whose topics have a route by now.
    void answer_held();

private:
    // Java reads both; everybody else the first, and older clients expect the second (wire-protocol 4.1).
    enum class Dialect { standard, bare_integer_keys };
    struct Version {
        std::uint64_t of_table{};
        std::uint64_t of_kv{};
        bool orders{};
        bool acting_masters{};
        friend bool operator==(const Version&, const Version&) = default;
    };
    struct EncodedRoute {
        std::string standard;
        std::string bare_integer_keys;
    };

    struct Question {
        std::string_view topic;
        std::string_view zone;  // Empty: wherever it is.
        Dialect dialect;
    };
    struct HeldQuestion {
        std::string topic;
        std::string zone;
        Dialect dialect;
        remoting::Responder responder;
        Question question() const { return {topic, zone, dialect}; }
    };

    bool is_too_early() const;
    void hold(const Question& question, remoting::Responder responder);
    // False when there is no route: nothing was answered.
    bool answer(const Question& question, remoting::Responder& responder);
    static void answer_none(std::string_view topic, remoting::Responder& responder);
    std::optional<remoting::TopicRouteData> find_route(std::string_view topic) const;
    // Encoded once for all clients that ask until something changes; nullptr when there is no route.
    const std::string* find_encoded(std::string_view topic, Dialect dialect);
    void forget_outdated();

    const NameServerConfig& config_;
    const RouteTable& table_;
    const KvConfig& kv_;
    Runtime runtime_;
    const Instant started_at_;
    std::vector<HeldQuestion> held_;
    std::uint64_t not_held_{0};
    TimerId held_timer_{0};
    Version encoded_version_;
    StringMap<EncodedRoute> encoded_;
    std::size_t encoded_size_{0};
};

}  // namespace tern::nameserver
