// SPDX-License-Identifier: MIT
// Listening sockets of our own: for development, when systemd passed none, and the release's private one.
#pragma once

#include "libbaton/engine/acceptor.hpp"

#include <string>
#include <vector>

namespace baton::service {

/// Binds "8080" (every address, v6 and v4), "127.0.0.1:8080", "[::1]:8080" or a unix socket's "/path"; port 0 lets the
/// kernel choose. A stale unix socket at the path is replaced. Non-blocking. Throws Error.
[[nodiscard]] engine::Listener bind_to(const std::string& address);
/// The unix socket at `path`, mode 0600, for `baton` on this host. Throws Error.
[[nodiscard]] engine::Listener bind_private(const std::string& path);

} // namespace baton::service
