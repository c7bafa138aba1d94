// SPDX-License-Identifier: MIT
// The promises, checked against what only the world knows: docs/ARCHITECTURE.md R2 and R3, and that nothing spins.
#include "simulation.hpp"

#include "deploy/decide/standing.hpp"
#include "deploy/tell/report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace simulation {

using namespace std::chrono_literals;
using baton::deploy::Fault;
using State = Unit::State;
using Purpose = Candidate::Purpose;
using Result = Decision::Result;

/// After each action. Whoever restarts the unit of an old release by hand has it accept for a moment.
void Simulation::check_always() const {
    for (const auto& it : units_)
        if (it.accepts() && content_of(it.content).kind == Kind::deaf)
            throw Broken{"what never accepts has the site's socket"};
}

/// R3: what is proven is exchanged only by a wish; and R2: what takes over is what somebody wants.
void Simulation::check_switch() const {
    const auto& candidate = *pursuer_->candidate;
    const auto content = unit(candidate.release).content;
    if (!unit(candidate.release).runs()) throw Broken{"what does not run is made live"};
    if (content_of(content).kind == Kind::unhealthy) throw Broken{"what is not healthy is made live"};
    if (content_of(content).kind == Kind::deaf) throw Broken{"what never accepts is made live"};
    if (candidate.purpose != Purpose::way_back) return;
    // What is proven, crashes in a loop and then meets a clock that is set back cannot be told from what is on
    // probation.
    const bool is_in_doubt = clock_jumped_ && unit(*disk_.live).lived < probation();
    if (proven_.at(static_cast<std::size_t>(*disk_.live)) && !is_in_doubt)
        throw Broken{"a proven release is exchanged, and nobody asked for it"};
    if (!misbehaved_.test(unit(*disk_.live).content) && !is_in_doubt)
        throw Broken{"a release that has not failed of itself is taken back"};
}

/// R2: only what the content itself did is a verdict on it.
void Simulation::check_verdict(ContentId content) const {
    if (!misbehaved_.test(content) && !taken_back_.test(content))
        throw Broken{fmt::format("{} is refused, and has done nothing wrong", content_text(content))};
}

/// Something is sure to look within about a minute, if it sees a reason to.
bool Simulation::will_look_again() const {
    if (pursuer_ || !waiting_.empty()) return true;
    if (timer_ != k_never && timer_ <= now_ + 61s) return true;
    return baton::deploy::needs_pursuit(glance());
}

void Simulation::check_status() const {
    for (std::size_t i = 1; i < units_.size(); ++i) {
        const int number = static_cast<int>(i);
        if (units_[i].accepts() && number != disk_.live && !will_look_again())
            throw Broken{
                fmt::format("release {} accepts connections, and release {} is live", number, disk_.live.value_or(0))};
    }
}

/// When no process of baton has anything to do at this moment.
void Simulation::check_at_rest() const {
    if (pursuer_) return;
    check_status();
    if (handle_ != Handle::active) return;
    const auto* const live = live_unit();
    if (live == nullptr) throw Broken{"no release is live any more"};
    const bool is_due_to_be_there = !taken_.at(content_of(live->content).address) && !masked_ && !disk_full_;
    if (!listens() && is_due_to_be_there && !will_look_again())
        throw Broken{"the listener is gone, and nothing looks again"};
    const bool is_open = disk_.decided.conf != site::SourceStamp{.mtime_ns = stamp_} && watch_ != Watch::inactive;
    if (is_open && !will_look_again()) throw Broken{"an edit is neither decided nor tried again"};
    if (live->state == State::failed && !will_look_again())
        throw Broken{"the live release has failed, and nothing starts it again"};
}

void Simulation::check_end() const {
    if (handle_ != Handle::active) throw Broken{"in the end the handle is not active"};
    const auto live = *disk_.live;
    const auto& its_unit = unit(live);
    if (disk_.decided.conf != site::SourceStamp{.mtime_ns = stamp_})
        throw Broken{"in the end the edit is neither live nor refused"};
    if (wish_.number > disk_.decided.wish) throw Broken{"in the end a wish is not decided"};
    if (holds(content_of(its_unit.content).kind)) {
        if (!its_unit.accepts()) throw Broken{"in the end the live release does not serve"};
        for (std::uint8_t i = 0; i < k_addresses; ++i)
            if (listens_[i] != (i == content_of(its_unit.content).address))
                throw Broken{listens_[i] ? "in the end a listener is left that no release needs"
                                         : "in the end the listener is gone"};
    }
    for (const auto& release : disk_.releases)
        if (release.record.outcome == site::Outcome::pending) throw Broken{"in the end a release is pending"};
    const auto wanted = asked_for_.value_or(content_);
    const bool refused = misbehaved_.test(wanted) || (!asked_for_ && taken_back_.test(wanted));
    // A clock that is set back makes a release that fails again and again be on probation again.
    const bool is_in_doubt = clock_jumped_;
    if (its_unit.content != wanted && !refused && !is_in_doubt && !was_pruned_)
        throw Broken{fmt::format("in the end {} is live, wanted is {}, which has done nothing wrong",
                                 content_text(its_unit.content), content_text(wanted))};
    const auto result = disk_.decided.result;
    const bool says_live = result == Result::live || result == Result::unchanged;
    if (says_live && !asked_for_ && its_unit.content != content_)
        throw Broken{"in the end the directory is said to be live, and is not"};
}

} // namespace simulation
