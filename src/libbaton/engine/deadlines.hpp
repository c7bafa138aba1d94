// SPDX-License-Identifier: MIT
// By when a message must have come: a fixed time, and on top of it the time its bytes take at the slowest allowed pace.
#pragma once

#include "libbaton/engine/time.hpp"

#include <baton/options.hpp>

#include <algorithm>
#include <cstdint>

namespace baton::engine {

/// A client that sends a byte now and then, to keep a time limit from ever being reached, is late by this all the same.
inline Instant message_deadline(Instant since, Milliseconds patience, std::uint64_t bytes,
                                const Limits& limits) noexcept {
    const auto pace = std::max<std::uint64_t>(limits.min_bytes_per_second, 1);
    return since + patience + std::chrono::seconds{bytes / pace};
}

} // namespace baton::engine
