// SPDX-License-Identifier: MIT
#include "deploy/recover.hpp"

#include "deploy/hold.hpp"
#include "deploy/listener.hpp"
#include "deploy/running.hpp"
#include "deploy/unit_names.hpp"

#include <fmt/format.h>

namespace baton::deploy {
namespace {

/// What was live before is so no longer: its probation is counted up to now.
void end_earlier_lives(SiteContext& context, int live, site::Time now) {
    for (auto& manifest : all_manifests(context))
        if (manifest.release != live && manifest.live_since && !manifest.live_until) {
            manifest.live_until = now;
            context.store.write_manifest(manifest);
        }
}

/// A release whose deploy has no recorded end: the live link says whether it took over.
void settle_pending(SiteContext& context, site::Manifest manifest, std::optional<int> live) {
    const bool took_over = live == manifest.release;
    manifest.outcome = took_over ? site::Outcome::accepted : site::Outcome::rejected;
    if (took_over) {
        manifest.live_since = std::chrono::system_clock::now();
        end_earlier_lives(context, manifest.release, *manifest.live_since);
    } else {
        manifest.reason = "the deploy was interrupted";
    }
    context.store.write_manifest(manifest);
    context.story.say(Event::recovered, sd::Priority::notice,
                      fmt::format("the deploy of release {} was interrupted; {}", manifest.release,
                                  took_over ? "it had taken over and is live" : "it is counted as rejected"));
}

} // namespace

void recover(SiteContext& context) {
    context.store.remove_partial();
    const auto live = context.store.live();
    bool interrupted = false;
    for (auto& manifest : all_manifests(context))
        if (manifest.outcome == site::Outcome::pending) {
            interrupted = true;
            settle_pending(context, std::move(manifest), live);
        }
    for (const int release : serving_releases(context.manager, context.name()))
        if (release != live) {
            interrupted = true;
            context.manager.queue_stop(release_unit(context.name(), release));
        }
    remove_holds(context.paths, context.name());
    if (interrupted) restore_listener(context);
}

} // namespace baton::deploy
