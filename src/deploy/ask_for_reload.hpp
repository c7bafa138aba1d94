// SPDX-License-Identifier: MIT
// What the watch of a site does about a change: it asks for a reload of the handle, as a person can.
#pragma once

#include "sd/manager.hpp"

#include <string>

namespace baton::deploy {

/// Queues the reload behind the handle's current job. Queues nothing when that job is a stop: the next start sees the
/// change. A reload in place of a person's stop, restart or start would undo it.
void ask_for_reload(sd::Manager& manager, const std::string& site);

} // namespace baton::deploy
