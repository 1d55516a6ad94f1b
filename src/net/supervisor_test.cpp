#include "net/supervisor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/tcp_transport.hpp"

namespace tern::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// A socket that the supervisor opened on a free loopback port; not closed by who hands it over.
int opened_socket(bool listens) {
    const int number = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(number, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    if (listens) {
        EXPECT_EQ(::listen(number, 8), 0);
    }
    return number;
}

SupervisorEnvironment with_sockets(int count) {
    return {.listen_pid = std::to_string(::getpid()),
            .listen_fds = std::to_string(count),
            .listen_fdnames = "clients:fast"};
}

struct Nobody final : remoting::ConnectionHandler {
    void on_opened(const Ref<remoting::Connection>&) override { ++opened; }
    void on_command(const Ref<remoting::Connection>&, const remoting::Command&) override {}
    void on_closed(const Ref<remoting::Connection>&, std::string_view) override {}
    int opened{0};
};

struct InheritedSockets : testing::Test {
    std::vector<InheritedSocket> taken(const SupervisorEnvironment& environment, int first) {
        return inherited_sockets(environment, warnings, first);
    }
    std::vector<std::string> warnings;
};

TEST_F(InheritedSockets, have_the_address_they_listen_at_and_their_name) {
    const int number = opened_socket(true);
    const auto sockets = taken(with_sockets(1), number);
    ASSERT_THAT(sockets, SizeIs(1));
    EXPECT_EQ(sockets[0].name, "clients");
    EXPECT_EQ(sockets[0].address.address_text(), "127.0.0.1");
    EXPECT_GT(sockets[0].address.port(), 0);
    EXPECT_THAT(warnings, IsEmpty());
}
TEST_F(InheritedSockets, are_none_when_they_are_meant_for_another_process) {
    auto environment = with_sockets(1);
    environment.listen_pid = std::to_string(::getpid() + 1);
    const int number = opened_socket(true);
    EXPECT_THAT(taken(environment, number), IsEmpty());
    ::close(number);
}
TEST_F(InheritedSockets, that_do_not_listen_are_named_and_left) {
    const int number = opened_socket(false);
    EXPECT_THAT(taken(with_sockets(1), number), IsEmpty());
    EXPECT_THAT(warnings, ElementsAre(HasSubstr("(clients) is no listening TCP socket")));
    ::close(number);
}
TEST_F(InheritedSockets, are_counted_by_a_number) {
    auto environment = with_sockets(1);
    environment.listen_fds = "some";
    EXPECT_THAT(taken(environment, 3), IsEmpty());
    EXPECT_THAT(warnings, ElementsAre(HasSubstr("LISTEN_FDS=some")));
}

// The whole way in a process of its own: the socket is found at 3, the port's listener is made of it, and the
// connection that waited in it since before the start is taken.
TEST_F(InheritedSockets, carry_connections_that_came_before_the_process) {
    const int listening = opened_socket(true);
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ASSERT_EQ(::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size), 0);
    const int client = ::socket(AF_INET, SOCK_STREAM, 0);
    ASSERT_EQ(::connect(client, reinterpret_cast<sockaddr*>(&address), size), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(20);
        if (::dup2(listening, 3) != 3) ::_exit(10);
        if (listening != 3) ::close(listening);
        auto sockets = inherited_sockets(with_sockets(1), warnings);
        if (sockets.size() != 1) ::_exit(11);
        const auto at = sockets[0].address;
        Loop loop;
        SilentLog log;
        TcpTransport transport{loop, log};
        Nobody nobody;
        transport.inherit(std::move(sockets));
        const auto elsewhere = transport.listen(at.with_port(0), nobody);
        if (!elsewhere || transport.unused_sockets().size() != 1) ::_exit(12);
        const auto listener = transport.listen(at, nobody);
        if (!listener || (*listener)->address() != at || !transport.unused_sockets().empty()) ::_exit(13);
        if (!(*listener)->outlives_process() || (*elsewhere)->outlives_process()) ::_exit(14);
        while (nobody.opened == 0) loop.run_one();
        ::_exit(0);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    ::close(client);
    ::close(listening);
}

TEST(Supervisor, is_told_where_it_listens) {
    const io::Descriptor supervisor{::socket(AF_UNIX, SOCK_DGRAM, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    // Bound without a name, a socket gets a free abstract one.
    ASSERT_EQ(::bind(supervisor.number(), reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t)), 0);
    socklen_t size = sizeof address;
    ASSERT_EQ(::getsockname(supervisor.number(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    const std::string name{address.sun_path + 1, size - sizeof(sa_family_t) - 1};
    ASSERT_TRUE(tell_supervisor({.notify_socket = "@" + name}, "READY=1"));
    char told[16] = {};
    ASSERT_EQ(::recv(supervisor.number(), told, sizeof told, MSG_DONTWAIT), 7);
    EXPECT_STREQ(told, "READY=1");
}
TEST(Supervisor, that_is_not_there_is_no_failure_and_one_that_is_wrong_is_named) {
    EXPECT_TRUE(tell_supervisor({}, "READY=1"));
    const auto told = tell_supervisor({.notify_socket = "/no/such/socket"}, "READY=1");
    ASSERT_FALSE(told);
    EXPECT_THAT(told.error().detail, HasSubstr("/no/such/socket"));
}

}  // namespace
}  // namespace tern::net
