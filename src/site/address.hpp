// SPDX-License-Identifier: MIT
// Where a site listens: a port, a port of one address, or a unix socket; the forms of systemd.socket(5) ListenStream=.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::site {

struct Address {
    enum class Family { any, ipv4, ipv6, unix_path };

    Family family = Family::any;
    std::string host;       ///< numeric address without brackets, or the socket's path; empty for Family::any
    std::uint16_t port = 0; ///< 1..65535; 0 for Family::unix_path

    /// "8080", "127.0.0.1:8080", "[::1]:8080", "/run/shop/http.sock": what was parsed, in ListenStream= form.
    [[nodiscard]] std::string text() const;
    /// As baton::socket_name() has it: the same for whatever is the same socket, "8080" for "[::]:8080" as well.
    [[nodiscard]] std::string socket_name() const;
    bool operator==(const Address&) const = default;
};

/// Reads one of the forms of text(). Throws Error (config) that says what was found and what was expected.
[[nodiscard]] Address parse_address(std::string_view text);

/// Whether no host can listen on both at once: one is the other, or every address of the host and so the other as well.
[[nodiscard]] bool overlap(const Address& a, const Address& b);

/// Whether one of `one` overlaps another of `other` that is not the same socket.
[[nodiscard]] bool are_mixed(const std::vector<Address>& one, const std::vector<Address>& other);

using IsHeld = std::function<bool(const Address&)>; ///< whether a socket of the site is bound to that very address

/// Whose socket `address` is listened on by: its own, or where that is not there, a held one of every address of the
/// host, which has its connections; its own as well where neither is there.
[[nodiscard]] Address carrier(const Address& address, const IsHeld& is_held);
/// Of each, and each once.
[[nodiscard]] std::vector<Address> carriers(const std::vector<Address>& addresses, const IsHeld& is_held);

/// Tries to bind and listen on `address` as PID 1 would, and lets go again. Throws Error when that cannot be done:
/// taken (EADDRINUSE), not on this host (EADDRNOTAVAIL), not permitted; of kind config when no host could.
void probe_bind(const Address& address);

} // namespace baton::site
