// SPDX-License-Identifier: MIT
// The way back: an older release's content becomes live again as a new release, by the ordinary sequence.
#pragma once

#include "deploy/go_live.hpp"

#include <optional>

namespace baton::deploy {

/// Goes back to `release`, or to the one before the live one. Throws Error; whatever was live before then still is.
Deployed roll_back(SiteContext& context, OnBusy on_busy, std::optional<int> release);

/// For OnFailure= and OnSuccess= of a release's unit. Of the live release: bring_back(), if it was not told to end. Of
/// another one: what a killed deploy left of it is cleared up.
void release_ended(SiteContext& context, int release);

/// If the live release is down by itself: on probation an earlier one takes over. A proven one that failed is started
/// again, a few times at most once a second; if it does not come up, an earlier one takes over as well. When nothing
/// does, that is told, and the next connection tries again.
void bring_back(SiteContext& context);

/// Call with the site's lock held, at the end of the deploy of `release`: if it is down already, on probation, an
/// earlier one takes over. Throws Error (rolled_back, or failed when there is no earlier one) then.
void require_standing(SiteContext& context, int release);

} // namespace baton::deploy
