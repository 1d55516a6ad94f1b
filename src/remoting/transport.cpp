#include "remoting/transport.hpp"

#include "base/assert.hpp"

namespace tern::remoting {

Result<std::unique_ptr<Listener>> Transport::listen_stream(const model::Host& address, Ref<StreamHandler>) {
    return failure(Errc::not_supported, "listen on " + address.text() + ": no streams");
}

Ref<Connection> Transport::connect_stream(const std::string&, Ref<StreamHandler>) {
    assertion_failed("this transport has streams", __FILE__, __LINE__);
}

}  // namespace tern::remoting
