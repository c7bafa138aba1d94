// SPDX-License-Identifier: MIT
#include "deploy/picture/observe.hpp"

#include "base/error.hpp"
#include "base/exec_status.hpp"
#include "base/interpreter.hpp"
#include "deploy/act/acts.hpp"
#include "deploy/picture/directory.hpp"
#include "deploy/running.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/units/unit_names.hpp"
#include "sd/set_up_step.hpp"
#include "sd/unit_list.hpp"
#include "site/listen/listening.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace baton::deploy {

using sd::ActiveState;
using sd::ServiceResult;
namespace {

using namespace std::chrono_literals;

constexpr auto k_stay_alive = 1s;   // for a program that does not say READY=1, counted from its execution
constexpr auto k_result_limit = 1s; // for the result of a job that is gone
constexpr auto k_names_hold = 1s;   // during a deploy

sd::UnitList list_all_units(SiteContext& context) {
    const auto& site = context.name();
    auto patterns = activation_patterns(site);
    patterns.insert(patterns.end(), {release_pattern(site), handle_unit(site), path_unit(site),
                                     first_listener_unit(site), moved_listener_pattern(site)});
    return sd::UnitList{context.manager.list(patterns)};
}

/// What the start of `release` makes systemd load.
void add_units_of(const SiteContext& context, int release, std::set<std::string>& units) try {
    units.insert(release_unit(context.name(), release));
    const auto addresses = context.store.manifest(release).conf.all_addresses();
    for (const auto& listener : listener_units(context.name(), context.record, addresses)) {
        units.insert(listener);
        units.insert(activation_unit(listener));
    }
} catch (const Error&) { // all_manifests() says so
}

/// A deploy asks many times, and of many sites the manager takes long to compare all names. So meanwhile it is asked
/// for those that it had a moment ago, and those that our own starts bring. Before all is settled, for all again.
sd::UnitList list_units(Pursued& pursued) {
    auto& context = pursued.context;
    auto& known = pursued.known_units;
    const auto now = Pursued::Clock::now();
    const bool is_settling = !pursued.candidate && !pursued.seen.units;
    if (!is_settling && known && now - known->listed_at < k_names_hold) {
        pursued.seen.was_relied_on |= !pursued.candidate;
        if (const auto live = context.store.live()) add_units_of(context, *live, known->names);
        if (pursued.candidate) add_units_of(context, pursued.candidate->release, known->names);
        return sd::UnitList{context.manager.list_named({known->names.begin(), known->names.end()})};
    }
    auto units = list_all_units(context);
    known = KnownUnits{.names = {}, .listed_at = now};
    for (const auto& [name, listing] : units)
        known->names.insert(name);
    return units;
}

/// Or will run soon. Not one that is about to stop or to restart: a restart begins with a stop.
bool is_up(const sd::UnitList& units, const std::string& handle) {
    const auto* const found = units.find(handle);
    if (found == nullptr || found->job == "stop" || found->job == "restart") return false;
    const auto& state = found->active_state;
    return sd::is_up_or_starting(state);
}

bool client_waits(const sd::UnitList& units) {
    return std::any_of(units.begin(), units.end(), [](const auto& unit) {
        return unit.first.starts_with("baton-activate@") && unit.second.active_state == ActiveState::activating;
    });
}

ReleasePicture look_at_release(SiteContext& context, site::Manifest record, const sd::UnitList& units, bool closely) {
    const auto unit = release_unit(context.name(), record.release);
    ReleasePicture picture{.record = std::move(record)};
    const auto state = units.active_state(unit);
    if (state == ActiveState::inactive && !closely) return picture; // it may have ended by itself; that does not matter
    // Nothing is known of it: to ask, systemd would load it, with all that it depends on, and forget it again.
    if (units.find(unit) == nullptr) {
        picture.exited_well = true;
        return picture;
    }
    if (state == ActiveState::active) { // systemd has nothing to add, and is slow to answer
        picture.run = Run::up;
        return picture;
    }
    take_status(picture, context.manager.status(unit));
    return picture;
}

/// The releases whose units failed and that are not examined closely.
std::vector<int> failed_units(const SiteContext& context, const sd::UnitList& units, const Picture& picture) {
    std::vector<int> failed;
    for (const auto& [unit, state] : units)
        if (const auto release = release_of_unit(context.name(), unit);
            release && state.active_state == ActiveState::failed && release != picture.live &&
            !(picture.candidate && picture.candidate->release == release))
            failed.push_back(*release);
    return failed;
}

std::vector<int> strays(const SiteContext& context, const sd::UnitList& units, const Picture& picture) {
    std::vector<int> strays;
    for (const auto& [unit, state] : units)
        if (const auto release = release_of_unit(context.name(), unit);
            release && sd::is_up_or_starting(state.active_state) && release != picture.live &&
            picture.find(release) == nullptr)
            strays.push_back(*release);
    return strays;
}

/// Throws Error if the link leads to a release of which nothing is left: whatever runs is all that serves.
std::optional<int> live_release(const site::Store& store) {
    const auto live = store.live();
    std::error_code error;
    if (live && !std::filesystem::exists(store.release_path(*live), error)) (void)store.brief_manifest(*live);
    return live;
}

/// Settings from `systemctl edit SITE@.service` with which no start can bring the unit up.
std::string hindrance_of(const sd::UnitStatus& status) {
    const bool is_forking = status.type == sd::ServiceType::forking;
    if (status.type != sd::ServiceType::oneshot && !is_forking) return {};
    return fmt::format("with Type={} systemd waits for the end of the {}; a server needs Type=notify, or Type=exec if "
                       "it never says READY=1: systemctl cat {}",
                       is_forking ? "forking" : "oneshot", is_forking ? "process that it starts" : "program",
                       status.unit);
}

/// The job is gone. Its result is on its way, or was lost because systemd re-executed itself.
void note_job_gone(Pursued& pursued, Run run) {
    const auto now = Pursued::Clock::now();
    if (!pursued.job_gone_since) pursued.job_gone_since = now;
    if (run == Run::up || now - *pursued.job_gone_since >= k_result_limit) pursued.candidate->start_has_ended = true;
}

/// What is known of the candidate, updated with the state of its start job and its unit.
void follow_candidate(Pursued& pursued, const Picture& picture, const sd::UnitStatus& status) {
    auto& candidate = *pursued.candidate;
    const auto* const release = picture.find(candidate.release);
    if (release == nullptr) return;
    if (!candidate.start_has_ended)
        if (const auto result = pursued.context.manager.job_result(pursued.start_job)) {
            candidate.start_has_ended = true;
            candidate.start_result = sd::job_result_text(*result);
        }
    candidate.hindrance = hindrance_of(status);
    follow_preflight(pursued, release->record, status);
    if (candidate.stayed_up || (release->run != Run::up && candidate.start_has_ended)) return;
    if (!status.has_job) note_job_gone(pursued, release->run);
    if (release->run != Run::up) return;
    if (!pursued.up_since) pursued.up_since = Pursued::Clock::now();
    candidate.stayed_up = sd::says_ready(status.type) || Pursued::Clock::now() - *pursued.up_since >= k_stay_alive;
}

bool is_among(const std::vector<std::string>& units, const std::string& unit) {
    return std::find(units.begin(), units.end(), unit) != units.end();
}

std::vector<ListenerPicture> look_at_listeners(const sd::UnitList& units, const std::vector<std::string>& wanted) {
    std::vector<ListenerPicture> listeners;
    for (const auto& unit : wanted)
        listeners.push_back({.unit = unit, .wanted = true, .active = units.is_active(unit)});
    for (const auto& [unit, state] : units)
        if (unit.ends_with(".socket") && !is_among(wanted, unit))
            listeners.push_back({.unit = unit,
                                 .wanted = false,
                                 .active = state.active_state == ActiveState::active,
                                 .has_failed = state.active_state == ActiveState::failed});
    return listeners;
}

bool answers(Seen& seen, const ReleasePicture& live, const site::Address& address) {
    const bool is_up = live.run == Run::up;
    if (is_up && seen.answering.contains(address.text())) {
        seen.was_relied_on = true;
        return true;
    }
    const bool found = site::Listening::now().on(address, is_up); // no connection of ours wakes an idle release
    if (is_up && found) seen.answering.insert(address.text());
    return found;
}

/// Only for the live release, which clients must reach already. A candidate's listeners come with its start.
void look_who_listens(Pursued& pursued, std::vector<ListenerPicture>& listeners, const ReleasePicture& live,
                      const site::IsHeld& is_held) {
    const auto& context = pursued.context;
    for (const auto& address : site::carriers(live.record.conf.all_addresses(), is_held))
        for (auto& listener : listeners)
            if (listener.unit == listener_unit(context.name(), context.record, address)) {
                listener.is_lives = true;
                listener.answers = answers(pursued.seen, live, address);
            }
}

/// Of the live release, or the candidate; without either, of the address that the site was registered with.
std::vector<std::string> listeners_of(const SiteContext& context, const ReleasePicture* release,
                                      const site::IsHeld& is_held) {
    const auto addresses =
        release != nullptr ? release->record.conf.all_addresses() : std::vector{context.record.address};
    return listener_units(context.name(), context.record, site::carriers(addresses, is_held));
}

const ReleasePicture* find_candidate(const Picture& picture) {
    return picture.candidate ? picture.find(picture.candidate->release) : nullptr;
}

bool are_stale(Pursued& pursued, const UnitParameters& needed) {
    auto& seen = pursued.seen;
    if (seen.units == needed) {
        seen.was_relied_on = true;
        return false;
    }
    if (units_differ(pursued.context.paths, needed)) return true;
    seen.units = needed;
    return false;
}

/// systemd calls them active but passed none of their sockets, as when their unit files were missing during a reload.
void note_lost_listeners(Pursued& pursued, Picture& picture) {
    const auto lacks = [](const ReleasePicture* release) { return release != nullptr && release->lacked_socket; };
    const bool lacked = lacks(picture.find(picture.live)) || lacks(find_candidate(picture));
    for (auto& listener : picture.listeners) {
        if (!listener.is_lives || !listener.active) continue;
        if (lacked && !pursued.sound_listeners.contains(listener.unit)) pursued.lost_listeners.insert(listener.unit);
        listener.answers = listener.answers && !pursued.lost_listeners.contains(listener.unit);
    }
}

void look_at_units(Pursued& pursued, Picture& picture, const sd::UnitList& units) {
    const auto& context = pursued.context;
    const auto* const live = picture.find(picture.live);
    const auto* const candidate = find_candidate(picture);
    const auto is_held = held_sockets(context.name(), context.record, units);
    std::vector<std::string> wanted;
    if (live != nullptr || !pursued.candidate) wanted = listeners_of(context, live, is_held);
    // The candidate's count from the moment when its start should have made them listen.
    std::vector<std::string> candidates;
    if (pursued.candidate && pursued.candidate->bound)
        candidates = listeners_of(context, candidate != nullptr ? candidate : live, is_held);
    for (const auto& unit : candidates)
        if (!is_among(wanted, unit)) wanted.push_back(unit);
    picture.listeners = look_at_listeners(units, wanted);
    if (live != nullptr) look_who_listens(pursued, picture.listeners, *live, is_held);
    for (auto& listener : picture.listeners)
        listener.is_candidates = is_among(candidates, listener.unit);
    note_lost_listeners(pursued, picture);
    const auto needed = needed_units(context, picture);
    picture.units_are_stale = are_stale(pursued, needed);
    // `baton remove`, and an add that is undone, disable the site before they delete the files.
    picture.units_are_gone =
        picture.site_is_down && !units_are_there(context.paths, needed) && is_enabled(context.paths, context.name());
}

ReleaseUnit unit_of(const site::Store& store, const site::Manifest& record, const site::IsHeld& is_held) {
    return {.release = record.release,
            .addresses = site::carriers(record.conf.all_addresses(), is_held),
            .is_script = script_line_of(store.program_path(record)).has_value()};
}

/// Its handle is as good as starting.
bool start_is_queued(const sd::UnitList& units, const std::string& site) {
    const auto* const handle = units.find(handle_unit(site));
    return handle != nullptr && handle->job == "start";
}

} // namespace

site::IsHeld held_in(const SiteContext& context, const Picture& picture) {
    return held_sockets(context.name(), context.record, [&picture](const std::string& unit) {
        return std::any_of(picture.listeners.begin(), picture.listeners.end(),
                           [&](const ListenerPicture& it) { return it.unit == unit && it.active; });
    });
}

Reach reach_of(const SiteContext& context, const Picture& picture, const ReleasePicture* release) {
    if (release == nullptr) return {{}, held_in(context, picture)};
    return {release->record.conf.all_addresses(), held_in(context, picture),
            release->record.nonblocking.value_or(false)};
}

UnitParameters needed_units(const site::Store& store, const site::SiteRecord& record, const site::Manifest* live,
                            const site::IsHeld& is_held) {
    UnitParameters needed{.site = store.site(), .record = record};
    if (live == nullptr) return needed;
    needed.releases.push_back(unit_of(store, *live, is_held));
    needed.nonblocking = live->nonblocking.value_or(false);
    // Not a socket that carries an address among others: it must be told which. Nor another socket of the site: it gets
    // the drop-ins of SITE.socket from us.
    const auto addresses = live->conf.all_addresses();
    needed.listens_at_start = site::carriers(addresses, is_held) == addresses &&
                              std::find(addresses.begin(), addresses.end(), record.address) != addresses.end();
    return needed;
}

UnitParameters needed_units(const SiteContext& context, const Picture& picture) {
    const auto is_held = held_in(context, picture);
    const auto* const live = picture.find(picture.live);
    auto needed = needed_units(context.store, context.record, live != nullptr ? &live->record : nullptr, is_held);
    if (const auto* const candidate = find_candidate(picture)) {
        needed.releases.push_back(unit_of(context.store, candidate->record, is_held));
        needed.releases.back().is_known = picture.candidate->started;
    }
    return needed;
}

Run run_of(const sd::UnitStatus& status) {
    if (status.fell()) return Run::fell;
    if (status.active_state == ActiveState::activating) return Run::starting;
    if (status.active_state == ActiveState::deactivating) return Run::leaving;
    return status.around() ? Run::up : Run::down;
}

void take_status(ReleasePicture& picture, const sd::UnitStatus& status) {
    picture.run = run_of(status);
    // Its job waits, for a listener say; how it ended before no longer matters.
    const bool is_down = sd::is_down(status.active_state);
    if (is_down && status.has_job) picture.run = Run::starting;
    // Its start has failed, and systemd kills what is left of it.
    if (picture.run == Run::leaving && picture.record.outcome == site::Outcome::pending &&
        status.result != ServiceResult::success)
        picture.run = Run::fell;
    picture.exited_well = status.result == ServiceResult::success;
    picture.hosts_fault = picture.run == Run::fell && is_hosts_fault(status);
    picture.lacked_socket = picture.hosts_fault && status.exec_main_status == k_exit_no_socket;
    picture.lived = status.main_lived;
}

bool is_hosts_fault(const sd::UnitStatus& status) {
    if (status.result == ServiceResult::resources || status.failed_before_main) return true; // a person's ExecStartPre=
    return status.result == ServiceResult::exit_code && !sd::failed_set_up_step(status).empty();
}

Picture observe(Pursued& pursued, const Occasion& occasion) {
    auto& context = pursued.context;
    Picture picture;
    picture.now = std::chrono::system_clock::now();
    picture.wish = read_wish(context.store);
    picture.decided = read_decision(context.store);
    picture.tries = pursued.tries;
    picture.conf = look_at_directory(pursued, picture.decided, picture.wish);
    picture.live = live_release(context.store);
    // The candidate first: its listener exists before the release that starts it is up. But not before its start: the
    // query loads its unit, with the files as they are then.
    std::optional<sd::UnitStatus> candidate;
    if (pursued.candidate && pursued.candidate->started)
        candidate = context.manager.status(release_unit(context.name(), pursued.candidate->release));
    const auto units = list_units(pursued);
    picture.site_is_up = occasion.registers || is_up(units, handle_unit(context.name()));
    const auto handle = units.active_state(handle_unit(context.name()));
    picture.site_is_down = !picture.site_is_up && sd::is_down(handle) && !start_is_queued(units, context.name());
    const auto watch = units.active_state(path_unit(context.name()));
    picture.watch_has_failed = watch == ActiveState::failed && !pursued.watch_was_started;
    picture.watches = occasion.start_is_asked || watch != ActiveState::inactive;
    picture.client_waits = occasion.client_waits || client_waits(units);
    picture.handle_starts = handle == ActiveState::activating;
    pursued.start_is_asked |= picture.wish.number > picture.decided.wish;
    picture.start_only = occasion.start_only;
    const bool person_asks = occasion.start_is_asked && !occasion.start_only;
    const bool handle_asks = occasion.start_only || picture.handle_starts;
    picture.start_is_asked = person_asks || pursued.start_is_asked || pursued.start_again ||
                             (handle_asks && !context.record.idle_exit); // on demand, the first connection asks
    for (auto& record : all_manifests(context)) {
        const int number = record.release;
        if (candidate && pursued.candidate->release == number) {
            ReleasePicture release{.record = std::move(record)};
            take_status(release, *candidate);
            picture.releases.push_back(std::move(release));
        } else {
            picture.releases.push_back(look_at_release(context, std::move(record), units, number == picture.live));
        }
    }
    const auto* const live = picture.find(picture.live);
    picture.stops = (live == nullptr || live->run != Run::up) && context.manager.is_stopping();
    if (candidate) follow_candidate(pursued, picture, *candidate);
    picture.candidate = pursued.candidate;
    picture.strays = strays(context, units, picture);
    picture.failed_units = failed_units(context, units, picture);
    picture.live_was_started = pursued.live_was_started;
    picture.records_fail = pursued.records_fail;
    look_at_units(pursued, picture, units);
    return picture;
}

} // namespace baton::deploy
