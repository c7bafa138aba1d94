// SPDX-License-Identifier: MIT
// What this process uses of the host, from proc(5): the figures every Prometheus client tells.
#pragma once

#include <optional>

namespace baton::service {

/// Empty where /proc does not say.
struct ProcessUsage {
    std::optional<double> start_time_seconds; ///< since the epoch
    std::optional<double> cpu_seconds;        ///< user and system
    std::optional<double> resident_bytes;
    std::optional<double> open_descriptors;
    std::optional<double> max_descriptors; ///< the soft RLIMIT_NOFILE

    [[nodiscard]] static ProcessUsage now();
};

} // namespace baton::service
