// SPDX-License-Identifier: MIT
// The listening sockets that systemd passed to this process, sd_listen_fds_with_names(3), each verified.
#pragma once

#include "base/fd.hpp"

#include <string>
#include <vector>

namespace baton::sd {

/// A listening stream socket. Other processes hold it too, including PID 1: never shutdown(2) it, never bind it again,
/// and never rely on a file status flag: systemd clears O_NONBLOCK on it whenever it starts the next release.
struct InheritedSocket {
    Fd fd;
    std::string name; ///< FileDescriptorName=, by default the socket unit's name; "unknown" if none was given
};

/// Takes the sockets that $LISTEN_FDS counts, if $LISTEN_PID is this process. Always unsets the three variables, so
/// children do not claim the sockets. All descriptors become close-on-exec. Call once, before any thread starts. Throws
/// Error if a descriptor is not a listening TCP or unix stream socket; the message has its name and what it is.
[[nodiscard]] std::vector<InheritedSocket> take_inherited_sockets();

/// What `fd` is, if it is not a listening stream socket over IPv4, IPv6 or unix: "a datagram socket", "a connected
/// socket", "a socket that does not listen", "not a socket". Empty if it is one.
[[nodiscard]] std::string why_not_a_listener(int fd);

} // namespace baton::sd
