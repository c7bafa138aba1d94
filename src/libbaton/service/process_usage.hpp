// SPDX-License-Identifier: MIT
// This process's resource usage, from proc(5): the standard figures of Prometheus clients.
#pragma once

#include <optional>

namespace baton::service {

/// A field is empty if /proc does not provide it.
struct ProcessUsage {
    std::optional<double> start_time_seconds; ///< since the epoch
    std::optional<double> cpu_seconds;        ///< user and system
    std::optional<double> resident_bytes;
    std::optional<double> open_descriptors;
    std::optional<double> max_descriptors; ///< the soft RLIMIT_NOFILE

    [[nodiscard]] static ProcessUsage now();
};

} // namespace baton::service
