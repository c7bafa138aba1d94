// SPDX-License-Identifier: MIT
// Why a process looks at a site, what that adds to the picture, and how long the process stays. Pure.
#pragma once

#include "deploy/decide/decide.hpp"
#include "deploy/picture/occasion.hpp"
#include "deploy/picture/picture.hpp"

namespace baton::deploy {

enum class Trigger {
    change,       ///< something may have changed: a release ended, a time has come, a deploy was killed
    start,        ///< the handle starts
    connection,   ///< a client waits, and no release runs
    wish,         ///< somebody asked for something and waits for the outcome
    reload,       ///< the handle's reload, from the watch or from a person
    registration, ///< `baton add`: a wish before the handle is up
};

[[nodiscard]] Occasion occasion_of(Trigger trigger) noexcept;

/// Whether the process stays when nothing is to be done for now; if not, it ends and a timer looks again.
[[nodiscard]] bool stays(Trigger trigger, const Picture& picture, const Action& action);

/// A site as the look at all sites sees it.
struct Glance {
    bool is_up = false;         ///< its handle is up
    bool watch_failed = false;  ///< its path unit has failed
    bool watch_stopped = false; ///< a person stopped its path unit, which misses nothing then
    bool live_failed = false;   ///< the live release's unit has failed
    bool is_unrecorded = false; ///< the switch to the live release is not recorded
    bool is_deaf = false;       ///< none of its listeners exists
    bool conf_differs = false;  ///< watch.conf differs from what was last decided
    bool wish_is_open = false;
    bool listens_in_vain = false; ///< it has a listener that no release needs
    bool another_runs = false;    ///< a release that is neither live nor about to end: its deploy was killed
    bool units_are_gone = false;  ///< one of its unit files is missing
};
[[nodiscard]] bool needs_pursuit(const Glance& glance) noexcept;

} // namespace baton::deploy
