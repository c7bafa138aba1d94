// SPDX-License-Identifier: MIT
// The name a site is registered under: part of unit names, paths and a user name, so it is kept narrow.
#pragma once

#include <string>
#include <string_view>

namespace baton::site {

/// Throws Error (usage) unless `name` is 1 to 64 of a-z 0-9 . _ - and begins with a letter or digit.
void check_site_name(std::string_view name);

/// Whether another has a claim to it: the system's own places below /run, file-hierarchy(7), which need not be there
/// yet when a site is registered; and baton's units. Such a site would have /run/NAME for its sockets.
[[nodiscard]] bool is_reserved_site_name(std::string_view name) noexcept;

/// Throws Error (usage) unless a new site may have the name.
void check_new_site_name(std::string_view name);

/// The dynamic user that all releases of a site share, so that a StateDirectory= keeps its owner from one to the next:
/// "baton-NAME", or "baton-" and a digest where that is no user name (31 of a-z 0-9 _ -, useradd(8)).
[[nodiscard]] std::string user_name(std::string_view site);

} // namespace baton::site
