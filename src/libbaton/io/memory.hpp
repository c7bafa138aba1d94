// SPDX-License-Identifier: MIT
// Gives memory back: of a string at once, and what the allocator keeps for later when much has been given up.
#pragma once

#include "libbaton/io/time.hpp"

#include <atomic>
#include <string>

namespace baton::engine {

/// `text = {}` would empty it and keep its memory.
inline void release(std::string& text) noexcept {
    std::string{}.swap(text);
}

class MemoryTrim {
  public:
    /// Sets what the allocator keeps, for the whole process, unless $MALLOC_TRIM_THRESHOLD_ or $MALLOC_MMAP_THRESHOLD_
    /// does: mallopt(3). Its own bounds grow to 64 MB for each thread, which no trim ever reaches.
    MemoryTrim() noexcept;

    /// `bytes` have been given up. Any thread.
    void note(std::size_t bytes) noexcept {
        if (bytes >= k_least_bytes) released_.fetch_add(bytes, std::memory_order_relaxed);
    }
    /// Gives free memory back to the kernel, malloc_trim(3), when there may be a good deal of it. To be called about
    /// once a second, by one thread.
    void tick() noexcept;

  private:
    static constexpr std::size_t k_least_bytes = 4096;       // of one string: the rest is soon used again
    static constexpr std::size_t k_worth_bytes = 4UL << 20U; // a trim takes some microseconds for each megabyte
    std::atomic<std::size_t> released_{0};
};

} // namespace baton::engine
