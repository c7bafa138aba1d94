// SPDX-License-Identifier: MIT
// Runs numbered histories, on two threads, until one breaks a promise. RapidCheck draws each from its seed, and shrinks
// a broken one to its shortest form.
#pragma once

#include "simulation.hpp"

#include <optional>
#include <string>

namespace simulation {

struct Found {
    std::uint64_t seed;
    std::string broken; ///< the promise
    History history;    ///< the shortest that breaks it
};

/// The history of a seed: most are wild, every fourth is calm.
[[nodiscard]] History history_of(std::uint64_t seed);
/// Of `count` histories from `first` on, the first that was found to break a promise; as it is, with mutants applied.
[[nodiscard]] std::optional<Found> hunt(std::uint64_t first, std::uint64_t count, Mutant mutant = nullptr);
[[nodiscard]] std::optional<std::string> broken_by(const History& history, Mutant mutant = nullptr);

} // namespace simulation
