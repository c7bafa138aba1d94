// SPDX-License-Identifier: MIT
// Why one looks at a site, what that adds to the picture, and how long one stays. Pure.
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
    reload,       ///< the handle's reload, which the watch asks for, or a person
    registration, ///< `baton add`: the same, before the handle is up
};

[[nodiscard]] Occasion occasion_of(Trigger trigger) noexcept;

/// Whether the process goes on when nothing is to be done for now; else it ends, and a timer looks again.
[[nodiscard]] bool stays(Trigger trigger, const Picture& picture, const Action& action);

/// One site, as the look at all sites sees it.
struct Glance {
    bool is_up = false;         ///< its handle
    bool watch_failed = false;  ///< its path unit
    bool watch_stopped = false; ///< ... by a person: then it misses nothing
    bool live_failed = false;   ///< the live release's unit
    bool is_unrecorded = false; ///< the switch to the live release
    bool is_deaf = false;       ///< none of its listeners is there
    bool conf_differs = false;  ///< watch.conf is not what was last decided on
    bool wish_is_open = false;
    bool listens_in_vain = false; ///< by a listener that no release needs
    bool units_are_gone = false;  ///< one of its unit files
};
[[nodiscard]] bool needs_pursuit(const Glance& glance) noexcept;

} // namespace baton::deploy
