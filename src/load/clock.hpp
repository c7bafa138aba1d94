// SPDX-License-Identifier: MIT
// The only clock of the load generator: monotonic, nanoseconds. Only reports add wall-clock time.
#pragma once

#include <chrono>

namespace baton::load {

using Clock = std::chrono::steady_clock; // CLOCK_MONOTONIC, clock_gettime(2)
using TimePoint = Clock::time_point;
using Duration = Clock::duration;

} // namespace baton::load
