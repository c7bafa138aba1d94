// SPDX-License-Identifier: MIT
// Which releases of a site systemd runs at this moment.
#pragma once

#include "deploy/context.hpp"

#include <map>
#include <set>
#include <string>

namespace baton::deploy {

/// Release number to its unit's active state; those that are inactive or failed are left out.
[[nodiscard]] std::map<int, sd::ActiveState> running_releases(sd::Manager& manager, const std::string& site);

/// Those among them that are not on their way out.
[[nodiscard]] std::set<int> serving_releases(sd::Manager& manager, const std::string& site);

/// Every manifest that can be read, ascending; an unreadable one is a warning and is left out.
[[nodiscard]] std::vector<site::Manifest> all_manifests(SiteContext& context);

} // namespace baton::deploy
