// SPDX-License-Identifier: MIT
// What is known of one release: what it was made of, and what became of it. Kept as records/N.json, which
// everybody may read; what the program printed is kept apart.
#pragma once

#include "site/watch_conf.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace baton::site {

using Time = std::chrono::system_clock::time_point;

/// What became of a release. pending: its deploy has not ended (or was killed); rejected: it never took over;
/// accepted: it went live; rolled_back: it went live and was taken back; dropped: it never took over, and that is no
/// verdict: a newer wish, a stop or a fault of the host ended its deploy.
enum class Outcome { pending, rejected, accepted, rolled_back, dropped };
[[nodiscard]] std::string_view outcome_text(Outcome outcome) noexcept;

struct Manifest {
    int release = 0;
    std::optional<int> copy_of; ///< the older release that a roll back took the content from
    WatchConf conf;
    std::string program_sha256;
    std::string tree_sha256;     ///< of names, modes and contents; two releases with the same one are the same
    std::string settings_sha256; ///< of what somebody has set for its unit, as by `systemctl edit`; empty: nothing
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    Time created{};
    Outcome outcome = Outcome::pending;
    std::string failed_step; ///< of a rejected one: "start", "health", ...
    std::string reason;   ///< why it was rejected or rolled back: one sentence of ours, with no word of the program's
    std::string evidence; ///< the last lines that the program printed; not for everybody, and not in the record
    std::optional<Time> live_since;        ///< when the switch to it was made, last
    std::optional<Time> live_until;        ///< when the switch away from it was made, last
    std::map<std::string, double> step_ms; ///< how long each step of its deploy took
    bool has_snapshot = true;              ///< false once it was deleted: nobody can go back to it

    /// Takes an error's text: its first line is the reason, the lines below it are the program's.
    void set_reason(std::string_view text);
};

constexpr int k_manifest_version = 1;

/// Without the evidence.
[[nodiscard]] std::string to_json(const Manifest& manifest);
/// A first baton kept the evidence in the reason; it is told apart. Throws Error when `text` is no manifest, or one of
/// a newer version. `name` is for the message.
[[nodiscard]] Manifest manifest_from_json(std::string_view text, std::string_view name);

} // namespace baton::site
