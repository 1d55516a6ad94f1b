// Passing a command on: everything that it says, in a new frame.
#pragma once

#include "remoting/command.hpp"

namespace tern::remoting {

// Writes the command to out, in its own encoding, under another opaque, with one field more if it has a name.
// Fields whose names would need escapes are left out: nobody has such. Errc::malformed, or limit_exceeded,
// when its fields are none; nothing is written then.
Result<> relay_command(Buffer& out, const Command& command, std::int32_t opaque, const FieldView& more = {});

}  // namespace tern::remoting
