// SPDX-License-Identifier: MIT
// Clears up after a process that is killed, at once: a child that outlives it, and then runs another command of baton.
#pragma once

#include "base/fd.hpp"

#include <string>

namespace baton::deploy {

class Guard {
  public:
    /// `command` is "pursue", which goes on with a deploy, or "remove". Make it before the site's lock is taken: the
    /// child must not hold that. Without one, when no process can be made, the next command of baton clears up.
    Guard(const char* command, const std::string& site);
    /// The child ends: whatever happened has been dealt with.
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

  private:
    Fd alive_; ///< the child reads its other end: one byte is an orderly end, none is our death
    int child_ = -1;
};

} // namespace baton::deploy
