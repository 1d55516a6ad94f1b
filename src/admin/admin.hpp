// What every administrative operation works with: a client, and one request as something to wait for.
#pragma once

#include <string>
#include <string_view>
#include <utility>

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
};

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
