// SPDX-License-Identifier: MIT
// The deploy: from a changed watch.conf to a live release, and back to an older one by the same way.
#pragma once

#include "deploy/context.hpp"
#include "deploy/snapshot.hpp"

#include <optional>

namespace baton::deploy {

struct Deployed {
    int release; ///< the live release
    std::string ver;
    std::uint32_t main_pid; ///< 0 when nothing had changed
    bool changed;           ///< false: the live release already has this content
};

/// Makes the content of the site's directory live. Throws Error; whatever was live before then still is.
Deployed deploy(SiteContext& context, OnBusy on_busy, Repeat repeat);

/// The same when the caller holds the lock.
Deployed deploy_locked(SiteContext& context, Repeat repeat);

/// Makes an older release live again, as a new release with its content. Without `release`: the one before the live
/// one.
Deployed roll_back(SiteContext& context, OnBusy on_busy, std::optional<int> release);

/// For OnFailure=: goes back if the live release has failed for good while on probation. None when there was nothing to
/// do.
std::optional<Deployed> roll_back_after_failure(SiteContext& context);

} // namespace baton::deploy
