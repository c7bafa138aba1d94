// SPDX-License-Identifier: MIT
// A bounded wait for something that nothing announces reliably.
#pragma once

#include <chrono>

namespace baton::deploy {

/// Calls done() until it returns true or `limit` has passed, with a pause() between two calls. Returns whether it
/// returned true. A `limit` of microseconds::max() never passes.
template <class Done, class Pause>
bool wait_until(std::chrono::microseconds limit, Done done, Pause pause) {
    using Clock = std::chrono::steady_clock;
    const auto begun = Clock::now();
    while (!done()) {
        // In microseconds: nanoseconds cannot hold an infinite limit.
        if (std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun) >= limit) return false;
        pause();
    }
    return true;
}

} // namespace baton::deploy
