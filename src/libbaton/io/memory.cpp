// SPDX-License-Identifier: MIT
#include "libbaton/io/memory.hpp"

#include <malloc.h>

#include <cstdlib>

namespace baton::engine {

MemoryTrim::MemoryTrim() noexcept {
    constexpr int k_kept_bytes = 1 << 20;
    if (std::getenv("MALLOC_TRIM_THRESHOLD_") != nullptr || std::getenv("MALLOC_MMAP_THRESHOLD_") != nullptr) return;
    (void)::mallopt(M_MMAP_THRESHOLD, k_kept_bytes);
    (void)::mallopt(M_TRIM_THRESHOLD, k_kept_bytes);
}

void MemoryTrim::tick() noexcept {
    if (released_.load(std::memory_order_relaxed) < k_worth_bytes) return;
    released_.store(0, std::memory_order_relaxed);
    (void)::malloc_trim(0);
}

} // namespace baton::engine
