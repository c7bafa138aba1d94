// SPDX-License-Identifier: MIT
// The sockets of the fake manager's listeners: real ones, because a deploy looks in /proc/net who listens.
#pragma once

#include "base/fd.hpp"
#include "deploy/units/paths.hpp"
#include "site/listen/address.hpp"

#include <string>

namespace act {

/// Where a listener is, by the drop-in that baton wrote for it: SITE.socket, or SITE@ADDRESS.socket.
[[nodiscard]] baton::site::Address listener_address(const baton::deploy::Paths& paths, const std::string& unit);

/// As PID 1 makes it; none if somebody else listens there. TCP alone.
[[nodiscard]] baton::Fd listening_socket(const baton::site::Address& address);

/// A port that nobody uses now, each once.
[[nodiscard]] std::string unused_port();

} // namespace act
