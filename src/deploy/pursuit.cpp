// SPDX-License-Identifier: MIT
#include "deploy/pursuit.hpp"

#include "base/lock.hpp"
#include "base/text.hpp"
#include "deploy/act/acts.hpp"
#include "deploy/act/snapshot.hpp"
#include "deploy/change_watch.hpp"
#include "deploy/decide/consequence.hpp"
#include "deploy/guard.hpp"
#include "deploy/recorded.hpp"
#include "deploy/running.hpp"
#include "deploy/tell/telling.hpp"
#include "deploy/units/unit_names.hpp"
#include "deploy/wish/error_kinds.hpp"
#include "site/release/site_dir.hpp"

#include <fmt/format.h>

#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <thread>
#include <utility>

namespace baton::deploy {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds k_look_at_least = 1s;   // clocks jump, and a change can go unseen
constexpr milliseconds k_after_an_error = 10s; // such as a full disk: nothing announces free space
constexpr auto k_for_the_lock = 100ms;         // nothing announces that a lock is free

/// One process's pursuit, with the site's lock held.
class Pursuit {
  public:
    Pursuit(SiteContext& context, Trigger trigger)
        : trigger_{trigger},
          occasion_{occasion_of(trigger)},
          watch_{context},
          pursued_(Pursued{.context = context, .tries = {}}) {
        context.manager.heed([site = context.name()](std::string_view unit) { return is_of_site(site, unit); });
        pursued_.tries = read_tries(context.tries_path());
        if (trigger == Trigger::start) pursued_.tries.live = {}; // a stop and start need not wait for a try
        context.store.upgrade();
        context.store.remove_partial();
        remove_holds(context.store);
    }

    void run();
    [[nodiscard]] const Pursued& pursued() const noexcept { return pursued_; }

  private:
    void act(const Picture& picture, const Action& action);
    [[noreturn]] void leave_it_to_another();
    void refuse_candidate(const Picture& picture, const Error& error);
    [[nodiscard]] std::string with_what_serves(const Error& error) const;
    void note_started(const Picture& picture);
    void note_listening(const Picture& picture);
    void come_back_in(milliseconds delay);
    void leave_read_only_disk() const;
    void tell_progress(const Picture& picture) const;
    void give_sockets();

    Trigger trigger_;
    Occasion occasion_;
    ChangeWatch watch_;
    Pursued pursued_;
};

/// It copies files, or asks a program. A prune gives way itself; the switch does not, while no release may accept.
bool may_take_long(Act act) {
    constexpr std::array k_long{Act::import, Act::copy, Act::go_back, Act::preflight, Act::check};
    return std::find(k_long.begin(), k_long.end(), act) != k_long.end();
}

/// A new listener requires a stop of what the connection started, and that is us.
void Pursuit::leave_it_to_another() {
    (void)pursued_.context.manager.queue_start(pursue_unit(pursued_.name()) + ".service");
    throw Error{fmt::format("activating {}: {}.service restores its listener", quote(pursued_.name()),
                            pursue_unit(pursued_.name()))};
}

std::string Pursuit::with_what_serves(const Error& error) const {
    return fmt::format("{}{}{}", still_serving_text(pursued_.context), error.hint().empty() ? "" : "; ", error.hint());
}

void Pursuit::act(const Picture& picture, const Action& action) try {
    if (trigger_ == Trigger::connection && action.act == Act::listen) leave_it_to_another();
    if (may_take_long(action.act)) pursued_.context.manager.give_way();
    perform(pursued_, picture, action);
} catch (const RecordedError&) {
    throw;
} catch (const Error& error) {
    // If this host prevented a step towards a wish, it is tried again. Other errors are reported, and the next look
    // sees the result.
    switch (recourse(error.kind(), action.act, pursued_.candidate.has_value())) {
    case Recourse::end:
        throw;
    case Recourse::refuse:
        return refuse_candidate(picture, error);
    case Recourse::put_off:
        return put_off(pursued_, picture, error.with_hint(with_what_serves(error)));
    case Recourse::put_off_way_back:
        return put_off_way_back(pursued_, picture,
                                fmt::format("going back to release {}: {}", action.release, error.what()));
    case Recourse::drop:
        return drop(pursued_, picture,
                    {.act = Act::drop,
                     .release = pursued_.candidate->release,
                     .why = error.what(),
                     .fault = Fault::host,
                     .unit = {}});
    }
}

/// What root does not allow is not a fault of the host.
void Pursuit::refuse_candidate(const Picture& picture, const Error& error) {
    if (pursued_.candidate)
        drop(pursued_, picture,
             {.act = Act::drop, .release = pursued_.candidate->release, .why = error.what(), .unit = {}});
    refuse(pursued_, picture, error.with_hint(with_what_serves(error)));
}

/// The live release that this process started is up.
void Pursuit::note_started(const Picture& picture) {
    const auto* const live = picture.find(picture.live);
    if (!pursued_.live_was_started || live == nullptr || live->run != Run::up) return;
    pursued_.live_was_started = false;
    auto& context = pursued_.context;
    const auto pid = context.manager.status(release_unit(context.name(), *picture.live)).main_pid;
    context.story.say(Event::activated, sd::Priority::notice,
                      fmt::format("{} is up, pid {}", release_text(live->record), pid));
}

/// Something else than a try has made it listen.
void Pursuit::note_listening(const Picture& picture) {
    const auto is_well = [](const ListenerPicture& it) { return !it.is_lives || (it.active && it.answers); };
    if (pursued_.tries.listener.count > 0 && picture.live &&
        std::all_of(picture.listeners.begin(), picture.listeners.end(), is_well))
        pursued_.keep(after_listening(pursued_.tries));
}

void Pursuit::come_back_in(milliseconds delay) {
    const auto& site = pursued_.name();
    try {
        pursued_.context.manager.start_timer(pursue_unit(site), delay);
    } catch (const Error& error) {
        pursued_.context.story.record(Event::warning, sd::Priority::warning,
                                      fmt::format("{}; baton looks again within a minute", error.what()));
    }
}

/// What this process waits for, for whoever watches it.
void Pursuit::tell_progress(const Picture& picture) const {
    auto& story = pursued_.context.story;
    const auto& candidate = pursued_.candidate;
    if (candidate && candidate->started)
        story.progress(
            Step::start,
            fmt::format("{} {}", release_unit(pursued_.name(), candidate->release),
                        candidate->preflight == Preflight::none ? "is starting" : "is tried on sockets of its own"));
    else if (picture.conf.being_written)
        story.progress(Step::read, "somebody is writing watch.conf");
    else if (!picture.conf.quiet)
        story.progress(Step::read, fmt::format("until nothing has changed for a while: {} left",
                                               duration_text(picture.conf.quiet_in)));
}

/// Anybody may ask.
void Pursuit::give_sockets() {
    auto& context = pursued_.context;
    const auto unit = release_unit(pursued_.name(), pursued_.candidate->release);
    const auto turned_away =
        pursued_.preflight->give_to([&](pid_t pid) { return is_process_of(context.paths.scope, unit, pid); });
    if (!turned_away) return;
    context.story.record(Event::warning, sd::Priority::warning,
                         fmt::format("process {} asked for the sockets of the preflight and got none; expected a "
                                     "process of {}, found one of {}",
                                     *turned_away, quote(unit), quote(groups_of(*turned_away))));
}

/// systemd gave this process mounts of its own: if the disk becomes writable again, only a new process sees it.
void Pursuit::leave_read_only_disk() const {
    const auto& state = pursued_.context.store.directory();
    struct statvfs seen = {};
    if (::statvfs(state.c_str(), &seen) != 0 || (seen.f_flag & ST_RDONLY) == 0) return;
    throw Error{
        fmt::format("waiting for what {} needs: {} is read-only", quote(pursued_.name()), quote(state.native())),
        error_kind::failed,
        fmt::format("findmnt -T {0} shows its file system, and mount -o remount,rw makes it writable; baton "
                    "tries again every ten seconds",
                    quote(state.native()))};
}

/// Whatever this host prevented is looked at again.
void Pursuit::run() try {
    for (;;) {
        auto picture = observe(pursued_, occasion_);
        note_started(picture);
        note_listening(picture);
        const auto action = decide(picture);
        if (action.act != Act::wait && action.act != Act::settled) {
            act(picture, action);
            continue;
        }
        if (std::exchange(pursued_.seen, {}).was_relied_on) continue;
        if (!stays(trigger_, picture, action)) {
            // That start is ordered after the handle, and we are the handle's start.
            if (picture.start_only && is_wish_open(picture))
                (void)pursued_.context.manager.queue_start(reload_unit(pursued_.name()));
            if (action.act == Act::wait) come_back_in(action.limit);
            return;
        }
        leave_read_only_disk();
        tell_progress(picture);
        auto& manager = pursued_.context.manager;
        const int asked = pursued_.preflight ? pursued_.preflight->descriptor() : -1;
        const int answered = pursued_.probe ? pursued_.probe->descriptor() : -1;
        manager.wait_for_change({watch_.descriptor(), asked, answered}, std::min(action.limit, k_look_at_least));
        watch_.forget_changes();
        if (pursued_.preflight) give_sockets();
    }
} catch (const Error&) {
    come_back_in(k_after_an_error);
    throw;
}

/// The outcome of the newest wish; empty while the wish is open.
struct Outcome {
    std::optional<Deployed> deployed;
    std::optional<Error> error;
};

Deployed deployed(SiteContext& context, const Decision& decision) {
    const auto live = context.store.manifest(decision.release.value_or(*context.store.live()));
    if (decision.result == Decision::Result::unchanged) return {live.release, live.conf.ver, 0, false};
    return {live.release, live.conf.ver, context.manager.status(release_unit(context.name(), live.release)).main_pid,
            true};
}

/// Whether the live release serves, or can serve at the next connection.
std::optional<Error> failure_of_live(SiteContext& context, const Decision& decision) {
    if (!decision.release) return std::nullopt;
    const auto unit = release_unit(context.name(), *decision.release);
    const auto status = context.manager.status(unit);
    if (context.store.live() != decision.release || !status.fell() || status.result == sd::ServiceResult::success)
        return std::nullopt;
    return Error{fmt::format("{} is live but does not come up: {}",
                             release_text(context.store.manifest(*decision.release)), sd::text(status.result)),
                 error_kind::failed,
                 fmt::format("it is tried again automatically; baton logs {} shows its output", context.name())};
}

std::optional<Outcome> outcome_of(SiteContext& context, std::uint64_t wish) {
    const auto decision = read_decision(context.store);
    if (decision.wish < wish) return std::nullopt;
    switch (decision.result) {
    case Decision::Result::none:
        return std::nullopt;
    case Decision::Result::live:
    case Decision::Result::unchanged:
        if (auto failure = failure_of_live(context, decision)) return Outcome{std::nullopt, std::move(failure)};
        return Outcome{deployed(context, decision), std::nullopt};
    case Decision::Result::refused:
    case Decision::Result::rejected:
    case Decision::Result::rolled_back:
        break;
    }
    return Outcome{std::nullopt, Error{decision.error, decision.kind, decision.hint}};
}

/// Another process pursues the wish and could not fulfil it yet.
std::optional<Error> put_off_elsewhere(const SiteContext& context, std::uint64_t wish) {
    const auto tries = read_tries(context.tries_path());
    if (tries.wish.count == 0 || tries.wish.of < wish) return std::nullopt;
    return Error{tries.wish.why, error_kind::failed,
                 fmt::format("{}; it is tried again automatically, next at {}", still_serving_text(context),
                             iso8601(tries.wish.next))};
}

Try tries_of_live(const SiteContext& context) {
    return read_tries(context.tries_path()).live;
}

/// Another process has started the live release, or has failed to. `before`: its tries until then.
bool starts_elsewhere(SiteContext& context, const Try& before) {
    for (const auto& [release, state] : running_releases(context))
        if (state == sd::ActiveState::active) return true;
    const auto tries = tries_of_live(context);
    return tries.count > 0 && !tries.why.empty() && (tries.count != before.count || tries.next != before.next);
}

Error stopped(const SiteContext& context) {
    return Error{fmt::format("deploying {}: the site is stopped", quote(context.name())), error_kind::failed,
                 fmt::format("systemctl start {} starts it, and deploys what its directory has then", context.name())};
}

void require_up(SiteContext& context) {
    const auto state = context.manager.status(handle_unit(context.name())).active_state;
    if (!sd::is_up_or_starting(state)) throw stopped(context);
}

void tell_unchanged(SiteContext& context, const Deployed& deployed, const Wish& wish) {
    const auto live = release_text(context.store.manifest(deployed.release));
    context.story.say(
        Event::nothing_changed, sd::Priority::info,
        !wish.release ? fmt::format("nothing has changed since {}, which is live", live)
        : wish.release == deployed.release
            ? fmt::format("{} is live already, and stays", live)
            : fmt::format("{}, which is live, has the content of release {}, and stays", live, *wish.release));
}

void tell_joined(SiteContext& context, int release) {
    context.story.about(release);
    context.story.say(
        Event::deploy_step, sd::Priority::info,
        fmt::format("{} is live; another process has deployed it", release_text(context.store.manifest(release))));
}

/// Waits for the process that pursues the wish. Returns the lock when we can take over.
std::optional<Lock> wait_for_lock(SiteContext& context, std::uint64_t wish, std::optional<Outcome>& outcome) {
    for (;;) {
        if (auto lock = Lock::try_take(context.store.lock_path())) return lock;
        outcome = outcome_of(context, wish);
        if (!outcome)
            if (auto error = put_off_elsewhere(context, wish)) outcome = Outcome{std::nullopt, std::move(error)};
        if (outcome) return std::nullopt;
        context.story.progress(Step::read, "another process deploys the site");
        context.manager.wait_for_change({}, k_for_the_lock);
    }
}

/// A child continues if we are killed. A registration has its own guard. An activation needs none: a waiting connection
/// starts another one, and one that is told to leave for a new listener must be gone.
std::optional<Guard> guard_of(const SiteContext& context, Trigger trigger) {
    if (trigger == Trigger::registration || trigger == Trigger::connection) return std::nullopt;
    return std::optional<Guard>{std::in_place, context.paths.scope, "pursue", context.name()};
}

Outcome pursue_wish(SiteContext& context, std::uint64_t wish, Trigger trigger) {
    const auto guard = guard_of(context, trigger);
    std::optional<Outcome> outcome;
    const auto lock = wait_for_lock(context, wish, outcome);
    if (outcome) {
        if (outcome->deployed && outcome->deployed->changed) tell_joined(context, outcome->deployed->release);
        return *outcome;
    }
    Pursuit pursuit{context, trigger};
    pursuit.run();
    if (const auto decided = outcome_of(context, wish)) {
        // While we have the lock: whoever takes it next would find the release of a site that is down.
        if (trigger == Trigger::registration && decided->deployed)
            context.manager.queue_start(handle_unit(context.name()));
        return *decided;
    }
    if (const auto& why = pursuit.pursued().put_off) return {std::nullopt, *why};
    if (auto error = put_off_elsewhere(context, wish)) return {std::nullopt, std::move(error)};
    // A stop that waits in the queue ends a reload with SIGTERM, which does not count as a failure of the handle. A
    // non-zero exit status of ours would, if that stop has begun by then.
    if (trigger == Trigger::reload) (void)::raise(SIGTERM);
    return {std::nullopt, stopped(context)};
}

} // namespace

std::optional<Lock> lock_to_look(const site::Store& store) {
    std::optional<Lock> waiting;
    try {
        waiting = Lock::try_take(store.directory() / "look.lock");
        if (!waiting) return std::nullopt;
    } catch (const Error&) { // a read-only disk: each process waits on its own
    }
    return Lock::take(store.lock_path());
}

void pursue(SiteContext& context, Trigger trigger, std::optional<Lock> held) {
    const auto guard = guard_of(context, trigger);
    const auto tries = tries_of_live(context);
    auto lock = held ? std::move(held) : Lock::try_take(context.store.lock_path());
    while (!lock && trigger == Trigger::start) {
        // The process that pursues the site sees that the site starts. A client's activation may stay until the release
        // is up; the handle need not.
        if (starts_elsewhere(context, tries)) return;
        context.manager.wait_for_change({}, k_for_the_lock);
        lock = Lock::try_take(context.store.lock_path());
    }
    if (!lock) {
        context.manager.give_way(); // whoever has the lock may wait for our turn
        lock = Lock::take(context.store.lock_path());
    }
    if (!context.store.record()) return; // unregistered meanwhile
    Pursuit{context, trigger}.run();
}

/// On a full disk, a roll back makes room in the reserve of the release that it goes to.
Wish write(const site::Store& store, const Wish& wish, Trigger trigger) try {
    return trigger == Trigger::reload ? join_wish(store, wish) : write_wish(store, wish);
} catch (const Error& error) {
    if (!error.hint().empty()) throw;
    if (wish.release && give_up_reserve(store, *wish.release)) return write_wish(store, wish);
    throw error.with_hint(fmt::format("df -h {} shows the room there; baton doctor {} says what is wrong",
                                      quote(store.directory().native()), store.site()));
}

Deployed fulfil(SiteContext& context, Wish wish, Trigger trigger) {
    if (trigger != Trigger::registration) require_up(context);
    wish.conf = site::conf_stamp(context.record.directory, context.record.conf_name);
    const auto written = write(context.store, wish, trigger);
    const auto outcome = pursue_wish(context, written.number, trigger);
    if (outcome.error) throw RecordedError{*outcome.error};
    if (!outcome.deployed->changed) tell_unchanged(context, *outcome.deployed, wish);
    return *outcome.deployed;
}

void require_idle(const SiteContext& context) {
    if (Lock::try_take(context.store.lock_path())) return;
    throw Error{fmt::format("deploying {}: another deploy of it is running", quote(context.name())), error_kind::busy,
                fmt::format("without --no-wait, baton waits for its outcome")};
}

} // namespace baton::deploy
