// SPDX-License-Identifier: MIT
// The simulated host: what systemd does with a release's unit and the handle, and the disk.
#include "simulation.hpp"

#include "deploy/decide/standing.hpp"

#include <algorithm>
#include <utility>

namespace simulation {

using namespace std::chrono_literals;
using State = Unit::State;
using Job = Unit::Job;

namespace {

Ms time_to_start(Kind kind) {
    return kind == Kind::slow ? 1500ms : 40ms;
}
Ms time_to_leave(Kind kind) {
    return kind == Kind::busy ? 6000ms : 10ms;
}
Ms life_of(Kind kind) {
    switch (kind) {
    case Kind::crashes_early:
    case Kind::ends_early:
        return 4s;
    case Kind::crashes_late:
        return k_probation + 10s;
    default:
        return k_never;
    }
}

} // namespace

bool Simulation::anything_runs() const {
    return std::any_of(units_.begin(), units_.end(), [](const Unit& unit) { return unit.runs(); });
}

/// systemd's start job. A unit that is masked is not started, and that is told at once.
void Simulation::start_unit(int release) {
    auto& it = unit(release);
    if (masked_) throw HostError{};
    if (it.state == State::deactivating) {
        it.starts_again = true;
        it.start = Job::runs;
    } else if (!it.runs()) {
        begin_start(release);
    }
}

void Simulation::begin_start(int release) {
    auto& it = unit(release);
    changed_something_ = true;
    const auto address = content_of(it.content).address; // Sockets= in its drop-in
    if (address != 0 && !it.has_own_drop_in) throw Broken{"a release is started on the listener of another"};
    // Sockets= is a Wants= and an After=: without its socket it is started all the same, and baton-exec sees that.
    if (!taken_[address]) listens_[address] = true;
    it = Unit{.state = State::activating,
              .start = Job::runs,
              .content = it.content,
              .address = address,
              .is_turned_away = hold_ != release && disk_.live != release,
              .lacks_socket = !listens_[address],
              .held = hold_ == release && !is_foreign(content_of(it.content).kind),
              .in_preflight = hold_ == release && pursuer_ && pursuer_->candidate &&
                              pursuer_->candidate->preflight == baton::deploy::Preflight::due,
              .has_own_drop_in = it.has_own_drop_in,
              .since = now_,
              .next = now_ + time_to_start(content_of(it.content).kind)};
}

void Simulation::stop_unit(int release) {
    auto& it = unit(release);
    it.starts_again = false;
    if (it.state != State::activating && it.state != State::active) return;
    if (it.start == Job::runs) it.start = Job::canceled;
    const bool has_served = it.state == State::active;
    it.state = State::deactivating;
    it.told_to_end = true;
    it.next = now_ + (has_served ? time_to_leave(content_of(it.content).kind) : 10ms);
    changed_something_ = true;
}

void Simulation::unit_has_ended(int release, State state, bool by_itself, bool well) {
    auto& it = unit(release);
    if (activation_is_late_ && it.state == State::activating) activate();
    it.lived = now_ - it.since;
    it.state = state;
    it.ended_by_itself = by_itself;
    it.exited_well = well;
    it.next = k_never;
    it.held = false;
    if (it.start == Job::runs && !it.starts_again) it.start = Job::failed;
    changed_something_ = true;
    if (!masked_) spawn(Trigger::change); // OnFailure=, OnSuccess=; systemd forgets them with the rest of the unit
    if (it.starts_again) {
        it.starts_again = false;
        begin_start(release);
    }
}

/// And with it all that systemd knows of the unit, for nothing refers to it any more.
void Simulation::forget_failure(Unit& it) {
    it.state = State::inactive;
    it.ended_by_itself = it.lacks_socket = false;
    it.lived = {};
}

/// Whether its content is to blame is for the truth to know: a proven release is not judged any more.
void Simulation::note_failure_of_its_own(int release) {
    if (proven_.at(static_cast<std::size_t>(release)) && !clock_jumped_) return;
    misbehaved_.set(unit(release).content);
}

void Simulation::crash(int release) {
    auto& it = unit(release);
    if (it.state != State::active) return;
    note_failure_of_its_own(release);
    unit_has_ended(release, State::failed, true, false);
}

/// A held release whose baton has died looks at the live link: it accepts, or leaves.
void Simulation::leave_alone(Unit& it, int release) {
    if (!it.held || it.state != State::active) return;
    it.held = false;
    if (disk_.live != release) stop_unit(release);
}

void Simulation::program_ends(int release) {
    if (content_of(unit(release).content).kind != Kind::ends_early) return crash(release);
    note_failure_of_its_own(release);
    unit_has_ended(release, State::inactive, true, true);
}

void Simulation::unit_goes_on(int release) {
    auto& it = unit(release);
    const auto kind = content_of(it.content).kind;
    switch (it.state) {
    case State::activating: {
        if (it.is_turned_away || it.lacks_socket) return unit_has_ended(release, State::failed, true, false);
        const bool fails = kind == Kind::exits || (kind == Kind::needs_database && !database_);
        if (fails) {
            note_failure_of_its_own(release);
            it.start = Job::failed;
            return unit_has_ended(release, State::failed, true, false);
        }
        it.state = State::active;
        it.start = Job::done;
        const auto life = pace_ == Pace::told ? k_never : life_of(kind);
        it.next = life == k_never ? k_never : now_ + life;
        changed_something_ = true;
        if (!pursuer_ || !pursuer_->candidate || pursuer_->candidate->release != release) leave_alone(it, release);
        return;
    }
    case State::active:
        return program_ends(release);
    case State::deactivating:
        return unit_has_ended(release, State::inactive, false, true);
    default:
        it.next = k_never;
    }
}

/// Stops it, waits, and does not wait for long: it has not served.
void Simulation::end_unit(int release) {
    auto& it = unit(release);
    if (it.runs()) {
        it.starts_again = false;
        it.told_to_end = true;
        unit_has_ended(release, State::inactive, false, true);
    }
    it.state = State::inactive;
}

// ---- disk --------------------------------------------------------------------------------------------------------

void Simulation::require_room() const {
    if (disk_full_) throw HostError{};
}

site::Manifest* Simulation::record(int release) {
    for (auto& it : disk_.releases)
        if (it.record.release == release) return &it.record;
    return nullptr;
}

void Simulation::erase_release(int release) {
    std::erase_if(disk_.releases, [&](const ReleasePicture& it) { return it.record.release == release; });
}

/// `edge`: whether the path unit can have seen it.
void Simulation::change_conf(ContentId content, bool edge) {
    content_ = content;
    ++stamp_;
    changed_ = wall();
    conf_written_until_ = k_never;
    changed_something_ = true;
    if (edge && watch_ == Watch::active) ask_for_reload();
}

// ---- the handle --------------------------------------------------------------------------------------------------

void Simulation::stop_handle(bool restarts) {
    if (handle_ == Handle::inactive || handle_ == Handle::deactivating) return;
    handle_ = Handle::deactivating;
    handle_starts_again_ = restarts;
    reload_is_queued_ = false;
    if (!restarts) { // ExecStopPost= of the handle
        listens_ = {};
        watch_ = Watch::inactive;
    }
    changed_something_ = true;
    const auto of_handle = [](const Process& process) {
        return process.trigger == Trigger::reload || process.trigger == Trigger::start;
    };
    std::erase_if(waiting_, of_handle);
    if (pursuer_ && of_handle(pursuer_->process)) dies(true);
    for (std::size_t release = 1; release < units_.size(); ++release) { // ExecStopPost=
        stop_unit(static_cast<int>(release));
        units_[release].is_waited_for = units_[release].runs();
    }
}

void Simulation::start_handle() {
    if (handle_ != Handle::inactive) return;
    handle_ = Handle::activating;
    if (watch_ != Watch::active) {
        watch_ = Watch::active;
        spawn(Trigger::change); // what was edited while nobody watched
    }
    spawn(Trigger::start);
}

void Simulation::handle_goes_on() {
    if (handle_ != Handle::deactivating) return;
    if (std::any_of(units_.begin(), units_.end(), [](const Unit& it) { return it.is_waited_for && it.runs(); })) return;
    for (auto& it : units_)
        it.is_waited_for = false;
    handle_ = Handle::inactive;
    changed_something_ = true;
    if (std::exchange(handle_starts_again_, false)) return start_handle();
    listens_ = {}; // once more: what was started beside the stop
    watch_ = Watch::inactive;
}

void Simulation::power_cut() {
    for (auto& it : units_)
        it = Unit{.content = it.content, .has_own_drop_in = it.has_own_drop_in};
    listens_ = {};
    hold_ = 0;
    disk_.tries = {};
    timer_ = k_never;
    pursuer_.reset();
    waiting_.clear();
    reload_is_queued_ = false;
    handle_starts_again_ = false;
    client_waits_ = false;
    client_next_ = k_never;
    if (conf_written_until_ != k_never) conf_written_until_ = k_never; // half of it stays
    file_written_until_ = now_;
    now_ += 20s;
    look_ = now_ + 60s;
    watch_ = Watch::inactive;
    handle_ = Handle::inactive;
    start_handle(); // it is enabled
}

} // namespace simulation
