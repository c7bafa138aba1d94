// SPDX-License-Identifier: MIT
// Somebody else listens on a port that a site wants.
#pragma once

#include "base/fd.hpp"

#include <doctest/doctest.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

namespace act {

/// Until the descriptor is closed.
[[nodiscard]] inline baton::Fd take_port(const std::string& port) {
    baton::Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const int yes = 1; // connections of the site's own may be in TIME_WAIT
    REQUIRE(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
    REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
    REQUIRE(::listen(fd.get(), 1) == 0);
    return fd;
}

} // namespace act
