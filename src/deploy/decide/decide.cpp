// SPDX-License-Identifier: MIT
#include "deploy/decide/decide.hpp"

#include "deploy/decide/consequence.hpp"
#include "deploy/decide/standing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace baton::deploy {
namespace {

using namespace std::chrono_literals;
using Purpose = Candidate::Purpose;
using MaybeAction = std::optional<Action>;

constexpr std::array<std::string_view, 22> k_texts{
    "finish_switch", "tell",       "forget_failure", "drop",  "write_units", "start_watch", "listen", "reject",
    "bind",          "start",      "preflight",      "check", "switch_over", "copy",        "import", "count_failure",
    "go_back",       "start_live", "unbind",         "prune", "wait",        "settled"};

constexpr auto k_until_a_change = 1s; // then look again anyway: clocks jump, and signals can get lost
constexpr auto k_being_written = 20ms;
constexpr auto k_records_again = 10s; // nothing announces that a full disk is free

Action about(Act act, int release) {
    return {.act = act, .release = release, .why = {}, .unit = {}};
}
Action wait_for(std::chrono::milliseconds limit) {
    return {.act = Act::wait, .why = {}, .unit = {}, .limit = limit};
}
Action drop(int release, std::string why, Fault fault) {
    return {.act = Act::drop, .release = release, .why = std::move(why), .fault = fault, .unit = {}};
}

Action unbind(const ListenerPicture& listener) {
    auto action = about(Act::unbind, 0);
    action.unit = listener.unit;
    return action;
}

std::vector<site::Manifest> records(const Picture& picture) {
    std::vector<site::Manifest> all;
    for (const auto& release : picture.releases)
        all.push_back(release.record);
    return all;
}

bool runs(const ReleasePicture& release) {
    return release.run == Run::starting || release.run == Run::up || release.run == Run::leaving;
}

bool is_candidate(const Picture& picture, int release) {
    return picture.candidate && picture.candidate->release == release;
}

// ---- what a killed deploy, or somebody else, left behind ---------------------------------------------------------

MaybeAction clear_up(const Picture& picture) {
    if (!picture.failed_units.empty()) return about(Act::forget_failure, picture.failed_units.front());
    if (picture.live && !picture.strays.empty()) return about(Act::tell, picture.strays.front());
    for (const auto& release : picture.releases) {
        const int number = release.record.release;
        if (number == picture.live || is_candidate(picture, number)) continue;
        // Somebody has removed the link: until another release is live, this one serves.
        if (!picture.live && release.record.outcome == site::Outcome::accepted) continue;
        if (release.run == Run::starting || release.run == Run::up) return about(Act::tell, number);
        if (release.record.outcome == site::Outcome::pending)
            return drop(number, "its deploy was interrupted", Fault::none);
    }
    return std::nullopt;
}

// ---- the listener ------------------------------------------------------------------------------------------------

/// Only a stop of the site closes its listeners. While the live release holds its socket, clients still reach it, but a
/// new release would not get that socket. So the listener is restored before the next deploy.
MaybeAction listen(const Picture& picture) {
    const auto* const live = picture.find(picture.live);
    if (live == nullptr) return std::nullopt;
    // A process that waits for a release with the socket's connection answers nobody.
    const bool holds_it = live->run == Run::up || live->run == Run::leaving;
    const auto is_missing = [&](const ListenerPicture& listener) {
        const bool is_of_use = holds_it && !is_wish_open(picture);
        return listener.is_lives && (!listener.answers || (!listener.active && !is_of_use));
    };
    // The start of the release also starts the listener.
    const bool is_to_start = picture.start_is_asked && (live->run == Run::down || live->run == Run::fell);
    if (live->run == Run::starting || (is_to_start && !picture.live_was_started)) return std::nullopt;
    const auto gone = std::find_if(picture.listeners.begin(), picture.listeners.end(), is_missing);
    if (gone == picture.listeners.end() || !is_due(picture.tries.listener, picture.now)) return std::nullopt;
    auto action = about(Act::listen, 0);
    action.unit = gone->unit;
    return action;
}

// ---- the site is stopped -----------------------------------------------------------------------------------------

/// If the site was stopped during a start, drop the candidate.
Action leave_down(const Picture& picture) {
    if (picture.candidate) return drop(picture.candidate->release, "the site was stopped", Fault::none);
    if (picture.stops) return about(Act::settled, 0);
    if (!picture.failed_units.empty()) return about(Act::forget_failure, picture.failed_units.front());
    // Somebody started it by hand during the stop, and its listener was gone.
    const auto* const live = picture.find(picture.live);
    if (live != nullptr && live->run == Run::fell && live->hosts_fault)
        return about(Act::forget_failure, live->record.release);
    if (!picture.site_is_down) return about(Act::settled, 0);
    for (const auto& release : picture.releases)
        if (release.run == Run::starting || release.run == Run::up) return about(Act::tell, release.record.release);
    for (const auto& listener : picture.listeners)
        if (listener.active) return unbind(listener);
    return about(picture.units_are_gone ? Act::write_units : Act::settled, 0);
}

// ---- what is wanted ----------------------------------------------------------------------------------------------

/// A person's wish for an older release counts until watch.conf is edited.
bool asks_for_a_release(const Picture& picture) {
    const auto& wish = picture.wish;
    return wish.release && wish.number > picture.decided.wish && wish.conf == picture.conf.stamp;
}

bool asks_for_the_directory(const Picture& picture) {
    if (asks_for_a_release(picture)) return false;
    const bool edited = picture.watches && (picture.conf.stamp != picture.decided.conf || picture.conf.rest_has_come);
    return edited || picture.wish.number > picture.decided.wish;
}

/// Whether the failed try was for what is wanted now.
bool is_of_this_wish(const Picture& picture) {
    const auto& last = picture.tries.wish;
    return last.count > 0 && last.of == picture.wish.number && last.conf == picture.conf.stamp;
}

bool wish_is_due(const Picture& picture) {
    return !is_of_this_wish(picture) || is_due(picture.tries.wish, picture.now);
}

MaybeAction fulfil_wish(const Picture& picture) {
    if (asks_for_a_release(picture) && wish_is_due(picture)) return about(Act::copy, *picture.wish.release);
    if (!asks_for_the_directory(picture)) return std::nullopt;
    if (picture.conf.being_written || !picture.conf.quiet) {
        auto action = wait_for(picture.conf.being_written ? k_being_written : picture.conf.quiet_in);
        action.idle = picture.conf.rest_has_come; // whoever asked for the edit already has its outcome
        return action;
    }
    if (!wish_is_due(picture)) return std::nullopt;
    return about(Act::import, 0);
}

// ---- the candidate -----------------------------------------------------------------------------------------------

/// Why the candidate is no longer of use; empty while it is.
std::string outdated(const Picture& picture, const Candidate& candidate) {
    if (candidate.purpose == Purpose::way_back) {
        const auto* const live = picture.find(picture.live);
        return live != nullptr && live->run == Run::fell ? "" : "the live release has come back";
    }
    if (candidate.conf != picture.conf.stamp) return "watch.conf was edited meanwhile";
    if (picture.conf.candidate_is_old) return "the directory was changed meanwhile, and somebody asked for it again";
    const bool other = picture.wish.number > candidate.wish && (picture.wish.release || picture.wish.anew);
    return other ? "somebody asked for something else meanwhile" : "";
}

/// The live release's listener may be down too: that does not matter to a candidate with another listener.
bool listens_for_candidate(const Picture& picture) {
    const auto is_down = [](const ListenerPicture& listener) { return listener.is_candidates && !listener.active; };
    return std::none_of(picture.listeners.begin(), picture.listeners.end(), is_down);
}

std::string why_not_up(const std::string& start_result) {
    if (start_result.empty()) return "systemd's job is gone, but the release does not run";
    auto why = fmt::format("systemd's job ended as '{}'", start_result);
    if (start_result == "done") why += "; a Condition...= of its unit does not hold, or somebody stopped it";
    if (start_result == "assert") why += "; an Assert...= of its unit does not hold";
    return why;
}

Action take_over(const Picture& picture, const Candidate& candidate, const ReleasePicture& release) {
    const int number = candidate.release;
    if (!candidate.bound) return about(Act::bind, number);
    if (candidate.preflight == Preflight::leaving)
        return runs(release) ? wait_for(k_until_a_change) : about(Act::start, number);
    if (!candidate.started) return about(Act::start, number);
    if (!candidate.hindrance.empty()) return drop(number, "starting it: " + candidate.hindrance, Fault::host);
    if (release.run == Run::starting || !candidate.start_has_ended) return wait_for(k_until_a_change);
    if (release.run != Run::up) return drop(number, "starting it: " + why_not_up(candidate.start_result), Fault::host);
    if (candidate.preflight == Preflight::due) return wait_for(k_until_a_change); // it is being asked
    if (candidate.preflight != Preflight::none) return about(Act::preflight, number);
    if (!candidate.stayed_up) return wait_for(k_being_written);
    if (!listens_for_candidate(picture)) return drop(number, "systemd does not listen on its address", Fault::host);
    return about(candidate.checked ? Act::switch_over : Act::check, number);
}

Action further(const Picture& picture, const Candidate& candidate) {
    const auto* const release = picture.find(candidate.release);
    if (release == nullptr) return drop(candidate.release, "its snapshot is gone", Fault::host);
    if (auto why = outdated(picture, candidate); !why.empty())
        return drop(candidate.release, std::move(why), Fault::none);
    const bool fell = release->run == Run::fell && candidate.preflight != Preflight::leaving; // it was told to leave
    // Without its listener it got no socket. No program can help that.
    if (fell && !listens_for_candidate(picture))
        return drop(candidate.release, "systemd does not listen on its address", Fault::host);
    if (fell && !release->hosts_fault) return about(Act::reject, candidate.release);
    return take_over(picture, candidate, *release);
}

// ---- the live release --------------------------------------------------------------------------------------------

/// A proven release that exits with status 0 may be idle: the next connection starts it. While another release drains,
/// no connection can start it, because its activation unit is active.
bool may_rest(const Picture& picture, const ReleasePicture& live, Standing standing) {
    return live.exited_well && standing == Standing::proven &&
           std::none_of(picture.releases.begin(), picture.releases.end(), runs);
}

MaybeAction go_back(const Picture& picture, const ReleasePicture& live) {
    if (picture.candidate) return std::nullopt;
    const auto to = release_to_go_back_to(records(picture), live.record.release);
    if (!to || !is_due(picture.tries.way_back, picture.now)) return std::nullopt;
    return about(Act::go_back, *to);
}

/// By the times in the record; and by how long the ended process lived, whatever the clock was set to since.
Standing standing_of(const Picture& picture, const ReleasePicture& live) {
    if (live.lived >= live.record.conf.probation) return Standing::proven;
    return standing(live.record, picture.now);
}

/// A start was due and the host prevented it: the port was taken, or the unit was masked. Nobody told it to end.
bool is_owed_a_start(const Picture& picture, const ReleasePicture& live) {
    const auto& last = picture.tries.live;
    return live.run == Run::down && last.count > 0 && last.of == static_cast<std::uint64_t>(live.record.release) &&
           !last.why.empty();
}

bool start_is_due(const Picture& picture, const ReleasePicture& live) {
    const auto& last = picture.tries.live;
    return is_start_forgotten(picture, live) || is_due(last, picture.now);
}

MaybeAction keep_up(const Picture& picture, const ReleasePicture& live) {
    if (picture.candidate && picture.candidate->purpose == Purpose::way_back) return std::nullopt; // it takes over
    const int number = live.record.release;
    if (live.run == Run::up) return std::nullopt;
    if (live.run == Run::starting || live.run == Run::leaving) return wait_for(k_until_a_change);
    const bool asked = picture.client_waits || picture.start_is_asked;
    if (picture.live_was_started) return about(Act::count_failure, number);
    if (live.run == Run::fell) {
        const auto state = standing_of(picture, live);
        if (may_rest(picture, live, state) && !asked) return std::nullopt;
        if (state == Standing::on_probation && !live.hosts_fault)
            if (auto action = go_back(picture, live)) return action;
    } else if (!asked && !is_owed_a_start(picture, live)) {
        return std::nullopt; // somebody told it to end; the next connection starts it
    }
    if (!start_is_due(picture, live)) return std::nullopt;
    return about(Act::start_live, number);
}

// ---- the rest ----------------------------------------------------------------------------------------------------

MaybeAction tidy(const Picture& picture) {
    for (const auto& listener : picture.listeners)
        if (!listener.wanted && (listener.active || listener.has_failed)) return unbind(listener);
    const auto* const live = picture.find(picture.live);
    if (live == nullptr) return std::nullopt;
    std::set<int> running;
    for (const auto& release : picture.releases)
        if (runs(release)) running.insert(release.record.release);
    const auto doomed =
        releases_to_prune(records(picture), live->record.release, running, live->record.conf.keep_releases);
    return doomed.empty() ? MaybeAction{} : about(Act::prune, doomed.front());
}

Action rest(const Picture& picture) {
    std::optional<site::Time> next;
    // Do not wait for what is due and was not done: a release may rest.
    const auto consider = [&](const Try& attempt) {
        if (!is_due(attempt, picture.now)) next = std::min(next.value_or(attempt.next), attempt.next);
    };
    if (is_of_this_wish(picture)) consider(picture.tries.wish);
    const auto* const live = picture.find(picture.live);
    const bool live_is_down = live != nullptr && (live->run == Run::fell || is_owed_a_start(picture, *live));
    if (live_is_down) consider(picture.tries.live);
    if (live_is_down) consider(picture.tries.way_back);
    consider(picture.tries.listener);
    if (const auto until = picture.decided.at + k_same_upload;
        picture.watches && picture.decided.imported && picture.now >= picture.decided.at && picture.now < until)
        next = std::min(next.value_or(until), until);
    if (picture.records_fail) next = std::min(next.value_or(site::Time::max()), picture.now + k_records_again);
    if (!next) return about(Act::settled, 0);
    auto action = wait_for(
        std::chrono::ceil<std::chrono::milliseconds>(std::max(*next - picture.now, site::Time::duration::zero())));
    action.idle = true;
    return action;
}

MaybeAction step_forward(const Picture& picture) {
    const auto* const live = picture.find(picture.live);
    if (picture.candidate) return further(picture, *picture.candidate);
    // When the site starts, the live release comes first. An edit is deployed by a reload.
    const bool live_first = picture.start_only || (picture.handle_starts && live != nullptr && live->run == Run::down);
    if (live_first && live != nullptr) return std::nullopt;
    return fulfil_wish(picture);
}

} // namespace

std::string_view act_text(Act act) noexcept {
    return k_texts[static_cast<std::size_t>(act)];
}

bool is_wish_open(const Picture& picture) {
    return asks_for_a_release(picture) || asks_for_the_directory(picture);
}

Action decide(const Picture& picture) {
    const auto* const live = picture.find(picture.live);
    if (live != nullptr && live->record.outcome == site::Outcome::pending && !picture.records_fail)
        return about(Act::finish_switch, live->record.release);
    if (!picture.site_is_up || picture.stops) return leave_down(picture);
    if (auto action = clear_up(picture)) return *action;
    if (picture.units_are_stale) return about(Act::write_units, 0);
    if (picture.watch_has_failed) return about(Act::start_watch, 0);
    if (!picture.candidate)
        if (auto action = listen(picture)) return *action;
    // While a step towards the wish waits, keep the live release up. A fix comes before a roll back.
    const auto forward = step_forward(picture);
    if (forward && forward->act != Act::wait) return *forward;
    const auto keep = live == nullptr ? std::nullopt : keep_up(picture, *live);
    if (keep && keep->act != Act::wait) return *keep;
    if (forward) return *forward;
    if (keep) return *keep;
    if (auto action = tidy(picture)) return *action;
    return rest(picture);
}

} // namespace baton::deploy
