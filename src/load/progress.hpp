// SPDX-License-Identifier: MIT
// The progress of a run: a snapshot once per second. result.hpp has the final result.
#pragma once

#include "load/clock.hpp"

#include <cstdint>
#include <string>

namespace baton::load {

struct Progress {
    Duration elapsed{0};
    std::uint64_t answered = 0; ///< good replies since the last snapshot
    Duration slowest{0};        ///< the slowest of these
    std::uint64_t failed = 0;   ///< since the start
    std::uint64_t pending = 0;  ///< requests waiting now
    std::string newest_ver;     ///< the newest version seen; empty if unknown
    std::string newest_pid;     ///< the newest process seen
};

} // namespace baton::load
