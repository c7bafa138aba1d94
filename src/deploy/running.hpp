// SPDX-License-Identifier: MIT
// Which releases of a site systemd runs now.
#pragma once

#include "deploy/context.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace baton::deploy {

/// Release number -> active state of its unit, without inactive and failed ones.
using Running = std::map<int, sd::ActiveState>;
/// Of the live release, of those that have a snapshot, and of `strays`.
[[nodiscard]] Running running_releases(SiteContext& context, const std::vector<int>& strays = {});
/// Of any, for example one whose snapshot somebody has deleted; of many sites, that takes the manager longer.
[[nodiscard]] Running all_running_releases(SiteContext& context);

/// Those of them that are not about to end.
[[nodiscard]] std::set<int> serving_releases(SiteContext& context);

/// Every readable manifest, ascending. Warns about an unreadable one and leaves it out.
[[nodiscard]] std::vector<site::Manifest> all_manifests(SiteContext& context);

} // namespace baton::deploy
