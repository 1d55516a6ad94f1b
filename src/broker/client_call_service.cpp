#include "broker/client_call_service.hpp"

#include <memory>
#include <utility>

#include "json/fields.hpp"
#include "model/message_id.hpp"
#include "remoting/body/stats.hpp"
#include "replication/internal_record.hpp"

namespace tern::broker {

using remoting::ResponseCode;

void ClientCallService::running_info(const remoting::GetConsumerRunningInfoRequest& header,
                                     remoting::Request& request) {
    relay(header.consumer_group, header.client_id, header, {}, request);
}

void ClientCallService::consume(const remoting::ConsumeMessageDirectlyRequest& header,
                                remoting::Request& request) {
    const auto id = model::parse_offset_message_id(header.msg_id.value_or(std::string_view{}));
    if (!id) return request.responder.fail(id.error());
    const auto record = parts_.store.commit_log().record_at(id->offset);
    if (!record || id->offset >= parts_.store.dispatched() || replication::is_internal(*record))
        return request.responder.answer(ResponseCode::query_not_found,
                                        "no message lies at " + std::to_string(id->offset.value()));
    auto passed_on = header;
    passed_on.broker_name = parts_.config.broker_name;
    if (const auto* topic = parts_.topics.find(record->topic)) passed_on.topic_sys_flag = topic->sys_flag;
    if (const auto* group = parts_.groups.find(header.consumer_group))
        passed_on.group_sys_flag = group->group_sys_flag;
    relay(header.consumer_group, header.client_id.value_or(std::string_view{}), passed_on, record->bytes,
          request);
}

template <class Header>
void ClientCallService::relay(std::string_view group_name, std::string_view client_id, const Header& header,
                              std::string_view body, remoting::Request& request) {
    const auto* group = parts_.clients.consumers(group_name);
    const Client* const member = group == nullptr ? nullptr : find_member(group->members, client_id);
    const std::string whom = "<" + std::string{group_name} + "> <" + std::string{client_id} + ">";
    if (member == nullptr)
        return request.responder.answer(ResponseCode::system_error, "The Consumer " + whom + " not online");
    parts_.caller.call(
        member->connection, header, body, timeout,
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

// Members that do not answer in time are left out.
void ClientCallService::consumer_status(const remoting::GetConsumerStatusRequest& header,
                                        remoting::Request& request) {
    const auto* group = parts_.clients.consumers(header.group);
    if (group == nullptr)
        return request.responder.answer(
            ResponseCode::consumer_not_online,
            "No Any Consumer online in the consumer group: [" + std::string{header.group} + "]");
    struct Round {
        explicit Round(remoting::Responder waiting) : responder{std::move(waiting)} {}
        ~Round() { responder.answer(ResponseCode::success, {}, json::encode(status)); }
        remoting::Responder responder;
        remoting::ConsumerStatusBody status;
    };
    const auto round = std::make_shared<Round>(std::move(request.responder));
    const auto asked = header.client_addr.value_or(std::string_view{});
    for (const auto& [id, member] : group->members) {
        if (!asked.empty() && asked != member.client_id) continue;
        parts_.caller.call(
            member.connection, remoting::GetConsumerStatusFromClientRequest{header.group, header.topic}, {},
            timeout, [round, client_id = member.client_id](Result<remoting::Command> answer) {
                if (!answer || answer->code != 0) return;
                auto status = json::decode<remoting::ConsumerStatusBody>(answer->body);
                if (status) round->status.consumer_table[client_id] = std::move(status->message_queue_table);
            });
    }
}

}  // namespace tern::broker
