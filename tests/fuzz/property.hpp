// SPDX-License-Identifier: MIT
// The parts of a fuzz target: its input as text, and properties whose violation is a crash that libFuzzer reports.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <string_view>

namespace baton::fuzz {

[[nodiscard]] inline std::string_view text(const unsigned char* data, std::size_t size) {
    return {static_cast<const char*>(static_cast<const void*>(data)), size};
}

inline void require(bool property) {
    if (!property) std::abort();
}

} // namespace baton::fuzz
