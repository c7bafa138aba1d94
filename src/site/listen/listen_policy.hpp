// SPDX-License-Identifier: MIT
// The addresses that a site may use. If PID 1 binds them, the writer of watch.conf only gets addresses that any user
// could bind, and those that root named. A user's own manager binds whatever the kernel lets that user bind.
#pragma once

#include "site/listen/address.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace baton::site {

struct ListenPolicy {
    std::string site;
    std::vector<Address> named;         ///< named by root: `baton add --listen`
    unsigned first_open_port = 1024;    ///< any user may bind from this port on
    std::string run_directory = "/run"; ///< its subdirectory SITE/ is for the site's unix sockets
    bool is_registered = true;          ///< false: the registration itself can allow more
    bool is_users = false;              ///< the manager has the rights of its user, and root has no say
};

/// The policy of a site on this host.
[[nodiscard]] ListenPolicy listen_policy(std::string site, std::vector<Address> named);

/// The same where `owner`'s own manager binds, whose XDG_RUNTIME_DIR is `runtime`.
[[nodiscard]] ListenPolicy listen_policy_of_user(std::string site, uid_t owner, const std::filesystem::path& runtime);

/// Whether both mean the same socket, whatever the spelling.
[[nodiscard]] bool same_socket(const Address& a, const Address& b);

/// Pure. Throws Error (config), with the command for root, unless `address` is a TCP port that any user may bind, a
/// unix socket directly in /run/SITE/, or an address that root named. If root named a port alone, it is allowed on
/// every address of the host.
void require_may_listen(const ListenPolicy& policy, const Address& address);

/// Throws Error (config) unless a unix socket can be made there without touching another user's file: no symlink in the
/// path or at its end, no directory in the path that anybody except root and `owner` may write, and nothing or a socket
/// at the end. Always accepts ports.
void require_safe_path(const Address& address, uid_t owner = 0);

} // namespace baton::site
