// SPDX-License-Identifier: MIT
// The one clock of the load generator: monotonic, nanoseconds. Wall-clock time is only added in reports.
#pragma once

#include <chrono>

namespace baton::load {

using Clock = std::chrono::steady_clock; // CLOCK_MONOTONIC, clock_gettime(2)
using TimePoint = Clock::time_point;
using Duration = Clock::duration;

} // namespace baton::load
