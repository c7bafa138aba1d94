// SPDX-License-Identifier: MIT
// The listening sockets systemd passed to this process, by sd_listen_fds_with_names(3), each proved to be one.
#pragma once

#include "base/fd.hpp"

#include <string>
#include <vector>

namespace baton::sd {

/// A listening stream socket. Other processes hold it too, PID 1 among them: never shutdown(2) it, never bind it anew,
/// and rely on no file status flag: systemd clears O_NONBLOCK on it whenever it starts the next release.
struct InheritedSocket {
    Fd fd;
    std::string name; ///< FileDescriptorName=, by default the socket unit's name; "unknown" when none was given
};

/// Takes what $LISTEN_FDS counts, if $LISTEN_PID is this process, and unsets the three variables in any case, so that
/// children do not take the sockets for theirs; all descriptors become close-on-exec. Call once, before any thread
/// starts. Throws Error when one is no listening TCP or unix stream socket; the message has its name and what it is.
[[nodiscard]] std::vector<InheritedSocket> take_inherited_sockets();

/// What kind of thing `fd` is, if it is not a listening stream socket over IPv4, IPv6 or unix: "a datagram socket",
/// "a connected socket", "a socket that does not listen", "no socket". Empty if it is one.
[[nodiscard]] std::string why_not_a_listener(int fd);

} // namespace baton::sd
