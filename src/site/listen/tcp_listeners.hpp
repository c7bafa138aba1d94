// SPDX-License-Identifier: MIT
// The TCP sockets of this host's network namespace that listen, as the kernel lists them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include <sys/types.h>

namespace baton::site {

struct TcpListener {
    std::array<std::uint32_t, 4> host{}; ///< in the kernel's form; all zero: every address
    std::uint16_t port = 0;
    bool is_v6 = false;
    uid_t user = 0;
    bool operator==(const TcpListener&) const = default;
};

/// By sock_diag(7), or, on a kernel without that, from /proc.
[[nodiscard]] std::vector<TcpListener> tcp_listeners();

/// Asks the kernel for listening sockets alone; none if it cannot be asked.
[[nodiscard]] std::optional<std::vector<TcpListener>> listeners_by_sock_diag();
/// Reads /proc/net/tcp and tcp6, proc_net_tcp(5). That takes milliseconds even on an idle host, because the kernel also
/// walks its table of connections.
[[nodiscard]] std::vector<TcpListener> listeners_in_proc();

} // namespace baton::site
