// SPDX-License-Identifier: MIT
// What the host did not let happen, and when it is tried again: a busy file, a taken port, a full disk, a live release
// whose database is late,
// a listener that is gone. Kept in /run, so that a reboot tries everything at once.
#pragma once

#include "site/manifest.hpp"
#include "site/tree_index.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace baton::deploy {

struct Try {
    int count = 0;          ///< how often it has failed in a row; 0: it has not, and the rest is empty
    site::Time next{};      ///< not before
    std::string why;        ///< of the last failure; of `live` empty until the last start is known to have failed
    std::uint64_t of = 0;   ///< the wish it belongs to, or the release
    site::SourceStamp conf; ///< of a wish: the watch.conf it belongs to
};

struct Tries {
    Try wish;     ///< to make live what is wanted
    Try live;     ///< to bring the live release up again
    Try way_back; ///< to go back from a live release that failed on probation
    Try listener; ///< to listen again where nobody does any more
};

/// How long to wait after the `count`th failure in a row: none, then 1 s, doubled each time, at most a minute.
[[nodiscard]] std::chrono::seconds back_off(int count) noexcept;
inline constexpr std::chrono::seconds k_longest_back_off{60};

/// Whether its time has come; also when the clock was set back meanwhile.
[[nodiscard]] bool is_due(const Try& attempt, site::Time now) noexcept;

/// Whether the failures of the live release in `of_live` count no more: they are another's, or it lived long after
/// them, so that it does not crash in a loop. Not when a start has failed since: then that is not how long it lived.
[[nodiscard]] bool is_forgotten(const Try& of_live, int release, std::chrono::microseconds lived) noexcept;

[[nodiscard]] Tries read_tries(const std::filesystem::path& path);
/// Throws nothing: where /run is full they are forgotten when the process ends, and tried sooner.
void write_tries(const std::filesystem::path& path, const Tries& tries) noexcept;

} // namespace baton::deploy
