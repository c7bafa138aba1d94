// SPDX-License-Identifier: MIT
#include "simulation.hpp"

#include "deploy/decide/standing.hpp"
#include "deploy/wish/wish.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace simulation {

using namespace std::chrono_literals;
using baton::deploy::Wish;
using State = Unit::State;

namespace {

const site::Time k_epoch = site::Time{} + 24h * 365 * 50;
constexpr Ms k_long_ago = 48h;

} // namespace

site::Time Simulation::wall() const {
    return k_epoch + now_ + clock_offset_;
}

void Simulation::tell(const std::string& text) const {
    fmt::print("{:9.3f}  {}\n", static_cast<double>(now_.count()) / 1000, text);
}

/// Release 1 has been live for an hour.
void Simulation::begin() {
    const auto mutant = mutant_;
    const auto pace = pace_;
    const bool narrates = narrates_;
    auto units = std::move(units_);
    units.clear();
    *this = Simulation{mutant, pace};
    narrates_ = narrates;
    units_ = std::move(units);
    units_.resize(2);
    units_[1].state = State::active;
    listens_[0] = true;
    ReleasePicture first;
    first.record.release = 1;
    first.record.tree_sha256 = "0";
    first.record.conf.addresses = {site::Address{.host = {}, .port = 8080}};
    first.record.conf.probation = std::chrono::duration_cast<std::chrono::milliseconds>(probation());
    first.record.conf.keep_releases = 3;
    first.record.outcome = site::Outcome::accepted;
    first.record.live_since = wall() - k_long_ago;
    disk_.releases.push_back(std::move(first));
    disk_.live = 1;
    disk_.decided.conf = {.mtime_ns = stamp_};
    disk_.decided.result = Decision::Result::live;
    disk_.decided.release = 1;
    changed_ = wall() - 1h;
    proven_ = {false, true};
    live_since_ = {k_never, -k_long_ago};
    look_ = 60s;
}

void Simulation::run(const History& history) {
    begin();
    for (const auto& step : history) {
        if (step.after > 0) { // in the middle of something, if something is done
            armed_ = step;
            effects_left_ = step.after;
        } else {
            happen(step);
        }
        pass(k_pauses[step.pause]);
    }
    settle();
    check_end();
}

std::optional<std::string> Simulation::broken_by(const History& history) try {
    run(history);
    return std::nullopt;
} catch (const Broken& broken) {
    return broken.what();
}

/// All is well from here, and minutes pass.
void Simulation::settle() {
    if (narrates_) tell("all is well from here");
    taken_ = {};
    disk_full_ = masked_ = false;
    database_ = true;
    file_written_until_ = now_;
    pass(10s);
    start_handle();
    pass(1s);
    if (watch_ == Watch::inactive) happen({.event = Event::watch});
    for (int i = 0; i < 3; ++i) {
        happen({.event = Event::connection});
        pass(65s);
    }
}

/// Between two effects of the process that pursues.
void Simulation::point() {
    if (!armed_ || effects_left_ == 0 || --effects_left_ > 0) return;
    const auto step = *armed_;
    armed_.reset();
    happen(step);
    if (!pursuer_) throw Killed{};
}

// ---- time --------------------------------------------------------------------------------------------------------

Ms Simulation::next_event() const {
    Ms next = std::min({timer_, look_, conf_written_until_, client_next_});
    for (const auto& unit : units_)
        next = std::min(next, unit.next);
    if (pursuer_ && pursuer_->wakes > now_) next = std::min(next, pursuer_->wakes);
    return std::max(next, now_);
}

void Simulation::let_things_happen() {
    for (std::size_t i = 1; i < units_.size(); ++i)
        if (units_[i].next <= now_) unit_goes_on(static_cast<int>(i));
    if (conf_written_until_ <= now_) { // the newest edit, whatever was asked for meanwhile
        asked_for_.reset();
        was_pruned_ = false;
        change_conf(content_to_come_, true);
    }
    if (timer_ <= now_) {
        timer_ = k_never;
        spawn(Trigger::change);
    }
    if (look_ <= now_) {
        look_ = now_ + 60s;
        look_at_all();
    }
    if (client_next_ < now_) client_next_ = now_;
    if (disk_.live) {
        const auto live = static_cast<std::size_t>(*disk_.live);
        const bool runs = units_[live].state != State::failed && !units_[live].ended_by_itself;
        if (runs && live_since_[live] != k_never && now_ - live_since_[live] >= probation()) proven_[live] = true;
    }
}

void Simulation::pass(Ms time) {
    const Ms end = now_ + time;
    for (;;) {
        run_processes();
        check_at_rest();
        const Ms next = next_event();
        if (next > end) break;
        now_ = std::max(next, now_ + 1ms); // each thing takes its moment
        let_things_happen();
    }
    now_ = std::max(now_, end);
    if (!armed_) return;
    const auto step = *armed_;
    armed_.reset();
    happen(step);
    run_processes();
    check_at_rest();
}

// ---- what happens ------------------------------------------------------------------------------------------------

void Simulation::happen(const Step& step) {
    if (narrates_) tell(step_text(step));
    const auto live_runs = [&] { return disk_.live && unit(*disk_.live).state == State::active; };
    const bool is_up = handle_ == Handle::active || handle_ == Handle::reloading || handle_ == Handle::activating;
    switch (step.event) {
    case Event::edit:
        was_pruned_ = false;
        asked_for_.reset();
        return change_conf(step.arg, true);
    case Event::missed_edit:
        asked_for_.reset();
        return change_conf(step.arg, false);
    case Event::slow_edit:
        asked_for_.reset();
        change_conf(k_half_written, false);
        content_to_come_ = step.arg;
        conf_written_until_ = now_ + 3s;
        return;
    case Event::upload:
        file_written_until_ = now_ + 100ms * step.arg;
        return;
    case Event::kill:
        return dies(true);
    case Event::kill_all:
        return dies(false);
    case Event::power_cut:
        return power_cut();
    case Event::port_taken:
        if (!listens_.at(step.arg & 1U)) taken_.at(step.arg & 1U) = true;
        return;
    case Event::port_free:
        taken_.at(step.arg & 1U) = false;
        return;
    case Event::disk_full:
        disk_full_ = true;
        return;
    case Event::disk_free:
        disk_full_ = false;
        return;
    case Event::database_down:
        database_ = false;
        return;
    case Event::database_up:
        database_ = true;
        return;
    case Event::clock_forward:
        clock_jumped_ = true;
        clock_offset_ += step.arg * 60s;
        changed_something_ = true;
        return;
    case Event::clock_back:
        clock_jumped_ = true;
        clock_offset_ -= step.arg * 60s;
        changed_something_ = true;
        return;
    case Event::crash:
        if (live_runs()) crash(*disk_.live);
        return;
    case Event::watch_fails:
        if (watch_ == Watch::active) watch_ = Watch::failed;
        return;
    case Event::stop_live:
        if (live_runs()) stop_unit(*disk_.live);
        return;
    case Event::restart_live:
        if (!live_runs() || masked_) return; // refused, and not stopped either
        stop_unit(*disk_.live);
        unit(*disk_.live).starts_again = true;
        return;
    case Event::restart_old: {
        const auto old = static_cast<int>(1 + step.arg % (units_.size() - 1));
        if (old == disk_.live || masked_ || !is_up) return;
        if (record(old) == nullptr) return;                         // its environment file is gone: it does not start
        if (record(old)->outcome == site::Outcome::pending) return; // it is being made at this moment
        if (!unit(old).runs()) begin_start(old);
        return;
    }
    case Event::mask:
        masked_ = true;
        return;
    case Event::unmask:
        masked_ = false;
        return;
    case Event::stop_site:
        return stop_handle(false);
    case Event::start_site:
        if (handle_ == Handle::active && watch_ == Watch::inactive) happen({.event = Event::watch}); // Wants=
        return start_handle();
    case Event::restart_site:
        if (handle_ == Handle::inactive) return start_handle();
        return stop_handle(true);
    case Event::unwatch:
        watch_ = Watch::inactive;
        return;
    case Event::watch:
        if (watch_ != Watch::inactive) return;
        watch_ = Watch::active; // of a stopped site as well, where what it sees changes nothing
        return spawn(Trigger::change);
    case Event::connection:
        client_waits_ = true;
        client_next_ = now_;
        return;
    case Event::roll_back:
    case Event::deploy:
    case Event::force:
        break;
    }
    if (!is_up) return; // "the site is stopped"
    const int newest = static_cast<int>(units_.size()) - 1;
    Wish wish{.number = 0, .release = std::nullopt, .outweighs = 0, .anew = step.event == Event::force, .conf = {}};
    if (step.event != Event::deploy) wish.outweighs = newest;
    if (step.event == Event::roll_back) {
        std::vector<site::Manifest> records;
        for (const auto& release : disk_.releases)
            records.push_back(release.record);
        wish.release = step.arg == 0 && disk_.live ? baton::deploy::way_back_from(records, *disk_.live).release
                                                   : std::optional<int>{1 + step.arg % newest};
        if (!wish.release || record(*wish.release) == nullptr) return;
        if (record(*wish.release)->outcome == site::Outcome::pending) return;
    }
    try {
        write_wish(wish, Trigger::wish);
    } catch (const HostError&) {
        return; // it is told to the person
    }
    asked_for_.reset();
    was_pruned_ = false;
    if (wish.release) asked_for_ = unit(*wish.release).content;
}

// ---- what others may know ----------------------------------------------------------------------------------------

Simulation::End Simulation::end() const {
    return {unit(*disk_.live).content, content_, disk_.decided.result};
}

const Unit* Simulation::live_unit() const {
    return disk_.live ? &unit(*disk_.live) : nullptr;
}

bool Simulation::listens() const {
    const auto* const live = live_unit();
    return listens_.at(live != nullptr ? content_of(live->content).address : 0);
}

} // namespace simulation
