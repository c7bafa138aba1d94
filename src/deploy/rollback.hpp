// SPDX-License-Identifier: MIT
// The way back: an older release's content becomes live again as a new release, by the ordinary sequence.
#pragma once

#include "deploy/go_live.hpp"

#include <optional>

namespace baton::deploy {

/// Goes back to `release`, or to the one before the live one. Throws Error; whatever was live before then still is.
Deployed roll_back(SiteContext& context, OnBusy on_busy, std::optional<int> release);

/// For OnFailure= of a release: if the live one has failed, on probation an earlier one takes over, else it is started
/// again, at most once a second and a limited number of times; after that the next connection starts it. Throws Error
/// when neither comes up.
void after_failure(SiteContext& context);

} // namespace baton::deploy
