#include "tls.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/settings.hpp"
#include "server.hpp"

namespace tern::apps {

TlsArguments take_tls_arguments(std::vector<char*>& words) {
    TlsArguments taken;
    std::erase_if(words, [&](const char* word) {
        std::string_view text{word};
        if (!text.starts_with("-Dtls.")) return false;
        text.remove_prefix(2);
        const auto equals = std::min(text.find('='), text.size());
        const auto value = text.substr(std::min(equals + 1, text.size()));
        taken.push_back({std::string{text.substr(0, equals)}, std::string{value}, 0});
        return true;
    });
    return taken;
}

bool complete(net::TlsConfig& config, const TlsArguments& arguments, TlsReader reader) {
    Settings settings{ForeignSettings{}, config};
    if (!apply_properties(settings, "command line", arguments)) return false;
    // RocketMQ's default need not be there; one that somebody asked for must.
    const std::string file = config.config_file;
    const bool is_default = file == net::TlsConfig{}.config_file;
    if (file.empty() || (is_default && ::access(file.c_str(), F_OK) != 0)) return true;
    if (is_default && reader == TlsReader::tool && ::access(file.c_str(), R_OK) != 0) return true;
    return apply_file(settings, file);
}

}  // namespace tern::apps
