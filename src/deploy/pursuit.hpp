// SPDX-License-Identifier: MIT
// The pursuit: look, decide, act, look again, until the site is as wanted or cannot be for now. Whoever has a reason to
// look runs it. One process at a time acts on a site, and it lives only while something is open.
#pragma once

#include "base/error.hpp"
#include "base/lock.hpp"
#include "deploy/context.hpp"
#include "deploy/picture/observe.hpp"
#include "deploy/trigger.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace baton::deploy {

/// The outcome of a wish.
struct Deployed {
    int release; ///< the live release
    std::string ver;
    std::uint32_t main_pid; ///< 0 when nothing changed
    bool changed;           ///< false: the live release already has this content
};

/// Pursues what is wanted of the site until nothing is left to do, now or before a later time (then a timer looks
/// again). Throws Error when it cannot observe the site.
/// `held` is the site's lock, if the caller has it.
void pursue(SiteContext& context, Trigger trigger, std::optional<Lock> held = std::nullopt);

/// Waits for the site's lock, to look at a change. Call it before you connect to systemd: PID 1 would queue all its
/// signals for a connection that waits. Returns nothing when another process already waits; it sees this change too.
[[nodiscard]] std::optional<Lock> lock_to_look(const site::Store& store);

/// Writes the wish, then pursues it or watches the process that does, and returns the outcome. Throws Error: config,
/// rejected or rolled_back when that was the outcome; failed when the host prevented it (it is tried again) or the site
/// is stopped; usage when the wish makes no sense. The live release stays live.
Deployed fulfil(SiteContext& context, Wish wish, Trigger trigger = Trigger::wish);

/// Throws Error (busy) when somebody pursues a wish of the site now.
void require_idle(const SiteContext& context);

} // namespace baton::deploy
