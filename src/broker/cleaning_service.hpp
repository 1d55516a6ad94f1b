// Cleaning when an administrator asks for it, and not only when its time has come. spec/wire-protocol.md 13.
#pragma once

#include "base/runtime.hpp"
#include "broker/retention.hpp"
#include "broker/topics.hpp"
#include "remoting/router.hpp"
#include "store/message_store.hpp"

namespace tern::broker {

// Of one loop; the parts it refers to outlive it.
class CleaningService {
public:
    struct Parts {
        Topics& topics;
        Retention& retention;
        store::MessageStore& store;
    };
    CleaningService(Runtime runtime, Parts parts) : runtime_{runtime}, parts_{parts} {}

    // DELETE_EXPIRED_COMMITLOG (329): segments whose messages are older than fileReservedTime, at any hour.
    void expired_segments(remoting::Request& request);
    // CLEAN_EXPIRED_CONSUMEQUEUE (306): what queues have of messages that went with their segments.
    void expired_entries(remoting::Request& request);
    // CLEAN_UNUSED_TOPIC (316): queues of topics that are not there, as a store brought from elsewhere may
    // have them.
    void unused_topics(remoting::Request& request);

private:
    Runtime runtime_;
    Parts parts_;
};

}  // namespace tern::broker
