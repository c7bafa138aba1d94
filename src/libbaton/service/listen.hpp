// SPDX-License-Identifier: MIT
// Listening sockets of our own: for development, when systemd passed none, and the release's private one.
#pragma once

#include "libbaton/io/listener.hpp"
#include "libbaton/service/passed_sockets.hpp"

#include <httplib.h>

#include <functional>
#include <string>
#include <vector>

namespace baton::service {

/// Binds "8080" (every address, v6 and v4), "127.0.0.1:8080", "[::1]:8080" or a unix socket's "/path"; port 0 lets the
/// kernel choose. A stale unix socket at the path is replaced. Non-blocking. `prepare`, if not empty, gets the socket
/// before it is bound. Throws Error.
[[nodiscard]] engine::Listener bind_to(const std::string& address, const std::function<void(int)>& prepare = {});
/// A socket of our own that somebody else has bound.
[[nodiscard]] engine::Listener adopt_bound(Fd socket, const std::string& name);
/// Of what systemd passed, those that are this server's; none on the second call. Says so when the program's socket
/// options pass those by, and when no server is left for others. Throws Error.
[[nodiscard]] std::vector<engine::Listener> passed_listeners(const httplib::Server& server, const Claim& claim);
/// As baton::socket_name() has it; empty when it is no address.
[[nodiscard]] std::string socket_name_of(const std::string& address) noexcept;
/// -1: it has none.
[[nodiscard]] int port_of(int socket) noexcept;
/// The unix socket at `path`, mode 0600, for `baton` on this host. Throws Error.
[[nodiscard]] engine::Listener bind_private(const std::string& path);

} // namespace baton::service
