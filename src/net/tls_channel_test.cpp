#include "net/tls_channel.hpp"

#include "net/fake_authority.hpp"

namespace tern::net {
namespace {

using testing::HasSubstr;
using Role = TlsChannel::Role;

Ref<TlsContext> context(const TlsIdentity& identity, const TlsDemand& demand = {}) {
    auto made = TlsContext::make(identity, demand);
    EXPECT_TRUE(made) << made.error().detail;
    return *made;
}

std::string taken(Buffer& buffer) {
    std::string bytes{buffer.view()};
    buffer.clear();
    return bytes;
}

// Two channels joined by hand; what goes over is given to the other in parts of so many bytes.
struct Pair {
    Pair(const Ref<TlsContext>& server_context, const Ref<TlsContext>& client_context,
         std::size_t part = 1'000'000)
        : server{*server_context, Role::accepts}, client{*client_context, Role::dials}, part_size{part} {
        EXPECT_TRUE(client.begin());
    }
    Result<> carry(TlsChannel& from, TlsChannel& to, Buffer& plain) const {
        const std::string sealed = taken(from.sealed());
        for (std::size_t at = 0; at < sealed.size(); at += part_size)
            if (auto received = to.receive(std::string_view{sealed}.substr(at, part_size), plain); !received)
                return received;
        return {};
    }
    // Until nobody has anything to say; the first error ends it.
    Result<> talk() {
        while (!client.sealed().empty() || !server.sealed().empty()) {
            if (auto carried = carry(client, server, at_server); !carried) return carried;
            if (auto carried = carry(server, client, at_client); !carried) return carried;
        }
        return {};
    }
    TlsChannel server;
    TlsChannel client;
    std::size_t part_size;
    Buffer at_server;
    Buffer at_client;
};

TEST(ATlsChannel, carries_bytes_both_ways_however_what_is_sealed_is_split) {
    const FakeAuthority authority{"authority"};
    const auto server = context(authority.issue("server"));
    const auto client = context({});
    for (const std::size_t part : {1UL, 5UL, 100UL, 4096UL, 1'000'000UL}) {
        Pair pair{server, client, part};
        ASSERT_TRUE(pair.talk()) << part;
        ASSERT_TRUE(pair.server.is_established() && pair.client.is_established()) << part;
        const std::string long_text(200'000, 'x');
        ASSERT_TRUE(pair.client.send("a question"));
        ASSERT_TRUE(pair.server.send(long_text));
        ASSERT_TRUE(pair.talk()) << part;
        EXPECT_EQ(taken(pair.at_server), "a question") << part;
        EXPECT_EQ(taken(pair.at_client), long_text) << part;
    }
}

TEST(ATlsChannel, says_what_was_agreed_and_with_whom) {
    const FakeAuthority authority{"authority"};
    Pair pair{context(authority.issue("server")), context({})};
    ASSERT_TRUE(pair.talk());
    EXPECT_THAT(pair.client.description(), HasSubstr("TLSv1.3"));
    EXPECT_THAT(pair.client.description(), HasSubstr("CN=server"));
}

TEST(ATlsChannel, hears_that_the_other_side_ends) {
    const FakeAuthority authority{"authority"};
    Pair pair{context(authority.issue("server")), context({})};
    ASSERT_TRUE(pair.talk());
    EXPECT_FALSE(pair.server.is_ended());
    pair.client.send_end();
    ASSERT_TRUE(pair.talk());
    EXPECT_TRUE(pair.server.is_ended());
}

TEST(ATlsChannel, verifies_the_server_when_asked_to) {
    const FakeAuthority authority{"authority"};
    const FakeAuthority stranger{"stranger"};
    const auto client =
        context({}, {.asks = true, .insists = true, .verifies = true, .trusted = authority.certificate()});
    EXPECT_TRUE((Pair{context(authority.issue("server")), client}.talk()));
    const auto refused = Pair{context(stranger.issue("server")), client}.talk();
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().detail, HasSubstr("certificate verify failed"));
    const auto expired = Pair{context(authority.issue("server", {.valid_for_s = -60})), client}.talk();
    ASSERT_FALSE(expired);
    EXPECT_THAT(expired.error().detail, HasSubstr("expired"));
}

TEST(ATlsChannel, takes_clients_as_the_server_demands) {
    const FakeAuthority authority{"authority"};
    const FakeAuthority stranger{"stranger"};
    const auto nobody = context({});
    const auto known = context(authority.issue("client"));
    const auto unknown = context(stranger.issue("client"));
    const auto takes = [&](const TlsDemand& demand, const Ref<TlsContext>& client) {
        Pair pair{context(authority.issue("server"), demand), client};
        return pair.talk() && pair.server.is_established();
    };
    const TlsDemand optional{.asks = true, .verifies = true, .trusted = authority.certificate()};
    EXPECT_TRUE(takes(optional, nobody));
    EXPECT_TRUE(takes(optional, known));
    EXPECT_FALSE(takes(optional, unknown));
    const TlsDemand required{
        .asks = true, .insists = true, .verifies = true, .trusted = authority.certificate()};
    EXPECT_FALSE(takes(required, nobody));
    EXPECT_TRUE(takes(required, known));
    EXPECT_FALSE(takes(required, unknown));
    const TlsDemand any{.asks = true, .insists = true};
    EXPECT_FALSE(takes(any, nobody));
    EXPECT_TRUE(takes(any, unknown));
}

TEST(ATlsContext, reads_a_key_with_its_password_and_with_no_other) {
    const FakeAuthority authority{"authority"};
    auto identity = authority.issue("server", {.key_password = "open sesame"});
    EXPECT_TRUE(TlsContext::make(identity, {}));
    for (const auto* password : {"", "wrong"}) {
        identity.key_password = password;
        const auto made = TlsContext::make(identity, {});
        ASSERT_FALSE(made);
        EXPECT_THAT(made.error().detail, HasSubstr("server.key: no private key"));
    }
}

TEST(ATlsContext, names_the_text_at_fault) {
    const FakeAuthority authority{"authority"};
    const auto identity = authority.issue("server");
    const auto fault_of = [](const TlsIdentity& each, const TlsDemand& demand) {
        const auto made = TlsContext::make(each, demand);
        return made ? "none" : made.error().detail;
    };
    auto other = identity;
    other.key = authority.issue("other").key;
    EXPECT_THAT(fault_of(other, {}), HasSubstr("other.key: it is not the key of server.crt"));
    other = identity;
    other.certificates.text = "nonsense";
    EXPECT_THAT(fault_of(other, {}), HasSubstr("server.crt: no certificate"));
    EXPECT_THAT(fault_of(identity, {.asks = true, .verifies = true, .trusted = {"nonsense", "trusted.crt"}}),
                HasSubstr("trusted.crt: no certificate"));
}

TEST(ATlsContext, takes_a_chain_of_certificates) {
    const FakeAuthority authority{"authority"};
    auto identity = authority.issue("server");
    identity.certificates.text += authority.certificate().text;
    EXPECT_TRUE(TlsContext::make(identity, {}));
    identity.certificates.text += "-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n";
    EXPECT_FALSE(TlsContext::make(identity, {}));
}

TEST(ATlsContext, makes_a_certificate_of_its_own_for_the_test_mode) {
    const auto identity = self_signed_identity();
    ASSERT_TRUE(identity);
    Pair pair{context(*identity), context({})};
    ASSERT_TRUE(pair.talk());
    EXPECT_TRUE(pair.client.is_established());
    EXPECT_THAT(context(*identity)->description(), HasSubstr("CN=tern test mode until "));
}

}  // namespace
}  // namespace tern::net
