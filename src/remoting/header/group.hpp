// The leadership of a broker group: requests of ours, which no stock server knows.
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

}  // namespace tern::remoting
