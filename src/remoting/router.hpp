// One table from request code to service: a row a code, and the header of the request is decoded on the way.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/inplace_function.hpp"
#include "remoting/command.hpp"
#include "remoting/fields.hpp"
#include "remoting/request_code.hpp"
#include "remoting/responder.hpp"
#include "remoting/transport.hpp"

namespace tern::remoting {

// A request on its way to its service. The command's views are valid during the call only; who answers later
// moves the responder out and copies what else it needs.
struct Request {
    const Command& command;
    const Ref<Connection>& connection;
    Responder responder;

    std::string_view body() const { return command.body; }
};

// Filled once at start, then asked for every request; of one loop.
class Router {
public:
    using Handler = InplaceFunction<void(Request&), 48>;
    static constexpr std::nullptr_t default_list = nullptr;  // The header's fields().

    void on(RequestCode code, Handler handler);

    // What needs nothing of the header, or reads the command itself.
    template <class Service>
    void on(RequestCode code, Service& service, void (Service::*method)(Request&)) {
        on(code, Handler{[&service, method](Request& request) { (service.*method)(request); }});
    }
    // A decoded header, and the rest of the request: body, version, connection. A header that does not decode
    // is answered here. One that has several lists of fields is read by the list that on<…> names.
    template <auto List = default_list, HasFields Header, class Service>
    void on(RequestCode code, Service& service, void (Service::*method)(const Header&, Request&)) {
        on(code, Handler{[&service, method](Request& request) {
               const auto header = decode<Header, List>(request.command);
               if (!header) return request.responder.fail(header.error());
               (service.*method)(*header, request);
           }});
    }
    // Typed in, typed out, now or later.
    template <auto List = default_list, HasFields Header, HasFields Answer, class Service>
    void on(RequestCode code, Service& service,
            void (Service::*method)(const Header&, std::string_view body, Reply<Answer>)) {
        on(code, Handler{[&service, method](Request& request) {
               const auto header = decode<Header, List>(request.command);
               if (!header) return request.responder.fail(header.error());
               (service.*method)(*header, request.command.body, Reply<Answer>{std::move(request.responder)});
           }});
    }

    // The same for headers that say their code themselves.
    template <class Header, class Service>
        requires requires { Header::code; }
    void on(Service& service, void (Service::*method)(const Header&, Request&)) {
        on(Header::code, service, method);
    }
    template <class Header, class Answer, class Service>
        requires requires { Header::code; }
    void on(Service& service, void (Service::*method)(const Header&, std::string_view body, Reply<Answer>)) {
        on(Header::code, service, method);
    }

    // Hands the command to its service; a code that nobody serves is answered with 3. What is not a request
    // (an answer to nothing that was asked) is dropped.
    void dispatch(const Ref<Connection>& connection, const Command& command);

private:
    template <class Header, auto List>
    static Result<Header> decode(const Command& command) {
        if constexpr (List == nullptr) {
            return decode_fields<Header>(command);
        } else {
            return decode_fields<Header, List>(command);
        }
    }
    Handler* find(std::int32_t code);

    // Codes below this bound, nearly all there are, are found by index.
    static constexpr std::int32_t direct_codes = 1024;

    std::vector<Handler> handlers_;
    std::array<std::uint16_t, direct_codes> direct_{};        // Place in handlers_ plus one; 0 is nobody.
    std::unordered_map<std::int32_t, std::uint16_t> beyond_;  // Likewise.
};

}  // namespace tern::remoting
