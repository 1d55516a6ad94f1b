#include "client/route_cache.hpp"

#include <utility>

#include "client/answer.hpp"
#include "model/topic_name.hpp"
#include "remoting/header/route.hpp"

namespace tern::client {

Ref<Route> RouteCache::known(std::string_view topic) const {
    const auto found = entries_.find(topic);
    return found == entries_.end() ? Ref<Route>{} : found->second.route;
}

void RouteCache::find(std::string_view topic, Done done) {
    if (auto route = known(topic)) return done(std::move(route));
    refresh(topic, std::move(done));
}

void RouteCache::refresh(std::string_view topic, Done done) {
    auto& waiting = entries_[std::string{topic}].waiting;
    waiting.push_back(std::move(done));
    if (waiting.size() > 1) return;
    name_servers_.ask(
        [this, name = std::string{topic}](const std::string& address, Rpc::Done answered) {
            const remoting::GetRouteInfoRequest request{.accept_standard_json_only = true, .topic = name};
            rpc_.call(address, request, {}, timeout_, std::move(answered));
        },
        [this, name = std::string{topic}](const Result<remoting::Command>& answer) { learn(name, answer); });
}

void RouteCache::learn(const std::string& topic, const Result<remoting::Command>& answer) {
    auto data = body_of<remoting::TopicRouteData>(answer);
    if (data && data->broker_datas.empty()) data = failure(Errc::topic_not_exist, "empty route");
    const auto route = [&]() -> Result<Ref<Route>> {
        if (!data) return failure(data.error().code, "route of topic " + topic + ": " + data.error().detail);
        return keep(topic, std::move(*data));
    }();
    auto waiting = std::exchange(entries_[topic].waiting, {});
    for (auto& done : waiting) done(route);
}

Ref<Route> RouteCache::keep(std::string_view topic, remoting::TopicRouteData data) {
    auto& route = entries_[std::string{topic}].route;
    if (!route || route->data() != data) route = make_counted<Route>(std::string{topic}, std::move(data));
    return route;
}

void RouteCache::refresh_to_publish(std::string_view topic, Done done) {
    struct Publisher final : Counted {
        Publisher(std::string_view to, Done then) : topic{to}, done{std::move(then)} {}
        std::string topic;
        Done done;
    };
    const auto publisher = make_counted<Publisher>(topic, std::move(done));
    refresh(topic, [this, publisher](Result<Ref<Route>> route) {
        if (route || route.error().code != Errc::topic_not_exist ||
            publisher->topic == model::topic::auto_create)
            return publisher->done(std::move(route));
        refresh(model::topic::auto_create, [this, publisher](const Result<Ref<Route>>& creating) {
            if (!creating)
                return publisher->done(failure(creating.error().code, "topic " + publisher->topic +
                                                                          " does not exist, "
                                                                          "and no broker creates topics: " +
                                                                          creating.error().detail));
            publisher->done(
                keep(publisher->topic, route_from_template((*creating)->data(), default_topic_queue_nums)));
        });
    });
}

void RouteCache::refresh_all() {
    std::vector<std::string> topics;
    for (const auto& [topic, entry] : entries_)
        if (entry.route) topics.push_back(topic);
    for (const auto& topic : topics) refresh(topic, [](const Result<Ref<Route>>&) {});
}

std::map<std::string, BrokerId> RouteCache::members() const {
    std::map<std::string, BrokerId> members;
    for (const auto& [topic, entry] : entries_) {
        if (!entry.route) continue;
        for (const auto& broker : entry.route->data().broker_datas)
            for (const auto& [id, address] : broker.broker_addrs) members.insert_or_assign(address, id);
    }
    return members;
}

}  // namespace tern::client
