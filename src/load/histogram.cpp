// SPDX-License-Identifier: MIT
// Buckets: each power of two is divided into 128 equal parts, as in HdrHistogram; values under 256 ns are exact.
#include "load/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace baton::load {
namespace {

constexpr unsigned k_part_bits = 7;                                       // 128 parts: an error below 1/128
constexpr std::uint64_t k_parts = 1U << k_part_bits;                      //
constexpr std::size_t k_buckets = (64 - k_part_bits) * k_parts + k_parts; // for all 64 bits: 58 KiB

std::size_t bucket_of(std::uint64_t value) noexcept {
    if (value < 2 * k_parts) return static_cast<std::size_t>(value);
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - k_part_bits - 1;
    return static_cast<std::size_t>(shift * k_parts + (value >> shift));
}

/// The largest value in bucket `index`.
std::uint64_t limit_of(std::size_t index) noexcept {
    if (index < 2 * k_parts) return index;
    const auto shift = index / k_parts - 1;
    return ((index - shift * k_parts + 1) << shift) - 1;
}

} // namespace

Histogram::Histogram() : buckets_(k_buckets) {}

void Histogram::record(Duration value) noexcept {
    value = std::max(value, Duration::zero());
    ++buckets_[bucket_of(static_cast<std::uint64_t>(value.count()))];
    ++count_;
    max_ = std::max(max_, value);
}

void Histogram::merge(const Histogram& other) noexcept {
    for (std::size_t i = 0; i < k_buckets; ++i)
        buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
}

Duration Histogram::quantile(double fraction) const noexcept {
    if (count_ == 0) return Duration::zero();
    const auto wanted = std::max<std::uint64_t>(
        1, static_cast<std::uint64_t>(std::ceil(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(count_))));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < k_buckets; ++i) {
        seen += buckets_[i];
        if (seen >= wanted) return std::min(max_, Duration{static_cast<Duration::rep>(limit_of(i))});
    }
    return max_;
}

} // namespace baton::load
