// SPDX-License-Identifier: MIT
// Decisions that are wrong on purpose, each in one way: the simulation must notice every one of them.
#pragma once

#include "simulation.hpp"

#include <span>
#include <string_view>

namespace simulation {

struct NamedMutant {
    std::string_view name;
    Mutant mutant;
};
[[nodiscard]] std::span<const NamedMutant> mutants() noexcept;

} // namespace simulation
