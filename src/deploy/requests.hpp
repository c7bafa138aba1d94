// SPDX-License-Identifier: MIT
// What a person asks for: a deploy of the site's directory, or to go back to an older release.
#pragma once

#include "deploy/pursuit.hpp"

#include <optional>

namespace baton::deploy {

/// What to do with content that has been a release before.
enum class Unchanged {
    skip,   ///< live content makes no new release; content that was refused before is refused again, untried
    deploy, ///< it makes one all the same
};

/// Makes the content of the site's directory live. Throws what fulfil() throws.
Deployed deploy(SiteContext& context, Unchanged unchanged, Trigger trigger = Trigger::wish);

/// Which release `release` means, by default the one before the live one, and that it can be gone back to. Throws Error
/// (usage, or failed when none has been live before).
[[nodiscard]] site::Manifest way_back(SiteContext& context, std::optional<int> release);

/// Makes the content of `to` live again, as a new release. Throws what fulfil() throws.
Deployed roll_back(SiteContext& context, const site::Manifest& to);

} // namespace baton::deploy
