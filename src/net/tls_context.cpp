#include "net/tls_context.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

#include "base/assert.hpp"

namespace tern::net {
namespace {

template <auto release>
struct Release {
    void operator()(auto* object) const { release(object); }
};
using BioPointer = std::unique_ptr<BIO, Release<BIO_free>>;
using KeyPointer = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using CertificatePointer = std::unique_ptr<X509, Release<X509_free>>;

// Why OpenSSL's last call failed; what is older says nothing.
std::string reason() {
    const auto code = ERR_peek_last_error();
    const char* const words = code == 0 ? nullptr : ERR_reason_error_string(code);
    ERR_clear_error();
    return words == nullptr ? "OpenSSL gives no reason" : words;
}

Result<> at_fault(const TlsPem& pem, const std::string& why) {
    return failure(Errc::invalid_argument, pem.from + ": " + why);
}

BioPointer reader_of(const TlsPem& pem) {
    BioPointer reader{BIO_new_mem_buf(pem.text.data(), static_cast<int>(pem.text.size()))};
    TERN_ASSERT(reader);
    return reader;
}

// The next certificate; null at the end, and where what follows is none.
CertificatePointer next_certificate(BIO* reader) {
    return CertificatePointer{PEM_read_bio_X509(reader, nullptr, nullptr, nullptr)};
}

// Nothing is left but what PEM allows between its blocks.
bool is_at_end() {
    const auto code = ERR_peek_last_error();
    const bool is_end = ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
    if (is_end) ERR_clear_error();
    return is_end;
}

int give_password(char* room, int size, int, void* password) {
    const auto& text = *static_cast<const std::string*>(password);
    if (text.empty() || text.size() > static_cast<std::size_t>(size)) return -1;
    text.copy(room, text.size());
    return static_cast<int>(text.size());
}

Result<> use_certificates(SSL_CTX* context, const TlsPem& pem) {
    const auto reader = reader_of(pem);
    const auto own = next_certificate(reader.get());
    if (!own) return at_fault(pem, "no certificate in PEM: " + reason());
    if (SSL_CTX_use_certificate(context, own.get()) != 1) return at_fault(pem, reason());
    while (auto next = next_certificate(reader.get())) {
        if (SSL_CTX_add0_chain_cert(context, next.get()) != 1) return at_fault(pem, reason());
        static_cast<void>(next.release());  // It is the context's now.
    }
    if (!is_at_end()) return at_fault(pem, "a certificate that cannot be read: " + reason());
    return {};
}

Result<> use_key(SSL_CTX* context, const TlsIdentity& identity) {
    const auto& pem = identity.key;
    const auto reader = reader_of(pem);
    std::string password = identity.key_password;
    const KeyPointer key{PEM_read_bio_PrivateKey(reader.get(), nullptr, give_password, &password)};
    if (!key) return at_fault(pem, "no private key in PEM that can be read with its password: " + reason());
    // It compares the key with the certificate, too.
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
        return at_fault(pem, "it is not the key of " + identity.certificates.from + ": " + reason());
    return {};
}

Result<> trust(SSL_CTX* context, const TlsPem& pem) {
    if (pem.text.empty()) {
        if (SSL_CTX_set_default_verify_paths(context) == 1) return {};
        return at_fault(pem, "the system's authorities cannot be read: " + reason());
    }
    const auto reader = reader_of(pem);
    X509_STORE* const store = SSL_CTX_get_cert_store(context);
    bool is_empty = true;
    while (const auto next = next_certificate(reader.get())) {
        is_empty = false;
        if (X509_STORE_add_cert(store, next.get()) != 1 || SSL_CTX_add_client_CA(context, next.get()) != 1)
            return at_fault(pem, reason());
    }
    if (is_empty || !is_at_end()) return at_fault(pem, "no certificate in PEM: " + reason());
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);  // Who is named here is believed, root or not.
    return {};
}

int believe_anybody(int, X509_STORE_CTX* chain) {
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

Result<> demand_of_peer(SSL_CTX* context, const TlsDemand& demand) {
    if (!demand.asks) return {};
    const int mode = SSL_VERIFY_PEER | (demand.insists ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);
    SSL_CTX_set_verify(context, mode, demand.verifies ? nullptr : believe_anybody);
    return demand.verifies ? trust(context, demand.trusted) : Result<>{};
}

// Nothing is kept of a session for the next one: a client is looked at anew each time, and its certificate
// by today's rules.
void set_habits(SSL_CTX* context) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
}

std::string text_in(BIO* writer) {
    char* text = nullptr;
    const auto size = BIO_get_mem_data(writer, &text);
    return {text, static_cast<std::size_t>(size)};
}

}  // namespace

Result<Ref<TlsContext>> TlsContext::make(const TlsIdentity& identity, const TlsDemand& demand) {
    ERR_clear_error();
    SSL_CTX* const made = SSL_CTX_new(TLS_method());
    if (made == nullptr) return failure(Errc::internal, "TLS cannot be had: " + reason());
    const auto context = Ref<TlsContext>{new TlsContext{made}};
    set_habits(made);
    Result<> set;
    if (!identity.certificates.text.empty()) set = use_certificates(made, identity.certificates);
    if (set && !identity.certificates.text.empty()) set = use_key(made, identity);
    if (set) set = demand_of_peer(made, demand);
    if (!set) return std::unexpected{set.error()};
    return context;
}

TlsContext::~TlsContext() {
    SSL_CTX_free(context_);
}

std::string TlsContext::description() const {
    X509* const own = SSL_CTX_get0_certificate(context_);
    if (own == nullptr) return {};
    const BioPointer writer{BIO_new(BIO_s_mem())};
    X509_NAME_print_ex(writer.get(), X509_get_subject_name(own), 0, XN_FLAG_RFC2253);
    BIO_puts(writer.get(), " until ");
    ASN1_TIME_print(writer.get(), X509_get0_notAfter(own));
    return text_in(writer.get());
}

Result<TlsIdentity> self_signed_identity() {
    constexpr long day_s = 86'400;
    const KeyPointer key{EVP_EC_gen("P-256")};
    const CertificatePointer made{X509_new()};
    const BioPointer certificate_text{BIO_new(BIO_s_mem())};
    const BioPointer key_text{BIO_new(BIO_s_mem())};
    if (!key || !made || !certificate_text || !key_text)
        return failure(Errc::internal, "no self-signed certificate: " + reason());
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -day_s);  // Clocks differ.
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3650 * day_s);
    X509_set_pubkey(made.get(), key.get());
    X509_NAME* const name = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>("tern test mode"), -1, -1, 0);
    X509_set_issuer_name(made.get(), name);
    if (X509_sign(made.get(), key.get(), EVP_sha256()) == 0 ||
        PEM_write_bio_X509(certificate_text.get(), made.get()) != 1 ||
        PEM_write_bio_PKCS8PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        return failure(Errc::internal, "no self-signed certificate: " + reason());
    const std::string from = "the self-signed certificate of the test mode";
    return TlsIdentity{.certificates = {text_in(certificate_text.get()), from},
                       .key = {text_in(key_text.get()), from}};
}

}  // namespace tern::net
