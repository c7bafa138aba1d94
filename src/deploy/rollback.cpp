// SPDX-License-Identifier: MIT
#include "deploy/rollback.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/activation.hpp"
#include "deploy/decisions.hpp"
#include "deploy/evidence.hpp"
#include "deploy/guard.hpp"
#include "deploy/recorded.hpp"
#include "deploy/recover.hpp"
#include "deploy/running.hpp"
#include "deploy/site_lock.hpp"
#include "deploy/snapshot.hpp"
#include "deploy/telling.hpp"
#include "deploy/unit_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace baton::deploy {
namespace {

using namespace std::chrono_literals;

constexpr int k_restarts = 3;
constexpr auto k_restart_pause = 1s;
constexpr auto k_long_life = 10s; // one that lived longer does not crash in a loop, and is started again at once

Deployed go_back(SiteContext& context, int to) {
    return go_live(context, copy_release(context, context.store.manifest(to)), Event::rolled_back);
}

void mark_rolled_back(SiteContext& context, int release, const std::string& reason) {
    auto manifest = context.store.manifest(release);
    manifest.outcome = site::Outcome::rolled_back;
    manifest.reason = reason;
    context.store.write_manifest(manifest);
}

int choose(SiteContext& context, std::optional<int> release) {
    const auto live = context.store.live();
    const auto doing = fmt::format("rolling back {}", quote(context.name()));
    const auto hint = fmt::format("baton status {} lists its releases", context.name());
    if (!release && live) release = release_to_go_back_to(all_manifests(context), *live);
    if (!release) throw Error{doing + ": no earlier release has been live", ErrorKind::failed, hint};
    const auto numbers = context.store.releases();
    if (std::find(numbers.begin(), numbers.end(), *release) == numbers.end())
        throw Error{fmt::format("{} to release {}: there is no such release", doing, *release), ErrorKind::usage, hint};
    if (release == live)
        throw Error{fmt::format("{} to release {}: it is live", doing, *release), ErrorKind::usage, hint};
    return *release;
}

/// The live release, if it is down without having been told to go down.
std::optional<site::Manifest> fallen_live(SiteContext& context, sd::UnitStatus& status) {
    const auto live = context.store.live();
    if (!live) return std::nullopt;
    status = context.manager.status(release_unit(context.name(), *live));
    if (!status.fell()) return std::nullopt;
    return context.store.manifest(*live);
}

bool on_probation(const site::Manifest& live) {
    return standing(live, std::chrono::system_clock::now()) == Standing::on_probation;
}

/// One that exits with status 0 once it is proven may do so when it is idle: the next connection starts it. While an
/// older one drains, no connection does: baton-activate@ is still active.
bool may_stay_down(SiteContext& context, const site::Manifest& fallen, const sd::UnitStatus& status) {
    return status.active_state == "inactive" && !on_probation(fallen) &&
           running_releases(context.manager, context.name()).empty();
}

/// True when an earlier release has taken over; else it has been told why not.
bool go_back_from(SiteContext& context, const site::Manifest& failed, const std::string& reason) {
    const auto to = release_to_go_back_to(all_manifests(context), failed.release);
    const auto give_up = [&](const std::string& why) {
        context.story.say(Event::roll_back_failed, sd::Priority::error, why);
        return false;
    };
    if (!to) return give_up("there is no earlier release to go back to");
    try {
        (void)go_back(context, *to);
    } catch (const Error& error) {
        return give_up(fmt::format("going back to release {}: {}", *to, error.what()));
    }
    mark_rolled_back(context, failed.release, reason);
    return true;
}

/// True when the live release serves again, by whoever's doing.
bool start_again(SiteContext& context, std::chrono::microseconds lived) {
    for (int i = 0; i < k_restarts; ++i) {
        if (i > 0 || lived < k_long_life) std::this_thread::sleep_for(k_restart_pause);
        sd::UnitStatus status;
        const auto fallen = fallen_live(context, status);
        if (!fallen || !serving_releases(context.manager, context.name()).empty()) return true;
        try {
            start_live(context, fallen->release);
            return true;
        } catch (const Error& error) {
            context.story.say(Event::warning, sd::Priority::error, error.what());
        }
    }
    return false;
}

bool is_pending(const site::Store& store, int release) try {
    return store.manifest(release).outcome == site::Outcome::pending;
} catch (const Error&) {
    return false; // its snapshot has been deleted
}

/// After one that is not live: it has drained, or was rejected, or its deploy was killed.
void clear_up(SiteContext& context, int release) {
    if (is_pending(context.store, release)) {
        const auto lock = Lock::try_take(context.store.lock_path());
        if (!lock) return; // its deploy runs, and looks at it
        recover(context);
    }
    const auto unit = release_unit(context.name(), release);
    const auto status = context.manager.status(unit);
    if (status.active_state != "failed") return;
    context.story.about(release);
    context.story.say(
        Event::warning, sd::Priority::warning,
        fmt::format("release {}, which is not live, failed as it ended: {}", release, failure_text(status)));
    context.manager.reset_failed(unit); // else failed units pile up
}

} // namespace

Deployed roll_back(SiteContext& context, OnBusy on_busy, std::optional<int> release) {
    const Guard guard{context.name()};
    const auto lock = lock_site(context, on_busy);
    return recorded(context, [&] {
        recover(context);
        const auto live = context.store.live();
        const int to = choose(context, release);
        const auto done = go_back(context, to);
        if (live && *live > to) mark_rolled_back(context, *live, "taken back by hand");
        return done;
    });
}

void bring_back(SiteContext& context) {
    const Guard guard{context.name()};
    sd::UnitStatus status;
    {
        const auto lock = lock_site(context, OnBusy::wait);
        recover(context);
        const auto fallen = fallen_live(context, status);
        if (!fallen || may_stay_down(context, *fallen, status)) return;
        const auto reason = evidence(status);
        context.story.about(fallen->release);
        context.story.say(Event::warning, sd::Priority::error,
                          fmt::format("{} failed: {}", release_text(*fallen), reason));
        if (on_probation(*fallen) && go_back_from(context, *fallen, reason)) return;
    }
    // Without the lock: a deploy of something better need not wait for this.
    if (start_again(context, status.main_lived)) return;
    // A release that was proven and does not come up any more, after a reboot say.
    const auto lock = lock_site(context, OnBusy::wait);
    if (const auto fallen = fallen_live(context, status); fallen && !go_back_from(context, *fallen, evidence(status)))
        context.story.say(Event::roll_back_failed, sd::Priority::error,
                          "the next connection starts the live release again");
}

void release_ended(SiteContext& context, int release) {
    if (context.manager.is_stopping()) return;
    if (context.store.live() != release) return clear_up(context, release);
    const auto handle = context.manager.status(handle_unit(context.name())).active_state;
    if (handle == "active" || handle == "reloading") bring_back(context);
}

void require_standing(SiteContext& context, int release) {
    const auto status = context.manager.status(release_unit(context.name(), release));
    const auto fallen = context.store.manifest(release);
    if (!status.fell() || !on_probation(fallen)) return; // a proven one is brought back by bring_back()
    const auto reason = evidence(status);
    const bool back = go_back_from(context, fallen, reason);
    throw Error{fmt::format("{} went live and failed at once: {}", release_text(fallen), reason),
                back ? ErrorKind::rolled_back : ErrorKind::failed, still_serving_text(context)};
}

} // namespace baton::deploy
