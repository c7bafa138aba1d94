// SPDX-License-Identifier: MIT
// The deadline for the next progress of a message. It keeps a client from holding resources for ever with occasional
// bytes.
#pragma once

#include "libbaton/io/time.hpp"

#include <baton/options.hpp>

#include <algorithm>
#include <cstdint>

namespace baton::engine {

/// A client without progress is late after its patience; a client that sends occasional bytes, when it falls behind the
/// minimum pace. An earlier lead over that pace counts for at most the patience.
class Pace {
  public:
    void begin(Instant since, Milliseconds patience) noexcept {
        due_ = since + patience;
        bytes_ = 0;
    }
    /// Notes that for `time` the client was not the one being waited for.
    void pause(Milliseconds time) noexcept { due_ += time; }
    /// Notes that `bytes` of the message have arrived; returns the deadline for more.
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
