// SPDX-License-Identifier: MIT
// The simulated worlds that agree with all observations so far. A step that can end in several ways, such as a kill at
// any moment, makes one world for each; the next observation keeps those that it fits.
#pragma once

#include "simulation.hpp"

#include <string>
#include <vector>

namespace history {

using simulation::Seen;
using simulation::Simulation;
using simulation::Step;

/// The release that a step is about, by its place among those of a site that has come to rest: its number; 0: none is
/// named.
[[nodiscard]] int release_meant(const Step& step, const Seen& seen);

class Worlds {
  public:
    /// One, in which release 1 is live and proven. Its decisions are those of the engine, or of a mutant of it.
    Worlds();

    /// It happens, and all has come to rest since; `within`: so does that, at any moment of what follows.
    void happen(const Step& step);
    void happen(const Step& step, const Step& within);
    void prove();
    [[nodiscard]] Simulation::Life life() const { return worlds_.front().life(); }
    void end_life();

    /// Whether one of them is as was seen.
    [[nodiscard]] bool agree(const Seen& seen, bool tries_again) const;
    /// Leaves those that are; there is one.
    void keep(const Seen& seen, bool tries_again);
    /// Of those that agree(): the states of the releases.
    [[nodiscard]] const Simulation& one() const { return worlds_.front(); }
    /// In one of them it is the look of each minute that sees what has happened.
    [[nodiscard]] bool need_a_look() const;
    /// What was expected: each of them, those that look the same once.
    [[nodiscard]] std::string text() const;
    /// What a world has broken as it went on: a fault of the simulation's.
    [[nodiscard]] const std::string& broken() const { return broken_; }

  private:
    template <typename Change>
    void change(Change what);
    static void add(std::vector<Simulation>& to, Simulation world);
    static void add_each(std::vector<Simulation>& to, const Simulation& before, const Step& first, const Step& second,
                         bool by_itself);

    std::vector<Simulation> worlds_;
    std::string broken_;
};

} // namespace history
