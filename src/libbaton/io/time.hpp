// SPDX-License-Identifier: MIT
// A monotonic clock with a resolution of about four milliseconds and a cost of five nanoseconds; clock_gettime(2).
#pragma once

#include <ctime>

#include <chrono>

namespace baton::engine {

using Milliseconds = std::chrono::milliseconds;
/// Time since an unknown origin; compare values only with each other.
using Instant = std::chrono::milliseconds;

constexpr Instant k_never = Instant::max();

inline Instant now() noexcept {
    timespec time{};
    (void)::clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return std::chrono::seconds{time.tv_sec} +
           std::chrono::duration_cast<Milliseconds>(std::chrono::nanoseconds{time.tv_nsec});
}

/// The same clock in nanoseconds, for durations; costs twenty nanoseconds if its source is the time stamp counter.
inline std::chrono::nanoseconds precise_now() noexcept {
    timespec time{};
    (void)::clock_gettime(CLOCK_MONOTONIC, &time);
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

} // namespace baton::engine
