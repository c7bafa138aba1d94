// SPDX-License-Identifier: MIT
// Which releases of a site systemd runs now.
#pragma once

#include "deploy/context.hpp"

#include <map>
#include <set>
#include <string>

namespace baton::deploy {

/// Release number -> active state of its unit, without inactive and failed ones.
using Running = std::map<int, sd::ActiveState>;
[[nodiscard]] Running running_releases(sd::Units& manager, const std::string& site);

/// Those of them that are not about to end.
[[nodiscard]] std::set<int> serving_releases(sd::Units& manager, const std::string& site);

/// Every readable manifest, ascending. Warns about an unreadable one and leaves it out.
[[nodiscard]] std::vector<site::Manifest> all_manifests(SiteContext& context);

} // namespace baton::deploy
