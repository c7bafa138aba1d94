// SPDX-License-Identifier: MIT
// The sockets that systemd passes: taken with their names; refused if of another kind or for another process.
#include "sd/inherited_sockets.hpp"

#include "base/error.hpp"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace {

baton::Fd socket_of(int domain, int type) {
    return baton::Fd{::socket(domain, type | SOCK_CLOEXEC, 0)};
}

baton::Fd listening(int domain) {
    auto fd = socket_of(domain, SOCK_STREAM);
    REQUIRE(::listen(fd.get(), 1) == 0); // binds by itself; a unix socket must be bound
    return fd;
}

/// Runs `body` in a child that has `fds` as 3, 4, ... and the variables systemd sets; its exit status.
template <class Body>
int in_child(std::vector<int> fds, const char* names, Body body) {
    const auto child = ::fork();
    if (child == 0) {
        for (std::size_t i = 0; i < fds.size(); ++i)
            fds[i] = ::fcntl(fds[i], F_DUPFD, 100);
        for (std::size_t i = 0; i < fds.size(); ++i)
            (void)::dup2(fds[i], static_cast<int>(3 + i));
        (void)::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
        (void)::setenv("LISTEN_FDS", std::to_string(fds.size()).c_str(), 1);
        (void)::setenv("LISTEN_FDNAMES", names, 1);
        ::_exit(body());
    }
    int status = -1;
    (void)::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace

TEST_CASE("sockets come with their names, close-on-exec, and the variables are gone") {
    const auto v4 = listening(AF_INET);
    const auto v6 = listening(AF_INET6);
    CHECK(in_child({v4.get(), v6.get()}, "web:admin", [] {
              const auto sockets = baton::sd::take_inherited_sockets();
              const bool named = sockets.size() == 2 && sockets[0].name == "web" && sockets[1].name == "admin";
              const bool private_ones =
                  (::fcntl(3, F_GETFD) & FD_CLOEXEC) != 0 && (::fcntl(4, F_GETFD) & FD_CLOEXEC) != 0;
              const bool unset = ::getenv("LISTEN_PID") == nullptr && ::getenv("LISTEN_FDS") == nullptr &&
                                 ::getenv("LISTEN_FDNAMES") == nullptr;
              return named && private_ones && unset ? 0 : 1;
          }) == 0);
}

TEST_CASE("a wrong kind of socket is refused by its name") {
    const auto expect_refusal = [](int fd, const char* what) {
        return in_child({fd}, "odd.socket", [&] {
            try {
                (void)baton::sd::take_inherited_sockets();
            } catch (const baton::Error& error) {
                const std::string text = error.what();
                const bool says =
                    text.find("'odd.socket'") != std::string::npos && text.find(what) != std::string::npos;
                return says ? 0 : 1;
            }
            return 2;
        });
    };
    const auto datagram = socket_of(AF_INET, SOCK_DGRAM);
    CHECK(expect_refusal(datagram.get(), "a datagram socket") == 0);
    const auto deaf = socket_of(AF_INET, SOCK_STREAM);
    CHECK(expect_refusal(deaf.get(), "does not listen") == 0);
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    const baton::Fd one{pair[0]};
    const baton::Fd other{pair[1]};
    CHECK(expect_refusal(one.get(), "a connected socket") == 0);
    const baton::Fd file{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    CHECK(expect_refusal(file.get(), "not a socket") == 0);
}

TEST_CASE("sockets of another process, and nonsense in the variables") {
    const auto v4 = listening(AF_INET);
    CHECK(in_child({v4.get()}, "", [] {
              (void)::setenv("LISTEN_PID", "1", 1);
              const bool none = baton::sd::take_inherited_sockets().empty();
              return none && ::getenv("LISTEN_FDS") == nullptr ? 0 : 1;
          }) == 0);
    CHECK(in_child({v4.get()}, "",
                   [] { return baton::sd::take_inherited_sockets().at(0).name == "unknown" ? 0 : 1; }) == 0);
    CHECK(in_child({v4.get()}, "", [] {
              (void)::setenv("LISTEN_FDS", "1x", 1);
              try {
                  (void)baton::sd::take_inherited_sockets();
              } catch (const baton::Error&) {
                  return 0;
              }
              return 1;
          }) == 0);
}
