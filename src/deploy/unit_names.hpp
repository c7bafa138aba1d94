// SPDX-License-Identifier: MIT
// How the units of a site are called.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace baton::deploy {

[[nodiscard]] std::string handle_unit(std::string_view site);
[[nodiscard]] std::string path_unit(std::string_view site);
[[nodiscard]] std::string release_unit(std::string_view site, int release);
/// Matches every release of the site, and nothing else that is a service.
[[nodiscard]] std::string release_pattern(std::string_view site);
/// N of SITE@N.service; none when the name is not of that form.
[[nodiscard]] std::optional<int> release_of_unit(std::string_view site, std::string_view unit);
/// Matches the helpers of the site's releases and listeners: baton-rollback@SITE@N.service and the like.
[[nodiscard]] std::string helper_pattern(std::string_view site);
[[nodiscard]] std::string reload_unit(std::string_view site);

/// SITE.socket, which holds the address the site was registered with.
[[nodiscard]] std::string first_listener_unit(std::string_view site);
/// SITE@ADDRESS.socket, for an address that the site has moved to: two listeners have to exist at once for a while, and
/// systemd cannot hand a socket from one unit to another.
[[nodiscard]] std::string moved_listener_unit(std::string_view site, std::string_view address);

/// The Service= of a listener: what a connection starts while no release runs.
[[nodiscard]] std::string activation_unit(std::string_view listener);

/// systemd-escape(1) of a string: what %I of a unit file turns back.
[[nodiscard]] std::string unit_escape(std::string_view text);

} // namespace baton::deploy
