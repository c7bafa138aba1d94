// SPDX-License-Identifier: MIT
// HttpPort: its forms, what is refused and why, and whether an address is free.
#include "site/listen/address.hpp"

#include "base/fd.hpp"
#include "error_of.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>

namespace baton::site {
namespace {

using test::contains;
using test::error_of;
using test::Scratch;
using namespace std::string_view_literals;
using Family = Address::Family;

/// A TCP listener of another program on a port of 127.0.0.1 that the kernel chose.
struct Taken {
    Taken() : fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof name;
        void* const any = &name;
        REQUIRE(::bind(fd.get(), static_cast<sockaddr*>(any), length) == 0);
        REQUIRE(::listen(fd.get(), 1) == 0);
        REQUIRE(::getsockname(fd.get(), static_cast<sockaddr*>(any), &length) == 0);
        port = ntohs(name.sin_port);
    }
    Fd fd;
    std::uint16_t port = 0;
};

Fd bind_path(const std::filesystem::path& path) {
    Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    REQUIRE(path.native().size() < sizeof name.sun_path);
    std::strcpy(static_cast<char*>(name.sun_path), path.c_str());
    const void* const any = &name;
    REQUIRE(::bind(fd.get(), static_cast<const sockaddr*>(any), sizeof name) == 0);
    return fd;
}

TEST_CASE("an address is a port, a port of one address, or a unix socket, and reads as it was written") {
    struct Case {
        std::string_view text;
        Address address;
    };
    for (const auto& each : {
             Case{"8080", {Family::any, "", 8080}},
             Case{"1", {Family::any, "", 1}},
             Case{"65535", {Family::any, "", 65535}},
             Case{"127.0.0.1:8080", {Family::ipv4, "127.0.0.1", 8080}},
             Case{"0.0.0.0:80", {Family::ipv4, "0.0.0.0", 80}},
             Case{"[::1]:8080", {Family::ipv6, "::1", 8080}},
             Case{"[::ffff:192.0.2.1]:8080", {Family::ipv6, "::ffff:192.0.2.1", 8080}},
             Case{"/run/shop.sock", {Family::unix_path, "/run/shop.sock", 0}},
             Case{"/run/a:b%c\\d", {Family::unix_path, "/run/a:b%c\\d", 0}},
         }) {
        CAPTURE(each.text);
        CHECK(parse_address(each.text) == each.address);
        CHECK(each.address.text() == each.text);
    }
}

TEST_CASE("what is no address is refused, with what was found, why, and what was expected") {
    struct Case {
        std::string_view text;
        std::string_view why;
    };
    const auto long_path = "/" + std::string(107, 'x');
    for (const auto& each : {
             Case{"", "empty"},
             Case{"0", "ports go from 1 to 65535"},
             Case{"65536", "ports go from 1 to 65535"},
             Case{"99999999999999999999999999", "ports go from 1 to 65535"},
             Case{"127.0.0.1:0", "ports go from 1 to 65535"},
             Case{"-1", "not a port number"},
             Case{"+80", "not a port number"},
             Case{" 80", "not a port number"},
             Case{"80 ", "not a port number"},
             Case{"80a", "not a port number"},
             Case{"0x50", "not a port number"},
             Case{"8080.0", "not a port number"},
             Case{"http", "not a port number"},
             Case{"127.0.0.1:", "not a port number"},
             Case{"[::1]", "not a port number"},
             Case{":8080", "not a numeric IPv4 address"},
             Case{"localhost:8080", "not a numeric IPv4 address"},
             Case{"127.0.0.1.:8080", "not a numeric IPv4 address"},
             Case{"127.1:8080", "not a numeric IPv4 address"},
             Case{"::1:8080", "not a numeric IPv4 address"},
             Case{"[]:8080", "not a numeric IPv4 address"},
             Case{"[127.0.0.1]:8080", "not a numeric IPv6 address"},
             Case{"[fe80::1%eth0]:8080", "not a numeric IPv6 address"},
             Case{"[::1]x:8080", "not a numeric IPv4 address"},
             Case{"run/shop.sock", "not a port number"},
             Case{"/run/a b", "white space or control character"},
             Case{"/run/a\nb", "white space or control character"},
             Case{"/run/a\xC2\x90"
                  "b",
                  "white space or control character"},
             Case{"/run/a\0b"sv, "white space or control character"},
             Case{long_path, "at most 107 bytes"},
         }) {
        CAPTURE(each.text);
        const auto error = error_of([&] { return parse_address(each.text); });
        CHECK(error.kind() == error_kind::config);
        CHECK(contains(error.what(), each.why));
        CHECK(contains(error.what(), "expected a port"));
    }
    CHECK(parse_address(long_path.substr(0, 107)).host.size() == 107);
}

TEST_CASE("nothing hides behind a NUL in a host: it would end up in a unit file") {
    constexpr auto v4 = "127.0.0.1\0\nExecStartPre=touch owned\nX=:80"sv;
    constexpr auto v6 = "[::1\0\nExecStartPre=touch owned\nX=]:80"sv;
    CHECK(contains(error_of([&] { return parse_address(v4); }).what(), "not a numeric IPv4 address"));
    CHECK(contains(error_of([&] { return parse_address(v6); }).what(), "not a numeric IPv6 address"));
}

TEST_CASE("what is the same socket has one name, and what cannot be listened on beside another overlaps it") {
    const auto name = [](const char* text) { return parse_address(text).socket_name(); };
    CHECK(name("8080") == "8080");
    CHECK(name("[::]:8080") == "8080");
    CHECK(name("0.0.0.0:8080") == "0.0.0.0:8080");
    CHECK(name("127.0.0.1:8080") == "127.0.0.1:8080");
    CHECK(name("[0:0::0:1]:8080") == "[::1]:8080");
    CHECK(name("/run/shop/a") == "/run/shop/a");
    const auto at_once = [](const char* a, const char* b) {
        const bool overlaps = overlap(parse_address(a), parse_address(b));
        CHECK(overlaps == overlap(parse_address(b), parse_address(a)));
        return !overlaps;
    };
    for (const auto* const other : {"8080", "[::]:8080", "0.0.0.0:8080", "127.0.0.1:8080", "[::1]:8080"}) {
        CHECK_FALSE(at_once("8080", other));
        CHECK(at_once("8081", other));
        CHECK(at_once("/run/shop/a", other));
    }
    CHECK_FALSE(at_once("0.0.0.0:8080", "127.0.0.1:8080"));
    CHECK(at_once("0.0.0.0:8080", "[::1]:8080"));
    CHECK(at_once("127.0.0.1:8080", "127.0.0.2:8080"));
    CHECK(at_once("/run/shop/a", "/run/shop/b"));
}

TEST_CASE("an address is on its own socket, or else on a held one of every address, but never on another's") {
    const auto carried_by = [](const char* text, const std::vector<std::string>& held) {
        return carrier(parse_address(text),
                       [&](const Address& address) {
                           return std::find(held.begin(), held.end(), address.socket_name()) != held.end();
                       })
            .text();
    };
    CHECK(carried_by("127.0.0.1:8080", {}) == "127.0.0.1:8080");
    CHECK(carried_by("127.0.0.1:8080", {"8080"}) == "8080");
    CHECK(carried_by("127.0.0.1:8080", {"0.0.0.0:8080"}) == "0.0.0.0:8080");
    CHECK(carried_by("127.0.0.1:8080", {"127.0.0.1:8080", "8080"}) == "127.0.0.1:8080");
    CHECK(carried_by("127.0.0.1:8080", {"8081", "127.0.0.2:8080", "[::1]:8080"}) == "127.0.0.1:8080");
    CHECK(carried_by("0.0.0.0:8080", {"8080"}) == "8080");
    CHECK(carried_by("[::1]:8080", {"8080"}) == "8080");
    CHECK(carried_by("[::1]:8080", {"0.0.0.0:8080"}) == "[::1]:8080");
    CHECK(carried_by("8080", {"0.0.0.0:8080"}) == "8080");
    CHECK(carried_by("[::]:8080", {"8080", "0.0.0.0:8080"}) == "[::]:8080");
    CHECK(carried_by("/run/shop/a", {"8080"}) == "/run/shop/a");
    const auto is_held = [](const Address& address) { return address.socket_name() == "8080"; };
    const auto on =
        carriers({parse_address("127.0.0.1:8080"), parse_address("9090"), parse_address("[::1]:8080")}, is_held);
    REQUIRE(on.size() == 2);
    CHECK(on[0].text() == "8080");
    CHECK(on[1].text() == "9090");
}

TEST_CASE("a port that another program listens on is taken, for its address and for all") {
    const Taken taken;
    for (const auto& text : {fmt::format("127.0.0.1:{}", taken.port), fmt::format("{}", taken.port)}) {
        const auto error = error_of([&] { probe_bind(parse_address(text)); });
        CHECK(std::string{error.what()} == fmt::format("listening on '{}': Address already in use", text));
    }
}

TEST_CASE("a port is free again after it was tried") {
    std::uint16_t port = 0;
    {
        const Taken taken;
        port = taken.port;
    }
    for (int i = 0; i < 3; ++i)
        probe_bind({Family::ipv4, "127.0.0.1", port});
}

TEST_CASE("an address that is not on this host cannot be listened on") {
    const auto error = error_of([] { probe_bind(parse_address("192.0.2.1:8080")); }); // TEST-NET-1, RFC 5737
    CHECK(contains(error.what(), "Cannot assign requested address"));
}

TEST_CASE("an address that no socket can have, on any host, is a fault of watch.conf") {
    for (const auto* const text : {"[::ffff:127.0.0.1]:8080", "[fe80::1]:8080"}) {
        const auto error = error_of([&] { probe_bind(parse_address(text)); });
        if (contains(error.what(), "not supported")) continue; // a host without IPv6
        CHECK(contains(error.what(), "no socket can have this address"));
        CHECK(error.kind() == error_kind::config);
    }
}

TEST_CASE("a unix socket is taken while somebody listens there; a stale one is not") {
    const Scratch scratch;
    const auto path = scratch / "s";
    const Address address{Family::unix_path, path, 0};
    probe_bind(address);
    CHECK_FALSE(std::filesystem::exists(path));
    {
        const auto fd = bind_path(path);
        REQUIRE(::listen(fd.get(), 1) == 0);
        CHECK(contains(error_of([&] { probe_bind(address); }).what(), "Address already in use"));
    }
    probe_bind(address);
    CHECK(std::filesystem::exists(path)); // PID 1 removes it
}

TEST_CASE("a regular file is no free unix socket, and one whose queue is full does not hold whoever asks") {
    const Scratch scratch;
    const auto file = scratch.write("file", "x");
    CHECK(contains(error_of([&] { probe_bind({Family::unix_path, file, 0}); }).what(), "File exists"));
    const auto path = scratch / "s";
    const auto fd = bind_path(path);
    REQUIRE(::listen(fd.get(), 0) == 0);
    for (int i = 0; i < 3; ++i) // of which none is accepted
        CHECK(contains(error_of([&] { probe_bind({Family::unix_path, path, 0}); }).what(), "Address already in use"));
}

} // namespace
} // namespace baton::site
