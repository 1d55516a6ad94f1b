#include "net/tls_keeper.hpp"

#include <utility>

namespace tern::net {
namespace {

// A setting with its file, as errors say it.
std::string named(std::string_view prefix, std::string_view name, const std::string& path) {
    std::string words{prefix};
    return words.append(name).append("=").append(path);
}

std::string described(const Ref<TlsContext>& context) {
    if (!context) return "none";
    auto words = context->description();
    return words.empty() ? "no certificate of its own" : words;
}

}  // namespace

TlsKeeper::TlsKeeper(TlsConfig config, Loop& loop, TcpTransport& transport, io::FileSystem& files, Log& log,
                     TlsWatch watch)
    : config_{std::move(config)},
      loop_{loop},
      transport_{transport},
      files_{files},
      log_{log},
      watch_{watch},
      server_{"tls.server.", config_.server_cert_path, config_.server_key_path, config_.server_key_password,
              config_.server_trust_cert_path},
      client_{"tls.client.", config_.client_cert_path, config_.client_key_path, config_.client_key_password,
              config_.client_trust_cert_path} {}

TlsKeeper::~TlsKeeper() {
    *is_alive_ = false;
    loop_.cancel(timer_);
}

Result<> TlsKeeper::start_server() {
    is_server_ = true;
    return start();
}

Result<> TlsKeeper::start_client() {
    return start();
}

Result<> TlsKeeper::start() {
    auto texts = read();
    auto uses = make(texts);
    if (!uses) return std::unexpected{uses.error()};
    if (is_server_ && config_.server_auth_client && config_.need_client_auth == ClientAuth::none)
        log_.warning("tls_setting_without_effect",
                     {{"setting", "tls.server.authClient=true"},
                      {"why", "with tls.server.need.client.auth=none no client is asked for a certificate"}});
    if (is_server_)
        log_.info("tls", {{"clients", enum_name(uses->commands.accepts)},
                          {"links", enum_name(config_.link_mode)},
                          {"server", described(uses->commands.server)},
                          {"dials", uses->commands.client ? "TLS" : "plain text"}});
    transport_.secure(std::move(uses->commands), std::move(uses->streams));
    taken_ = std::move(texts);
    if (taken_ == Both{}) return {};  // No file is of use.
    reader_.emplace(loop_);
    look_later();
    return {};
}

// --- What the configuration asks for.

bool TlsKeeper::dials() const {
    if (config_.enable != TlsSwitch::automatic) return config_.enable == TlsSwitch::on;
    return is_server_ && config_.server_mode == TlsMode::enforcing;
}

bool TlsKeeper::is_test_mode(const Paths& paths, bool verifies) const {
    if (config_.test_mode != TlsSwitch::automatic) return config_.test_mode == TlsSwitch::on;
    return paths.certificates.empty() && paths.key.empty() && paths.trusted.empty() && !verifies;
}

bool TlsKeeper::reads_server_files() const {
    return is_server_ && !is_test_mode(server_, config_.server_auth_client) &&
           (config_.server_mode != TlsMode::disabled || config_.link_mode != LinkTlsMode::disabled);
}

bool TlsKeeper::reads_client_files() const {
    return dials() && !is_test_mode(client_, config_.client_auth_server);
}

TlsKeeper::Both TlsKeeper::read() const {
    Both both;
    if (reads_server_files()) both.server = read(server_);
    if (reads_client_files()) both.client = read(client_);
    return both;
}

TlsKeeper::Texts TlsKeeper::read(const Paths& paths) const {
    Texts texts;
    const auto read_one = [&](std::string_view name, const std::string& path, std::string& text) {
        if (path.empty() || !texts.problem.empty()) return;
        auto content = io::read_file(files_, path);
        if (content && !content->empty()) {
            text = std::move(*content);
            return;
        }
        // Also while it is being written: an empty one must not look like none.
        texts.problem = std::string{paths.prefix}.append(name).append(": ") +
                        (content ? path + " is empty" : content.error().detail);
    };
    read_one("certPath", paths.certificates, texts.certificates);
    read_one("keyPath", paths.key, texts.key);
    read_one("trustCertPath", paths.trusted, texts.trusted);
    return texts;
}

// --- Contexts.

Result<TlsIdentity> TlsKeeper::identity_of(const Paths& paths, const Texts& texts) {
    if (!texts.problem.empty()) return failure(Errc::io_failed, texts.problem);
    if (paths.certificates.empty() && !paths.key.empty())
        return failure(Errc::invalid_argument, named(paths.prefix, "keyPath", paths.key) + ": " +
                                                   std::string{paths.prefix} + "certPath is missing");
    if (!paths.certificates.empty() && paths.key.empty())
        return failure(Errc::invalid_argument, named(paths.prefix, "certPath", paths.certificates) + ": " +
                                                   std::string{paths.prefix} + "keyPath is missing");
    return TlsIdentity{
        .certificates = {texts.certificates, named(paths.prefix, "certPath", paths.certificates)},
        .key = {texts.key, named(paths.prefix, "keyPath", paths.key)},
        .key_password = paths.password};
}

Result<TlsIdentity> TlsKeeper::server_identity(const Texts& texts) {
    if (!is_test_mode(server_, config_.server_auth_client)) return identity_of(server_, texts);
    if (!self_signed_) {
        auto made = self_signed_identity();
        if (!made) return made;
        self_signed_ = std::move(*made);
    }
    return *self_signed_;
}

Result<Ref<TlsContext>> TlsKeeper::server_context(const Texts& texts) {
    const auto identity = server_identity(texts);
    if (!identity) return std::unexpected{identity.error()};
    if (identity->certificates.text.empty()) {
        if (config_.server_mode != TlsMode::enforcing && !config_.server_auth_client)
            return Ref<TlsContext>{};
        return failure(Errc::invalid_argument,
                       named("tls.server.", "mode", std::string{enum_name(config_.server_mode)}) +
                           ": tls.server.certPath and tls.server.keyPath are missing");
    }
    if (is_test_mode(server_, config_.server_auth_client)) return TlsContext::make(*identity, {});
    if (config_.server_auth_client && server_.trusted.empty())
        return failure(Errc::invalid_argument,
                       "tls.server.authClient=true: tls.server.trustCertPath is missing");
    return TlsContext::make(
        *identity, {.asks = config_.need_client_auth != ClientAuth::none,
                    .insists = config_.need_client_auth == ClientAuth::require,
                    .verifies = config_.server_auth_client,
                    .trusted = {texts.trusted, named("tls.server.", "trustCertPath", server_.trusted)}});
}

// Members are servers to each other, whoever dialled.
Result<Ref<TlsContext>> TlsKeeper::link_context(const Texts& texts) {
    const auto identity = server_identity(texts);
    if (!identity) return std::unexpected{identity.error()};
    if (identity->certificates.text.empty())
        return failure(Errc::invalid_argument,
                       named("tls.link.", "mode", std::string{enum_name(config_.link_mode)}) +
                           ": tls.server.certPath and tls.server.keyPath are missing");
    const bool verifies = !texts.trusted.empty();
    return TlsContext::make(
        *identity, {.asks = verifies,
                    .insists = verifies,
                    .verifies = verifies,
                    .trusted = {texts.trusted, named("tls.server.", "trustCertPath", server_.trusted)}});
}

Result<Ref<TlsContext>> TlsKeeper::client_context(const Texts& texts) const {
    if (is_test_mode(client_, config_.client_auth_server)) return TlsContext::make({}, {});
    const auto identity = identity_of(client_, texts);
    if (!identity) return std::unexpected{identity.error()};
    const bool verifies = config_.client_auth_server;
    return TlsContext::make(
        *identity, {.asks = verifies,
                    .insists = verifies,
                    .verifies = verifies,
                    .trusted = {texts.trusted, named("tls.client.", "trustCertPath", client_.trusted)}});
}

Result<TlsKeeper::Uses> TlsKeeper::make(const Both& texts) {
    Uses uses;
    if (is_server_ && config_.server_mode != TlsMode::disabled) {
        auto server = server_context(texts.server);
        if (!server) return std::unexpected{server.error()};
        if (*server) uses.commands.accepts = config_.server_mode;  // Else there is nothing to offer.
        uses.commands.server = std::move(*server);
    }
    if (dials()) {
        auto client = client_context(texts.client);
        if (!client) return std::unexpected{client.error()};
        uses.commands.client = std::move(*client);
    }
    if (is_server_ && config_.link_mode != LinkTlsMode::disabled) {
        auto link = link_context(texts.server);
        if (!link) return std::unexpected{link.error()};
        uses.streams.accepts =
            config_.link_mode == LinkTlsMode::enforcing ? TlsMode::enforcing : TlsMode::permissive;
        if (config_.link_mode != LinkTlsMode::accepting) uses.streams.client = *link;
        uses.streams.server = std::move(*link);
    }
    return uses;
}

// --- Files that change.

void TlsKeeper::look_later() {
    timer_ = loop_.after(watch_.look_interval, [this] { look(); });
}

void TlsKeeper::look() {
    auto found = std::make_shared<Both>();
    auto job = std::make_unique<io::Job>();
    job->work = [this, found] {
        *found = read();
        return Result<>{};
    };
    job->done = [this, found, alive = is_alive_](const Result<>&) {
        if (!*alive) return;
        compare(std::move(*found));
        look_later();
    };
    reader_->add(std::move(job));
}

void TlsKeeper::compare(Both found) {
    if (found == taken_) return unfit_.reset();
    const Instant now = loop_.now();
    if (unfit_ != found) {
        auto uses = make(found);
        if (uses) {
            unfit_.reset();
            return take(std::move(found), std::move(*uses));
        }
        unfit_ = std::move(found);
        unfit_since_ = now;
        is_unfit_told_ = false;
    }
    if (is_unfit_told_ || now - unfit_since_ < watch_.settle_time) return;
    is_unfit_told_ = true;
    const auto why = make(*unfit_);
    transport_.probe().tls_not_reloaded();
    log_.warning("tls_files_not_taken", {{"why", why ? "" : why.error().detail}});
}

void TlsKeeper::take(Both found, Uses uses) {
    transport_.probe().tls_reloaded();
    log_.info("tls_files_taken",
              {{"server", described(uses.commands.server ? uses.commands.server : uses.streams.server)},
               {"client", described(uses.commands.client)}});
    transport_.secure(std::move(uses.commands), std::move(uses.streams));
    taken_ = std::move(found);
}

}  // namespace tern::net
