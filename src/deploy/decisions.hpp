// SPDX-License-Identifier: MIT
// The decisions of a deploy as pure functions of what is recorded and what runs; the executors act on them.
#pragma once

#include "site/manifest.hpp"

#include <optional>
#include <set>
#include <vector>

namespace baton::deploy {

/// A live release is on probation until it has been live for ProbationSecond; after that it is proven.
enum class Standing { on_probation, proven };
[[nodiscard]] Standing standing(const site::Manifest& live, site::Time now);

/// The release to go back to from `from`: the newest accepted one before it whose content is another and has not been
/// refused since; a proven one if there is one.
[[nodiscard]] std::optional<int> release_to_go_back_to(const std::vector<site::Manifest>& releases, int from);

/// The release that had this very content before and did not hold: rejected by a step of its deploy, or rolled back. It
/// is not tried again until the content changes, or somebody insists.
[[nodiscard]] std::optional<site::Manifest> refused_before(const std::vector<site::Manifest>& releases,
                                                           const std::string& tree_sha256);

/// The releases to delete, given the one that is live and those whose units still run: all but the newest `keep`, never
/// the live one, the one to go back to from it, the newest rejected one (its evidence), or one that runs.
[[nodiscard]] std::vector<int> releases_to_prune(const std::vector<site::Manifest>& releases, int live,
                                                 const std::set<int>& running, int keep);

} // namespace baton::deploy
