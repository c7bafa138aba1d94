// SPDX-License-Identifier: MIT
// The names of a site's units.
#pragma once

#include "sd/scope.hpp"

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
/// The slice of the site's own units; systemd.special(7), "system.slice" and "app.slice". Not directly in these: at
/// each start of a unit, systemd goes through all that are in the same slice, and in those around it.
[[nodiscard]] std::string site_slice(std::string_view site, sd::Scope scope);
/// Where the releases are that an older baton started: systemd's default for SITE@N.service.
[[nodiscard]] std::string old_release_slice(std::string_view site, sd::Scope scope);
/// Matches every release of the site and no other service.
[[nodiscard]] std::string release_pattern(std::string_view site);
/// N of SITE@N.service; empty when the name has another form.
[[nodiscard]] std::optional<int> release_of_unit(std::string_view site, std::string_view unit);
/// Matches the helpers of the site's releases and listeners: baton-rollback@SITE@N.service and the like.
[[nodiscard]] std::string helper_pattern(std::string_view site);
/// Match the units that a connection starts.
[[nodiscard]] std::vector<std::string> activation_patterns(std::string_view site);
[[nodiscard]] std::string reload_unit(std::string_view site);
/// baton-pursue@SITE, without a suffix: the service that looks again, and the timer that starts it.
[[nodiscard]] std::string pursue_unit(std::string_view site);

/// Whether `unit` belongs to the site, or to baton for the site.
[[nodiscard]] bool is_of_site(std::string_view site, std::string_view unit);

/// SITE.socket, which holds the address that the site was registered with.
[[nodiscard]] std::string first_listener_unit(std::string_view site);
/// SITE@.socket, the template of the next one.
[[nodiscard]] std::string moved_listener_template_unit(std::string_view site);
/// SITE@ADDRESS.socket, for an address that the site has moved to. Two listeners must exist at once for a while, and
/// systemd cannot pass a socket from one unit to another.
[[nodiscard]] std::string moved_listener_unit(std::string_view site, std::string_view address);
/// Matches all of these.
[[nodiscard]] std::string moved_listener_pattern(std::string_view site);

/// The Service= of a listener: a connection starts it while no release runs.
[[nodiscard]] std::string activation_unit(std::string_view listener);

/// The unit that starts a listener: socket units refuse a start by hand.
[[nodiscard]] std::string listen_unit(std::string_view listener);

/// systemd-escape(1) of a string; %I in a unit file reverses it.
[[nodiscard]] std::string unit_escape(std::string_view text);

} // namespace baton::deploy
