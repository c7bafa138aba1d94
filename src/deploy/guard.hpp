// SPDX-License-Identifier: MIT
// Clears up at once after a killed process: a child outlives it and then runs another command of baton.
#pragma once

#include "base/fd.hpp"
#include "sd/scope.hpp"

#include <string>

namespace baton::deploy {

class Guard {
  public:
    /// `command` is "pursue", which continues a deploy, or "remove". Create the guard before you take the site's lock:
    /// the child must not hold it. If no process can be created, the next command of baton clears up.
    Guard(sd::Scope scope, const char* command, const std::string& site);
    /// The child ends: nothing is left to clear up.
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

  private:
    Fd alive_; ///< the child reads the other end: one byte means an orderly end, no byte means we died
    int child_ = -1;
};

} // namespace baton::deploy
