// SPDX-License-Identifier: MIT
// Wakes one waiting thread from another thread or a signal handler; wakes without a waiter are kept as one.
#pragma once

#include "base/fd.hpp"
#include "libbaton/io/time.hpp"

namespace baton::engine {

class Wakeup {
  public:
    Wakeup(); ///< Throws Error.
    void wake() const noexcept { wake(fd_.get()); }
    /// Waits until wake(), until `patience` is over, or until `other`, if it is a descriptor, is readable.
    void wait(Milliseconds patience, int other = -1) const noexcept;
    [[nodiscard]] int descriptor() const noexcept { return fd_.get(); }
    /// Async-signal-safe.
    static void wake(int descriptor) noexcept;

  private:
    Fd fd_;
};

} // namespace baton::engine
