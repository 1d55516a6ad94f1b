// What a consumer says of a message that it was made to consume.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/fields.hpp"

namespace tern::remoting {

struct ConsumeDirectlyResult {
    bool auto_commit{true};
    std::optional<std::string> consume_result{};  // CR_SUCCESS, CR_LATER, CR_THROW_EXCEPTION and their like.
    bool order{};
    std::optional<std::string> remark{};
    std::int64_t spent_time_ms{};

    static constexpr auto fields() {
        using R = ConsumeDirectlyResult;
        return list_of(optional_field("autoCommit", &R::auto_commit),
                       field("consumeResult", &R::consume_result), optional_field("order", &R::order),
                       field("remark", &R::remark), optional_field("spentTimeMills", &R::spent_time_ms));
    }
    friend bool operator==(const ConsumeDirectlyResult&, const ConsumeDirectlyResult&) = default;
};

}  // namespace tern::remoting
