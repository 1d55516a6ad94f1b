#include "broker/client_call_service.hpp"

#include <utility>

namespace tern::broker {

using remoting::ResponseCode;

void ClientCallService::running_info(const remoting::GetConsumerRunningInfoRequest& header,
                                     remoting::Request& request) {
    const auto* group = clients_.consumers(header.consumer_group);
    const Client* member = nullptr;
    if (group != nullptr) {
        for (const auto& [id, client] : group->members) {
            if (client.client_id == header.client_id) member = &client;
        }
    }
    const std::string whom =
        "<" + std::string{header.consumer_group} + "> <" + std::string{header.client_id} + ">";
    if (member == nullptr)
        return request.responder.answer(ResponseCode::system_error, "The Consumer " + whom + " not online");
    caller_.call(member->connection, header, {}, timeout,
                 [whom, responder = std::move(request.responder)](Result<remoting::Command> answer) mutable {
                     if (answer)
                         return responder.answer(static_cast<ResponseCode>(answer->code), answer->remark,
                                                 answer->body);
                     responder.answer(answer.error().code == Errc::deadline_exceeded
                                          ? ResponseCode::consume_msg_timeout
                                          : ResponseCode::system_error,
                                      "consumer " + whom + ": " + answer.error().detail);
                 });
}

}  // namespace tern::broker
