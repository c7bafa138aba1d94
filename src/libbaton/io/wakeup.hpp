// SPDX-License-Identifier: MIT
// Wakes one waiting thread from any other, or from a signal handler; wakes that nobody waits for are kept as one.
#pragma once

#include "base/fd.hpp"
#include "libbaton/io/time.hpp"

namespace baton::engine {

class Wakeup {
  public:
    Wakeup(); ///< Throws Error.
    void wake() const noexcept { wake(fd_.get()); }
    /// Until wake(), or `patience` is over, or `other`, if it is a descriptor, has something to be read.
    void wait(Milliseconds patience, int other = -1) const noexcept;
    [[nodiscard]] int descriptor() const noexcept { return fd_.get(); }
    /// Async-signal-safe.
    static void wake(int descriptor) noexcept;

  private:
    Fd fd_;
};

} // namespace baton::engine
