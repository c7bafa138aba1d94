// SPDX-License-Identifier: MIT
// Which of several servers in one process gets a socket that systemd passed.
#include "libbaton/service/passed_sockets.hpp"

#include "base/error.hpp"
#include "program.hpp"

#include <doctest/doctest.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <initializer_list>

namespace {

using baton::service::Claim;
using baton::service::PassedSockets;

/// Passed under these names, each on a port of its own of 127.0.0.1.
struct Passed {
    explicit Passed(std::initializer_list<const char*> names) : sockets{make(names)} {}

    /// The names of those that a server gets, sorted, "a b".
    std::string take(const Claim& claim, int servers) {
        std::vector<std::string> names;
        for (const auto& socket : sockets.take(claim, servers))
            names.push_back(socket.name);
        std::sort(names.begin(), names.end());
        std::string text;
        for (const auto& name : names)
            text += (text.empty() ? "" : " ") + name;
        return text;
    }
    [[nodiscard]] std::string at(std::size_t i, const std::string& host = "127.0.0.1:") const {
        return host + std::to_string(ports.at(i));
    }

    std::vector<std::uint16_t> ports;
    PassedSockets sockets;

  private:
    std::vector<baton::sd::InheritedSocket> make(std::initializer_list<const char*> names) {
        std::vector<baton::sd::InheritedSocket> made;
        for (const auto* const name : names) {
            ports.push_back(0);
            made.push_back({test::listen_tcp(AF_INET, ports.back()), name});
        }
        return made;
    }
};

} // namespace

TEST_CASE("the only server of a process has every socket, whatever it is told to listen on") {
    Passed passed{"http", "admin", "http"};
    CHECK(passed.take({.socket = passed.at(1)}, 1) == "admin http http");
    CHECK(passed.take({}, 1).empty());
}

TEST_CASE("a server that names a socket has those of the name, and the other those of HttpPort") {
    Passed passed{"http", "admin", "metrics", "http"};
    CHECK(passed.sockets.have_http());
    CHECK(passed.take({.name = "admin"}, 2) == "admin");
    CHECK(passed.take({}, 2) == "http http");
    CHECK(passed.sockets.left() == "'metrics'");
}

TEST_CASE("a name that no socket has is refused with those that there are; without any systemd it is no matter") {
    Passed passed{"http", "admin"};
    CHECK_THROWS_WITH_AS((void)passed.take({.name = "adnim"}, 2),
                         "taking the socket 'adnim': systemd passed 'http', 'admin', but none of that name is free",
                         baton::Error);
    CHECK(Passed{}.take({.name = "admin"}, 2).empty());
}

TEST_CASE("a server that is told to listen where a named socket is has that, in whatever order they come") {
    Passed passed{"http", "admin", "http"};
    CHECK(passed.take({.socket = passed.at(0)}, 2) == "http http");
    CHECK(passed.take({.socket = passed.at(1, "")}, 2) == "admin"); // every address of the port
    Passed again{"http", "admin", "http"};
    CHECK(again.take({.socket = again.at(1)}, 2) == "admin");
    CHECK(again.take({.socket = "65535"}, 2) == "http http");
}

TEST_CASE("under unit names of somebody's each of two servers has the one of its address") {
    Passed passed{"shop.socket", "admin.socket"};
    CHECK_FALSE(passed.sockets.have_http());
    CHECK(passed.take({.socket = passed.at(1)}, 2) == "admin.socket");
    CHECK(passed.take({.socket = "1"}, 2) == "shop.socket");
}
