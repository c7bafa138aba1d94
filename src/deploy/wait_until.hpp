// SPDX-License-Identifier: MIT
// A bounded wait for something that nothing announces reliably.
#pragma once

#include <chrono>

namespace baton::deploy {

/// Asks done() until it says yes or `limit` has passed, with a pause() between two questions. Returns whether it said
/// yes. A `limit` of microseconds::max() has no end.
template <class Done, class Pause>
bool wait_until(std::chrono::microseconds limit, Done done, Pause pause) {
    using Clock = std::chrono::steady_clock;
    const auto begun = Clock::now();
    while (!done()) {
        // In microseconds: nanoseconds have no room for an infinite limit.
        if (std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun) >= limit) return false;
        pause();
    }
    return true;
}

} // namespace baton::deploy
