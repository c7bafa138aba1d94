// SPDX-License-Identifier: MIT
// By when more of a message must have come, or gone. No client holds anything for ever by a byte now and then.
#pragma once

#include "libbaton/io/time.hpp"

#include <baton/options.hpp>

#include <algorithm>
#include <cstdint>

namespace baton::engine {

/// A client that stands still is late after its patience; one that sends a byte now and then, when it falls behind the
/// slowest pace. What it was ahead of that once counts for no more than the patience.
class Pace {
  public:
    void begin(Instant since, Milliseconds patience) noexcept {
        due_ = since + patience;
        bytes_ = 0;
    }
    /// For `time` it was not the client that was waited for.
    void pause(Milliseconds time) noexcept { due_ += time; }
    /// `bytes` of the message are there by now; by when there have to be more.
    Instant progress(std::uint64_t bytes, Milliseconds patience, const Limits& limits) noexcept {
        const auto pace = std::max<std::uint64_t>(limits.min_bytes_per_second, 1);
        const auto most = static_cast<std::uint64_t>(patience.count());
        const auto more = bytes > bytes_ ? bytes - bytes_ : 0;
        bytes_ = std::max(bytes, bytes_);
        const auto earned = more / pace > most ? most : std::min(more * 1000 / pace, most);
        due_ = std::min(due_ + Milliseconds{earned}, now() + patience);
        return due_;
    }

  private:
    Instant due_{};
    std::uint64_t bytes_ = 0;
};

} // namespace baton::engine
