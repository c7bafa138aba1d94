// SPDX-License-Identifier: MIT
// Returns memory: a string's at once, and the allocator's reserve after much has been freed.
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
    /// Sets the allocator's reserve for the whole process, mallopt(3), unless $MALLOC_TRIM_THRESHOLD_ or
    /// $MALLOC_MMAP_THRESHOLD_ sets it. The default thresholds grow to 64 MB per thread, which no trim ever reaches.
    MemoryTrim() noexcept;

    /// Notes that `bytes` have been freed. Any thread.
    void note(std::size_t bytes) noexcept {
        if (bytes >= k_least_bytes) released_.fetch_add(bytes, std::memory_order_relaxed);
    }
    /// Returns free memory to the kernel, malloc_trim(3), if there may be much of it. Call about once per second, from
    /// one thread.
    void tick() noexcept;

  private:
    static constexpr std::size_t k_least_bytes = 4096;       // per string: less is soon used again
    static constexpr std::size_t k_worth_bytes = 4UL << 20U; // a trim takes some microseconds per megabyte
    std::atomic<std::size_t> released_{0};
};

} // namespace baton::engine
