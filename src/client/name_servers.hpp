// The NameServers a client was given. They know nothing of each other, so any of them will do: one is chosen
// by chance, kept while it answers, and left for the next when it does not.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/inplace_function.hpp"
#include "base/runtime.hpp"
#include "client/rpc.hpp"

namespace tern::client {

// "10.0.0.1:9876;10.0.0.2:9876", as clients and operators write it; blanks around an address mean nothing.
// Errc::invalid_argument names an address without a port, and an empty list.
Result<std::vector<std::string>> parse_name_servers(std::string_view list);

class NameServers {
public:
    // Sends one request to the address; called once more for each server that has to be tried, so it owns
    // what the request is made of.
    using Send = InplaceFunction<void(const std::string& address, Rpc::Done done), 96>;

    NameServers(std::vector<std::string> addresses, Random& random);

    const std::vector<std::string>& addresses() const { return addresses_; }

    // The first answer that comes, whatever its code, or what went wrong with the last server that was tried;
    // Errc::invalid_argument, at once, when there is no NameServer.
    void ask(Send send, Rpc::Done done);

private:
    struct Question;
    void try_next(Ref<Question> question);

    std::vector<std::string> addresses_;
    std::size_t current_{0};
};

}  // namespace tern::client
