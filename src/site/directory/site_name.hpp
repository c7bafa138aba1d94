// SPDX-License-Identifier: MIT
// The name of a site. It is part of unit names, paths and a user name, so few characters are allowed.
#pragma once

#include <string>
#include <string_view>

namespace baton::site {

/// Whether `name` is 1 to 64 of a-z 0-9 . _ - and begins with a letter or digit.
[[nodiscard]] bool is_site_name(std::string_view name) noexcept;
/// Throws Error (usage) unless it is.
void check_site_name(std::string_view name);

/// Whether the name is reserved: for the system's directories below /run, file-hierarchy(7), which may not exist yet
/// when a site is registered, and for baton's units. A site uses /run/NAME for its sockets.
[[nodiscard]] bool is_reserved_site_name(std::string_view name) noexcept;

/// Throws Error (usage) unless a new site may have the name.
void check_new_site_name(std::string_view name);

/// The dynamic user that all releases of a site share, so a StateDirectory= keeps its owner from one to the next:
/// "baton-NAME", or "baton-" and a digest if that is not a valid user name (31 of a-z 0-9 _ -, useradd(8)).
[[nodiscard]] std::string user_name(std::string_view site);

} // namespace baton::site
