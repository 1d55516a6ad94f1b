// What every administrative operation works with: a client, and one request as something to wait for.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/task.hpp"
#include "base/result.hpp"
#include "base/runtime.hpp"
#include "client/answer.hpp"
#include "client/client.hpp"

namespace tern::admin {

// Outlives the operations that use it. Each operation is a Task in one of the files beside this one; it takes
// its arguments by value, for it goes on after the caller's are gone.
class Admin {
public:
    explicit Admin(client::Client& client, Duration timeout = 5s) : client_{client}, timeout_{timeout} {}

    client::Client& client() { return client_; }
    const std::vector<std::string>& name_servers() const { return client_.name_servers().addresses(); }

    // One request to the address, to be awaited at once, and what is made of its answer: read(answer) gives a
    // Result<T>. Errors of the transport have the address in their words, errors of the server get it here.
    template <class T, HasFields Header>
    auto ask(std::string_view address, const Header& header, std::string_view body,
             Result<T> (*read)(const Result<remoting::Command>&)) {
        return answer_of<Result<T>>([this, address, header, body, read](const Answering<Result<T>>& done) {
            client_.rpc().call(address, header, body, timeout_, reading(address, read, done));
        });
    }
    // One without fields.
    template <class T>
    auto ask(std::string_view address, remoting::RequestCode code, std::string_view body,
             Result<T> (*read)(const Result<remoting::Command>&)) {
        return answer_of<Result<T>>([this, address, code, body, read](const Answering<Result<T>>& done) {
            client_.rpc().call(address, code, body, timeout_, reading(address, read, done));
        });
    }
    // The same to any NameServer.
    template <class T, class Request>
    auto ask_name_server(const Request& request, Result<T> (*read)(const Result<remoting::Command>&)) {
        return answer_of<Result<T>>([this, request, read](const Answering<Result<T>>& done) {
            client_.name_servers().ask(
                [this, request, done](const std::string& address, client::Rpc::Done answered) {
                    if (!done.is_awaited()) return;  // The request's texts are gone.
                    if constexpr (HasFields<Request>) {
                        client_.rpc().call(address, request, {}, timeout_, std::move(answered));
                    } else {
                        client_.rpc().call(address, request, std::string_view{}, timeout_,
                                           std::move(answered));
                    }
                },
                [read, done](const Result<remoting::Command>& answer) { done(read(answer)); });
        });
    }

    // The servers that gave no answer to an operation that went on with the others, and what was met there.
    // None of them is waited for again, until they are forgotten.
    const std::map<std::string, Error>& silent() const { return silent_; }
    void note_silent(const std::string& address, const Error& error) { silent_.emplace(address, error); }
    void forget_silent() { silent_.clear(); }
    // Of servers that all know the same the first that is not silent, or the first.
    const std::string& one_of(const std::vector<std::string>& addresses) const {
        const auto found = std::ranges::find_if(
            addresses, [this](const std::string& address) { return !silent_.contains(address); });
        return found == addresses.end() ? addresses.front() : *found;
    }

private:
    template <class T>
    static auto reading(std::string_view address, Result<T> (*read)(const Result<remoting::Command>&),
                        const Answering<Result<T>>& done) {
        return [address = std::string{address}, read, done](const Result<remoting::Command>& answer) {
            auto result = read(answer);
            if (answer && !result) result.error().detail.insert(0, address + ": ");
            done(std::move(result));
        };
    }

    client::Client& client_;
    Duration timeout_;
    std::map<std::string, Error> silent_;  // By address.
};

// Nobody answered, as opposed to an answer that is an error.
inline bool is_silence(const Error& error) {
    return error.code == Errc::deadline_exceeded || error.code == Errc::connection_closed;
}

// An answer that a broker got from a member of a group. It waits for the member longer than we wait for the
// broker: when there is none, it need not be the broker that is silent.
template <class T>
Result<T> name_member(Result<T> answer, const std::string& client_id) {
    if (!answer && is_silence(answer.error()))
        answer.error().detail.insert(0, client_id + ", asked through ");
    return answer;
}

// The same asked of several servers, side by side: what those answered that did, in their order. The silent
// ones are noted in the Admin. It fails where one refuses, and where all are silent.
template <class T, class Ask>
Task<Result<std::vector<T>>> answers_of(Admin& admin, std::vector<std::string> addresses, Ask ask) {
    std::vector<std::string> asked;
    std::vector<Task<Result<T>>> asking;
    std::optional<Error> silence;
    for (auto& address : addresses) {
        if (const auto silent = admin.silent().find(address); silent != admin.silent().end()) {
            silence = silent->second;
            continue;
        }
        asking.push_back(ask(address));
        asked.push_back(std::move(address));
    }
    auto results = co_await all(std::move(asking));
    std::vector<T> answers;
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (results[i]) {
            answers.push_back(std::move(*results[i]));
            continue;
        }
        if (!is_silence(results[i].error())) co_return std::unexpected{results[i].error()};
        admin.note_silent(asked[i], results[i].error());
        silence = results[i].error();
    }
    if (answers.empty() && silence) co_return std::unexpected{*silence};
    co_return answers;
}

// Where an answer came from, for who puts several together.
template <class T>
Task<Result<std::pair<std::string, T>>> with_address(std::string address, Task<Result<T>> asking) {
    auto answer = co_await std::move(asking);
    if (!answer) co_return std::unexpected{answer.error()};
    co_return std::pair{std::move(address), std::move(*answer)};
}

// How answers are read.
template <HasFields Body>
Result<Body> body_as(const Result<remoting::Command>& answer) {
    return client::body_of<Body>(answer);
}
template <HasFields Header>
Result<Header> header_as(const Result<remoting::Command>& answer) {
    return client::header_of<Header>(answer);
}
// A success is all there is to know.
inline Result<void> success(const Result<remoting::Command>& answer) {
    const auto checked = client::success_of(answer);
    if (!checked) return std::unexpected{checked.error()};
    return {};
}
// The first thing that went wrong.
inline Result<void> first_failure(const std::vector<Result<void>>& results) {
    for (const auto& result : results)
        if (!result) return result;
    return {};
}
inline Result<std::string> body_text(const Result<remoting::Command>& answer) {
    const auto checked = client::success_of(answer);
    if (!checked) return std::unexpected{checked.error()};
    return std::string{checked->body};
}

}  // namespace tern::admin
