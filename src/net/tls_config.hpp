// The settings of TLS, with RocketMQ's names: of a server's own file, of -D on the command line, and of the
// file that tls.config.file names (docs/decisions/0012-tls-settings.md).
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/list_of.hpp"
#include "base/settings.hpp"
#include "net/tls_context.hpp"

namespace tern::net {

// A switch whose default depends on what else is set.
enum class TlsSwitch { automatic, on, off };
constexpr std::array<std::string_view, 3> enum_names(TlsSwitch) {
    return {"automatic", "true", "false"};
}

enum class ClientAuth { none, optional, require };
constexpr std::array<std::string_view, 3> enum_names(ClientAuth) {
    return {"none", "optional", "require"};
}

// The links between members of a group, in the order in which a running group is led from plain text to TLS.
enum class LinkTlsMode {
    disabled,   // Plain text; TLS is refused.
    accepting,  // Takes both, and dials in plain text.
    dialling,   // Takes both, and dials with TLS.
    enforcing,  // TLS; plain text is refused.
};
constexpr std::array<std::string_view, 4> enum_names(LinkTlsMode) {
    return {"disabled", "accepting", "dialling", "enforcing"};
}

struct TlsConfig {
    std::string config_file{"/etc/rocketmq/tls.properties"};
    TlsMode server_mode{TlsMode::permissive};
    TlsSwitch enable{TlsSwitch::automatic};
    TlsSwitch test_mode{TlsSwitch::automatic};
    ClientAuth need_client_auth{ClientAuth::none};
    std::string server_key_path;
    std::string server_key_password;
    std::string server_cert_path;
    bool server_auth_client{false};
    std::string server_trust_cert_path;
    std::string client_key_path;
    std::string client_key_password;
    std::string client_cert_path;
    bool client_auth_server{false};
    std::string client_trust_cert_path;
    LinkTlsMode link_mode{LinkTlsMode::disabled};

    static constexpr auto settings() {
        using C = TlsConfig;
        return list_of(
            setting("tls.config.file", &C::config_file, Apply::at_restart,
                    "A file with settings of this table, which win over all others; read if it is there."),
            setting(
                "tls.server.mode", &C::server_mode, Apply::at_restart,
                "What the ports for clients take: plain text (disabled), both (permissive) or TLS alone."),
            setting("tls.enable", &C::enable, Apply::at_restart,
                    "Connections that this process makes are TLS; automatic: those of a server whose "
                    "tls.server.mode is enforcing."),
            setting(
                "tls.test.mode.enable", &C::test_mode, Apply::at_restart,
                "A self-signed certificate for the server, no verification by the client; automatic: where "
                "no certificate is configured."),
            setting("tls.server.need.client.auth", &C::need_client_auth, Apply::at_restart,
                    "Whether clients are asked for a certificate, and refused without one (require)."),
            setting("tls.server.keyPath", &C::server_key_path, Apply::at_restart,
                    "The server's private key, in PEM; watched, as all these files."),
            setting("tls.server.keyPassword", &C::server_key_password, Secret{}, Apply::at_restart,
                    "Its password, if it has one."),
            setting("tls.server.certPath", &C::server_cert_path, Apply::at_restart,
                    "The server's certificate, in PEM, and those that lead to the one that clients trust."),
            setting("tls.server.authClient", &C::server_auth_client, Apply::at_restart,
                    "Certificates of clients are verified with tls.server.trustCertPath."),
            setting("tls.server.trustCertPath", &C::server_trust_cert_path, Apply::at_restart,
                    "Who may have signed certificates of clients and of members of the group, in PEM."),
            setting("tls.client.keyPath", &C::client_key_path, Apply::at_restart,
                    "The private key for connections that this process makes, in PEM."),
            setting("tls.client.keyPassword", &C::client_key_password, Secret{}, Apply::at_restart,
                    "Its password, if it has one."),
            setting("tls.client.certPath", &C::client_cert_path, Apply::at_restart,
                    "The certificate for connections that this process makes, in PEM."),
            setting("tls.client.authServer", &C::client_auth_server, Apply::at_restart,
                    "Certificates of servers are verified."),
            setting("tls.client.trustCertPath", &C::client_trust_cert_path, Apply::at_restart,
                    "Who may have signed them, in PEM; without it those whom the system trusts."),
            setting("tls.link.mode", &C::link_mode, Apply::at_restart,
                    "The links between members of a group: plain text (disabled), both while plain text "
                    "(accepting) or TLS (dialling) is dialled, or TLS alone (enforcing). With "
                    "tls.server.trustCertPath both sides must show a certificate."));
    }
};

}  // namespace tern::net
