// SPDX-License-Identifier: MIT
// Waits for a condition that nothing announces (a reply, a unit's property). Never use it for an announced one.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <string_view>
#include <thread>

namespace machine {

using namespace std::chrono_literals;

/// Far beyond what anything here takes on a busy machine; a test that fails may be slow.
inline constexpr std::chrono::milliseconds k_patience = 30s;

/// Returns as soon as `condition()` holds; fails the test when it does not within `limit`.
template <typename Condition>
void wait_until(std::string_view what, Condition condition, std::chrono::milliseconds limit = k_patience) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= deadline)
            FAIL("after " << limit.count() << " ms still not so: " << what);
        std::this_thread::sleep_for(5ms);
    }
}

} // namespace machine
