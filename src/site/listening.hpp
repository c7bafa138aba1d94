// SPDX-License-Identifier: MIT
// Which addresses of this host are listened on at the moment. A listening socket can be there in name only: shutdown(2)
// by any process that shares it, or the removal of its path, and nobody can connect any more.
#pragma once

#include "site/address.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace baton::site {

class Listening {
  public:
    /// As it is now, from /proc/net/tcp and tcp6; proc_net_tcp(5).
    [[nodiscard]] static Listening now();

    /// Whether a connection to `address` would be taken; TCP ports are not connected to. A unix socket is, when
    /// `connect`: that its path is there says less.
    [[nodiscard]] bool on(const Address& address, bool connect) const;

    /// Whether a TCP socket is bound to that very address, and not to more.
    [[nodiscard]] bool at(const Address& address) const;

  private:
    struct Port {
        std::array<std::uint32_t, 4> host; ///< as the kernel keeps it; all zero: every address
        std::uint16_t port;
        bool is_v6;
    };
    void read(const char* path, bool is_v6);
    bool has_v6_ = false;
    std::vector<Port> ports_;
};

} // namespace baton::site
