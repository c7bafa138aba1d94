// SPDX-License-Identifier: MIT
// Measures the longest time in which no reply completed while a request was pending. The caller supplies the time.
#pragma once

#include "load/clock.hpp"

#include <algorithm>
#include <cstdint>

namespace baton::load {

class GapMeter {
  public:
    void start(std::uint64_t count, TimePoint now) noexcept {
        if (pending_ == 0) quiet_since_ = now;
        pending_ += count;
    }
    /// A reply completed.
    void answer(TimePoint now) noexcept {
        note(now);
        quiet_since_ = now;
        --pending_;
    }
    /// A request ended without a reply: the gap continues.
    void give_up(TimePoint now) noexcept {
        note(now);
        --pending_;
    }
    /// Ends the measurement: from here on, only the last requests are pending.
    void freeze(TimePoint now) noexcept {
        note(now);
        frozen_ = true;
    }

    [[nodiscard]] Duration longest() const noexcept { return longest_; }
    [[nodiscard]] std::uint64_t pending() const noexcept { return pending_; }

  private:
    void note(TimePoint now) noexcept {
        if (pending_ > 0 && !frozen_) longest_ = std::max(longest_, now - quiet_since_);
    }

    std::uint64_t pending_ = 0;
    TimePoint quiet_since_;
    Duration longest_{0};
    bool frozen_ = false;
};

} // namespace baton::load
