// SPDX-License-Identifier: MIT
// Where everything is, for the host's sites and for those of a user's own service manager.
#pragma once

#include "deploy/units/paths.hpp"
#include "sd/manager.hpp"

namespace baton::cli {

[[nodiscard]] deploy::Paths places_of_host();

/// Below the calling user's XDG_STATE_HOME, XDG_DATA_HOME, XDG_CONFIG_HOME and XDG_RUNTIME_DIR, file-hierarchy(7).
/// Throws Error (usage) that says what to type if the caller has no manager of their own.
[[nodiscard]] deploy::Paths places_of_user();

/// What the manager starts looks there too. Throws Error (usage) if those variables differ in the manager.
void require_same_places(sd::Manager& manager);

} // namespace baton::cli
