#include "broker/cleaning_service.hpp"

#include <set>
#include <string>
#include <utility>

namespace tern::broker {

using remoting::ResponseCode;

void CleaningService::expired_segments(remoting::Request& request) {
    const auto removed = parts_.retention.remove_expired();
    if (!removed) return request.responder.fail(removed.error());
    request.responder.answer(ResponseCode::success);
}

void CleaningService::expired_entries(remoting::Request& request) {
    if (auto removed = parts_.store.remove_expired_entries(); !removed)
        return request.responder.fail(removed.error());
    request.responder.answer(ResponseCode::success);
}

void CleaningService::unused_topics(remoting::Request& request) {
    std::set<std::string> unused;
    for (const store::QueueRef queue : parts_.store.queues()) {
        if (parts_.topics.find(queue->topic()) == nullptr && !parts_.topics.is_system(queue->topic()))
            unused.insert(queue->topic());
    }
    if (unused.empty()) return request.responder.answer(ResponseCode::success);
    runtime_.log.info("unused_topics_removed", {{"topics", unused.size()}, {"first", *unused.begin()}});
    parts_.topics.remove({unused.begin(), unused.end()},
                         [responder = std::move(request.responder)](Result<> removed) mutable {
                             if (!removed) return responder.fail(removed.error());
                             responder.answer(ResponseCode::success);
                         });
}

}  // namespace tern::broker
