#include "client/name_servers.hpp"

#include <utility>

#include "base/text.hpp"

namespace tern::client {

Result<std::vector<std::string>> parse_name_servers(std::string_view list) {
    std::vector<std::string> addresses;
    for (const auto part : split(list, ';')) {
        const auto address = trim(part);
        if (address.empty()) continue;
        const auto colon = address.rfind(':');
        const auto port = colon == std::string_view::npos
                              ? std::nullopt
                              : parse_number<std::uint16_t>(address.substr(colon + 1));
        if (!port || *port == 0 || colon == 0)
            return failure(Errc::invalid_argument, "NameServer address, host:port: " + std::string{address});
        addresses.emplace_back(address);
    }
    if (addresses.empty())
        return failure(Errc::invalid_argument, "no NameServer address in: " + std::string{list});
    return addresses;
}

struct NameServers::Question final : Counted {
    Question(Send how, Rpc::Done then, std::size_t servers)
        : send{std::move(how)}, done{std::move(then)}, left{servers} {}
    Send send;
    Rpc::Done done;
    std::size_t left;  // Servers not tried yet.
};

NameServers::NameServers(std::vector<std::string> addresses, Random& random)
    : addresses_{std::move(addresses)} {
    if (!addresses_.empty()) current_ = random.below(addresses_.size());
}

void NameServers::ask(Send send, Rpc::Done done) {
    if (addresses_.empty()) return done(failure(Errc::invalid_argument, "no NameServer is known"));
    try_next(make_counted<Question>(std::move(send), std::move(done), addresses_.size()));
}

void NameServers::try_next(Ref<Question> question) {
    const auto server = current_;
    --question->left;
    question->send(addresses_[server], [this, question, server](Result<remoting::Command> answer) {
        if (answer) return question->done(std::move(answer));
        // Of several questions that failed at once only the first moves on; the others follow it.
        if (current_ == server) current_ = (current_ + 1) % addresses_.size();
        if (question->left == 0) return question->done(std::move(answer));
        try_next(question);
    });
}

}  // namespace tern::client
