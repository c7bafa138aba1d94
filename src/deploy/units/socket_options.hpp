// SPDX-License-Identifier: MIT
// What an administrator has set for a listener that listens already, as by `systemctl edit SITE.socket`: systemd
// applies it to a socket that it makes, and the site's is kept. What a process can set on a socket that it shares,
// baton-exec sets when a release starts; status names the rest.
#pragma once

#include "deploy/context.hpp"
#include "sd/manager.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace baton::deploy {

/// "backlog=128,keep_alive=1,...", as exec/sockets.hpp reads it; `tcp`: with what only TCP has.
[[nodiscard]] std::string socket_options_text(const sd::SocketSettings& settings, bool tcp);

/// Where the live release is to be reached, and the sockets of the site that are there.
struct Reach {
    std::vector<site::Address> addresses;
    site::IsHeld is_held;
};

/// Of the socket that is bound to `socket`, what lets nobody through but to the addresses of `live` that it carries:
/// ",only=127.0.0.1". Empty where it is bound to one of them itself, or carries none.
[[nodiscard]] std::string only_text(const site::Address& socket, const Reach& live);

/// Writes releases/N/socket_options, which SITE@.service names, for the start that follows; nothing on a host where
/// nobody has set anything. A release that is tried changes nothing of where the live one is reached.
void write_socket_options(SiteContext& context, const site::Manifest& release, const Reach& live);

/// Shows whether systemd has that socket of the live release's to pass, and sets on it what is to be set. A socket unit
/// that is down is started.
[[nodiscard]] sd::JobResult look_after_socket(SiteContext& context, const site::Address& socket, const Reach& live);

/// What is in effect neither now nor after the next start of a release, of the settings in the text of a drop-in.
struct IdleSettings {
    std::vector<std::string> of_new_sockets; ///< only a socket that is made anew has them: "SocketMode"
    std::vector<std::string> overruled;      ///< baton sets them: "ListenStream"
};
[[nodiscard]] IdleSettings idle_settings(std::string_view drop_in);

} // namespace baton::deploy
