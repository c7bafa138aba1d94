// SPDX-License-Identifier: MIT
// One event in the life of a site, and a history of them: how they are drawn, told and shrunk. By RapidCheck.
#pragma once

#include "content.hpp"

#include <rapidcheck/Gen.h>

#include <cstdint>
#include <string>
#include <vector>

namespace simulation {

enum class Event : std::uint8_t {
    // whoever writes the directory
    edit,        ///< watch.conf is replaced by content `arg`
    slow_edit,   ///< ... is truncated, and written for 3 s
    missed_edit, ///< ... is replaced while PID 1 reloads
    upload,      ///< another file is written for `arg` tenths of a second
    // the host
    kill,     ///< of the process that pursues; a child of it goes on
    kill_all, ///< of both
    power_cut,
    port_taken, ///< by somebody else: `arg` & 1
    port_free,
    disk_full,
    disk_free,
    database_down,
    database_up,
    clock_forward, ///< by `arg` minutes
    clock_back,
    crash,       ///< of the live release
    watch_fails, ///< no inotify instance left
    // a person
    stop_live, ///< systemctl stop SITE@LIVE
    restart_live,
    restart_old, ///< ... of one that is not live any more
    mask,        ///< systemctl mask SITE@
    unmask,
    stop_site,
    start_site,
    restart_site,
    unwatch, ///< systemctl stop SITE.path
    watch,
    roll_back, ///< `arg` 0: to the release before; else to release 1 + `arg` % newest
    deploy,
    force,
    // clients
    connection,
};
inline constexpr int k_events = static_cast<int>(Event::connection) + 1;

/// `event` happens after `after` more effects of the process that pursues (0: now, and now at the latest when `pause`
/// is over); then `pause` passes.
struct Step {
    Event event = Event::edit;
    std::uint8_t arg = 0;
    std::uint8_t after = 0;
    std::uint8_t pause = 0; ///< index of k_pauses
    bool operator==(const Step&) const = default;
};
inline constexpr Ms k_pauses[]{Ms{0}, Ms{15}, Ms{60}, Ms{400}, Ms{3'000}, Ms{12'000}, Ms{70'000}, Ms{200'000}};
inline constexpr int k_longest_pause = 7;

using History = std::vector<Step>;

[[nodiscard]] std::string step_text(const Step& step);
[[nodiscard]] std::string history_text(const History& history);

/// What may happen in a history.
enum class Mood {
    wild, ///< anything at any time
    calm, ///< each step comes when the one before has come to its end; what is killed, is killed within
};
[[nodiscard]] rc::Gen<History> histories(Mood mood);

} // namespace simulation
