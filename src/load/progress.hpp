// SPDX-License-Identifier: MIT
// How a run is going: a snapshot given once a second. The final word is in result.hpp.
#pragma once

#include "load/clock.hpp"

#include <cstdint>
#include <string>

namespace baton::load {

struct Progress {
    Duration elapsed{0};
    std::uint64_t answered = 0; ///< good replies since the last snapshot
    Duration slowest{0};        ///< the slowest of those
    std::uint64_t failed = 0;   ///< since the start
    std::uint64_t pending = 0;  ///< requests waiting now
    std::string newest_ver;     ///< of the newest version seen; empty when none is known
    std::string newest_pid;     ///< of the process seen last for the first time
};

} // namespace baton::load
