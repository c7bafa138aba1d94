// SPDX-License-Identifier: MIT
// Where a socket listens, as one text for one place, whatever it was written as: what the engine asks for and what
// baton-exec was given are compared by it.
#pragma once

#include <sys/socket.h>

#include <string>

namespace baton {

/// "8080" for every address of the host, "0.0.0.0:8080" for every IPv4 address, "127.0.0.1:8080", "[::1]:8080", or a
/// unix socket's path; empty for any other kind of address.
[[nodiscard]] std::string socket_name(const sockaddr* address, socklen_t size);
/// Of the address that `fd` is bound to; getsockname(2). Empty when it is no socket.
[[nodiscard]] std::string socket_name(int fd);

} // namespace baton
