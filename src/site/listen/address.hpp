// SPDX-License-Identifier: MIT
// A site's address: a port, a port of one address, or a unix socket; the forms of systemd.socket(5) ListenStream=.
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

    /// "8080", "127.0.0.1:8080", "[::1]:8080", "/run/shop/http.sock": the address in ListenStream= form.
    [[nodiscard]] std::string text() const;
    /// The form of baton::socket_name(): equal for equal sockets, so "[::]:8080" is "8080" too.
    [[nodiscard]] std::string socket_name() const;
    bool operator==(const Address&) const = default;
};

/// Parses one of the forms of text(). Throws Error (config) with the found and the expected value.
[[nodiscard]] Address parse_address(std::string_view text);

/// Whether no host can listen on both at once: they are equal, or one covers every address of the host and so the
/// other.
[[nodiscard]] bool overlap(const Address& a, const Address& b);

/// Whether an address of `one` overlaps an address of `other` that is not the same socket.
[[nodiscard]] bool are_mixed(const std::vector<Address>& one, const std::vector<Address>& other);

using IsHeld = std::function<bool(const Address&)>; ///< whether a socket of the site is bound to that very address

/// The address whose socket receives the connections to `address`: its own; without one, a held socket of every address
/// of the host; without either, its own.
[[nodiscard]] Address carrier(const Address& address, const IsHeld& is_held);
/// The carriers of `addresses`, each once.
[[nodiscard]] std::vector<Address> carriers(const std::vector<Address>& addresses, const IsHeld& is_held);

/// Tries to bind and listen on `address` as PID 1 would, and releases it. Throws Error if that fails: taken
/// (EADDRINUSE), not on this host (EADDRNOTAVAIL), not permitted; the kind is config if no host could do it.
void probe_bind(const Address& address);

} // namespace baton::site
