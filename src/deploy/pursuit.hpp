// SPDX-License-Identifier: MIT
// The pursuit: look, decide, act, look again, until what is wanted of a site is the case or cannot be for now. Whoever
// has a reason to look runs it; one process a site acts at a time, and lives only while something is open.
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

/// What became of a wish.
struct Deployed {
    int release; ///< the live release
    std::string ver;
    std::uint32_t main_pid; ///< 0 when nothing had changed
    bool changed;           ///< false: the live release already has this content
};

/// Pursues what is wanted of the site until there is nothing to do, or nothing before a later time: then a timer looks
/// again. Throws Error when it cannot find out what is the case.
/// `turn` is the site's lock, if the caller has it.
void pursue(SiteContext& context, Trigger trigger, std::optional<Lock> turn = std::nullopt);

/// Waits for the site's lock, for one that is to look at what has changed. Before it connects to systemd: for who waits
/// with a connection PID 1 would keep all that it tells meanwhile. None when another waits already, who looks after
/// this.
[[nodiscard]] std::optional<Lock> wait_for_turn_to_look(const site::Store& store);

/// Writes the wish, pursues it, by itself or by watching who does already, and says what became of it. Throws Error:
/// config, rejected or rolled_back when that was the outcome; failed when the host did not let it happen yet (it is
/// tried again), or the site is stopped; usage when the wish itself makes no sense. Whatever was live before then still
/// is.
Deployed fulfil(SiteContext& context, Wish wish, Trigger trigger = Trigger::wish);

/// Throws Error (busy) when somebody pursues a wish of the site at this moment.
void require_idle(const SiteContext& context);

} // namespace baton::deploy
