#include "remoting/error_response.hpp"

#include "base/assert.hpp"

namespace tern::remoting {

ResponseCode response_code_of(Errc error) {
    switch (error) {  // No default: a new error does not compile until it says here what a client sees.
        case Errc::malformed:
        case Errc::missing_field:  // As RocketMQ, where a handler stumbles over the null.
        case Errc::already_exists:
        case Errc::io_failed:
        case Errc::corrupt:
        case Errc::deadline_exceeded:
        case Errc::connection_closed:
        case Errc::refused:
        case Errc::internal:
            return ResponseCode::system_error;
        case Errc::busy:
            return ResponseCode::system_busy;
        case Errc::not_supported:
            return ResponseCode::request_code_not_supported;
        case Errc::message_illegal:
            return ResponseCode::message_illegal;
        case Errc::service_not_available:
            return ResponseCode::service_not_available;
        case Errc::no_permission:
            return ResponseCode::no_permission;
        case Errc::topic_not_exist:
            return ResponseCode::topic_not_exist;
        case Errc::query_not_found:
            return ResponseCode::query_not_found;
        case Errc::subscription_malformed:
            return ResponseCode::subscription_parse_failed;
        case Errc::subscription_not_exist:
            return ResponseCode::subscription_not_exist;
        case Errc::subscription_not_latest:
            return ResponseCode::subscription_not_latest;
        case Errc::group_not_exist:
            return ResponseCode::subscription_group_not_exist;
        case Errc::limit_exceeded:
        case Errc::invalid_argument:
            return ResponseCode::invalid_parameter;
        case Errc::consumer_not_online:
            return ResponseCode::consumer_not_online;
    }
    TERN_ASSERT(false);
}

}  // namespace tern::remoting
