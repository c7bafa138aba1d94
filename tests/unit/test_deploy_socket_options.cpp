// SPDX-License-Identifier: MIT
// Who can reach a socket that is bound to more than the live release's addresses.
#include "deploy/units/socket_options.hpp"

#include <doctest/doctest.h>

using namespace baton;

TEST_CASE("a socket passes what is for the live release's addresses that it carries, and all where it is one of them") {
    const auto only = [](const char* socket, const std::vector<std::string>& addresses) {
        deploy::Reach live{{}, [](const site::Address& it) { return it.socket_name() == "8080"; }};
        for (const auto& address : addresses)
            live.addresses.push_back(site::parse_address(address));
        return deploy::only_text(site::parse_address(socket), live);
    };
    CHECK(only("8080", {}).empty());
    CHECK(only("8080", {"8080"}).empty());
    CHECK(only("8080", {"[::]:8080"}).empty());
    CHECK(only("8080", {"127.0.0.1:8080"}) == ",only=127.0.0.1");
    CHECK(only("8080", {"9090", "127.0.0.1:8080", "/run/shop/a", "[::1]:8080"}) == ",only=127.0.0.1,only=::1");
    CHECK(only("8080", {"0.0.0.0:8080"}) == ",only=0.0.0.0");
    CHECK(only("9090", {"9090", "127.0.0.1:8080"}).empty());
}
