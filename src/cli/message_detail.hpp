// One message as the query commands print it.
#pragma once

#include <string>
#include <vector>

#include "admin/messages.hpp"
#include "cli/command.hpp"
#include "json/value.hpp"

namespace tern::cli {

struct DetailStyle {
    bool with_offset_id{true};
    bool with_body{false};  // In the text; JSON has it always.
};

// The message, the file that its body was written to, and what became of it in each group.
admin::Task<Result<>> print_detail(Invocation& in, client::ReceivedMessage message, DetailStyle style);
// Several: one document for programs.
admin::Task<Result<>> print_details(Invocation& in, std::vector<client::ReceivedMessage> messages,
                                    DetailStyle style);

json::Object message_json(const client::ReceivedMessage& message);

}  // namespace tern::cli
