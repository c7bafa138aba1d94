// SPDX-License-Identifier: MIT
// The whole state of one site at one instant, as a value: what is wanted, what is recorded, what runs. The decision
// depends on nothing else.
#pragma once

#include "deploy/wish/decision.hpp"
#include "deploy/wish/tries.hpp"
#include "deploy/wish/wish.hpp"
#include "site/release/manifest.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace baton::deploy {

/// What a release's unit does.
enum class Run {
    down,     ///< not running: nobody started it, it was told to end, or its host went down
    fell,     ///< not running, though nobody told it to end: it failed, or exited by itself
    starting, ///< it has not said READY=1 yet
    up,
    leaving, ///< told to end, and finishing its requests
};

struct ReleasePicture {
    site::Manifest record;
    Run run = Run::down;
    bool exited_well = false;   ///< if it fell: with status 0
    bool hosts_fault = false;   ///< if it fell: systemd could not set it up
    bool lacked_socket = false; ///< if it fell: systemd passed it no socket
    std::chrono::microseconds lived{};
};

/// What arrives within this time after a decision belongs to the upload that was decided on: `scp -r` may send
/// watch.conf first.
inline constexpr std::chrono::milliseconds k_same_upload{2000};

/// The current watch.conf, and the files uploaded beside it.
struct ConfPicture {
    site::SourceStamp stamp;       ///< all zero when the file is missing
    bool rest_has_come = false;    ///< the last decision saw half of an upload
    bool candidate_is_old = false; ///< it has changed since the candidate's import, and somebody asked for it since
    bool being_written = false;
    bool quiet = true;                    ///< nothing in the directory has changed for DelaySecond
    std::chrono::milliseconds quiet_in{}; ///< if not quiet: when it will be, if nothing changes
};

/// How far a candidate's preflight has come.
enum class Preflight {
    none,    ///< it needs none, or has passed one and left
    due,     ///< it is to run, or runs, on sockets of its own
    passed,  ///< it serves there
    failed,  ///< it does not
    leaving, ///< it was told to leave, to be started again on the site's sockets
};

/// The release on its way to be live. It belongs to the process that made it.
struct Candidate {
    enum class Purpose { wish, way_back };
    int release = 0;
    Purpose purpose = Purpose::wish;
    std::uint64_t wish = 0; ///< the wish it fulfils
    site::SourceStamp conf; ///< watch.conf when it was made
    site::Proof proof = site::Proof::unknown;
    std::optional<bool> nonblocking = std::nullopt; ///< as in its record
    Preflight preflight = Preflight::none;
    bool tried = false;           ///< it has passed a preflight
    bool bound = false;           ///< its addresses are available
    bool started = false;         ///< its start job was queued ...
    bool start_has_ended = false; ///< ... and has ended
    std::string start_result;     ///< "done", "canceled", ...
    std::string hindrance = {};   ///< why its unit cannot come up: a setting of somebody's
    bool stayed_up = false;       ///< long enough, for a program that does not say READY=1
    bool checked = false;         ///< HealthPath answered 2xx, or is not set
};

/// A listener of the site that systemd holds.
struct ListenerPicture {
    std::string unit;
    bool wanted = false; ///< by the live release or the candidate
    bool active = false;
    bool has_failed = false; ///< its unit
    bool is_lives = false;   ///< the live release's
    bool answers = true;     ///< of the live release's: somebody listens there, perhaps a release that holds the socket
    bool is_candidates = false; ///< the candidate's, once it is bound
};

struct Picture {
    site::Time now{};
    bool site_is_up = false;       ///< its handle is up, or it is being registered
    bool site_is_down = false;     ///< ... and has stopped completely
    bool stops = false;            ///< the whole host goes down
    bool watches = false;          ///< edits of watch.conf count; false when a person stopped the path unit
    bool watch_has_failed = false; ///< the path unit failed: one EMFILE of inotify is enough
    bool client_waits = false;     ///< a connection waits, and no release runs
    bool start_is_asked = false;   ///< for the live release: by a person or by the handle
    bool handle_starts = false;    ///< the site is starting, for example at boot
    bool start_only = false;       ///< ... and only the live release matters
    Wish wish;
    Decision decided;
    Tries tries;
    ConfPicture conf;
    std::vector<ReleasePicture> releases; ///< those with a snapshot, ascending
    std::vector<int> strays;              ///< others that run: somebody has deleted their snapshots
    std::vector<int> failed_units;        ///< releases, neither live nor the candidate, whose units failed
    std::optional<int> live;              ///< the link
    bool live_was_started = false;        ///< by this process, and not counted as failed since
    std::optional<Candidate> candidate;
    std::vector<ListenerPicture> listeners;
    bool units_are_stale = false; ///< the unit files are not what the live release or the candidate needs
    bool units_are_gone = false;  ///< one of them is missing, of an enabled site that is down
    bool records_fail = false;    ///< the switch could not be recorded a moment ago: the disk is full

    [[nodiscard]] const ReleasePicture* find(std::optional<int> release) const;
};

} // namespace baton::deploy
