// SPDX-License-Identifier: MIT
// What a site may listen on: PID 1 binds it, so the writer of watch.conf gets what any user could have, and what root
// named.
#pragma once

#include "site/address.hpp"

#include <string>
#include <vector>

namespace baton::site {

struct ListenPolicy {
    std::string site;
    std::vector<Address> named;         ///< by root: `baton add --listen`
    unsigned first_open_port = 1024;    ///< any user may bind from here on
    std::string run_directory = "/run"; ///< its SITE/ is the site's own place for unix sockets
    bool is_registered = true;          ///< else what allows more is the registration itself
};

/// The policy of a site on this host.
[[nodiscard]] ListenPolicy listen_policy(std::string site, std::vector<Address> named);

/// True when both mean the same socket, whatever the spelling.
[[nodiscard]] bool same_socket(const Address& a, const Address& b);

/// Pure. Throws Error (config), with the command that root would type, unless `address` is a TCP port that any user may
/// bind, a unix socket directly in /run/SITE/, or one that root named; a port that root named alone is named for every
/// address of the host.
void require_may_listen(const ListenPolicy& policy, const Address& address);

/// Throws Error (config) unless a unix socket can be made there without touching what is another's: no symlink on the
/// way and at the end, no directory on the way that anybody but root may write, and nothing at the end, or a socket.
/// Ports are fine.
void require_safe_path(const Address& address);

} // namespace baton::site
