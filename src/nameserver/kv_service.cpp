#include "nameserver/kv_service.hpp"

#include <string>

#include "json/fields.hpp"
#include "remoting/body/lists.hpp"

namespace tern::nameserver {
namespace {

using remoting::Request;
using remoting::ResponseCode;

void answer_done(const Result<>& done, Request& request) {
    if (!done) return request.responder.fail(done.error());
    request.responder.answer(ResponseCode::success);
}

}  // namespace

void KvService::put(const remoting::PutKvConfigRequest& header, Request& request) {
    answer_done(kv_.put(header.name_space, header.key, header.value), request);
}

void KvService::get(const remoting::GetKvConfigRequest& header, std::string_view,
                    remoting::Reply<remoting::GetKvConfigResponse> reply) {
    const auto* value = kv_.find(header.name_space, header.key);
    if (value == nullptr)
        return reply.fail(
            {Errc::query_not_found, "No config item, Namespace: " + std::string{header.name_space} +
                                        " Key: " + std::string{header.key}});
    reply({.value = *value});
}

void KvService::remove(const remoting::DeleteKvConfigRequest& header, Request& request) {
    answer_done(kv_.remove(header.name_space, header.key), request);
}

void KvService::list(const remoting::GetKvListRequest& header, Request& request) {
    const auto* table = kv_.find(header.name_space);
    if (table == nullptr)
        return request.responder.answer(ResponseCode::query_not_found,
                                        "No config item, Namespace: " + std::string{header.name_space});
    request.responder.answer(ResponseCode::success, {},
                             json::encode(remoting::KVTable{{table->begin(), table->end()}}));
}

}  // namespace tern::nameserver
