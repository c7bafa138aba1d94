// SPDX-License-Identifier: MIT
// What the watch of a site does about a change: it asks for a reload of the handle, as a person may.
#pragma once

#include "sd/manager.hpp"

#include <string>

namespace baton::deploy {

/// Queues it, behind whatever job the handle has; not where that is its stop: what is changed is seen at its next
/// start. A reload in place of a person's stop, restart or start would undo it.
void ask_for_reload(sd::Manager& manager, const std::string& site);

} // namespace baton::deploy
