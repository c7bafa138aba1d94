// SPDX-License-Identifier: MIT
// What the host prevented, and when to try it again: a busy file, a taken port, a full disk, a live release whose
// database is late, a lost listener. Kept in /run, so that a reboot tries everything at once.
#pragma once

#include "site/release/manifest.hpp"
#include "site/release/tree_index.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace baton::deploy {

struct Try {
    int count = 0;          ///< failures in a row; 0: none, and the other members are empty
    site::Time next{};      ///< not before this time
    std::string why;        ///< of the last failure; of `live`: empty until the last start is known to have failed
    std::uint64_t of = 0;   ///< the wish or the release it belongs to
    site::SourceStamp conf; ///< of a wish: the watch.conf it belongs to
};

struct Tries {
    Try wish;     ///< to make the wanted content live
    Try live;     ///< to start the live release again
    Try way_back; ///< to roll back from a live release that failed on probation
    Try listener; ///< to listen again where nobody listens any more
};

/// How long to wait after the `count`th failure in a row: none, then 1 s, doubled each time, at most a minute.
[[nodiscard]] std::chrono::seconds back_off(int count) noexcept;
inline constexpr std::chrono::seconds k_longest_back_off{60};

/// Whether its time has come; also when the clock was set back meanwhile.
[[nodiscard]] bool is_due(const Try& attempt, site::Time now) noexcept;

/// Whether the live release's failures in `of_live` no longer count: they are another release's, or it lived long after
/// them and does not crash in a loop. False when a start has failed since: then `lived` is not about the last start.
[[nodiscard]] bool is_forgotten(const Try& of_live, int release, std::chrono::microseconds lived) noexcept;

[[nodiscard]] Tries read_tries(const std::filesystem::path& path);
/// Never throws: if /run is full, the tries are forgotten when the process ends, and come sooner.
void write_tries(const std::filesystem::path& path, const Tries& tries) noexcept;

} // namespace baton::deploy
