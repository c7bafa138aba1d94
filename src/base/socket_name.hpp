// SPDX-License-Identifier: MIT
// Where a socket listens, as a canonical text. The engine and baton-exec use it to compare requested and passed
// sockets.
#pragma once

#include <sys/socket.h>

#include <string>

namespace baton {

/// "8080" for every address of the host, "0.0.0.0:8080" for every IPv4 address, "127.0.0.1:8080", "[::1]:8080", or a
/// unix socket's path; empty for any other kind of address.
[[nodiscard]] std::string socket_name(const sockaddr* address, socklen_t size);
/// The name of the address that `fd` is bound to; getsockname(2). Empty if `fd` is not a socket.
[[nodiscard]] std::string socket_name(int fd);

} // namespace baton
