// SPDX-License-Identifier: MIT
// Puts the sockets that systemd passed, sd_listen_fds(3), into the order and names of watch.conf: systemd passes the
// sockets of several units in no order, and a socket unit has one name for all releases.
#pragma once

#include <string>

namespace baton {

/// Empty where all is well.
struct ArrangedSockets {
    std::string missing;    ///< what systemd did not pass, as in $BATON_SOCKETS
    std::string unfiltered; ///< the sockets whose filter could not be set, and why: everybody may reach them, or nobody
};

/// Sorts the sockets as $BATON_SOCKETS says, "http=8080 admin=127.0.0.1:9090", and sets $LISTEN_FDNAMES. Sockets that
/// it does not name come last, with systemd's names. A socket that is bound to every address stands for each named
/// address on its port that has no socket of its own. Resets options that a previous release may have set, tells of it,
/// and names $BATON_ENDED as the one that did. Clears O_NONBLOCK if $BATON_BLOCKING, or in baton-listen@ unless
/// $BATON_NONBLOCKING. Applies $BATON_SOCKET_OPTIONS, "backlog=128,only=127.0.0.1@8080", to the sockets that it names.
/// Removes these variables.
[[nodiscard]] ArrangedSockets arrange_sockets();

} // namespace baton
