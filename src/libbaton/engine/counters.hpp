// SPDX-License-Identifier: MIT
// What a server counts while it runs. Relaxed atomics: each is right by itself, together they are a snapshot at best.
#pragma once

#include <atomic>
#include <cstdint>

namespace baton::engine {

struct Counters {
    std::atomic<std::uint64_t> requests{0};    ///< answered, by whatever status
    std::atomic<std::uint64_t> in_flight{0};   ///< begun and not yet handed to the kernel
    std::atomic<std::uint64_t> connections{0}; ///< public and open
    std::atomic<std::uint64_t> private_connections{0};
    std::atomic<std::uint64_t> spooled_bytes{0}; ///< of bodies in files, just now
    std::atomic<std::uint64_t> streaming{0};     ///< handlers that read their body while it comes
    std::atomic<std::uint64_t> pieces{0};        ///< of bodies and streams, moved inside handlers
    std::atomic<std::uint64_t> client_waits{0};  ///< handlers that wait for their client, within its times
    std::atomic<std::uint64_t> drained{0};       ///< answered since draining began
    std::atomic<std::uint64_t> closed_idle{0};   ///< closed at their idle time since draining began
    std::atomic<std::uint64_t> cut{0}; ///< ended by us with a reply missing or unfinished since draining began
};

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
