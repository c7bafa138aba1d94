// SPDX-License-Identifier: MIT
// SIGTERM, SIGINT and SIGHUP as counts that one thread looks at. Handlers, not signalfd(2): the program may have
// threads that block nothing. What was set up before comes back with the destructor. One at a time in a process.
#pragma once

#include <signal.h>

#include <array>

namespace baton::service {

class Signals {
  public:
    /// `wake_descriptor` is an eventfd that is written to at each signal; it must outlive this.
    explicit Signals(int wake_descriptor) noexcept;
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    /// How many asked for the end since the last call.
    [[nodiscard]] int take_terminations() noexcept;
    [[nodiscard]] int take_hangups() noexcept;

  private:
    static constexpr std::array k_signals{SIGTERM, SIGINT, SIGHUP};
    std::array<struct sigaction, k_signals.size()> before_{};
};

} // namespace baton::service
