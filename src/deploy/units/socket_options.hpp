// SPDX-License-Identifier: MIT
// What an administrator sets for a listener that already listens, for example with `systemctl edit SITE.socket`.
// systemd applies it only to a new socket, and baton keeps the site's socket. What a process can set on a shared
// socket, baton-exec sets when a release starts; status names the rest.
#pragma once

#include "deploy/context.hpp"
#include "deploy/units/drop_in.hpp"
#include "sd/units.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::deploy {

/// "backlog=128,keep_alive=1,...", as exec/sockets.hpp reads it. `tcp`: include the options that only TCP has.
[[nodiscard]] std::string socket_options_text(const sd::SocketSettings& settings, bool tcp);

/// Where clients reach the live release, and which of the site's sockets exist.
struct Reach {
    std::vector<site::Address> addresses;
    site::IsHeld is_held;
    bool nonblocking = false; ///< the live release relies on O_NONBLOCK
};

/// The filter for the socket that is bound to `socket`: it passes only what is for the addresses of `live` that it
/// carries, ",only=127.0.0.1". Empty where the socket is bound to one of them itself, or carries none.
[[nodiscard]] std::string only_text(const site::Address& socket, const Reach& live);

/// Writes releases/N/socket_options, which SITE@.service reads at the next start; nothing on a host where nobody set
/// anything. A candidate changes nothing about where clients reach the live release.
void write_socket_options(SiteContext& context, const site::Manifest& release, const Reach& live);

/// Checks that systemd has this socket of the live release to pass, and sets its options, also those that a program may
/// have set. Starts a socket unit that is down. `ended`: the release that has just left, for the message.
[[nodiscard]] sd::JobResult look_after_socket(SiteContext& context, const site::Address& socket, const Reach& live,
                                              std::optional<int> ended = {});

/// Takes back what release `ended`, which has left, did to the sockets that it shared with the live release, and tells.
/// Call it with the site's lock.
void put_sockets_right(SiteContext& context, int ended);

/// Those settings in a drop-in that take effect neither now nor at the next start of a release.
struct IdleSettings {
    std::vector<std::string> of_new_sockets; ///< only a new socket gets them: "SocketMode"
    std::vector<std::string> overruled;      ///< baton sets them: "ListenStream"
};
[[nodiscard]] IdleSettings idle_settings(const DropIn& drop_in);

} // namespace baton::deploy
