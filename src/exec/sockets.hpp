// SPDX-License-Identifier: MIT
// The sockets that systemd passed, sd_listen_fds(3), as watch.conf has them: it passes those of several units in no
// order, and a socket unit has one name for whichever release it serves.
#pragma once

#include <string>

namespace baton {

/// Sorts them as $BATON_SOCKETS names them, "http=8080 admin=127.0.0.1:9090", and sets $LISTEN_FDNAMES; those that it
/// does not name come last, as systemd named them. One that is bound to every address is each of those on its port that
/// have none. What a release before may have set on them is as it was. $BATON_SOCKET_OPTIONS,
/// "backlog=128,only=127.0.0.1@8080" for some of them, is applied to those. Removes both variables. Returns what
/// systemd did not pass, as in $BATON_SOCKETS; empty: nothing is missing.
[[nodiscard]] std::string arrange_sockets();

} // namespace baton
