// SPDX-License-Identifier: MIT
// What the records say of releases: proven or on probation, refused or not, which one is the way back. Pure functions.
#pragma once

#include "site/manifest.hpp"

#include <optional>
#include <set>
#include <vector>

namespace baton::deploy {

/// A live release is on probation until it has been live for ProbationSecond; after that it is proven.
enum class Standing { on_probation, proven };
[[nodiscard]] Standing standing(const site::Manifest& live, site::Time now);

/// Where a failed release goes back to by itself from `from`: the newest accepted one before it whose content is
/// another and has not been refused since; a proven one if there is one.
[[nodiscard]] std::optional<int> release_to_go_back_to(const std::vector<site::Manifest>& releases, int from);

/// The release before `live`, as a person means it: the newest one before it that has been live with other content.
[[nodiscard]] std::optional<int> release_before(const std::vector<site::Manifest>& releases, int live);

/// Same content, and the same settings of its unit.
[[nodiscard]] bool is_same(const site::Manifest& one, const site::Manifest& other);

/// The release that was the same as `made` and did not hold: rejected by a step of its deploy, or rolled back. It is
/// not tried again until something of it changes, or somebody insists: then what became of releases up to `outweighs`
/// does not count.
[[nodiscard]] std::optional<site::Manifest> refused_before(const std::vector<site::Manifest>& releases,
                                                           const site::Manifest& made, int outweighs = 0);

/// The releases to delete, given the one that is live and those whose units still run: all but the newest `keep`, never
/// the live one, the one to go back to from it, the newest rejected one (its evidence), or one that runs.
[[nodiscard]] std::vector<int> releases_to_prune(const std::vector<site::Manifest>& releases, int live,
                                                 const std::set<int>& running, int keep);

} // namespace baton::deploy
