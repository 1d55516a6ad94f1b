#include "net/tls_channel.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace tern::net {
namespace {

constexpr std::size_t record_size_max = std::size_t{16} * 1024;  // What one record says.

}  // namespace

// The channel's two ends as OpenSSL reads and writes them.
struct ChannelBio {
    static TlsChannel& channel(BIO* bio) { return *static_cast<TlsChannel*>(BIO_get_data(bio)); }

    static int read(BIO* bio, char* room, int size) {
        BIO_clear_retry_flags(bio);
        auto& arrived = channel(bio).arrived_;
        if (arrived.empty()) {
            BIO_set_retry_read(bio);
            return -1;
        }
        const auto count = arrived.copy(room, static_cast<std::size_t>(size));
        arrived.remove_prefix(count);
        return static_cast<int>(count);
    }
    static int write(BIO* bio, const char* bytes, int size) {
        BIO_clear_retry_flags(bio);
        channel(bio).sealed_.append({bytes, static_cast<std::size_t>(size)});
        return size;
    }
    static long control(BIO*, int what, long, void*) { return what == BIO_CTRL_FLUSH ? 1 : 0; }
    static BIO_METHOD* method() {
        static BIO_METHOD* const made = [] {
            BIO_METHOD* const fresh =
                BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tern channel");
            TERN_ASSERT(fresh != nullptr);
            BIO_meth_set_read(fresh, read);
            BIO_meth_set_write(fresh, write);
            BIO_meth_set_ctrl(fresh, control);
            return fresh;
        }();
        return made;
    }
};

void TlsChannel::FreeSsl::operator()(SSL* ssl) const {
    SSL_free(ssl);
}

TlsChannel::TlsChannel(const TlsContext& context, Role role) : ssl_{SSL_new(context.get())} {
    BIO* const bio = BIO_new(ChannelBio::method());
    TERN_ASSERT(ssl_ != nullptr && bio != nullptr);  // Nothing but memory can be missing.
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    if (role == Role::accepts) {
        SSL_set_accept_state(ssl_.get());
    } else {
        SSL_set_connect_state(ssl_.get());
    }
}

TlsChannel::~TlsChannel() = default;

Result<> TlsChannel::begin() {
    return shake_hands();
}

Result<> TlsChannel::shake_hands() {
    ERR_clear_error();
    const int returned = SSL_do_handshake(ssl_.get());
    if (returned != 1) return failed(returned);
    is_established_ = true;
    return {};
}

Result<> TlsChannel::receive(std::string_view sealed, Buffer& plain) {
    arrived_ = sealed;
    if (!is_established_) {
        if (auto shaken = shake_hands(); !shaken) return shaken;
    }
    while (is_established_) {
        char* const room = plain.prepare(record_size_max);
        ERR_clear_error();
        const int count = SSL_read(ssl_.get(), room, static_cast<int>(record_size_max));
        if (count <= 0) return failed(count);
        plain.commit(static_cast<std::size_t>(count));
    }
    return {};
}

Result<> TlsChannel::send(std::string_view plain) {
    TERN_ASSERT(is_established_ && !plain.empty());
    ERR_clear_error();
    const int count = SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
    if (count <= 0) {
        if (auto why = failed(count); !why) return why;
        return failure(Errc::internal, "TLS takes nothing");
    }
    TERN_ASSERT(static_cast<std::size_t>(count) == plain.size());  // There is always room.
    return {};
}

void TlsChannel::send_end() {
    if (is_broken_) return;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

// What is no failure: more has to come, or nothing will.
Result<> TlsChannel::failed(int returned) {
    const int error = SSL_get_error(ssl_.get(), returned);
    if (error == SSL_ERROR_WANT_READ) return {};
    if (error == SSL_ERROR_ZERO_RETURN) {
        is_ended_ = true;
        return {};
    }
    is_broken_ = true;
    const auto verified = SSL_get_verify_result(ssl_.get());
    const auto code = ERR_peek_last_error();
    std::string why = "TLS: ";
    if (code != 0) why += ERR_reason_error_string(code) != nullptr ? ERR_reason_error_string(code) : "?";
    const bool verifies = SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE;
    if (verifies && verified != X509_V_OK) why.append(": ").append(X509_verify_cert_error_string(verified));
    ERR_clear_error();
    return failure(Errc::refused, std::move(why));
}

std::string TlsChannel::description() const {
    std::string words = SSL_get_version(ssl_.get());
    words.append(" ").append(SSL_get_cipher_name(ssl_.get()));
    if (X509* const theirs = SSL_get0_peer_certificate(ssl_.get()); theirs != nullptr) {
        char name[256] = {};
        X509_NAME_oneline(X509_get_subject_name(theirs), name, sizeof name);
        words.append(" ").append(name);
    }
    return words;
}

}  // namespace tern::net
