// Keeps a transport's TLS as a configuration and its files say, also when the files change: new connections
// are begun with the new certificates, those that are there stay as they are.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/log.hpp"
#include "io/file_system.hpp"
#include "io/job_thread.hpp"
#include "net/loop.hpp"
#include "net/tcp_transport.hpp"
#include "net/tls_config.hpp"

namespace tern::net {

struct TlsWatch {
    Duration look_interval{500ms};  // RocketMQ's.
    // Key and certificate are seldom replaced at the same moment: what does not fit together is an error only
    // when it stays.
    Duration settle_time{5s};
};

// Of the transport's loop; all it is given outlives it. The files are read on a thread of its own, so that a
// file system that hangs does not hold up the loop.
class TlsKeeper {
public:
    TlsKeeper(TlsConfig config, Loop& loop, TcpTransport& transport, io::FileSystem& files, Log& log,
              TlsWatch watch = {});
    ~TlsKeeper();

    // For one who listens and dials. Errc::invalid_argument and Errc::io_failed name the setting and its
    // file. Once.
    Result<> start_server();
    // For one who only dials.
    Result<> start_client();
    // Whether the connections that it makes are TLS.
    bool dials() const;

private:
    // What the files of one identity and of those it trusts had in them.
    struct Texts {
        std::string certificates;
        std::string key;
        std::string trusted;
        std::string problem;  // Why they cannot be read.
        friend bool operator==(const Texts&, const Texts&) = default;
    };
    struct Both {
        Texts server;
        Texts client;
        friend bool operator==(const Both&, const Both&) = default;
    };
    struct Uses {
        TlsUse commands;
        TlsUse streams;
    };

    // The settings of one identity, and the beginning of their names.
    struct Paths {
        std::string_view prefix;
        const std::string& certificates;
        const std::string& key;
        const std::string& password;
        const std::string& trusted;
    };

    Result<> start();
    bool is_test_mode(const Paths& paths, bool verifies) const;
    bool reads_server_files() const;
    bool reads_client_files() const;
    Both read() const;
    Texts read(const Paths& paths) const;

    static Result<TlsIdentity> identity_of(const Paths& paths, const Texts& texts);
    Result<Uses> make(const Both& texts);
    Result<TlsIdentity> server_identity(const Texts& texts);
    Result<Ref<TlsContext>> server_context(const Texts& texts);
    Result<Ref<TlsContext>> link_context(const Texts& texts);
    Result<Ref<TlsContext>> client_context(const Texts& texts) const;

    void look_later();
    void look();
    void compare(Both found);
    void take(Both found, Uses uses);

    const TlsConfig config_;
    Loop& loop_;
    TcpTransport& transport_;
    io::FileSystem& files_;
    Log& log_;
    const TlsWatch watch_;
    const Paths server_;
    const Paths client_;
    bool is_server_{false};
    std::optional<TlsIdentity> self_signed_;
    Both taken_;
    std::optional<Both> unfit_;  // What was found last and could not be taken.
    Instant unfit_since_{};
    bool is_unfit_told_{false};
    TimerId timer_{0};
    std::shared_ptr<bool> is_alive_{std::make_shared<bool>(true)};
    std::optional<io::JobThread> reader_;  // While files are watched.
};

}  // namespace tern::net
