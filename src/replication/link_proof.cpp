#include "replication/link_proof.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/assert.hpp"
#include "base/bytes.hpp"

namespace tern::replication {

LinkNonce draw_nonce(Random& random) {
    LinkNonce nonce;
    for (std::size_t at = 0; at < nonce.size(); at += 8)
        store_be<std::uint64_t>(nonce.data() + at, random.next());
    return nonce;
}

LinkProof hmac_sha256(std::string_view secret, std::string_view text) {
    LinkProof proof;
    std::size_t size = 0;
    const auto* made = EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, secret.data(), secret.size(),
                                 reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                                 reinterpret_cast<unsigned char*>(proof.data()), proof.size(), &size);
    TERN_ASSERT(made != nullptr && size == proof.size());
    return proof;
}

bool same_proof(const LinkProof& one, const LinkProof& other) {
    return CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace tern::replication
