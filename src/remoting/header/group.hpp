// What members of a broker group are asked for, by their operator or by each other: requests of ours, which
// no stock server knows.
#pragma once

#include <optional>
#include <string_view>

#include "base/fields.hpp"
#include "remoting/request_code.hpp"

namespace tern::remoting {

// Answered once another member leads, or with what stood in the way.
struct TransferLeadershipRequest {
    static constexpr RequestCode code = RequestCode::transfer_leadership;

    std::optional<std::string_view> to{};  // "n1"; the member that has most of the log when it is not said.

    static constexpr auto fields() {
        using R = TransferLeadershipRequest;
        return list_of(field("to", &R::to));
    }
};

// Answered with a ConsumersBody by the member that is asked, of what it hears itself.
struct GetConsumersRequest {
    static constexpr RequestCode code = RequestCode::get_consumers;

    static constexpr auto fields() { return list_of(); }
};

}  // namespace tern::remoting
