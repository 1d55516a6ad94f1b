#include "broker/reply_service.hpp"

#include <memory>
#include <string>
#include <utility>

#include "model/message_properties.hpp"

namespace tern::broker {

using remoting::ResponseCode;
using remoting::SendMessageRequest;

// A reply while its requester has it: the frame that it came in is gone by then.
struct ReplyService::Pushed {
    std::string requester;
    std::string producer_group;
    std::string topic;
    std::string default_topic;
    std::string properties;
    std::string body;
    SendMessageRequest header;  // With views into the texts above.
    Ref<remoting::Connection> connection;
    remoting::Responder responder;

    Pushed(const SendMessageRequest& sent, std::string_view to, remoting::Request& request)
        : requester{to},
          producer_group{sent.producer_group},
          topic{sent.topic},
          default_topic{sent.default_topic},
          properties{sent.properties.value_or("")},
          body{request.body()},
          header{sent},
          connection{request.connection},
          responder{std::move(request.responder)} {
        header.producer_group = producer_group;
        header.topic = topic;
        header.default_topic = default_topic;
        header.properties = properties;
        header.broker_name.reset();
    }
};

void ReplyService::reply(remoting::Request& request) {
    const auto header = remoting::decode_fields<SendMessageRequest>(request.command);
    if (!header) return request.responder.fail(header.error());
    push(*header, request);
}

void ReplyService::reply_v2(remoting::Request& request) {
    const auto header =
        remoting::decode_fields<SendMessageRequest, &SendMessageRequest::short_fields>(request.command);
    if (!header) return request.responder.fail(header.error());
    push(*header, request);
}

void ReplyService::push(const SendMessageRequest& header, remoting::Request& request) {
    if (request.body().size() > static_cast<std::size_t>(parts_.config.message_size_max))
        return request.responder.answer(ResponseCode::message_illegal,
                                        "reply of " + std::to_string(request.body().size()) +
                                            " bytes is longer than maxMessageSize " +
                                            std::to_string(parts_.config.message_size_max));
    const std::string_view given = header.properties.value_or("");
    const auto requester = model::find_property(given, model::property::reply_to_client).value_or("");
    const auto client = requester.empty() ? Ref<remoting::Connection>{} : parts_.clients.requester(requester);
    if (!client)
        return request.responder.answer(
            ResponseCode::system_error,
            "push reply message fail, channel of <" + std::string{requester} + "> not found.");
    const std::size_t bytes = given.size() + request.body().size();
    if (pushed_bytes_ + bytes > pushed_bytes_max) {
        ++refused_;
        return request.responder.answer(ResponseCode::system_busy,
                                        "too many replies wait for their requesters");
    }
    pushed_bytes_ += bytes;

    const WallMillis now = runtime_.clock.wall_ms();
    model::PropertyEditor properties{given};
    properties.set(model::property::push_reply_time, std::to_string(now));
    const std::string born_host = request.connection->peer().text();
    const std::string store_host = store_host_.text();
    remoting::PushReplyRequest pushed;
    pushed.producer_group = header.producer_group;
    pushed.topic = header.topic;
    pushed.default_topic = header.default_topic;
    pushed.default_topic_queue_nums = header.default_topic_queue_nums;
    pushed.queue_id = header.queue_id;
    pushed.sys_flag = header.sys_flag;
    pushed.born_timestamp = header.born_timestamp;
    pushed.flag = header.flag;
    pushed.properties = properties.view();
    pushed.reconsume_times = header.reconsume_times;
    pushed.unit_mode = header.unit_mode;
    pushed.born_host = born_host;
    pushed.store_host = store_host;
    pushed.store_timestamp = now;
    parts_.caller.call(client, pushed, request.body(), timeout,
                       [this, bytes, reply = std::make_unique<Pushed>(header, requester, request)](
                           Result<remoting::Command> answer) {
                           pushed_bytes_ -= bytes;
                           on_pushed(*reply, answer);
                       });
}

void ReplyService::on_pushed(Pushed& reply, const Result<remoting::Command>& answer) {
    if (!answer || answer->code != static_cast<std::int32_t>(ResponseCode::success))
        return reply.responder.answer(ResponseCode::system_error,
                                      "push reply message to <" + reply.requester + "> fail: " +
                                          (answer ? std::string{answer->remark} : answer.error().detail));
    if (reply.body.empty()) return answer_unstored(reply);
    remoting::Command command;
    command.body = reply.body;
    remoting::Request request{command, reply.connection, std::move(reply.responder)};
    parts_.send.store(reply.header, request);
}

// No message is stored without a body. RocketMQ's broker answers so where it stores no replies.
void ReplyService::answer_unstored(Pushed& reply) const {
    remoting::SendMessageResponse answer;
    answer.msg_id = "0";
    answer.queue_id = reply.header.queue_id;
    answer.region = parts_.config.region_id;
    answer.trace_on = parts_.config.trace_on;
    reply.responder.answer(ResponseCode::success, answer);
}

}  // namespace tern::broker
