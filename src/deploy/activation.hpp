// SPDX-License-Identifier: MIT
// What the units of a site call: start the live release, and stop everything.
#pragma once

#include "deploy/context.hpp"

namespace baton::deploy {

/// For the first connection while no release runs. Returns when a release serves. If no release can start, waits a
/// moment and throws Error: systemd asks again at once while the connection waits.
void activate_for_client(SiteContext& context);

/// For the handle's start: `systemctl start SITE`, or the boot. Starts the live release, makes the first release if the
/// site has none, and deploys what was edited meanwhile. The handle is up afterwards in any case, because the listener
/// depends on it. Reports what does not start; it is tried again.
void activate_for_handle(SiteContext& context);

/// The handle's stop waits for this: listeners and watch are closed, and the releases have drained. On a restart,
/// listeners and watch stay, and connections wait in the queue.
void deactivate(SiteContext& context);

/// Closes the listeners and the watch, stops every release, and waits.
void stop_everything(SiteContext& context);

} // namespace baton::deploy
