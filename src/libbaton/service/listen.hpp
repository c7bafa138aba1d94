// SPDX-License-Identifier: MIT
// Our own listening sockets: for development, if systemd passed none, and the release's private socket.
#pragma once

#include "libbaton/io/listener.hpp"
#include "libbaton/service/passed_sockets.hpp"

#include <httplib.h>

#include <functional>
#include <string>
#include <vector>

namespace baton::service {

/// Binds "8080" (every address, v6 and v4), "127.0.0.1:8080", "[::1]:8080" or a unix socket's "/path"; port 0 lets the
/// kernel choose. Replaces a stale unix socket at the path. Non-blocking. `prepare`, if not empty, gets the socket
/// before it is bound. Throws Error.
[[nodiscard]] engine::Listener bind_to(const std::string& address, const std::function<void(int)>& prepare = {});
/// Wraps our own socket that other code has bound.
[[nodiscard]] engine::Listener adopt_bound(Fd socket, const std::string& name);
/// This server's sockets among those that systemd passed; none on the second call. Logs a warning if the program's
/// socket options do not apply to them, and if no server is left for the others. Throws Error.
[[nodiscard]] std::vector<engine::Listener> passed_listeners(const httplib::Server& server, const Claim& claim);
/// In the form of baton::socket_name(); empty if it is not an address.
[[nodiscard]] std::string socket_name_of(const std::string& address) noexcept;
/// The port; -1: none.
[[nodiscard]] int port_of(int socket) noexcept;
/// The unix socket at `path`, mode 0600, for `baton` on this host. Throws Error.
[[nodiscard]] engine::Listener bind_private(const std::string& path);

} // namespace baton::service
