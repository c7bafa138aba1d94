// SPDX-License-Identifier: MIT
// A daemon-reload that serves several sites: it takes the manager 20 ms for each site of the host, and after a change
// of the host, such as an upgrade of baton, the unit files of all of them may change at once.
#pragma once

#include "deploy/units/paths.hpp"
#include "sd/units.hpp"

#include <functional>

namespace baton::deploy {

/// Makes the manager read the unit files as they are now. Does nothing if a reload that another process asked for in
/// this way has begun meanwhile, and has ended. In a crowd, first calls `write_others`, for the files of those who have
/// not come to it yet. Throws Error as sd::Units::daemon_reload().
void reload_units(const Paths& paths, sd::Units& manager, const std::function<void()>& write_others = {});

} // namespace baton::deploy
