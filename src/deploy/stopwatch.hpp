// SPDX-License-Identifier: MIT
// Times the steps of a deploy, on the monotonic clock.
#pragma once

#include <chrono>
#include <utility>

namespace baton::deploy {

class Stopwatch {
  public:
    /// Time since the last lap(), or since construction.
    std::chrono::nanoseconds lap() {
        const auto now = std::chrono::steady_clock::now();
        return now - std::exchange(since_, now);
    }

  private:
    std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

} // namespace baton::deploy
