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
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

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

TEST_CASE("the kernel lists the same listening sockets by sock_diag as in /proc, and of connections none") {
    const Listener v4{AF_INET};
    const Listener v6{AF_INET6};
    const Fd client{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(v4.port);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
    const auto of_ours = [&](std::vector<TcpListener> all) {
        std::erase_if(all, [&](const TcpListener& it) { return it.port != (it.is_v6 ? v6.port : v4.port); });
        return all;
    };
    const auto asked = listeners_by_sock_diag();
    REQUIRE(asked);
    const auto ours = of_ours(*asked);
    REQUIRE(ours.size() == 2);
    CHECK(ours == of_ours(listeners_in_proc()));
    CHECK(ours.front().user == ::getuid());
}

TEST_CASE("nine hundred listening sockets are each listed once") {
    std::vector<Listener> many;
    for (int i = 0; i < 900; ++i)
        many.emplace_back(AF_INET);
    auto found = listeners_by_sock_diag().value();
    std::erase_if(found, [&](const TcpListener& it) {
        return it.is_v6 ||
               std::none_of(many.begin(), many.end(), [&](const Listener& one) { return one.port == it.port; });
    });
    CHECK(found.size() == many.size());
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
