// SPDX-License-Identifier: MIT
// Steps through a simulated world: each step begins when the one before has come to rest, as on its twin on a booted
// systemd.
#include "deploy/tell/report.hpp"
#include "deploy/tell/telling.hpp"
#include "simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace simulation {

using namespace std::chrono_literals;

namespace {

constexpr Ms k_rest = 130s; // two looks, and two tries of what is tried once a minute
constexpr Ms k_hour = 48h;  // as good as one
constexpr Ms k_told = 24h;

} // namespace

Ms Simulation::probation() const {
    return pace_ == Pace::told ? k_told : k_probation;
}

void Simulation::arm(const Step& step, int effects, int moments) {
    armed_ = step;
    effects_left_ = effects;
    moments_left_ = moments;
}

/// Between two things that go on by themselves.
void Simulation::moment() {
    if (!armed_ || moments_left_ == 0 || --moments_left_ > 0) return;
    const auto step = *armed_;
    armed_.reset();
    happen(step);
}

/// Something is under way that ends of itself.
bool Simulation::moves() const {
    const auto is_under_way = [](const Unit& it) { return it.next != k_never; };
    return conf_written_until_ != k_never || (pursuer_ && pursuer_->candidate) ||
           std::any_of(units_.begin(), units_.end(), is_under_way);
}

void Simulation::come_to_rest() {
    was_looked_at_ = false;
    std::vector<Seen> all{seen()}; // what is tried again for ever looks as it did before
    bool was_armed = is_armed();
    for (Ms since = now_; now_ - since < k_rest || moves();) {
        run_processes();
        check_at_rest();
        if (auto now = seen(); std::find(all.rbegin(), all.rend(), now) == all.rend()) {
            all.push_back(std::move(now));
            since = now_;
        }
        now_ = std::max(next_event(), now_ + 1ms);
        let_things_happen();
        moment();
        if (std::exchange(was_armed, is_armed()) != is_armed()) since = now_;
    }
}

Seen Simulation::seen() const {
    const auto state = [](const Unit& it) {
        baton::sd::UnitStatus status;
        take_state(status, it);
        return std::string{baton::sd::text(status.active_state)};
    };
    const auto handle = [&] { return handle_ == Handle::inactive ? "inactive" : "active"; };
    const auto watch = [&] {
        return watch_ == Watch::active ? "active" : watch_ == Watch::failed ? "failed" : "inactive";
    };
    const site::SourceStamp conf{.mtime_ns = stamp_};
    const auto& put_off = disk_.tries.wish;
    Seen seen{.handle = handle(),
              .watch = watch(),
              .listens = listens_,
              .client_waits = client_waits_,
              .live = disk_.live.value_or(0),
              .edit_is_open = disk_.decided.conf != conf,
              .wish_is_open = wish_.number > disk_.decided.wish,
              .put_off = put_off.count > 0 && put_off.of == wish_.number && put_off.conf == conf,
              .result = result_text(disk_.decided.result),
              .releases = {}};
    for (const auto& release : disk_.releases)
        seen.releases.push_back({release.record.release, unit(release.record.release).content,
                                 std::string{site::outcome_text(release.record.outcome)},
                                 state(unit(release.record.release))});
    return seen;
}

std::vector<std::string> Simulation::status() const {
    std::vector<std::string> states;
    for (const auto& release : disk_.releases) {
        baton::sd::UnitStatus status;
        take_state(status, unit(release.record.release));
        states.emplace_back(
            baton::deploy::state_text(baton::deploy::release_state(release.record, status, disk_.live, wall())));
    }
    return states;
}

std::string Simulation::hidden() const {
    std::string text;
    for (const auto* it : {&disk_.tries.wish, &disk_.tries.live, &disk_.tries.way_back, &disk_.tries.listener})
        text += fmt::format("{}{} ", it->count, it->why.empty() ? "" : "!");
    for (const auto& release : disk_.releases) {
        const auto& record = release.record;
        const auto& it = unit(record.release);
        text += fmt::format("{}{}{}{}{} ", it.told_to_end, it.ended_by_itself, it.address,
                            record.live_since.has_value(), record.live_until.has_value());
    }
    return text + fmt::format("{} {} {} {} {} {} {}", wish_.number, wish_.release.value_or(0), wish_.outweighs,
                              wish_.anew, disk_.decided.wish, disk_.decided.release.value_or(0), tries_again());
}

void Simulation::prove() {
    if (!disk_.live) return;
    const auto live = static_cast<std::size_t>(*disk_.live);
    auto& since = record(*disk_.live)->live_since;
    if (since) *since -= k_hour;
    if (live_since_[live] != k_never) live_since_[live] -= k_hour;
    proven_[live] = true;
}

Simulation::Life Simulation::life() const {
    const auto* const live = live_unit();
    if (live == nullptr || live->state != Unit::State::active) return Life::lasting;
    switch (content_of(live->content).kind) {
    case Kind::crashes_early:
    case Kind::ends_early:
        return Life::early;
    case Kind::crashes_late:
        return Life::late;
    default:
        return Life::lasting;
    }
}

void Simulation::end_life() {
    if (narrates_) tell("the program ends");
    program_ends(*disk_.live);
}

} // namespace simulation
