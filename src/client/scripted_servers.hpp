// For tests: a world in which time moves only when nothing else is left to do, and servers whose answers are
// a script.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/random.hpp"
#include "base/runtime.hpp"
#include "base/timer_queue.hpp"
#include "remoting/command.hpp"
#include "remoting/frame.hpp"
#include "remoting/request_code.hpp"
#include "remoting/response_code.hpp"
#include "remoting/transport.hpp"

namespace tern::client {

// Clock, timers and executor of one thread.
class ScriptedTime final : public Clock, public Timers, public Executor {
public:
    Instant now() const override { return now_; }
    WallMillis wall_ms() const override { return 1'700'000'000'000 + now_.time_since_epoch() / 1ms; }
    TimerId after(Duration delay, Task task) override { return timers_.add(now_ + delay, std::move(task)); }
    void cancel(TimerId timer) override { timers_.cancel(timer); }
    void post(Task task) override { posted_.push_back(std::move(task)); }

    // Runs what is posted; false when there was nothing.
    bool run_posted() {
        const bool any = !posted_.empty();
        for (auto& task : std::exchange(posted_, {})) task();
        return any;
    }
    // Moves to the next timer and runs it; false when there is none before the end.
    bool run_next_timer(Instant end) {
        const auto due = timers_.next_due();
        if (!due || *due > end) return false;
        now_ = std::max(now_, *due);
        (*timers_.take_due(now_))();
        return true;
    }
    void move_to(Instant time) { now_ = time; }

private:
    Instant now_{};
    TimerQueue timers_;
    std::vector<Task> posted_;
};

// What a server was asked: copies of it.
struct ScriptedRequest {
    std::string address{};
    std::int32_t code{};
    std::map<std::string, std::string> fields{};
    std::string body{};
};

struct ScriptedAnswer {
    remoting::ResponseCode code{};
    std::map<std::string, std::string> fields{};
    std::string body{};
    std::string remark{};
};

class ScriptedServers final : public remoting::Transport {
public:
    // Nothing: it does not answer.
    using Script = std::function<std::optional<ScriptedAnswer>(const ScriptedRequest&)>;

    // The servers at these addresses answer requests of that code so; others they do not support. What was
    // said later replaces what was said before.
    void at(const std::string& address, remoting::RequestCode code, Script script) {
        scripts_[address][static_cast<std::int32_t>(code)] = std::move(script);
    }
    void at(const std::string& address, remoting::RequestCode code, ScriptedAnswer answer) {
        at(address, code, [answer = std::move(answer)](const ScriptedRequest&) { return answer; });
    }
    // Nobody listens there any more; open connections end.
    void stop(const std::string& address) {
        scripts_.erase(address);
        for (const auto& connection : connections_)
            if (connection->address == address) connection->close("reset by peer");
    }
    // A one-way request to the client that is connected to the address.
    void ask_client(const std::string& address, remoting::RequestCode code,
                    const std::map<std::string, std::string>& fields) {
        Buffer bytes;
        remoting::FrameWriter frame{bytes,
                                    remoting::HeaderEncoding::json,
                                    {.code = static_cast<std::int32_t>(code), .flag = remoting::flag_oneway}};
        for (const auto& [name, value] : fields) frame.named_field(name, value);
        frame.finish();
        for (const auto& connection : connections_)
            if (connection->address == address && connection->is_open_) connection->deliver(bytes.view());
    }
    // What was asked with that code so far, in the order it arrived.
    std::vector<ScriptedRequest> asked(remoting::RequestCode code) const {
        std::vector<ScriptedRequest> those;
        for (const auto& request : asked_)
            if (request.code == static_cast<std::int32_t>(code)) those.push_back(request);
        return those;
    }

    Result<std::unique_ptr<remoting::Listener>> listen(const model::Host&,
                                                       remoting::ConnectionHandler&) override {
        return failure(Errc::not_supported, "scripted servers are there already");
    }
    Ref<remoting::Connection> connect(const std::string& address,
                                      remoting::ConnectionHandler& handler) override {
        connections_.push_back(make_counted<ScriptedConnection>(++last_id_, address, handler));
        if (!scripts_.contains(address)) connections_.back()->close("connection refused");
        return connections_.back();
    }

    // Takes what clients sent and answers; tells of closed connections. False when there was nothing to do.
    bool run() {
        bool any = false;
        for (std::size_t i = 0; i < connections_.size(); ++i) any = serve(connections_[i]) || any;
        std::erase_if(connections_, [](const auto& connection) { return connection->is_over; });
        return any;
    }

private:
    class ScriptedConnection final : public remoting::Connection {
    public:
        ScriptedConnection(std::uint64_t id, std::string to, remoting::ConnectionHandler& who)
            : Connection{id}, address{std::move(to)}, handler{who} {}
        const model::Host& peer() const override { return peer_; }
        const model::Host& local() const override { return local_; }
        bool is_open() const override { return is_open_; }
        Buffer& output() override { return output_; }
        std::size_t unsent_bytes() const override { return output_.size(); }
        void close(std::string_view why) override {
            if (!is_open_) return;
            is_open_ = false;
            closed_because = why;
        }
        void deliver(std::string_view frames) {
            remoting::CommandDecoder decoder;
            while (!frames.empty() && is_open_) {
                const auto frame = remoting::cut_frame(frames);
                TERN_ASSERT(frame && *frame);
                const auto command = decoder.decode(**frame);
                TERN_ASSERT(command);
                handler.on_command(Ref<Connection>{this}, *command);
                frames.remove_prefix((*frame)->size);
            }
        }

        std::string address;
        remoting::ConnectionHandler& handler;
        std::string closed_because;
        bool is_over{false};
        bool is_open_{true};

    private:
        model::Host peer_;
        model::Host local_;
        Buffer output_;
    };

    bool serve(Ref<ScriptedConnection> connection) {
        if (connection->is_over) return false;
        if (!connection->is_open()) {
            connection->is_over = true;
            connection->handler.on_closed(connection, connection->closed_because);
            return true;
        }
        auto& sent = connection->output();
        if (sent.empty()) return false;
        const std::string frames{sent.view()};
        sent.clear();
        Buffer answers;
        remoting::CommandDecoder decoder;
        for (std::string_view rest = frames; !rest.empty();) {
            const auto frame = remoting::cut_frame(rest);
            TERN_ASSERT(frame && *frame);
            const auto command = decoder.decode(**frame);
            TERN_ASSERT(command);
            answer(connection->address, *command, answers);
            rest.remove_prefix((*frame)->size);
        }
        connection->deliver(answers.view());
        return true;
    }

    void answer(const std::string& address, const remoting::Command& command, Buffer& out) {
        ScriptedRequest request{address, command.code, {}, std::string{command.body}};
        const auto fields = command.fields.entries();
        for (const auto& field : *fields) request.fields.emplace(field.name, field.value);
        asked_.push_back(request);
        const auto& scripts = scripts_[address];
        const auto script = scripts.find(command.code);
        const auto answer = script != scripts.end()
                                ? script->second(request)
                                : ScriptedAnswer{.code = remoting::ResponseCode::request_code_not_supported};
        if (!answer || command.is_oneway()) return;
        remoting::FrameWriter frame{out,
                                    remoting::HeaderEncoding::json,
                                    {.code = static_cast<std::int32_t>(answer->code),
                                     .opaque = command.opaque,
                                     .flag = remoting::flag_response,
                                     .remark = answer->remark}};
        for (const auto& [name, value] : answer->fields) frame.named_field(name, value);
        frame.finish(answer->body);
    }

    std::map<std::string, std::map<std::int32_t, Script>> scripts_;  // By address and code.
    std::vector<Ref<ScriptedConnection>> connections_;
    std::vector<ScriptedRequest> asked_;
    std::uint64_t last_id_{0};
};

// All of it together.
class ScriptedWorld {
public:
    ScriptedTime time;
    ScriptedServers servers;

    Runtime runtime() { return {time, time, time, random_, log_}; }

    // Runs until the condition holds, or until nothing happens any more within the limit.
    void run_until(const std::function<bool()>& condition, Duration limit = 60s) {
        const Instant end = time.now() + limit;
        while (!condition()) {
            if (time.run_posted() || servers.run()) continue;
            if (!time.run_next_timer(end)) return;
        }
    }
    // Everything that happens within that time.
    void run_for(Duration duration) {
        const Instant end = time.now() + duration;
        run_until([] { return false; }, duration);
        time.move_to(end);
    }
    // What happens without time passing.
    void settle() {
        while (time.run_posted() || servers.run()) {
        }
    }

private:
    SeededRandom random_{1};
    SilentLog log_;
};

}  // namespace tern::client
