// SPDX-License-Identifier: MIT
// SIGTERM, SIGINT and SIGHUP as counts that one thread looks at. Handlers, not signalfd(2): the program may have
// threads that block nothing. A handler that the program had installed is called as well, and is back when the last
// Signals of the process has gone; SIGINT is its own if it had one of that, or ignored it.
#pragma once

#include <signal.h>

#include <atomic>

namespace baton::service {

class Signals {
  public:
    /// `wake_descriptor` is an eventfd that is written to at each signal; it must outlive this. Throws Error when there
    /// are too many in this process.
    explicit Signals(int wake_descriptor);
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    /// How many asked for the end since the last call.
    [[nodiscard]] int take_terminations() noexcept;
    [[nodiscard]] int take_hangups() noexcept;

    /// What the signal handler writes for one Signals.
    struct Slot {
        std::atomic<int> wake_descriptor{-1}; ///< -1: nobody's
        std::atomic<int> terminations{0};
        std::atomic<int> hangups{0};
    };

  private:
    Slot* slot_;
};

} // namespace baton::service
