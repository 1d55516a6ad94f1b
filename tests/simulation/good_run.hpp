// A history without fault, as a perfect broker would leave it, with something of everything that the checker
// knows; and errors planted in it, one at a time. For the tests of the checker.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "simulation/checker.hpp"
#include "simulation/simulated_time.hpp"

namespace tern::simulation {

class GoodRun {
public:
    GoodRun();

    const History& history() const { return history_; }
    static Promise promise() { return {}; }

private:
    friend class PlantedError;

    struct Record {
        std::string key;
        std::int32_t reconsume_times;
        PhysicalOffset record_at;
        WallMillis store_timestamp;
    };

    void passes(Duration time) { time_.run_for(time); }
    // The broker: keeps a record and says where.
    Place stores(const std::string& key, const Queue& queue, std::int32_t reconsume_times = 0);
    SendId starts(const std::string& producer, const std::string& key, const Queue& queue);
    void sends(const std::string& producer, const std::string& key, const Queue& queue);
    void sends_delayed(const std::string& key, const Queue& queue, Duration delay);
    void consumes(const std::string& client, const Place& place);
    // The failed message goes back, comes again, and in the end is a dead letter.
    void fails_until_dead(const std::string& key);
    void commits(const Queue& queue, QueueOffset offset);
    void locks(const std::string& client, Duration time);
    void reads(const std::string& reader, const Place& place, bool is_final);
    void reads_everything();

    SilentLog log_;
    SimulatedTime time_{1, Ties::in_order};
    SimulatedProcess broker_{time_, "broker", 1, log_};
    History history_{broker_};
    PhysicalOffset log_end_{1000};
    std::map<Queue, std::vector<Record>> queues_;
};

// A good run whose facts were changed afterwards. Expects what it is told to change to be there.
class PlantedError {
public:
    const History& history() const { return history_; }

    Send& send(const std::string& key);
    // The answer that a client got said that place.
    void acknowledged_at(const std::string& key, QueueOffset offset, PhysicalOffset record_at);
    Reading& final_reading(const std::string& key);
    Reading& earlier_reading(const std::string& key);
    // Each has the place of the other, in the answers and in all readings.
    void swap_places(const std::string& one, const std::string& other);
    void not_found_in_the_end(const std::string& key);
    // At the end of a queue, as the last of it; the bounds follow.
    void drop_last_of(const Queue& queue);
    void add_at_the_end_of(const Queue& queue, const std::string& key, std::int32_t reconsume_times = 0);
    void drop_consumption(const std::string& key);
    std::vector<OffsetQuery>& queries() { return history_.queries_; }
    std::vector<History::Subscription>& subscriptions() { return history_.subscriptions_; }
    std::vector<LockHeld>& locks() { return history_.locks_; }
    void send_back_from(const Queue& queue, QueueOffset end) {
        history_.told_end("reader", queue, end, history_.now());
    }
    // After everything was acknowledged and before everything was read.
    void power_was_lost(PhysicalOffset durable_end);
    // What is read in the end begins there, and so much was committed when the message was sent.
    void log_begins_at(PhysicalOffset begin, const std::string& reached_before);
    void expired_once(PhysicalOffset begin) { history_.expired(begin, {}); }

private:
    FinalBounds& bounds(const Queue& queue);

    GoodRun run_;
    History& history_{run_.history_};
};

inline std::uint32_t body_checksum(const std::string& key) {
    return crc32("body of " + key);
}

}  // namespace tern::simulation
