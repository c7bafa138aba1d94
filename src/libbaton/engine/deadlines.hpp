// SPDX-License-Identifier: MIT
// By when more of a message must have come. No client holds anything for ever by sending a byte now and then.
#pragma once

#include "libbaton/engine/time.hpp"

#include <baton/options.hpp>

#include <algorithm>
#include <cstdint>

namespace baton::engine {

/// By when more has to have come of a message that began at `since` and of which there are `bytes` now: a client that
/// stands still is late after `patience`; one that sends a byte now and then, when it falls behind the slowest pace.
inline Instant message_deadline(Instant since, Milliseconds patience, std::uint64_t bytes,
                                const Limits& limits) noexcept {
    const auto pace = std::max<std::uint64_t>(limits.min_bytes_per_second, 1);
    return std::min(now() + patience, since + patience + std::chrono::seconds{bytes / pace});
}

} // namespace baton::engine
