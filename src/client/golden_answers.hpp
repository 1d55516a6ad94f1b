// For tests: answers that servers of the reference implementation gave, from
// tests/compatibility/golden/frames.
#pragma once

#include <fstream>
#include <iterator>
#include <string>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "client/scripted_servers.hpp"
#include "json/reader.hpp"
#include "remoting/command.hpp"

namespace tern::client {

// The recorded answer of an exchange, named as its file without ".json".
inline ScriptedAnswer golden_answer(const std::string& source_directory, const std::string& exchange) {
    std::ifstream file{source_directory + "/tests/compatibility/golden/frames/" + exchange + ".json"};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    const auto document = json::parse(text);
    TERN_ASSERT(document && (*document)["response_hex"].string() != nullptr);
    const auto bytes = from_hex(*(*document)["response_hex"].string());
    TERN_ASSERT(bytes);
    const auto frame = remoting::cut_frame(*bytes);
    TERN_ASSERT(frame && *frame);
    remoting::CommandDecoder decoder;
    const auto command = decoder.decode(**frame);
    TERN_ASSERT(command);
    ScriptedAnswer answer{.code = remoting::ResponseCode{command->code},
                          .body = std::string{command->body},
                          .remark = std::string{command->remark}};
    const auto fields = command->fields.entries();
    for (const auto& field : *fields) answer.fields.emplace(field.name, field.value);
    return answer;
}

}  // namespace tern::client
