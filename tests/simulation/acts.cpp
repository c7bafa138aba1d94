// SPDX-License-Identifier: MIT
// The effects of the engine's actions on the simulated host, one by one, in the order of src/deploy/act. Between two
// effects anything may happen, including the end of the process.
#include "deploy/wish/error_kinds.hpp"
#include "simulation.hpp"

#include "deploy/decide/consequence.hpp"
#include "deploy/decide/standing.hpp"

#include <algorithm>
#include <set>

namespace simulation {

using namespace baton::deploy;
using namespace std::chrono_literals;
using baton::Error;
using baton::ErrorKind;
namespace error_kind = baton::error_kind;
using Purpose = Candidate::Purpose;
using Outcome = site::Outcome;

namespace {

constexpr auto k_patience = 60s;
constexpr int k_keep = 3;

const site::Address& address_of(std::uint8_t index) {
    static const std::array<site::Address, k_addresses> addresses{site::Address{.host = {}, .port = 8080},
                                                                  site::Address{.host = {}, .port = 8081}};
    return addresses.at(index);
}

} // namespace

void Simulation::act(const Action& action) try { perform(action); } catch (const HostError& error) {
    switch (recourse(error.kind, action.act, pursuer_->candidate.has_value())) {
    case Recourse::end:
        throw;
    case Recourse::refuse:
        return refuse(error.kind);
    case Recourse::put_off:
        return put_off();
    case Recourse::put_off_way_back:
        disk_.tries = after_way_back_failed(disk_, "the host");
        return;
    case Recourse::drop:
        return drop(pursuer_->candidate->release, Fault::host);
    }
}

void Simulation::perform(const Action& action) {
    switch (action.act) {
    case Act::finish_switch:
        return finish_switch();
    case Act::tell:
        point();
        return stop_unit(action.release);
    case Act::forget_failure:
        point();
        return forget_failure(unit(action.release));
    case Act::drop:
        return drop(action.release, action.fault);
    case Act::write_units:
        return write_units();
    case Act::start_watch:
        pursuer_->watch_was_started = true;
        point();
        watch_ = Watch::active;
        return;
    case Act::listen:
        return listen(action.unit);
    case Act::reject:
        return reject("start");
    case Act::bind:
        return bind();
    case Act::start:
        return start();
    case Act::preflight:
        return preflight();
    case Act::check:
        return check();
    case Act::switch_over:
        return switch_over();
    case Act::copy:
        return copy(action.release, Purpose::wish);
    case Act::import:
        return import();
    case Act::count_failure:
        pursuer_->live_was_started = false;
        disk_.tries = after_failed_start_of_live(disk_.tries, disk_.now, "exit-code");
        return;
    case Act::go_back:
        point();
        if (!disk_full_) record(*disk_.live)->set_reason("it failed");
        return copy(action.release, Purpose::way_back);
    case Act::start_live:
        return start_live();
    case Act::unbind:
        point();
        listens_.at(action.unit == "s.socket" ? 0 : 1) = false;
        return;
    case Act::prune:
        return prune();
    case Act::wait:
    case Act::settled:
        return;
    }
}

// ---- a candidate is made -----------------------------------------------------------------------------------------

/// A new release in the store: of the directory's content, or of an older release.
void Simulation::seal(ContentId content, const site::Manifest* of) {
    require_room();
    point();
    ReleasePicture made;
    if (of != nullptr) {
        made.record.copy_of = of->release;
    }
    made.record.release = static_cast<int>(units_.size());
    made.record.tree_sha256 = std::to_string(content);
    made.record.conf.addresses = {address_of(content_of(content).address)};
    made.record.conf.probation = probation();
    made.record.conf.keep_releases = k_keep;
    units_.push_back({.content = content});
    proven_.push_back(false);
    live_since_.push_back(k_never);
    disk_.releases.push_back(std::move(made));
    point();
}

void Simulation::import() {
    point();
    const auto content = content_;
    if (content_of(content).kind == Kind::no_conf && conf_written_until_ == k_never) {
        misbehaved_.set(content);
        return refuse(error_kind::config);
    }
    const bool busy = conf_written_until_ != k_never || file_written_until_ > now_;
    if (busy) {
        auto& since = pursuer_->files_busy_since;
        if (!since) since = now_;
        if (now_ - *since < k_patience) {
            const auto until = conf_written_until_ != k_never ? conf_written_until_ : file_written_until_;
            pursuer_->wakes = std::max(now_ + 20ms, std::min<Ms>(until, *since + k_patience));
            pursuer_->deaf = true;
            return;
        }
        since.reset();
        return put_off();
    }
    if (disk_full_) return put_off();
    const auto digest = std::to_string(content);
    if (!disk_.wish.anew) {
        const auto* const live = disk_.find(disk_.live);
        if (live != nullptr && live->record.tree_sha256 == digest) {
            pursuer_->files_busy_since.reset();
            return decide_by(decision_unchanged(disk_, live->record.release));
        }
        std::vector<site::Manifest> records;
        for (const auto& release : disk_.releases)
            records.push_back(release.record);
        site::Manifest made;
        made.tree_sha256 = digest;
        if (const auto before = refused_before(records, made, disk_.wish.outweighs)) {
            pursuer_->files_busy_since.reset();
            check_verdict(content);
            return refuse(error_kind::rejected, before->release);
        }
    }
    seal(content, nullptr);
    pursuer_->files_busy_since.reset();
    pursuer_->candidate =
        Candidate{.release = disk_.releases.back().record.release,
                  .wish = disk_.wish.number,
                  .conf = disk_.conf.stamp,
                  .preflight = is_foreign(content_of(content).kind) ? Preflight::due : Preflight::none,
                  .start_result = {}};
}

void Simulation::copy(int release, Purpose purpose) {
    const auto* const of = record(release);
    if (of == nullptr) {
        was_pruned_ = true; // meanwhile
        return refuse(error_kind::usage);
    }
    const auto original = *of;
    const auto* const live = disk_.find(disk_.live);
    if (purpose == Purpose::wish && live != nullptr && live->run == Run::up &&
        live->record.tree_sha256 == original.tree_sha256)
        return decide_by(decision_unchanged(disk_, live->record.release));
    seal(unit(release).content, &original);
    pursuer_->candidate = Candidate{
        .release = disk_.releases.back().record.release,
        .purpose = purpose,
        .wish = disk_.wish.number,
        .conf = disk_.conf.stamp,
        .preflight = is_foreign(content_of(unit(release).content).kind) && !original.live_since ? Preflight::due
                                                                                                : Preflight::none,
        .start_result = {}};
}

// ---- it is started -----------------------------------------------------------------------------------------------

void Simulation::bind() {
    const auto address = content_of(unit(pursuer_->candidate->release).content).address;
    const bool moves = disk_.find(disk_.live) != nullptr && needed_live_address() != address;
    if (moves && !listens_[address] && taken_[address]) throw HostError{};
    point();
    pursuer_->candidate->bound = true;
}

void Simulation::start() {
    auto& candidate = *pursuer_->candidate;
    const int release = candidate.release;
    if (candidate.preflight == Preflight::leaving) {
        candidate.preflight = Preflight::none;
        candidate.started = candidate.start_has_ended = candidate.stayed_up = false;
        candidate.start_result.clear();
    }
    hold_ = release;
    point();
    start_unit(release);
    pursuer_->candidate->started = true;
    point();
}

void Simulation::preflight() {
    auto& candidate = *pursuer_->candidate;
    point();
    if (candidate.preflight == Preflight::failed) {
        misbehaved_.set(unit(candidate.release).content);
        return reject("preflight");
    }
    candidate.preflight = Preflight::leaving;
    stop_unit(candidate.release);
}

void Simulation::check() {
    point();
    const auto content = unit(pursuer_->candidate->release).content;
    if (content_of(content).kind == Kind::unhealthy) {
        misbehaved_.set(content);
        return reject("health");
    }
    pursuer_->candidate->checked = true;
}

// ---- it takes over -----------------------------------------------------------------------------------------------

/// What cannot be written is tried again by the next look.
void Simulation::write_records(const std::vector<site::Manifest>& records) {
    for (const auto& it : records) {
        point();
        if (disk_full_) {
            pursuer_->records_fail = true;
            return;
        }
        if (auto* const place = record(it.release)) *place = it;
        if (it.release == disk_.live) live_since_.at(static_cast<std::size_t>(it.release)) = now_;
    }
}

void Simulation::tell_others(int live) {
    for (std::size_t i = 1; i < units_.size(); ++i) {
        if (static_cast<int>(i) == live || !units_[i].runs() || units_[i].state == Unit::State::deactivating) continue;
        point();
        stop_unit(static_cast<int>(i));
    }
}

void Simulation::let_accept(int release) {
    point();
    unit(release).held = false;
}

void Simulation::switch_over() {
    const auto candidate = *pursuer_->candidate;
    const auto records = records_after_switch(disk_, candidate, {}, wall());
    const auto decision = decision_after_switch(disk_, candidate, pursuer_->switched_to);
    const auto tries = after_switch(disk_);
    require_room();
    point();
    check_switch();
    if (records.size() > 1 && records.front().outcome == Outcome::rolled_back && candidate.purpose == Purpose::wish)
        taken_back_.set(unit(records.front().release).content);
    disk_.live = candidate.release; // the commit point
    pursuer_->records_fail = false;
    pursuer_->switched_to = candidate.release;
    pursuer_->candidate.reset();
    point();
    for (std::size_t i = 0; i < k_addresses; ++i)
        if (listens_[i] && i != needed_live_address()) {
            point();
            listens_[i] = false;
        }
    tell_others(candidate.release);
    let_accept(candidate.release);
    decide_if_there_is_room(decision);
    if (!pursuer_->records_fail) write_records(records);
    disk_.tries = tries;
    prune();
}

void Simulation::finish_switch() {
    const auto records = records_after_interrupted_switch(disk_);
    const auto decision = decision_after_interrupted_switch(disk_);
    pursuer_->records_fail = false;
    if (decision) decide_if_there_is_room(*decision);
    if (!pursuer_->records_fail) write_records(records);
    if (pursuer_->records_fail) return;
    tell_others(*disk_.live);
    if (unit(*disk_.live).state == Unit::State::active) let_accept(*disk_.live);
}

void Simulation::prune() {
    std::vector<site::Manifest> records;
    std::set<int> running;
    for (const auto& release : disk_.releases) {
        records.push_back(release.record);
        if (unit(release.record.release).runs()) running.insert(release.record.release);
    }
    for (const int release : releases_to_prune(records, *disk_.live, running, k_keep)) {
        point();
        erase_release(release);
    }
}

// ---- or it does not ----------------------------------------------------------------------------------------------

void Simulation::drop(int release, Fault fault) {
    const auto& candidate = pursuer_->candidate;
    const bool ours = candidate && candidate->release == release;
    const auto purpose = ours ? candidate->purpose : Purpose::wish;
    point();
    end_unit(release);
    if (ours) {
        pursuer_->candidate.reset();
        hold_ = 0;
    }
    point();
    erase_release(release);
    if (fault == Fault::none) return;
    if (purpose == Purpose::way_back)
        disk_.tries = after_way_back_failed(disk_, "the host");
    else
        put_off();
}

void Simulation::reject(const char* step) {
    const auto candidate = *pursuer_->candidate;
    check_verdict(unit(candidate.release).content);
    end_unit(candidate.release);
    point();
    pursuer_->candidate.reset();
    hold_ = 0;
    require_room();
    auto& manifest = *record(candidate.release);
    manifest.outcome = Outcome::rejected;
    manifest.failed_step = step;
    manifest.set_reason("it failed");
    point();
    if (candidate.purpose == Purpose::way_back)
        disk_.tries = after_way_back_failed(disk_, "rejected");
    else
        refuse(error_kind::rejected, candidate.release);
}

void Simulation::decide_by(const Decision& decision) {
    point();
    require_room();
    disk_.decided = decision;
}

void Simulation::decide_if_there_is_room(const Decision& decision) {
    point();
    if (disk_full_)
        pursuer_->records_fail = true;
    else
        disk_.decided = decision;
}

void Simulation::refuse(ErrorKind kind, std::optional<int> rejected) {
    const Error error{"refused", kind};
    disk_.tries = after_verdict(disk_);
    decide_by(decision_after_refusal(disk_, rejected, error));
}

void Simulation::put_off() {
    disk_.tries = after_put_off(disk_, "the host");
}

// ---- the live one ------------------------------------------------------------------------------------------------

void Simulation::start_live() {
    disk_.tries = after_start_of_live(disk_);
    auto& it = unit(*disk_.live);
    if (it.state == Unit::State::failed) forget_failure(it);
    point();
    try {
        start_unit(*disk_.live);
    } catch (const HostError&) {
        disk_.tries = after_failed_start_of_live(disk_.tries, disk_.now, "masked");
        return;
    }
    pursuer_->live_was_started = true;
    pursuer_->start_again = false;
}

/// A release that holds a socket nobody reaches is told to leave for a new one.
void Simulation::listen(const std::string& unit) {
    const std::size_t address = unit == "s.socket" ? 0 : 1;
    point();
    const bool leaves = this->unit(*disk_.live).state == Unit::State::active;
    listens_.at(address) = false;
    if (leaves) stop_unit(*disk_.live);
    point();
    if (handle_ == Handle::inactive) return;
    listens_.at(address) = !taken_.at(address);
    if (leaves) pursuer_->start_again = true;
    disk_.tries = listens_.at(address) ? after_listening(disk_.tries)
                                       : after_failed_listening(disk_.tries, disk_.now, "its port is taken");
}

void Simulation::write_units() {
    point();
    require_room();
    for (const int release : needed_units())
        unit(release).has_own_drop_in = true;
}

} // namespace simulation
