// SPDX-License-Identifier: MIT
// One request on its own connection.
#pragma once

#include <chrono>
#include <string>

namespace machine {

struct Reply {
    int status = 0;    ///< 0: no reply
    std::string error; ///< why there is none
    std::string body;
    std::string ver; ///< of a JSON body that names them
    std::string pid;
};

/// `address` as in HttpPort: "8080", "127.0.0.1:8080", "[::1]:8080" or a socket's path.
Reply get(const std::string& address, const std::string& path = "/hello",
          std::chrono::milliseconds limit = std::chrono::seconds{10});

/// Nobody listens there: a connection is refused, or there is no such unix socket.
bool refuses(const std::string& address);

} // namespace machine
