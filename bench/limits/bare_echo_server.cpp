// The most that a server of remoting frames could do: reads them, finds opaques, answers with bytes that lay
// ready. Nothing is decoded and nothing kept, so what remains is sockets.
#include <cstdio>

#include "bench/limits/frame_server.hpp"
#include "bench/limits/ready_answer.hpp"

namespace {

using namespace tern::bench;

class Echo final : public FrameService {
public:
    std::span<const std::string_view> serve(const Answer& request, tern::Buffer& answers) override {
        const bool is_json = request.frame.encoding == tern::remoting::HeaderEncoding::json;
        (is_json ? json_ : binary_).append_to(answers, request.opaque);
        return {};
    }

private:
    ReadyAnswer json_{send_answer(tern::remoting::HeaderEncoding::json)};
    ReadyAnswer binary_{send_answer(tern::remoting::HeaderEncoding::binary)};
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: bare_echo_server IP:PORT     port 0: any\n");
        return 2;
    }
    Echo echo;
    return serve_at(argv[1], echo);
}
