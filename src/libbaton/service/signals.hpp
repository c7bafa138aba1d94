// SPDX-License-Identifier: MIT
// Counts SIGTERM, SIGINT and SIGHUP for one thread. Uses handlers, not signalfd(2): the program may have threads that
// block nothing. A handler that the program had installed is called as well, and restored when the last Signals of the
// process ends. SIGINT stays the program's if it handled or ignored it.
#pragma once

#include <signal.h>

#include <atomic>
#include <chrono>

namespace baton::service {

class Signals {
  public:
    /// Writes to the eventfd `wake_descriptor` at each signal; it must outlive this. Throws Error if there are too many
    /// in this process.
    explicit Signals(int wake_descriptor);
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    /// The number of end requests since the last call.
    [[nodiscard]] int take_terminations() noexcept;
    [[nodiscard]] int take_hangups() noexcept;
    /// The last signal that asked for the end, if the program neither handles nor ignores it: without libbaton it would
    /// have ended the process. 0: none.
    [[nodiscard]] int ending() const noexcept { return slot_->ending.load(); }

    /// The data that the signal handler writes for one Signals.
    struct Slot {
        std::atomic<int> wake_descriptor{-1}; ///< -1: free
        std::atomic<int> terminations{0};
        std::atomic<int> hangups{0};
        std::atomic<int> ending{0};
    };

  private:
    Slot* slot_;
};

/// Ends the process with `signal`, as without libbaton, if it still runs after `patience`. Returns at once. Throws
/// Error.
void end_process_by(int signal, std::chrono::seconds patience);

} // namespace baton::service
