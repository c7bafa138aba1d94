// SPDX-License-Identifier: MIT
// Runs a history on a site of the machine and in the simulated world at once, and compares them after each step.
#pragma once

#include "real_site.hpp"
#include "step.hpp"
#include "unit_states.hpp"

#include <optional>
#include <string>

namespace history {

struct Walked {
    int steps = 0; ///< that were compared
    double seconds = 0;
    std::optional<std::string> disagreement = std::nullopt; ///< and what was done until then
};

[[nodiscard]] Walked walk(RealSite& site, UnitStates& states, const simulation::History& history);

} // namespace history
