// SPDX-License-Identifier: MIT
// When an address counts as listened on: a port by its address, a unix socket by its path and who answers there.
#include "site/listen/listening.hpp"

#include "base/fd.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

using namespace baton;
using namespace baton::site;
using baton::test::Scratch;

namespace {

/// Listens on a port of its own of 127.0.0.1 or ::1.
struct Listener {
    Fd fd;
    std::uint16_t port = 0;

    explicit Listener(int family) : fd{::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_in6 name{};
        socklen_t length = family == AF_INET6 ? sizeof name : sizeof(sockaddr_in);
        name.sin6_family = static_cast<sa_family_t>(family);
        if (family == AF_INET6)
            name.sin6_addr = in6addr_loopback;
        else
            reinterpret_cast<sockaddr_in&>(name).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&name), length) == 0);
        REQUIRE(::listen(fd.get(), 1) == 0);
        REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&name), &length) == 0);
        port = ntohs(name.sin6_port); // at the same place in both
    }
};

bool is_on(const std::string& text) {
    return Listening::now().on(parse_address(text), true);
}

} // namespace

TEST_CASE("a port is listened on while its socket is there and has not been shut down, on its own address alone") {
    const Listener v4{AF_INET};
    const auto own = fmt::format("127.0.0.1:{}", v4.port);
    CHECK(is_on(own));
    CHECK(Listening::now().at(parse_address(own)));
    CHECK_FALSE(Listening::now().at(parse_address(fmt::format("0.0.0.0:{}", v4.port))));
    CHECK_FALSE(is_on(fmt::format("127.0.0.2:{}", v4.port)));
    CHECK_FALSE(is_on(fmt::format("{}", v4.port)));
    REQUIRE(::shutdown(v4.fd.get(), SHUT_RDWR) == 0);
    CHECK_FALSE(is_on(own));
    const Listener v6{AF_INET6};
    CHECK(is_on(fmt::format("[::1]:{}", v6.port)));
    CHECK_FALSE(is_on(fmt::format("[::2]:{}", v6.port)));
}

TEST_CASE("a socket of every address is at that address, not at those whose connections it has") {
    const Fd all{::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in6 name{};
    socklen_t length = sizeof name;
    name.sin6_family = AF_INET6;
    REQUIRE(::bind(all.get(), reinterpret_cast<sockaddr*>(&name), length) == 0);
    REQUIRE(::listen(all.get(), 1) == 0);
    REQUIRE(::getsockname(all.get(), reinterpret_cast<sockaddr*>(&name), &length) == 0);
    const auto now = Listening::now();
    const auto port = ntohs(name.sin6_port);
    for (const auto* const host : {"", "[::]:"})
        CHECK(now.at(parse_address(fmt::format("{}{}", host, port))));
    for (const auto* const host : {"127.0.0.1:", "0.0.0.0:", "[::1]:"}) {
        const auto address = parse_address(fmt::format("{}{}", host, port));
        CHECK(now.on(address, true));
        CHECK_FALSE(now.at(address));
    }
}

TEST_CASE("a unix socket is listened on while its path is there and somebody takes connections") {
    const Scratch scratch;
    const std::string path = scratch / "s";
    const Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, path.c_str(), path.size());
    CHECK_FALSE(is_on(path));
    REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
    CHECK_FALSE(is_on(path));
    REQUIRE(::listen(fd.get(), 1) == 0);
    CHECK(is_on(path));
    REQUIRE(::shutdown(fd.get(), SHUT_RDWR) == 0);
    CHECK_FALSE(is_on(path));
    CHECK(Listening::now().on(parse_address(path), false)); // that its path is there says less
    std::filesystem::remove(path);
    CHECK_FALSE(Listening::now().on(parse_address(path), false));
}
