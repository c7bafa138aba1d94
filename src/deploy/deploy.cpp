// SPDX-License-Identifier: MIT
#include "deploy/deploy.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/decisions.hpp"
#include "deploy/evidence.hpp"
#include "deploy/prune.hpp"
#include "deploy/recorded.hpp"
#include "deploy/recover.hpp"
#include "deploy/running.hpp"
#include "deploy/site_lock.hpp"
#include "deploy/stopwatch.hpp"
#include "deploy/take_over.hpp"
#include "deploy/unit_names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace baton::deploy {
namespace {

std::string live_text(SiteContext& context) {
    const auto live = context.store.live();
    if (!live) return "no release is live";
    return fmt::format("release {} (Ver {}) is still serving", *live,
                       printable(context.store.manifest(*live).conf.ver));
}

Deployed finish(SiteContext& context, const site::Manifest& manifest, Event event) {
    const auto taken = take_over(context, manifest);
    Stopwatch stopwatch;
    const auto deleted = prune(context, taken.release, manifest.conf.keep_releases);
    context.story.step(Step::prune,
                       fmt::format("{} old snapshots deleted, {} kept", deleted, context.store.releases().size()),
                       stopwatch.lap());
    context.story.say(event, sd::Priority::notice,
                      fmt::format("release {} (Ver {}) is live, pid {}, program {:.12}{}", taken.release,
                                  printable(manifest.conf.ver), taken.main_pid, manifest.program_sha256,
                                  taken.before ? fmt::format("; release {} drains", *taken.before) : ""));
    return {taken.release, manifest.conf.ver, taken.main_pid, true};
}

Deployed go_back(SiteContext& context, int to, Event event) {
    const auto manifest = copy_release(context, context.store.manifest(to));
    return finish(context, manifest, event);
}

void mark_rolled_back(SiteContext& context, int release, const std::string& reason) {
    auto manifest = context.store.manifest(release);
    manifest.outcome = site::Outcome::rolled_back;
    manifest.reason = reason;
    context.store.write_manifest(manifest);
}

int choose(SiteContext& context, std::optional<int> release) {
    const auto live = context.store.live();
    if (!release && live) release = release_to_go_back_to(all_manifests(context), *live);
    if (!release)
        throw Error{fmt::format("rolling back {}: no earlier release has been live", quote(context.name())),
                    ErrorKind::failed, fmt::format("baton status {} lists its releases", context.name())};
    const auto numbers = context.store.releases();
    if (std::find(numbers.begin(), numbers.end(), *release) == numbers.end())
        throw Error{
            fmt::format("rolling back {} to release {}: there is no such release", quote(context.name()), *release),
            ErrorKind::usage, fmt::format("baton status {} lists its releases", context.name())};
    if (release == live)
        throw Error{fmt::format("rolling back {} to release {}: it is live", quote(context.name()), *release),
                    ErrorKind::usage};
    return *release;
}

} // namespace

Deployed deploy_locked(SiteContext& context, Repeat repeat) {
    return recorded(context, [&]() -> Deployed {
        recover(context);
        std::optional<site::Manifest> manifest;
        try {
            manifest = take_snapshot(context, repeat);
        } catch (const Error& error) {
            const auto hint = error.hint().empty() ? "" : "; " + error.hint();
            throw error.with_hint(live_text(context) + hint);
        }
        if (manifest) return finish(context, *manifest, Event::release_live);
        const auto live = context.store.manifest(*context.store.live());
        context.story.say(Event::nothing_changed, sd::Priority::info,
                          fmt::format("nothing has changed since release {} (Ver {}), which is live", live.release,
                                      printable(live.conf.ver)));
        return {live.release, live.conf.ver, 0, false};
    });
}

Deployed deploy(SiteContext& context, OnBusy on_busy, Repeat repeat) {
    const auto lock = lock_site(context, on_busy);
    return deploy_locked(context, repeat);
}

Deployed roll_back(SiteContext& context, OnBusy on_busy, std::optional<int> release) {
    const auto lock = lock_site(context, on_busy);
    return recorded(context, [&] {
        recover(context);
        const auto live = context.store.live();
        const int to = choose(context, release);
        const auto done = go_back(context, to, Event::rolled_back);
        if (live && *live > to) mark_rolled_back(context, *live, "taken back by hand");
        return done;
    });
}

std::optional<Deployed> roll_back_after_failure(SiteContext& context) {
    const auto lock = lock_site(context, OnBusy::wait);
    recover(context);
    const auto live = context.store.live();
    if (!live) return std::nullopt;
    const auto status = context.manager.status(release_unit(context.name(), *live));
    const auto manifest = context.store.manifest(*live);
    const bool failed = status.active_state == "failed";
    if (!failed || standing(manifest, std::chrono::system_clock::now()) == Standing::proven) return std::nullopt;
    const auto reason = evidence(status);
    context.story.about(*live);
    context.story.say(
        Event::warning, sd::Priority::error,
        fmt::format("release {} (Ver {}) failed on probation: {}", *live, printable(manifest.conf.ver), reason));
    return recorded(context, [&]() -> std::optional<Deployed> {
        const auto to = release_to_go_back_to(all_manifests(context), *live);
        if (!to)
            throw Error{fmt::format(
                "rolling back {}: no earlier release to go back to; the next connection starts release {} again",
                quote(context.name()), *live)};
        const auto done = go_back(context, *to, Event::rolled_back);
        mark_rolled_back(context, *live, reason);
        return done;
    });
}

} // namespace baton::deploy
