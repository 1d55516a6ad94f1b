// A small network for tests of links: machines by their addresses on one thread, with streams between them
// and time that moves when the test says so. Bytes arrive whole and at once; what goes wrong is said by name.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/random.hpp"
#include "base/timer_queue.hpp"
#include "remoting/receiver.hpp"

namespace tern::replication {

class FakeLinkNetwork final : public Clock, public Executor, public Timers {
public:
    // --- What the parts are given.
    Instant now() const override { return now_; }
    WallMillis wall_ms() const override { return 0; }
    void post(Task task) override { posted_.push_back(std::move(task)); }
    TimerId after(Duration delay, Task task) override { return timers_.add(now_ + delay, std::move(task)); }
    void cancel(TimerId timer) override { timers_.cancel(timer); }

    std::unique_ptr<remoting::Transport> machine(std::string address) {
        return std::make_unique<Machine>(*this, std::move(address));
    }

    // --- What happens.
    void run_for(Duration time) {
        const Instant end = now_ + time;
        while (true) {
            while (!posted_.empty()) {
                Task task = std::move(posted_.front());
                posted_.pop_front();
                task();
            }
            const auto due = timers_.next_due();
            if (!due || *due > end) break;
            now_ = *due;
            (*timers_.take_due(now_))();
        }
        now_ = end;
    }
    std::size_t timers_pending() const { return timers_.size(); }

    // The machine's streams hear nothing more of each other, not even their end, and new ones go nowhere.
    void unplug(const std::string& address) {
        dead_.insert(address);
        for (const auto& stream : streams_)
            if (stream->machine_ == address || stream->peer_.address_text() == address)
                stream->is_cut_ = true;
    }
    void plug_in(const std::string& address) { dead_.erase(address); }
    // The machine's streams take nothing any more, as a process that was stopped.
    void freeze(const std::string& address) { frozen_.insert(address); }

    std::size_t connects{0};                   // Attempts so far.
    std::map<std::string, std::string> names;  // Addresses by "name:port".

    ~FakeLinkNetwork() override {
        for (const auto& stream : streams_) {  // They refer to each other, and to their handlers.
            stream->receiver_ = {};
            stream->other_ = {};
        }
    }

private:
    class Stream;

    class Stream final : public remoting::Connection {
    public:
        Stream(FakeLinkNetwork& network, std::uint64_t id, std::string machine, const model::Host& local,
               const model::Host& peer, remoting::Receiver receiver)
            : Connection{id},
              network_{network},
              machine_{std::move(machine)},
              local_{local},
              peer_{peer},
              receiver_{std::move(receiver)} {}

        const model::Host& peer() const override { return peer_; }
        const model::Host& local() const override { return local_; }
        bool is_open() const override { return is_open_; }
        Buffer& output() override {
            if (!is_open_) output_.clear();
            network_.post([self = Ref{this}] { self->send(); });
            return output_;
        }
        std::size_t unsent_bytes() const override { return output_.size(); }
        void close(std::string_view why) override { end(why, true); }

    private:
        friend class FakeLinkNetwork;

        void send() {
            if (!is_open_ || !other_ || is_cut_ || network_.frozen_.contains(other_->machine_)) return;
            other_->input_.append(output_.view());
            output_.clear();
            other_->take();
        }
        void take() {
            const Ref<Connection> self{this};
            Error failed{};
            while (is_open_) {
                const auto taken = receiver_.take(self, input_.view(), decoder_, failed);
                if (!taken) return close(failed.detail);
                if (*taken == 0) return;
                input_.consume(*taken);
            }
        }
        void end(std::string_view why, bool tell_other) {
            if (!std::exchange(is_open_, false)) return;
            output_.clear();
            const auto other = std::exchange(other_, {});
            if (other && tell_other && !is_cut_)
                network_.post([other] { other->end("closed by the peer", false); });
            network_.post([self = Ref{this}, text = std::string{why}] {
                std::exchange(self->receiver_, {}).closed(self, text);
                std::erase(self->network_.streams_, self);
            });
        }

        FakeLinkNetwork& network_;
        std::string machine_;
        model::Host local_;
        model::Host peer_;
        remoting::Receiver receiver_;
        remoting::CommandDecoder decoder_;
        Ref<Stream> other_;
        Buffer input_;
        Buffer output_;
        bool is_open_{true};
        bool is_cut_{false};
    };

    class Door final : public remoting::Listener {
    public:
        Door(FakeLinkNetwork& network, const model::Host& at) : network_{network}, at_{at} {}
        ~Door() override { network_.doors_.erase(at_.text()); }
        model::Host address() const override { return at_; }

    private:
        FakeLinkNetwork& network_;
        model::Host at_;
    };

    class Machine final : public remoting::Transport {
    public:
        Machine(FakeLinkNetwork& network, std::string address)
            : network_{network}, address_{std::move(address)} {}

        Result<std::unique_ptr<remoting::Listener>> listen(const model::Host&,
                                                           remoting::ConnectionHandler&) override {
            return failure(Errc::not_supported, "streams only");
        }
        Ref<remoting::Connection> connect(const std::string&, remoting::ConnectionHandler&) override {
            return {};
        }
        Result<std::unique_ptr<remoting::Listener>> listen_stream(
            const model::Host& at, Ref<remoting::StreamHandler> handler) override {
            if (!network_.doors_.emplace(at.text(), remoting::Receiver{std::move(handler)}).second)
                return failure(Errc::io_failed, "address in use: " + at.text());
            return std::make_unique<Door>(network_, at);
        }
        Ref<remoting::Connection> connect_stream(const std::string& to,
                                                 Ref<remoting::StreamHandler> handler) override {
            return network_.connect(address_, to, remoting::Receiver{std::move(handler)});
        }

    private:
        FakeLinkNetwork& network_;
        std::string address_;
    };

    Ref<Stream> connect(const std::string& from, const std::string& to, remoting::Receiver receiver) {
        ++connects;
        const auto name = names.find(to);
        const auto peer = *model::Host::parse(name == names.end() ? to : name->second);
        const auto local = *model::Host::parse(from + ":" + std::to_string(40'000 + ++last_id_));
        auto client = make_counted<Stream>(*this, last_id_, from, local, peer, std::move(receiver));
        streams_.push_back(client);
        if (dead_.contains(from) || dead_.contains(peer.address_text()))
            client->is_cut_ = true;
        else
            post([this, client] { accept(client); });
        return client;
    }
    void accept(const Ref<Stream>& client) {
        const auto door = doors_.find(client->peer_.text());
        if (!client->is_open_) return;
        if (door == doors_.end()) return client->end("connection refused", false);
        auto server = make_counted<Stream>(*this, ++last_id_, client->peer_.address_text(), client->peer_,
                                           client->local_, door->second);
        streams_.push_back(server);
        server->other_ = client;
        client->other_ = server;
        server->receiver_.opened(server);
        if (client->is_open_) client->receiver_.opened(client);
    }

    Instant now_{};
    std::deque<Task> posted_;
    TimerQueue timers_;
    std::map<std::string, remoting::Receiver> doors_;
    std::vector<Ref<Stream>> streams_;
    std::set<std::string> dead_;
    std::set<std::string> frozen_;
    std::uint64_t last_id_{0};
};

}  // namespace tern::replication
