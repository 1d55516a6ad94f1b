#include "remoting/router.hpp"

#include <string>

#include "base/assert.hpp"

namespace tern::remoting {

void Router::on(RequestCode code, Handler handler) {
    const auto number = static_cast<std::int32_t>(code);
    TERN_ASSERT(number >= 0 && find(number) == nullptr);
    handlers_.push_back(std::move(handler));
    const auto place = static_cast<std::uint16_t>(handlers_.size());
    if (number < direct_codes) {
        direct_[static_cast<std::size_t>(number)] = place;
    } else {
        beyond_.emplace(number, place);
    }
}

void Router::dispatch(const Ref<Connection>& connection, const Command& command) {
    if (command.is_response()) return;
    Request request{command, connection, Responder{connection, command}};
    if (Handler* handler = find(command.code)) return (*handler)(request);
    request.responder.answer(ResponseCode::request_code_not_supported,
                             " request type " + std::to_string(command.code) + " not supported");
}

Router::Handler* Router::find(std::int32_t code) {
    if (code >= 0 && code < direct_codes) {
        const auto place = direct_[static_cast<std::size_t>(code)];
        return place == 0 ? nullptr : &handlers_[place - 1U];
    }
    const auto found = beyond_.find(code);
    return found == beyond_.end() ? nullptr : &handlers_[found->second - 1U];
}

}  // namespace tern::remoting
