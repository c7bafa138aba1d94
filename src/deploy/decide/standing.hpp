// SPDX-License-Identifier: MIT
// What the records say of releases: proven or on probation, refused or not, and where to roll back to. Pure functions.
#pragma once

#include "site/release/manifest.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace baton::deploy {

/// A live release is on probation until it has been live for ProbationSecond; after that it is proven.
enum class Standing { on_probation, proven };
[[nodiscard]] Standing standing(const site::Manifest& live, site::Time now);

/// When that is, as seen at `now`; none once it is proven.
[[nodiscard]] std::optional<site::Time> probation_end(const site::Manifest& live, site::Time now);

/// Where a release that failed rolls back to automatically, seen from `from`: the newest accepted release before it
/// with other content that was not refused since. A proven one is preferred.
[[nodiscard]] std::optional<int> release_to_go_back_to(const std::vector<site::Manifest>& releases, int from);

/// The release before `live` in a person's sense, and the newer ones that are passed over.
struct WayBack {
    struct Skipped {
        int release = 0;
        std::string why = {}; ///< "it has the content of release 3, which is live"
    };
    std::optional<int> release = std::nullopt;
    std::vector<Skipped> skipped = {}; ///< newest first; all earlier ones if there is no such release
};

/// The newest earlier release that was live, with other content that was not refused since.
[[nodiscard]] WayBack way_back_from(const std::vector<site::Manifest>& releases, int live);

/// Same content and same unit settings.
[[nodiscard]] bool is_same(const site::Manifest& one, const site::Manifest& other);

/// The release that was equal to `made` and failed: a step of its deploy rejected it, or it was rolled back. It is not
/// tried again until something in it changes, or somebody insists: then the outcomes of releases up to `outweighs` do
/// not count.
[[nodiscard]] std::optional<site::Manifest> refused_before(const std::vector<site::Manifest>& releases,
                                                           const site::Manifest& made, int outweighs = 0);

/// The releases to delete, given the live one and those whose units still run: all but the newest `keep`. Never the
/// live one, the one to roll back to, the newest rejected one (its evidence), or one that runs.
[[nodiscard]] std::vector<int> releases_to_prune(const std::vector<site::Manifest>& releases, int live,
                                                 const std::set<int>& running, int keep);

} // namespace baton::deploy
