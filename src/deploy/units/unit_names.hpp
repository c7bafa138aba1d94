// SPDX-License-Identifier: MIT
// How the units of a site are called.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::deploy {

[[nodiscard]] std::string handle_unit(std::string_view site);
[[nodiscard]] std::string path_unit(std::string_view site);
[[nodiscard]] std::string release_unit(std::string_view site, int release);
/// SITE@.service, the template of all releases.
[[nodiscard]] std::string release_template_unit(std::string_view site);
/// The slice that systemd puts all releases of a site in; systemd.special(7), "system.slice".
[[nodiscard]] std::string release_slice(std::string_view site);
/// Matches every release of the site, and nothing else that is a service.
[[nodiscard]] std::string release_pattern(std::string_view site);
/// N of SITE@N.service; none when the name is not of that form.
[[nodiscard]] std::optional<int> release_of_unit(std::string_view site, std::string_view unit);
/// Matches the helpers of the site's releases and listeners: baton-rollback@SITE@N.service and the like.
[[nodiscard]] std::string helper_pattern(std::string_view site);
/// Match what a connection starts.
[[nodiscard]] std::vector<std::string> activation_patterns(std::string_view site);
[[nodiscard]] std::string reload_unit(std::string_view site);
/// baton-pursue@SITE, the name without its suffix of the service that looks again, and of the timer that starts it.
[[nodiscard]] std::string pursue_unit(std::string_view site);

/// Whether `unit` is one of the site's, or of baton's for it.
[[nodiscard]] bool is_of_site(std::string_view site, std::string_view unit);

/// SITE.socket, which holds the address the site was registered with.
[[nodiscard]] std::string first_listener_unit(std::string_view site);
/// SITE@.socket, the template of:
[[nodiscard]] std::string moved_listener_template_unit(std::string_view site);
/// SITE@ADDRESS.socket, for an address that the site has moved to: two listeners have to exist at once for a while, and
/// systemd cannot hand a socket from one unit to another.
[[nodiscard]] std::string moved_listener_unit(std::string_view site, std::string_view address);
/// Matches all of these.
[[nodiscard]] std::string moved_listener_pattern(std::string_view site);

/// The Service= of a listener: what a connection starts while no release runs.
[[nodiscard]] std::string activation_unit(std::string_view listener);

/// What starts a listener: socket units refuse a start by hand.
[[nodiscard]] std::string listen_unit(std::string_view listener);

/// systemd-escape(1) of a string: what %I of a unit file turns back.
[[nodiscard]] std::string unit_escape(std::string_view text);

} // namespace baton::deploy
