#include "client/answer.hpp"

namespace tern::client {

using remoting::ResponseCode;

Errc error_of(ResponseCode code) {
    switch (code) {
        case ResponseCode::system_busy:
        case ResponseCode::flow_control:
            return Errc::busy;
        case ResponseCode::request_code_not_supported:
            return Errc::not_supported;
        case ResponseCode::message_illegal:
            return Errc::message_illegal;
        case ResponseCode::service_not_available:
            return Errc::service_not_available;
        case ResponseCode::no_permission:
            return Errc::no_permission;
        case ResponseCode::topic_not_exist:
            return Errc::topic_not_exist;
        case ResponseCode::query_not_found:
            return Errc::query_not_found;
        case ResponseCode::subscription_parse_failed:
            return Errc::subscription_malformed;
        case ResponseCode::subscription_not_exist:
            return Errc::subscription_not_exist;
        case ResponseCode::subscription_not_latest:
            return Errc::subscription_not_latest;
        case ResponseCode::subscription_group_not_exist:
            return Errc::group_not_exist;
        case ResponseCode::invalid_parameter:
            return Errc::invalid_argument;
        case ResponseCode::consumer_not_online:
            return Errc::consumer_not_online;
        default:
            return Errc::refused;
    }
}

Result<remoting::Command> success_of(Result<remoting::Command> answer) {
    if (!answer) return answer;
    const ResponseCode code{answer->code};
    if (code == ResponseCode::success) return answer;
    auto detail = std::string{remoting::response_code_name(code)} + " (" + std::to_string(answer->code) + ")";
    if (!answer->remark.empty()) detail.append(": ").append(answer->remark);
    return failure(error_of(code), std::move(detail));
}

}  // namespace tern::client
