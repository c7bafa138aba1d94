// SPDX-License-Identifier: MIT
// The counters of a running server. Relaxed atomics: each one is exact, but together they are only roughly a snapshot.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace baton::engine {

/// A count that threads write without waiting for each other: each thread has a place in its own cache line, and a
/// reader adds them up. If there are more threads than places, threads share places.
class ShardedCount {
  public:
    void add(std::uint64_t n) noexcept { places_[own_place()].count.fetch_add(n, std::memory_order_relaxed); }
    void subtract(std::uint64_t n) noexcept { places_[own_place()].count.fetch_sub(n, std::memory_order_relaxed); }
    /// Never below 0, even if a subtraction is seen before its addition.
    [[nodiscard]] std::uint64_t value() const noexcept;

  private:
    static constexpr std::size_t k_places = 16;
    /// As long as a cache line, so two counts never share one, whatever the alignment of the first.
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
    /// The count of the class `first_digit`, 1 to 5.
    [[nodiscard]] std::uint64_t of_class(int first_digit) const noexcept;
    [[nodiscard]] std::uint64_t value() const noexcept;

  private:
    std::array<ShardedCount, k_classes> classes_;
};

/// A histogram of request durations.
class DurationCounts {
  public:
    /// Upper bounds of the buckets; the last bucket has none. These are Prometheus' defaults plus five smaller ones for
    /// handlers that answer from memory.
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
    /// The count of the bucket at `index`, 0 to k_bounds.size(), without the buckets below.
    [[nodiscard]] std::uint64_t in_bucket(std::size_t index) const noexcept { return buckets_[index].value(); }
    [[nodiscard]] std::chrono::nanoseconds sum() const noexcept { return std::chrono::nanoseconds{sum_.value()}; }

  private:
    std::array<ShardedCount, k_bounds.size() + 1> buckets_;
    ShardedCount sum_;
};

/// The current activity of handlers, for limits and for the watchdog.
struct Activity {
    std::atomic<std::uint64_t> streaming{0};    ///< handlers that read their body while it arrives
    std::atomic<std::uint64_t> pieces{0};       ///< pieces of bodies and streams transferred inside handlers so far
    std::atomic<std::uint64_t> client_waits{0}; ///< handlers that wait for their client, within its timeouts
    std::atomic<bool> gives_clients_up{false};  ///< stop() has waited for them long enough
};

/// The counters for the connections of one audience.
struct Counters {
    StatusCounts requests;       ///< answered, with any status
    ShardedCount in_flight;      ///< begun, reply not yet handed to the kernel
    DurationCounts durations;    ///< from the complete head until the reply's last byte is handed to the kernel
    ShardedCount received_bytes; ///< heads and bodies, as received
    ShardedCount sent_bytes;     ///< heads and bodies of replies, handed to the kernel
    std::atomic<std::uint64_t> accepted{0};    ///< connections, open or since closed
    std::atomic<std::uint64_t> connections{0}; ///< open
    std::atomic<std::uint64_t> reading{0};     ///< of these, parked with part of a request
    std::atomic<std::uint64_t> writing{0};     ///< parked with part of a reply; also in flight
    std::atomic<std::uint64_t> lingering{0};   ///< our side shut, waiting for the client to close
    std::atomic<std::uint64_t> incomplete{0};  ///< replies that the client cannot have got whole
    std::atomic<std::uint64_t> drained{0};     ///< answered since draining began
    std::atomic<std::uint64_t> closed_idle{0}; ///< closed at their idle timeout since draining began
    std::atomic<std::uint64_t> cut{0};         ///< ended by us since draining began, with a missing or unfinished reply
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
