// SPDX-License-Identifier: MIT
// What a server counts while it runs. Relaxed atomics: each is right by itself, together they are a snapshot at best.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace baton::engine {

/// A count that threads write without waiting for each other: each has a place in a cache line of its own, and a
/// reader sums them up. More threads than places share them.
class ShardedCount {
  public:
    void add(std::uint64_t n) noexcept { places_[own_place()].count.fetch_add(n, std::memory_order_relaxed); }
    void subtract(std::uint64_t n) noexcept { places_[own_place()].count.fetch_sub(n, std::memory_order_relaxed); }
    /// Never below 0, though a subtraction may be seen before its addition.
    [[nodiscard]] std::uint64_t value() const noexcept;

  private:
    static constexpr std::size_t k_places = 16;
    /// As long as a cache line, so that two counts are never in the same one, wherever the first is.
    struct Place {
        std::atomic<std::uint64_t> count{0};
        std::array<std::byte, 64 - sizeof(std::atomic<std::uint64_t>)> apart{};
    };
    static std::size_t own_place() noexcept;

    std::array<Place, k_places> places_;
};

/// Requests by the class of their reply's status.
class StatusCounts {
  public:
    static constexpr int k_classes = 5; ///< 1xx to 5xx
    void add(int status) noexcept;
    /// How many of `first_digit`, 1 to 5.
    [[nodiscard]] std::uint64_t of_class(int first_digit) const noexcept;
    [[nodiscard]] std::uint64_t value() const noexcept;

  private:
    std::array<ShardedCount, k_classes> classes_;
};

/// How long requests took: a histogram.
class DurationCounts {
  public:
    /// Upper bounds of the buckets; there is one more without. Prometheus' default ones, with five below for handlers
    /// that answer from memory.
    static constexpr std::array<std::chrono::microseconds, 16> k_bounds{
        std::chrono::microseconds{100},       std::chrono::microseconds{250},
        std::chrono::microseconds{500},       std::chrono::microseconds{1'000},
        std::chrono::microseconds{2'500},     std::chrono::microseconds{5'000},
        std::chrono::microseconds{10'000},    std::chrono::microseconds{25'000},
        std::chrono::microseconds{50'000},    std::chrono::microseconds{100'000},
        std::chrono::microseconds{250'000},   std::chrono::microseconds{500'000},
        std::chrono::microseconds{1'000'000}, std::chrono::microseconds{2'500'000},
        std::chrono::microseconds{5'000'000}, std::chrono::microseconds{10'000'000}};
    void add(std::chrono::nanoseconds duration) noexcept;
    /// How many are in the bucket at `index`, 0 to k_bounds.size(), and in none below.
    [[nodiscard]] std::uint64_t in_bucket(std::size_t index) const noexcept { return buckets_[index].value(); }
    [[nodiscard]] std::chrono::nanoseconds sum() const noexcept { return std::chrono::nanoseconds{sum_.value()}; }

  private:
    std::array<ShardedCount, k_bounds.size() + 1> buckets_;
    ShardedCount sum_;
};

/// What handlers are at just now: for bounds, and for the watchdog.
struct Activity {
    std::atomic<std::uint64_t> streaming{0};    ///< handlers that read their body while it comes
    std::atomic<std::uint64_t> pieces{0};       ///< of bodies and streams, moved inside handlers so far
    std::atomic<std::uint64_t> client_waits{0}; ///< handlers that wait for their client, within its times
};

/// Of the connections of one audience.
struct Counters {
    StatusCounts requests;                     ///< answered, by whatever status
    ShardedCount in_flight;                    ///< begun and not yet handed to the kernel
    DurationCounts durations;                  ///< from a complete head to the reply's last byte handed to the kernel
    ShardedCount received_bytes;               ///< heads and bodies, as they came
    ShardedCount sent_bytes;                   ///< the same of replies, handed to the kernel
    std::atomic<std::uint64_t> accepted{0};    ///< connections, open or closed since
    std::atomic<std::uint64_t> connections{0}; ///< open
    std::atomic<std::uint64_t> reading{0};     ///< of these, parked with a part of a request
    std::atomic<std::uint64_t> writing{0};     ///< parked with a part of a reply; in flight, too
    std::atomic<std::uint64_t> lingering{0};   ///< our side shut, waiting for the client to close
    std::atomic<std::uint64_t> incomplete{0};  ///< replies that the client cannot have got whole
    std::atomic<std::uint64_t> drained{0};     ///< answered since draining began
    std::atomic<std::uint64_t> closed_idle{0}; ///< closed at their idle time since draining began
    std::atomic<std::uint64_t> cut{0};         ///< ended by us with a reply missing or unfinished since draining began
};

inline void add(ShardedCount& counter, std::uint64_t n = 1) noexcept {
    counter.add(n);
}
inline void subtract(ShardedCount& counter, std::uint64_t n = 1) noexcept {
    counter.subtract(n);
}
template <class Count>
std::uint64_t value(const Count& counter) noexcept {
    return counter.value();
}
inline void add(std::atomic<std::uint64_t>& counter, std::uint64_t n = 1) noexcept {
    counter.fetch_add(n, std::memory_order_relaxed);
}
inline void subtract(std::atomic<std::uint64_t>& counter, std::uint64_t n = 1) noexcept {
    counter.fetch_sub(n, std::memory_order_relaxed);
}
inline std::uint64_t value(const std::atomic<std::uint64_t>& counter) noexcept {
    return counter.load(std::memory_order_relaxed);
}

} // namespace baton::engine
