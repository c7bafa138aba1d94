// SPDX-License-Identifier: MIT
#include "deploy/deploy.hpp"

#include "base/error.hpp"
#include "deploy/guard.hpp"
#include "deploy/recorded.hpp"
#include "deploy/recover.hpp"
#include "deploy/rollback.hpp"
#include "deploy/site_lock.hpp"
#include "deploy/telling.hpp"

#include <fmt/format.h>

namespace baton::deploy {
namespace {

Deployed deploy_once(SiteContext& context, Repeat repeat) {
    std::optional<site::Manifest> manifest;
    try {
        manifest = take_snapshot(context, repeat);
    } catch (const Error& error) {
        throw error.with_hint(still_serving_text(context) + (error.hint().empty() ? "" : "; " + error.hint()));
    }
    if (manifest) {
        auto deployed = go_live(context, *manifest, Event::release_live);
        require_standing(context, deployed.release);
        return deployed;
    }
    const auto live = context.store.manifest(*context.store.live());
    context.story.say(Event::nothing_changed, sd::Priority::info,
                      fmt::format("nothing has changed since {}, which is live", release_text(live)));
    return {live.release, live.conf.ver, 0, false};
}

} // namespace

Deployed deploy(SiteContext& context, OnBusy on_busy, Repeat repeat) {
    const Guard guard{context.name()};
    const auto lock = lock_site(context, on_busy);
    return recorded(context, [&] {
        recover(context);
        auto deployed = deploy_once(context, repeat);
        // The watch is blind for the milliseconds in which its helper runs; what changed then is not lost.
        while (conf_differs_from(context, deployed.release))
            deployed = deploy_once(context, Repeat::is_an_answer);
        return deployed;
    });
}

} // namespace baton::deploy
