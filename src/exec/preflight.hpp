// SPDX-License-Identifier: MIT
// The start of a release that baton tries before it may touch a client: the program gets sockets that only baton
// connects to, instead of the site's.
#pragma once

#include <string>

namespace baton {

/// Gets listening sockets from the deploy, by the unix socket $BATON_PREFLIGHT_SOCKET, and puts them in the place of
/// the first that systemd passed, in their order, and of a standard stream that is one. Removes the variable, and sets
/// $BATON_PREFLIGHT=1 for the program. Returns why that failed; empty if it did not, or if the variable is not set.
[[nodiscard]] std::string take_preflight_sockets();

} // namespace baton
