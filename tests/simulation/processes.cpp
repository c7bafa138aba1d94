// SPDX-License-Identifier: MIT
// baton's processes in the simulated world: what starts each, which has the lock, and how each ends. The loop is that
// of src/deploy/pursuit.cpp.
#include "simulation.hpp"

#include <algorithm>

namespace simulation {

using namespace baton::deploy;
using namespace std::chrono_literals;

namespace {

constexpr Ms k_after_an_error = 10s; // as in src/deploy/pursuit.cpp
constexpr int k_most_a_second = 400;
constexpr int k_most_at_once = 80; // actions in one instant; a deploy takes a dozen

} // namespace

void Simulation::spawn(Trigger trigger, std::uint64_t wish) {
    const auto same = [&](const Process& it) { return it.trigger == trigger && wish == 0; };
    if (std::any_of(waiting_.begin(), waiting_.end(), same)) return; // it will see the same
    waiting_.push_back({trigger, wish, disk_.tries.live.count, disk_.tries.live.next});
}

/// The watch's helper: a reload job for the handle, after its start.
void Simulation::ask_for_reload() {
    if (handle_ == Handle::inactive || handle_ == Handle::deactivating) return;
    if (handle_ != Handle::active) {
        reload_is_queued_ = true;
        return;
    }
    handle_ = Handle::reloading;
    try {
        write_wish({}, Trigger::reload);
    } catch (const HostError&) {
        handle_ = Handle::active; // the look will see it
    }
}

/// A reload joins an open wish for an older release; join_wish() in src/deploy/wish.
void Simulation::write_wish(Wish wish, Trigger trigger) {
    wish.conf = {.mtime_ns = stamp_};
    const auto& open = wish_;
    const bool joins = trigger == Trigger::reload && open.release && open.conf == wish.conf;
    if (!joins) {
        require_room();
        wish.number = open.number + 1;
        wish_ = wish;
        changed_something_ = true;
    }
    spawn(trigger, wish_.number);
}

void Simulation::ends() {
    const auto trigger = pursuer_->process.trigger;
    pursuer_.reset();
    hold_ = 0;
    if (trigger == Trigger::connection && client_waits_) client_next_ = now_ + 1s;
    if (trigger != Trigger::start && trigger != Trigger::reload) return;
    if (handle_ == Handle::reloading || handle_ == Handle::activating) handle_ = Handle::active;
    if (handle_ != Handle::active || !reload_is_queued_) return;
    reload_is_queued_ = false;
    ask_for_reload();
}

/// What it kept in memory is lost; a child of it goes on.
void Simulation::dies(bool guarded) {
    if (!pursuer_) return;
    ends();
    for (std::size_t release = 1; release < units_.size(); ++release)
        leave_alone(units_[release], static_cast<int>(release));
    if (guarded) spawn(Trigger::change);
}

/// Whether somebody who waits has got the lock.
bool Simulation::take_turn() {
    while (!waiting_.empty()) {
        const auto process = waiting_.front();
        waiting_.erase(waiting_.begin());
        pursuer_.emplace();
        pursuer_->process = process;
        if (process.trigger == Trigger::start) disk_.tries.live = {};
        const auto& tries = disk_.tries.wish;
        const bool is_told =
            process.wish != 0 && (disk_.decided.wish >= process.wish || (tries.count > 0 && tries.of >= process.wish));
        if (!is_told) return true;
        ends();
    }
    return false;
}

/// `systemctl start` does not wait for a client's pursuit.
static bool is_start(const Process& process) {
    return process.trigger == Trigger::start;
}

void Simulation::run_processes() {
    for (;;) {
        handle_goes_on();
        client_tries();
        if (!pursuer_ && !take_turn()) return;
        const auto start = std::find_if(waiting_.begin(), waiting_.end(), is_start);
        const auto serves = [](const Unit& it) { return it.state == Unit::State::activating || it.accepts(); };
        const auto& tries = disk_.tries.live;
        if (start != waiting_.end() &&
            ((tries.count > 0 && (tries.count != start->tries_before || tries.next != start->next_before)) ||
             std::any_of(units_.begin(), units_.end(), serves))) {
            waiting_.erase(start);
            if (handle_ == Handle::activating) handle_ = Handle::active;
        }
        if (pursuer_->wakes > now_ && (!changed_something_ || pursuer_->deaf)) return;
        changed_something_ = false;
        pursuer_->wakes = Ms::min();
        pursuer_->deaf = false;
        turn();
        check_always();
    }
}

void Simulation::turn() try {
    if (last_action_ != now_) actions_at_once_ = 0;
    last_action_ = now_;
    ++actions_;
    if (now_ - second_ >= 1s) {
        second_ = now_;
        actions_ = 0;
    }
    if (actions_ > k_most_a_second) throw Broken{"it spins: it looks again and again"};
    if (++actions_at_once_ > k_most_at_once) throw Broken{"it spins: no time passes between its actions"};
    observe();
    const auto* const live = disk_.find(disk_.live);
    if (live != nullptr && live->run == Run::up) pursuer_->live_was_started = false;
    auto action = decide(disk_);
    if (mutant_ != nullptr) action = mutant_(disk_, action);
    if (narrates_)
        tell("    " + std::string{act_text(action.act)} + " " + std::to_string(action.release) + " " + action.why);
    if (action.act != Act::wait && action.act != Act::settled) return act(action);
    if (stays(pursuer_->process.trigger, disk_, action)) {
        pursuer_->wakes = now_ + std::max<Ms>(action.limit, 1ms);
        // Looked at again and again until it is not written any more: nothing else comes of it.
        if (disk_.conf.being_written && conf_written_until_ != k_never)
            pursuer_->wakes = std::max(pursuer_->wakes, std::min(conf_written_until_, now_ + 61s));
        return;
    }
    if (disk_.start_only && is_wish_open(disk_)) reload_is_queued_ = true;
    if (action.act == Act::wait) timer_ = now_ + std::max<Ms>(action.limit, 1ms);
    ends();
} catch (const Killed&) {
} catch (const HostError&) {
    timer_ = now_ + k_after_an_error;
    ends();
}

void Simulation::look_at_all() {
    if (!needs_pursuit(glance())) return;
    was_looked_at_ = true;
    spawn(Trigger::change);
}

/// PID 1 starts the activation of a listener when a client waits and the unit is not active already.
void Simulation::client_tries() {
    if (!client_waits_) return;
    if (std::any_of(units_.begin(), units_.end(), [](const Unit& it) { return it.accepts(); })) {
        client_waits_ = false;
        client_next_ = k_never;
        return;
    }
    if (!listens_[0] && !listens_[1]) {
        client_waits_ = false; // refused
        return;
    }
    if (client_next_ == k_never || client_next_ > now_ || anything_runs()) return;
    const auto is_it = [](const Process& it) { return it.trigger == Trigger::connection; };
    if (std::any_of(waiting_.begin(), waiting_.end(), is_it) || (pursuer_ && is_it(pursuer_->process))) return;
    spawn(Trigger::connection);
}

} // namespace simulation
