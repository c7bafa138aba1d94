// SPDX-License-Identifier: MIT
// What the units of a site call: bring the live release up, and take everything down.
#pragma once

#include "deploy/context.hpp"

namespace baton::deploy {

enum class ActivatedBy {
    handle,    ///< `systemctl start SITE`, or the boot
    connection ///< the first connection while no release runs
};

/// Starts the live release if none serves, and waits until it is ready. By the handle: makes the first deploy when
/// there was none yet, and asks for one when watch.conf has changed since the last. Throws Error when no release comes
/// up.
void activate(SiteContext& context, ActivatedBy by);

/// Starts the unit of the live release and waits until it is ready. Throws Error with the evidence when it does not get
/// there.
void start_live(SiteContext& context, int live);

/// What the handle's stop waits for: the releases have drained. The listeners and the watch stop with the handle by
/// themselves, and stay when it is restarted: then connections wait in the queue.
void deactivate(SiteContext& context);

/// Stops every release, side by side, and waits.
void stop_releases(SiteContext& context);

} // namespace baton::deploy
