// SPDX-License-Identifier: MIT
// Addresses of sockets as text: the one grammar, and the canonical form by which the engine and baton-exec compare
// requested and passed sockets; and whether one listens.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace baton {

/// The name of the sockets of HttpPort, in $LISTEN_FDNAMES and for people; sd_listen_fds_with_names(3).
constexpr std::string_view k_http_socket_name = "http";

/// The first descriptor that systemd passes: SD_LISTEN_FDS_START; sd_listen_fds(3).
constexpr int k_first_passed = 3;

/// The parts of "8080", "127.0.0.1:8080", "[::1]:8080", "name:8080" or "/run/shop/http.sock". Whether a host is an
/// address, and which ports are allowed, is up to the caller.
struct AddressParts {
    std::string_view path;                ///< of a unix socket; then there is nothing else
    std::optional<std::string_view> host; ///< without brackets
    bool is_bracketed = false;            ///< as an IPv6 address is written
    std::string_view port;
};
[[nodiscard]] AddressParts split_address(std::string_view text) noexcept;

/// "8080" for every address of the host, "0.0.0.0:8080" for every IPv4 address, "127.0.0.1:8080", "[::1]:8080", or a
/// unix socket's path; empty for any other kind of address.
[[nodiscard]] std::string socket_name(const sockaddr* address, socklen_t size);
/// The name of the address that `fd` is bound to; getsockname(2). Empty if `fd` is not a socket.
[[nodiscard]] std::string socket_name(int fd);

/// Whether `fd` is a socket that listens; socket(7) SO_ACCEPTCONN.
[[nodiscard]] bool is_listening(int fd);

/// The address of the unix socket at `path`; none if the path is empty or longer than 107 bytes; unix(7).
[[nodiscard]] std::optional<sockaddr_un> unix_address(std::string_view path) noexcept;

} // namespace baton
