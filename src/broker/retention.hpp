// Which segments of the log go, and when: expired ones at the hours that deleteWhen names, at any hour when
// the disk fills, and nothing is written any more when it is full. spec/store.md 16.
#pragma once

#include <cstdint>

#include "base/runtime.hpp"
#include "broker/broker_config.hpp"
#include "io/file_system.hpp"
#include "replication/group.hpp"
#include "store/message_store.hpp"

namespace tern::broker {

// Of one loop; what it refers to outlives it.
class Retention {
public:
    Retention(Runtime runtime, const BrokerConfig& config, const io::FileSystem& files,
              store::MessageStore& store, replication::Group& group)
        : runtime_{runtime}, config_{config}, files_{files}, store_{store}, group_{group} {}
    ~Retention() { stop(); }

    void start();
    void stop();
    // One look; what start() does from time to time.
    void clean();
    // At once, whatever the hour: gives the number of segments removed.
    Result<std::size_t> remove_expired() { return remove_expired(false); }

private:
    Result<std::size_t> remove_expired(bool regardless_of_age);
    // Of the log's disk, in whole percent, rounded up; 0 when that cannot be known.
    std::int32_t disk_used() const;
    bool is_hour_to_delete() const;

    Runtime runtime_;
    const BrokerConfig& config_;
    const io::FileSystem& files_;
    store::MessageStore& store_;
    replication::Group& group_;
    bool full_{false};
    TimerId timer_{0};
};

}  // namespace tern::broker
