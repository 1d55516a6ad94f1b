// Tells the metrics of a process, as Prometheus reads them: a request of ours, which no stock server knows.
#pragma once

#include <string>
#include <string_view>

#include "metrics/registry.hpp"
#include "remoting/router.hpp"

namespace tern::remoting {

// Of the loop whose numbers they are; the registry outlives it.
class MetricsService {
public:
    explicit MetricsService(const metrics::Registry& metrics) : metrics_{metrics} {}

    // GET_METRICS (300002).
    void list(Request& request) { request.responder.answer(ResponseCode::success, {}, metrics_.text()); }

private:
    const metrics::Registry& metrics_;
};

}  // namespace tern::remoting
