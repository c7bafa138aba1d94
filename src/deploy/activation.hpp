// SPDX-License-Identifier: MIT
// What the units of a site call: bring the live release up, and take everything down.
#pragma once

#include "deploy/context.hpp"

namespace baton::deploy {

/// For the first connection while no release runs: returns when one serves. Throws Error when there is none to start;
/// after a moment, for systemd would ask again at once as long as the connection waits.
void activate_for_client(SiteContext& context);

/// For the handle's start, `systemctl start SITE` or the boot: starts the live release, makes the first one if there is
/// none, deploys what was edited meanwhile. The handle is up afterwards whatever came of it, for the listener goes with
/// it; what does not come up is told, and tried again.
void activate_for_handle(SiteContext& context);

/// What the handle's stop waits for: listeners and watch are closed, the releases have drained. When it is restarted
/// listeners and watch stay, and connections wait in the queue.
void deactivate(SiteContext& context);

/// Closes the listeners and the watch, stops every release, and waits.
void stop_everything(SiteContext& context);

} // namespace baton::deploy
