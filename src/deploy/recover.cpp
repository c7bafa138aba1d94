// SPDX-License-Identifier: MIT
#include "deploy/recover.hpp"

#include "deploy/listener.hpp"
#include "deploy/running.hpp"
#include "deploy/unit_names.hpp"

#include <fmt/format.h>

namespace baton::deploy {
namespace {

/// A release whose deploy has no recorded end: the live link says whether it took over.
void settle_pending(SiteContext& context, site::Manifest manifest, std::optional<int> live) {
    const bool took_over = live == manifest.release;
    manifest.outcome = took_over ? site::Outcome::accepted : site::Outcome::rejected;
    if (took_over)
        manifest.live_since = std::chrono::system_clock::now();
    else
        manifest.reason = "the deploy was interrupted";
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
    if (interrupted) restore_listener(context);
}

} // namespace baton::deploy
