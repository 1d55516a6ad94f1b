// Writes JSON as Java peers do (fastjson): members in the order given, no blanks, or one to a line for the
// files of config/.
#pragma once

#include <string>

#include "json/value.hpp"

namespace tern::json {

struct Style {
    bool ascii{false};  // Everything else as \uXXXX.
    bool bare_integer_keys{
        false};          // {0:1}, which Java writes and reads; else {"0":1}, which everybody reads.
    bool pretty{false};  // One member or element to a line, indented by tabs.
};

// As Java writes the files of config/.
inline constexpr Style config_file_style{.bare_integer_keys = true, .pretty = true};

std::string write(const Value& value, const Style& style = {});

}  // namespace tern::json
