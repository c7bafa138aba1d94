// SPDX-License-Identifier: MIT
// What a process that pursues a site's wish keeps in memory between two looks. It may all be lost at any time: another
// process then starts from what is on disk and what runs.
#pragma once

#include "base/error.hpp"
#include "deploy/act/preflight_probe.hpp"
#include "deploy/context.hpp"
#include "deploy/picture/picture.hpp"
#include "deploy/stopwatch.hpp"
#include "deploy/units/hold.hpp"
#include "deploy/units/preflight_sockets.hpp"
#include "deploy/units/site_units.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace baton::deploy {

/// Findings of a look that our own actions do not change; the next look relies on them. Before any wait, everything is
/// looked at anew.
struct Seen {
    std::optional<UnitParameters> units = std::nullopt; ///< the unit files match these parameters
    std::set<std::string> answering = {};               ///< addresses: somebody listens there, for the live release
    bool was_relied_on = false;
};

/// The names of the site's units, as listed a moment ago.
struct KnownUnits {
    std::set<std::string> names;
    std::chrono::steady_clock::time_point listed_at;
};

struct Pursued {
    using Clock = std::chrono::steady_clock;

    SiteContext& context;
    Tries tries;

    std::optional<Candidate> candidate = std::nullopt;
    std::optional<Hold> hold = std::nullopt;                  ///< of the candidate, until it has taken over
    std::optional<PreflightSockets> preflight = std::nullopt; ///< while the candidate runs on these
    std::optional<PreflightProbe> probe = std::nullopt;       ///< asks it there; before `preflight`, which it uses
    std::string start_job = {};                               ///< systemd's start job for the candidate
    std::uint32_t main_pid = 0;                               ///< of the candidate, once it is up
    std::map<std::string, double> step_ms = {};               ///< of its deploy, so far
    std::optional<Clock::time_point> up_since = std::nullopt; ///< of a candidate that does not say READY=1
    std::optional<Clock::time_point> job_gone_since = std::nullopt; ///< its start job is gone, without a result
    Stopwatch stopwatch = {};                                       ///< since the last step

    Seen seen = {};
    std::optional<KnownUnits> known_units = std::nullopt;
    std::set<std::string> lost_listeners = {};  ///< systemd may have lost their sockets
    std::set<std::string> sound_listeners = {}; ///< ... and was seen to have these
    bool start_is_asked = false; ///< for the live release, by the wish that this process fulfils, whoever waits for it
    bool live_was_started = false;
    bool watch_was_started = false;
    bool start_again = false;                      ///< the live release was told to leave for a new listener
    std::optional<int> switched_to = std::nullopt; ///< the release that this process made live
    bool records_fail = false;

    site::Time taken{};              ///< when the candidate's snapshot was begun
    std::uint64_t compared_for = 0;  ///< the wish for which the directory was compared with that time ...
    bool has_changed_for_it = false; ///< ... and what was found
    std::optional<site::Time> imported = std::nullopt; ///< when the directory was last looked at for a release
    bool follows_upload = false;                       ///< more came after a decision, and this waits for it

    site::SourceStamp settling = {}; ///< the watch.conf that this waits for, ...
    site::Time settling_change = {}; ///< ... with the newest change beside it ...
    Clock::time_point settling_since = {};
    Clock::time_point unsettled_since = {}; ///< ... and since when it keeps changing; zero: it does not
    std::optional<Clock::time_point> conf_busy_since = std::nullopt; ///< somebody writes watch.conf
    std::optional<Clock::time_point> busy_since = std::nullopt;      ///< ... or a file to be imported

    std::optional<Error> put_off = std::nullopt; ///< why the wish was not fulfilled, and when it is tried again

    [[nodiscard]] const std::string& name() const { return context.name(); }
    void forget_candidate() {
        candidate.reset();
        hold.reset();
        probe.reset();
        preflight.reset();
        up_since.reset();
        job_gone_since.reset();
        step_ms.clear();
    }
    void keep(const Tries& changed) {
        tries = changed;
        write_tries(context.tries_path(), tries);
    }
};

} // namespace baton::deploy
