// SPDX-License-Identifier: MIT
// What a person asks for: a deploy of the site's directory, or a roll back to an older release.
#pragma once

#include "deploy/decide/standing.hpp"
#include "deploy/pursuit.hpp"

#include <optional>
#include <vector>

namespace baton::deploy {

/// What to do with content that was a release before.
enum class Unchanged {
    skip,   ///< live content makes no new release; refused content is refused again, untried
    deploy, ///< make a release of it anyway
};

/// Makes the content of the site's directory live. Throws what fulfil() throws.
Deployed deploy(SiteContext& context, Unchanged unchanged, Trigger trigger = Trigger::wish);

struct RollBackTo {
    site::Manifest release;
    std::vector<WayBack::Skipped> skipped; ///< newer ones that nobody asked for by number
};

/// Resolves `release`, by default the one before the live one, and checks that a roll back to it is possible. Throws
/// Error (usage, or failed when there is none to go back to: it names each earlier one, and why not).
[[nodiscard]] RollBackTo way_back(SiteContext& context, std::optional<int> release);

/// Makes the content of `to` live again, as a new release. If the live release runs and has this content, it stays, and
/// what was being deployed is given up. Throws what fulfil() throws.
Deployed roll_back(SiteContext& context, const site::Manifest& to);

} // namespace baton::deploy
