// Who we are in TLS and whom we believe, as OpenSSL wants to know it: made of PEM texts, shared by all
// connections that were begun with it.
#pragma once

#include <string>

#include "base/enum_names.hpp"
#include "base/ref.hpp"
#include "base/result.hpp"

using SSL_CTX = struct ssl_ctx_st;

namespace tern::net {

// What a listener takes, as RocketMQ's tls.server.mode says it.
enum class TlsMode {
    disabled,    // Plain text.
    permissive,  // Both: the first byte tells.
    enforcing,   // TLS.
};
constexpr std::array<std::string_view, 3> enum_names(TlsMode) {
    return {"disabled", "permissive", "enforcing"};
}

// A text, and in a person's words where it is from: "tls.server.keyPath=/etc/tern/key.pem".
struct TlsPem {
    std::string text;
    std::string from;
};

struct TlsIdentity {
    TlsPem certificates;  // Our own, then those that lead to one that the others trust; empty: none.
    TlsPem key;           // Of our own.
    std::string key_password;
};

// What is asked of the other side. Of a server we dial there is always a certificate.
struct TlsDemand {
    bool asks{false};      // For a certificate.
    bool insists{false};   // And takes nobody without one.
    bool verifies{false};  // And believes only what `trusted` leads to.
    TlsPem trusted;        // Empty: the authorities that the system trusts.
};

// Errors name where the text at fault is from.
class TlsContext final : public Counted {
public:
    static Result<Ref<TlsContext>> make(const TlsIdentity& identity, const TlsDemand& demand);
    ~TlsContext() override;

    SSL_CTX* get() const { return context_; }
    // Until when our own certificate is valid, and for whom; for the log. Empty without one.
    std::string description() const;

private:
    explicit TlsContext(SSL_CTX* context) : context_{context} {}
    SSL_CTX* context_;
};

// A certificate that nobody can verify, with a key that nobody else has: RocketMQ's test mode. It hides what
// is said from those who only listen.
Result<TlsIdentity> self_signed_identity();

// What a transport does with connections of one kind: those with commands, or those of streams.
struct TlsUse {
    TlsMode accepts{TlsMode::disabled};
    Ref<TlsContext> server;  // There unless TLS is disabled.
    Ref<TlsContext> client;  // None: we dial in plain text.
};

}  // namespace tern::net
