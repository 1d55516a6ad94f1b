// How members prove to each other that they know the same clusterSecret: HMAC-SHA256 over what both have
// said.
#pragma once

#include <array>
#include <string_view>

#include "base/runtime.hpp"

namespace tern::replication {

using LinkProof = std::array<char, 32>;
using LinkNonce = std::array<char, 32>;  // Never used twice, and not to be guessed.

LinkNonce draw_nonce(Random& random);

LinkProof hmac_sha256(std::string_view secret, std::string_view text);
// Takes as long whether they are the same or not.
bool same_proof(const LinkProof& one, const LinkProof& other);

}  // namespace tern::replication
