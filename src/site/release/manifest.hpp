// SPDX-License-Identifier: MIT
// The record of one release: its content and its outcome. Kept as records/N.json, which everybody may read; the
// program's output is kept separately.
#pragma once

#include "site/conf/watch_conf.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace baton::site {

using Time = std::chrono::system_clock::time_point;

/// The outcome of a release. pending: its deploy has not ended (or was killed). rejected: it never took over. accepted:
/// it went live. rolled_back: it went live and was rolled back. dropped: it never took over, without a verdict: a newer
/// wish, a stop or a fault of the host ended its deploy.
enum class Outcome { pending, rejected, accepted, rolled_back, dropped };
[[nodiscard]] std::string_view outcome_text(Outcome outcome) noexcept;

/// What showed that a release can serve, before it could touch a client. unknown: an older baton deployed it. none:
/// nothing, because Preflight is false. held: libbaton held it back until the switch. preflight: it served on sockets
/// of its own.
enum class Proof { unknown, none, held, preflight };
[[nodiscard]] std::string_view proof_text(Proof proof) noexcept;

struct Manifest {
    int release = 0;
    std::optional<int> copy_of; ///< the older release whose content a roll back used
    WatchConf conf;
    std::vector<std::string> warnings; ///< about its watch.conf: unknown keys
    std::string program_sha256;
    std::string tree_sha256;     ///< digest of names, modes and contents; two releases with the same digest are equal
    std::string settings_sha256; ///< digest of the settings made for its unit, as with `systemctl edit`; empty: none
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    Time created{};
    Outcome outcome = Outcome::pending;
    std::string failed_step; ///< of a rejected release: "start", "health", ...
    std::string reason;      ///< why it was rejected or rolled back: our own sentence, without the program's words
    std::string evidence;    ///< the program's last lines; not for everybody, and not in the record
    std::optional<Time> live_since; ///< the time of the last switch to it
    std::optional<Time> live_until; ///< the time of the last switch away from it
    Proof proof = Proof::unknown;
    std::optional<bool>
        nonblocking; ///< whether its program sets O_NONBLOCK on its sockets; if a preflight has shown it
    std::map<std::string, double> step_ms; ///< the duration of each step of its deploy
    bool has_snapshot = true;              ///< false once it was deleted: no roll back to it is possible

    /// Takes an error's text: the first line is the reason, the lines below are the program's.
    void set_reason(std::string_view text);
};

constexpr int k_manifest_version = 1;

/// The text of the record, without the evidence.
[[nodiscard]] std::string to_json(const Manifest& manifest);
/// The first baton kept the evidence in the reason; it is separated here. Throws Error if `text` is not a manifest, or
/// has a newer version. `name` is for the message.
[[nodiscard]] Manifest manifest_from_json(std::string_view text, std::string_view name);

} // namespace baton::site
