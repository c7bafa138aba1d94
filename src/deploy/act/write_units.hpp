// SPDX-License-Identifier: MIT
// Puts unit files right where they are missing or are not this baton's.
#pragma once

#include "deploy/act/pursued.hpp"

namespace baton::deploy {

/// Those of the site, with a daemon-reload if systemd knows others. In a crowd, as at the boot after an upgrade, those
/// of all sites whose lock is free as well: a reload for each of a thousand sites takes PID 1 hours, and memory.
void write_needed_units(Pursued& pursued, const Picture& picture);

} // namespace baton::deploy
