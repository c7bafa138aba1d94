// SPDX-License-Identifier: MIT
// SIGTERM, SIGINT and SIGHUP as counts that one thread looks at. Handlers, not signalfd(2): the program may have
// threads that block nothing. A handler that the program had installed is called as well, and is back when the last
// Signals of the process has gone; SIGINT is its own if it had one of that, or ignored it.
#pragma once

#include <signal.h>

#include <atomic>
#include <chrono>

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
    /// The last signal that asked for the end, if the program has no handler for it and does not ignore it: elsewhere
    /// it would have ended the process. 0: there was none.
    [[nodiscard]] int ending() const noexcept { return slot_->ending.load(); }

    /// What the signal handler writes for one Signals.
    struct Slot {
        std::atomic<int> wake_descriptor{-1}; ///< -1: nobody's
        std::atomic<int> terminations{0};
        std::atomic<int> hangups{0};
        std::atomic<int> ending{0};
    };

  private:
    Slot* slot_;
};

/// Ends the process by `signal`, as it would have ended without libbaton, when it still is there after `patience`.
/// Comes back at once. Throws Error.
void end_process_by(int signal, std::chrono::seconds patience);

} // namespace baton::service
