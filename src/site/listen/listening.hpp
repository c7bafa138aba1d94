// SPDX-License-Identifier: MIT
// The addresses of this host on which something listens now. A listening socket can exist in name only: after
// shutdown(2) by any process that shares it, or after the removal of its path, nobody can connect any more.
#pragma once

#include "site/listen/address.hpp"
#include "site/listen/tcp_listeners.hpp"

#include <string>
#include <vector>

#include <sys/types.h>

namespace baton::site {

class Listening {
  public:
    [[nodiscard]] static Listening now();

    /// Whether a connection to `address` would be accepted. Does not connect to TCP ports. Connects to a unix socket if
    /// `connect`: the existence of its path proves less.
    [[nodiscard]] bool on(const Address& address, bool connect) const;

    /// Whether a TCP socket is bound to that very address, and not to more.
    [[nodiscard]] bool at(const Address& address) const;

    /// The TCP addresses on which sockets of `user` listen: "0.0.0.0:3000", "[::]:3000".
    [[nodiscard]] std::vector<std::string> of(uid_t user) const;

  private:
    bool has_v6_ = false;
    std::vector<TcpListener> ports_;
};

} // namespace baton::site
