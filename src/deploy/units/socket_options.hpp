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

/// Writes releases/N/socket_options, which SITE@.service names, for the start that follows; nothing on a host where
/// nobody has set anything.
void write_socket_options(SiteContext& context, const site::Manifest& release);

/// What is in effect neither now nor after the next start of a release, of the settings in the text of a drop-in.
struct IdleSettings {
    std::vector<std::string> of_new_sockets; ///< only a socket that is made anew has them: "SocketMode"
    std::vector<std::string> overruled;      ///< baton sets them: "ListenStream"
};
[[nodiscard]] IdleSettings idle_settings(std::string_view drop_in);

} // namespace baton::deploy
