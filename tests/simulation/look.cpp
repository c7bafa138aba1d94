// SPDX-License-Identifier: MIT
// What a process sees of the simulated world; on a host, src/deploy/picture/observe.cpp does this.
#include "simulation.hpp"

#include "base/exec_status.hpp"
#include "deploy/picture/observe.hpp"

#include <algorithm>
#include <csignal>

namespace simulation {

using namespace baton::deploy;
using namespace std::chrono_literals;

namespace {

constexpr auto k_longest_settling = 60s;

constexpr baton::sd::ActiveState active_state(Unit::State state) noexcept {
    using baton::sd::ActiveState;
    switch (state) {
    case Unit::State::inactive:
        return ActiveState::inactive;
    case Unit::State::activating:
        return ActiveState::activating;
    case Unit::State::active:
        return ActiveState::active;
    case Unit::State::deactivating:
        return ActiveState::deactivating;
    case Unit::State::failed:
        break;
    }
    return ActiveState::failed;
}

std::string unit_of(std::size_t address) {
    return address == 0 ? "s.socket" : "s@1.socket";
}

} // namespace

std::uint8_t Simulation::needed_live_address() const {
    const auto* const live = disk_.find(disk_.live);
    return live != nullptr ? content_of(unit(live->record.release).content).address : 0;
}

std::uint8_t Simulation::needed_address() const {
    const auto* const next = pursuer_->candidate ? disk_.find(pursuer_->candidate->release) : nullptr;
    return next != nullptr ? content_of(unit(next->record.release).content).address : needed_live_address();
}

/// The releases that can be started and are not as most are.
std::vector<int> Simulation::needed_units() const {
    std::vector<int> needed;
    const auto add = [&](std::optional<int> release) {
        if (disk_.find(release) != nullptr && content_of(unit(*release).content).address != 0)
            needed.push_back(*release);
    };
    add(disk_.live);
    if (pursuer_->candidate) add(pursuer_->candidate->release);
    return needed;
}

/// What systemd says of it.
void Simulation::take_state(baton::sd::UnitStatus& status, const Unit& unit) {
    status.active_state = active_state(unit.state);
    status.told_to_end = unit.told_to_end;
    status.ended_by_itself = unit.ended_by_itself;
    const bool succeeds = unit.runs() || unit.exited_well || unit.told_to_end;
    status.result = succeeds ? baton::sd::ServiceResult::success : baton::sd::ServiceResult::exit_code;
    status.exec_main_code = CLD_EXITED;
    status.exec_main_status = unit.lacks_socket && !unit.is_turned_away ? baton::k_exit_no_socket : 7;
    status.has_job = unit.starts_again;
    status.main_lived = unit.runs() ? 0us : std::chrono::microseconds{unit.lived};
}

void Simulation::look_at_release(ReleasePicture& release, bool closely) {
    const auto& it = unit(release.record.release);
    release.run = Run::down;
    release.exited_well = release.hosts_fault = false;
    release.lived = {};
    if (it.state == Unit::State::inactive && !closely) return;
    take_state(status_, it);
    take_status(release, status_);
}

void Simulation::settle_conf(Ms delay) {
    auto& mind = *pursuer_;
    if (mind.settling != stamp_) {
        mind.settling = stamp_;
        mind.settling_since = now_;
    }
    const auto age = std::chrono::floor<Ms>(wall() - changed_);
    const auto seen = now_ - mind.settling_since;
    const auto left = std::min(delay - seen, age < 0ms ? delay : delay - age);
    disk_.conf.quiet = left <= 0ms;
    disk_.conf.quiet_in = disk_.conf.quiet ? 0ms : left;
}

void Simulation::look_at_conf() {
    disk_.conf = {};
    disk_.conf.stamp = {.mtime_ns = stamp_};
    if (disk_.conf.stamp == disk_.decided.conf && disk_.wish.number <= disk_.decided.wish) return;
    auto& since = pursuer_->conf_busy_since;
    const bool busy = conf_written_until_ != k_never;
    if (!busy) since.reset();
    if (busy && !since) since = now_;
    disk_.conf.being_written = busy && now_ - *since < k_longest_settling;
    settle_conf(content_of(content_).delay);
}

void Simulation::follow_candidate() {
    auto& candidate = *pursuer_->candidate;
    const auto* const release = disk_.find(candidate.release);
    if (release == nullptr || !candidate.started) return;
    const auto job = unit(candidate.release).start;
    if (!candidate.start_has_ended && job != Unit::Job::runs) {
        candidate.start_has_ended = true;
        candidate.start_result = job == Unit::Job::done ? "done" : "failed";
    }
    if (release->run == Run::up) candidate.stayed_up = true;
    if (release->run != Run::up || candidate.preflight != Preflight::due) return;
    const bool is_deaf = content_of(unit(candidate.release).content).kind == Kind::deaf;
    candidate.preflight = is_deaf ? Preflight::failed : Preflight::passed;
}

/// Somebody listens there, be it somebody else, or a release that holds the socket still.
bool Simulation::is_reached(std::size_t address) const {
    const auto holds_it = [&](const Unit& it) { return it.runs() && it.address == address; };
    return listens_[address] || taken_[address] || std::any_of(units_.begin(), units_.end(), holds_it);
}

void Simulation::look_at_listeners() {
    const auto live_address = needed_live_address();
    std::array<bool, k_addresses> wanted{};
    if (disk_.find(disk_.live) != nullptr || !pursuer_->candidate) wanted[live_address] = true;
    const auto address = needed_address();
    if (pursuer_->candidate && pursuer_->candidate->bound) wanted[address] = true;
    disk_.listeners.resize(k_addresses);
    for (std::size_t i = 0; i < k_addresses; ++i) {
        disk_.listeners[i].unit = unit_of(i);
        disk_.listeners[i].wanted = wanted[i];
        disk_.listeners[i].active = listens_[i];
        disk_.listeners[i].is_lives = disk_.find(disk_.live) != nullptr && i == live_address;
        disk_.listeners[i].answers = is_reached(i);
        disk_.listeners[i].is_candidates = pursuer_->candidate && pursuer_->candidate->bound && i == address;
    }
    const auto needed = needed_units();
    disk_.units_are_stale =
        std::any_of(needed.begin(), needed.end(), [this](int release) { return !unit(release).has_own_drop_in; });
}

/// What the look at all sites sees; src/deploy/look.cpp.
bool Simulation::another_runs() const {
    for (std::size_t i = 1; i < units_.size(); ++i)
        if (units_[i].state == Unit::State::active && static_cast<int>(i) != disk_.live) return true;
    return false;
}

Glance Simulation::glance() const {
    const auto* const live = live_unit();
    return {.is_up = handle_ == Handle::active || handle_ == Handle::reloading,
            .watch_failed = watch_ == Watch::failed,
            .watch_stopped = watch_ == Watch::inactive,
            .live_failed = live != nullptr && live->state == Unit::State::failed,
            .is_unrecorded = disk_.live && disk_.find(disk_.live)->record.outcome == site::Outcome::pending,
            .is_deaf = live != nullptr && !is_reached(content_of(live->content).address),
            .conf_differs = disk_.decided.conf != site::SourceStamp{.mtime_ns = stamp_},
            .wish_is_open = wish_.number > disk_.decided.wish,
            .listens_in_vain = live != nullptr && listens_[1 - content_of(live->content).address],
            .another_runs = another_runs()};
}

void Simulation::observe() {
    auto& mind = *pursuer_;
    const auto occasion = occasion_of(mind.process.trigger);
    disk_.now = wall();
    disk_.wish = wish_;
    look_at_conf();
    disk_.site_is_up = handle_ == Handle::active || handle_ == Handle::reloading || handle_ == Handle::activating;
    disk_.site_is_down = handle_ == Handle::inactive;
    disk_.watch_has_failed = watch_ == Watch::failed && !mind.watch_was_started;
    disk_.watches = occasion.start_is_asked || watch_ != Watch::inactive;
    const auto is_connection = [](const Process& it) { return it.trigger == Trigger::connection; };
    disk_.client_waits = occasion.client_waits || std::any_of(waiting_.begin(), waiting_.end(), is_connection);
    disk_.handle_starts = handle_ == Handle::activating;
    mind.start_is_asked |= disk_.wish.number > disk_.decided.wish;
    disk_.start_is_asked = occasion.start_is_asked || mind.start_is_asked || mind.start_again || disk_.handle_starts;
    disk_.start_only = occasion.start_only;
    disk_.failed_units.clear();
    for (auto& release : disk_.releases) {
        const int number = release.record.release;
        const bool is_candidate = mind.candidate && mind.candidate->release == number;
        look_at_release(release, is_candidate ? mind.candidate->started : number == disk_.live);
    }
    for (std::size_t i = 1; i < units_.size(); ++i) {
        const int number = static_cast<int>(i);
        if (units_[i].state == Unit::State::failed && disk_.live != number &&
            !(mind.candidate && mind.candidate->release == number))
            disk_.failed_units.push_back(number);
    }
    if (mind.candidate) follow_candidate();
    disk_.candidate = mind.candidate;
    disk_.live_was_started = mind.live_was_started;
    disk_.records_fail = mind.records_fail;
    look_at_listeners();
}

} // namespace simulation
