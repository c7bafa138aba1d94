// SPDX-License-Identifier: MIT
// The possible contents of a simulated site's directory, as one byte: equal bytes are equal contents.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace simulation {

using Ms = std::chrono::milliseconds;
using ContentId = std::uint8_t;

enum class Kind : std::uint8_t {
    good,
    slow,           ///< good, and takes long to start
    busy,           ///< good, and takes long to leave: clients keep it
    exits,          ///< does not come up
    unhealthy,      ///< says READY=1, and its HealthPath never answers 2xx
    crashes_early,  ///< on probation
    crashes_late,   ///< after it
    ends_early,     ///< exits with status 0 on probation
    needs_database, ///< does not come up while there is none
    no_conf,        ///< watch.conf cannot be read as one
    foreign,        ///< good, and accepts as soon as it runs: nothing holds it back
    deaf,           ///< the same, but it never accepts
};
inline constexpr int k_kinds = 12;

struct Content {
    Kind kind = Kind::good;
    std::uint8_t address = 0; ///< 0 or 1: HttpPort
    Ms delay{};               ///< DelaySecond
};

inline constexpr Ms k_probation{10'000};
/// What an upload that has not ended leaves.
inline constexpr ContentId k_half_written = 255;

[[nodiscard]] Content content_of(ContentId id) noexcept;
[[nodiscard]] std::string content_text(ContentId id);
[[nodiscard]] constexpr bool is_foreign(Kind kind) noexcept {
    return kind == Kind::foreign || kind == Kind::deaf;
}
/// Comes up wherever it is tried, and stays.
[[nodiscard]] bool holds(Kind kind) noexcept;

} // namespace simulation
