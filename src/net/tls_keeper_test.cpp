#include "net/tls_keeper.hpp"

#include <filesystem>

#include "io/posix_file_system.hpp"
#include "net/fake_authority.hpp"
#include "net/transport_scenario.hpp"

namespace tern::net {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ATlsKeeper : public ATcpTransport {
protected:
    void SetUp() override {
        ATcpTransport::SetUp();
        directory_ = testing::TempDir() + "tern_tls_keeper_" + std::to_string(::getpid());
        std::filesystem::create_directories(directory_);
        serve();
        // Two transports: one is the server's, with its ports, and one dials and trusts the authority.
        clients_.emplace(loop_, log_);
        trusting(authority_);
    }
    void TearDown() override {
        keeper_.reset();
        clients_.reset();
        std::filesystem::remove_all(directory_);
    }
    void trusting(const FakeAuthority& authority, const TlsIdentity& identity = {}) {
        clients_->secure(
            {.client = *TlsContext::make(
                 identity,
                 {.asks = true, .insists = true, .verifies = true, .trusted = authority.certificate()})},
            {});
    }
    std::string path(const std::string& name) const { return directory_ + "/" + name; }
    void write(const std::string& name, const std::string& text) {
        ASSERT_TRUE(io::replace_file(files_, path(name), text));
    }
    void write(const TlsIdentity& identity) {
        write("server.key", identity.key.text);
        write("server.crt", identity.certificates.text);
    }
    TlsConfig with_files() const {
        return {.server_key_path = path("server.key"), .server_cert_path = path("server.crt")};
    }
    Result<> start(const TlsConfig& config,
                   const TlsWatch& watch = {.look_interval = 2ms, .settle_time = 4ms}) {
        keeper_.emplace(config, loop_, *transport_, files_, log_, watch);
        return keeper_->start_server();
    }
    std::string why_not(const TlsConfig& config) {
        const auto started = start(config);
        return started ? "started" : started.error().detail;
    }
    // Whether a new connection is made, and trusted.
    bool is_served() {
        client_ = {};
        const auto connection = clients_->connect(address().text(), client_);
        send(connection, "hello");
        run_until([&] { return !client_.received.empty() || !client_.closed.empty(); });
        const bool served = !client_.received.empty();
        connection->close("enough");
        run_until([&] { return !client_.closed.empty(); });
        return served;
    }

    const FakeAuthority authority_{"authority"};
    std::string directory_;
    io::PosixFileSystem files_{loop_};
    std::optional<TcpTransport> clients_;
    std::optional<TlsKeeper> keeper_;
};

TEST_F(ATlsKeeper, serves_with_the_certificate_that_is_configured) {
    write(authority_.issue("server"));
    ASSERT_TRUE(start(with_files()));
    EXPECT_TRUE(is_served());
    EXPECT_THAT(log_.lines,
                Contains(HasSubstr("tls clients=permissive links=disabled server=CN=server until ")));
    trusting(FakeAuthority{"stranger"});
    EXPECT_FALSE(is_served());
}

TEST_F(ATlsKeeper, serves_a_self_signed_certificate_when_none_is_configured) {
    ASSERT_TRUE(start({}));
    EXPECT_FALSE(is_served());  // Nobody can verify it,
    clients_->secure({.client = *TlsContext::make({}, {})}, {});
    EXPECT_TRUE(is_served());  // so nobody does.
    clients_->secure({}, {});
    EXPECT_TRUE(is_served());  // In plain text.
}

TEST_F(ATlsKeeper, serves_no_tls_without_a_certificate_and_without_the_test_mode) {
    ASSERT_TRUE(start({.test_mode = TlsSwitch::off}));
    EXPECT_FALSE(is_served());
    clients_->secure({}, {});
    EXPECT_TRUE(is_served());
}

TEST_F(ATlsKeeper, serves_the_self_signed_one_where_the_test_mode_is_asked_for) {
    auto config = with_files();
    config.test_mode = TlsSwitch::on;
    ASSERT_TRUE(start(config));  // The files are not even there.
    EXPECT_FALSE(is_served());
}

TEST_F(ATlsKeeper, names_the_setting_and_the_file_that_stop_a_start) {
    EXPECT_THAT(why_not(with_files()), HasSubstr("tls.server.certPath: " + path("server.crt") + ": open"));
    write(authority_.issue("server"));
    write("server.key", authority_.issue("other").key.text);
    EXPECT_THAT(why_not(with_files()), HasSubstr("tls.server.keyPath=" + path("server.key") +
                                                 ": it is not the key of tls.server.certPath="));
    write("server.key", "");
    EXPECT_THAT(why_not(with_files()), HasSubstr("server.key is empty"));
    EXPECT_THAT(why_not({.server_key_path = path("server.key")}), HasSubstr("server.key is empty"));
    write(authority_.issue("server"));
    EXPECT_THAT(why_not({.server_key_path = path("server.key")}),
                HasSubstr("tls.server.certPath is missing"));
    auto config = with_files();
    config.server_auth_client = true;
    EXPECT_THAT(why_not(config), HasSubstr("tls.server.trustCertPath is missing"));
    EXPECT_THAT(
        why_not({.server_mode = TlsMode::enforcing, .test_mode = TlsSwitch::off}),
        HasSubstr("tls.server.mode=enforcing: tls.server.certPath and tls.server.keyPath are missing"));
    EXPECT_THAT(why_not({.test_mode = TlsSwitch::off, .link_mode = LinkTlsMode::accepting}),
                HasSubstr("tls.link.mode=accepting: tls.server.certPath and tls.server.keyPath are missing"));
    EXPECT_THAT(
        why_not({.enable = TlsSwitch::on, .client_auth_server = true, .client_trust_cert_path = "/none"}),
        HasSubstr("tls.client.trustCertPath: /none: open"));
}

TEST_F(ATlsKeeper, asks_clients_for_certificates_as_configured) {
    write(authority_.issue("server"));
    write("trusted.crt", authority_.certificate().text);
    auto config = with_files();
    config.need_client_auth = ClientAuth::require;
    config.server_auth_client = true;
    config.server_trust_cert_path = path("trusted.crt");
    ASSERT_TRUE(start(config));
    EXPECT_FALSE(is_served());
    trusting(authority_, authority_.issue("client"));
    EXPECT_TRUE(is_served());
    trusting(authority_, FakeAuthority{"stranger"}.issue("client"));
    EXPECT_FALSE(is_served());
}

TEST_F(ATlsKeeper, takes_a_pair_that_has_changed) {
    write(authority_.issue("server"));
    ASSERT_TRUE(start(with_files()));
    EXPECT_TRUE(is_served());
    const FakeAuthority other{"other"};
    write(other.issue("server"));
    run_until([&] { return transport_->probe().tls_reloads() > 0; });
    EXPECT_FALSE(is_served());
    trusting(other);
    EXPECT_TRUE(is_served());
    EXPECT_THAT(log_.lines, Contains(HasSubstr("tls_files_taken server=CN=server until ")));
}

TEST_F(ATlsKeeper, takes_a_certificate_that_was_renewed_for_the_same_key) {
    auto identity = authority_.issue("server");
    write(identity);
    ASSERT_TRUE(start(with_files()));
    identity.certificates.text += authority_.certificate().text;
    write(identity);
    run_until([&] { return transport_->probe().tls_reloads() > 0; });
    EXPECT_TRUE(is_served());
}

TEST_F(ATlsKeeper, keeps_what_it_has_when_the_new_pair_is_bad_and_says_so_once) {
    write(authority_.issue("server"));
    ASSERT_TRUE(start(with_files()));
    write("server.key", "no key");
    write("server.crt", "no certificate");
    run_until([&] { return transport_->probe().tls_failed_reloads() > 0; });
    run_turns();
    EXPECT_TRUE(is_served());
    EXPECT_EQ(transport_->probe().tls_failed_reloads(), 1U);
    EXPECT_THAT(log_.lines, Contains(HasSubstr("tls_files_not_taken why=tls.server.certPath=" +
                                               path("server.crt") + ": no certificate")));
    std::filesystem::remove(path("server.key"));
    run_until([&] { return transport_->probe().tls_failed_reloads() > 1; });
    EXPECT_TRUE(is_served());
    const FakeAuthority other{"other"};
    write(other.issue("server"));
    run_until([&] { return transport_->probe().tls_reloads() > 0; });
    trusting(other);
    EXPECT_TRUE(is_served());
}

TEST_F(ATlsKeeper, waits_for_the_second_file_of_a_pair_without_a_word) {
    write(authority_.issue("server"));
    ASSERT_TRUE(start(with_files(), {.look_interval = 2ms, .settle_time = 1h}));
    const auto next = authority_.issue("next");
    write("server.crt", next.certificates.text);
    run_turns();
    run_turns();
    EXPECT_TRUE(is_served());
    write("server.key", next.key.text);
    run_until([&] { return transport_->probe().tls_reloads() > 0; });
    EXPECT_EQ(transport_->probe().tls_failed_reloads(), 0U);
    EXPECT_TRUE(is_served());
}

TEST_F(ATlsKeeper, takes_changed_authorities_at_once) {
    write(authority_.issue("server"));
    const FakeAuthority other{"other"};
    write("trusted.crt", other.certificate().text);
    auto config = with_files();
    config.need_client_auth = ClientAuth::require;
    config.server_auth_client = true;
    config.server_trust_cert_path = path("trusted.crt");
    ASSERT_TRUE(start(config));
    trusting(authority_, authority_.issue("client"));
    EXPECT_FALSE(is_served());
    write("trusted.crt", authority_.certificate().text + other.certificate().text);
    run_until([&] { return transport_->probe().tls_reloads() > 0; });
    EXPECT_TRUE(is_served());
}

TEST_F(ATlsKeeper, dials_with_tls_when_its_own_ports_take_nothing_else) {
    ASSERT_TRUE(start({.server_mode = TlsMode::enforcing}));
    send(connect(), "hello");
    run_until([&] { return !client_.received.empty() || !client_.closed.empty(); });
    EXPECT_THAT(client_.closed_because, IsEmpty());
    EXPECT_EQ(transport_->probe().tls_handshakes(), 2U);
}

TEST_F(ATlsKeeper, gives_tools_only_what_they_dial_with) {
    write("trusted.crt", authority_.certificate().text);
    TlsConfig config = with_files();  // Whose key a tool may not be allowed to read.
    config.enable = TlsSwitch::on;
    config.client_auth_server = true;
    config.client_trust_cert_path = path("trusted.crt");
    keeper_.emplace(config, loop_, *clients_, files_, log_);
    ASSERT_TRUE(keeper_->start_client());
    transport_->secure(
        {.accepts = TlsMode::enforcing, .server = *TlsContext::make(authority_.issue("server"), {})}, {});
    EXPECT_TRUE(is_served());
    transport_->secure({.accepts = TlsMode::enforcing,
                        .server = *TlsContext::make(FakeAuthority{"other"}.issue("server"), {})},
                       {});
    EXPECT_FALSE(is_served());
}

// What is on a link: one byte for the dialler, and it is answered.
class LinkPeer final : public remoting::StreamHandler {
public:
    void on_opened(const Ref<Connection>& connection) override {
        if (speaks) connection->output().append("a");
    }
    Result<std::size_t> on_bytes(const Ref<Connection>& connection, std::string_view bytes) override {
        received += bytes;
        if (!speaks) connection->output().append("b");
        return bytes.size();
    }
    void on_closed(const Ref<Connection>&, std::string_view) override { is_closed = true; }
    bool speaks{false};
    bool is_closed{false};
    std::string received;
};

// Two members of a group, each with a configuration of its own.
class TlsOfLinks : public ATlsKeeper {
protected:
    void SetUp() override {
        ATlsKeeper::SetUp();
        write(authority_.issue("member"));
        write("trusted.crt", authority_.certificate().text);
        const auto stranger = FakeAuthority{"stranger"}.issue("stranger");
        write("stranger.key", stranger.key.text);
        write("stranger.crt", stranger.certificates.text);
    }
    TlsConfig member(LinkTlsMode mode) const {
        auto config = with_files();
        config.server_trust_cert_path = path("trusted.crt");
        config.link_mode = mode;
        return config;
    }
    // Whether a link that `from` dials to `to` carries bytes; handshakes tells whether it was TLS.
    bool links(const TlsConfig& from, const TlsConfig& to) {
        TcpTransport dials{loop_, log_};
        TcpTransport listens{loop_, log_};
        TlsKeeper one{from, loop_, dials, files_, log_};
        TlsKeeper other{to, loop_, listens, files_, log_};
        EXPECT_TRUE(one.start_server() && other.start_server());
        const auto server = make_counted<LinkPeer>();
        const auto client = make_counted<LinkPeer>();
        client->speaks = true;
        const auto listener = *listens.listen_stream(*model::Host::parse("127.0.0.1:0"), server);
        const auto connection = dials.connect_stream(listener->address().text(), client);
        run_until([&] { return !client->received.empty() || client->is_closed; });
        handshakes = listens.probe().tls_handshakes();
        connection->close("enough");
        run_turns();
        return client->received == "b";
    }
    std::uint64_t handshakes{0};
};

TEST_F(TlsOfLinks, stand_at_each_step_from_plain_text_to_tls_and_back) {
    using enum LinkTlsMode;
    for (const auto& [one, other] :
         {std::pair{disabled, accepting}, std::pair{accepting, dialling}, std::pair{dialling, enforcing}}) {
        EXPECT_TRUE(links(member(one), member(other))) << enum_name(one);
        EXPECT_EQ(handshakes, one == dialling ? 1U : 0U) << enum_name(one);
        EXPECT_TRUE(links(member(other), member(one))) << enum_name(one);
        EXPECT_EQ(handshakes, other == accepting ? 0U : 1U) << enum_name(one);
    }
    EXPECT_TRUE(links(member(enforcing), member(enforcing)));
    EXPECT_FALSE(links(member(disabled), member(enforcing)));
    EXPECT_FALSE(links(member(enforcing), member(disabled)));
}

TEST_F(TlsOfLinks, are_refused_to_strangers_by_either_side) {
    const auto known = member(LinkTlsMode::enforcing);
    auto stranger = known;
    stranger.server_key_path = path("stranger.key");
    stranger.server_cert_path = path("stranger.crt");
    EXPECT_TRUE(links(known, known));
    EXPECT_FALSE(links(stranger, known));
    EXPECT_FALSE(links(known, stranger));
}

TEST_F(TlsOfLinks, believe_anybody_where_no_authority_is_configured) {
    EXPECT_TRUE(links({.link_mode = LinkTlsMode::enforcing}, {.link_mode = LinkTlsMode::enforcing}));
    EXPECT_EQ(handshakes, 1U);
}

}  // namespace
}  // namespace tern::net
