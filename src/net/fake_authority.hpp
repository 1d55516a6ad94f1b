// A certificate authority for tests: what openssl on the command line would make, made anew in each run.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "base/assert.hpp"
#include "net/tls_context.hpp"

namespace tern::net {

struct FakeIssue {
    long valid_for_s{3600};
    std::string key_password;
};

class FakeAuthority {
public:
    explicit FakeAuthority(const std::string& name) : name_{name}, key_{EVP_EC_gen("P-256")} {
        certificate_ = signed_certificate(name, key_.get(), 3600, true);
    }
    // What others trust.
    TlsPem certificate() const { return {certificate_, name_}; }

    TlsIdentity issue(const std::string& name, const FakeIssue& how = {}) const {
        const Key key{EVP_EC_gen("P-256")};
        const Bio text{BIO_new(BIO_s_mem())};
        const auto& password = how.key_password;
        TERN_ASSERT(PEM_write_bio_PKCS8PrivateKey(text.get(), key.get(),
                                                  password.empty() ? nullptr : EVP_aes_256_cbc(),
                                                  password.empty() ? nullptr : password.data(),
                                                  static_cast<int>(password.size()), nullptr, nullptr) == 1);
        return {.certificates = {signed_certificate(name, key.get(), how.valid_for_s, false), name + ".crt"},
                .key = {text_in(text.get()), name + ".key"},
                .key_password = password};
    }

private:
    struct Free {
        void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
        void operator()(BIO* bio) const { BIO_free(bio); }
        void operator()(X509* certificate) const { X509_free(certificate); }
    };
    using Key = std::unique_ptr<EVP_PKEY, Free>;
    using Bio = std::unique_ptr<BIO, Free>;

    static std::string text_in(BIO* bio) {
        char* text = nullptr;
        const auto size = BIO_get_mem_data(bio, &text);
        return {text, static_cast<std::size_t>(size)};
    }
    static void set_name(X509_NAME* name, const std::string& common_name) {
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
    }
    std::string signed_certificate(const std::string& name, EVP_PKEY* key, long valid_for_s,
                                   bool may_sign) const {
        static long serial = 0;
        const std::unique_ptr<X509, Free> made{X509_new()};
        X509_set_version(made.get(), X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
        X509_gmtime_adj(X509_getm_notBefore(made.get()), -86'400);
        X509_gmtime_adj(X509_getm_notAfter(made.get()), valid_for_s);
        X509_set_pubkey(made.get(), key);
        set_name(X509_get_subject_name(made.get()), name);
        set_name(X509_get_issuer_name(made.get()), name_);
        X509_EXTENSION* const rights =
            X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, may_sign ? "CA:TRUE" : "CA:FALSE");
        X509_add_ext(made.get(), rights, -1);
        X509_EXTENSION_free(rights);
        TERN_ASSERT(X509_sign(made.get(), key_.get(), EVP_sha256()) != 0);
        const Bio text{BIO_new(BIO_s_mem())};
        TERN_ASSERT(PEM_write_bio_X509(text.get(), made.get()) == 1);
        return text_in(text.get());
    }

    std::string name_;
    Key key_;
    std::string certificate_;
};

}  // namespace tern::net
