// The settings of TLS as all programs find them: in the server's own file, as -Dtls.name=value on the command
// line, and in the file that tls.config.file names, which wins (docs/decisions/0012-tls-settings.md).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/properties.hpp"
#include "net/tls_config.hpp"

namespace tern::apps {

using TlsArguments = std::vector<Property>;

// Takes the words -Dtls.name=value out of a command line.
TlsArguments take_tls_arguments(std::vector<char*>& words);

// What the command line and the file say, beside what config has of the server's own file. Prints what a
// person has to know; false: the start must stop. A tool does without the default file where its user may not
// read it: the server's password is in it.
enum class TlsReader { server, tool };
bool complete(net::TlsConfig& config, const TlsArguments& arguments, TlsReader reader);

}  // namespace tern::apps
