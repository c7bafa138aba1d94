// SPDX-License-Identifier: MIT
// A latency histogram of fixed size: log-linear buckets, within 1 % of the true value. Keeps no samples.
#pragma once

#include "load/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace baton::load {

class Histogram {
  public:
    Histogram();

    /// Counts one value; a negative one counts as zero.
    void record(Duration value) noexcept;
    /// Adds the counts of `other`.
    void merge(const Histogram& other) noexcept;

    /// The smallest bucket limit that at least `fraction` (0..1) of the values do not exceed; zero if empty.
    [[nodiscard]] Duration quantile(double fraction) const noexcept;
    [[nodiscard]] Duration max() const noexcept { return max_; }
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

  private:
    std::vector<std::uint64_t> buckets_;
    std::uint64_t count_ = 0;
    Duration max_{0};
};

} // namespace baton::load
