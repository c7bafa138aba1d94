// SPDX-License-Identifier: MIT
// The way back: an older release's content becomes live again as a new release, by the ordinary sequence.
#pragma once

#include "deploy/go_live.hpp"

#include <optional>

namespace baton::deploy {

/// Goes back to `release`, or to the one before the live one. Throws Error; whatever was live before then still is.
Deployed roll_back(SiteContext& context, OnBusy on_busy, std::optional<int> release);

/// For OnFailure= of a release: if the live one has failed, on probation an earlier one takes over. A proven one is
/// started again, a few times at most once a second; if it does not come up, an earlier one takes over as well. When
/// nothing does, that is told, and the next connection tries again.
void after_failure(SiteContext& context);

} // namespace baton::deploy
