// SPDX-License-Identifier: MIT
#include "deploy/deploy.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/recorded.hpp"
#include "deploy/recover.hpp"
#include "deploy/site_lock.hpp"

#include <fmt/format.h>

namespace baton::deploy {
namespace {

std::string live_text(SiteContext& context) {
    const auto live = context.store.live();
    if (!live) return "no release is live";
    return fmt::format("release {} (Ver {}) is still serving", *live,
                       printable(context.store.manifest(*live).conf.ver));
}

Deployed deploy_once(SiteContext& context, Repeat repeat) {
    std::optional<site::Manifest> manifest;
    try {
        manifest = take_snapshot(context, repeat);
    } catch (const Error& error) {
        throw error.with_hint(live_text(context) + (error.hint().empty() ? "" : "; " + error.hint()));
    }
    if (manifest) return go_live(context, *manifest, Event::release_live);
    const auto live = context.store.manifest(*context.store.live());
    context.story.say(Event::nothing_changed, sd::Priority::info,
                      fmt::format("nothing has changed since release {} (Ver {}), which is live", live.release,
                                  printable(live.conf.ver)));
    return {live.release, live.conf.ver, 0, false};
}

} // namespace

Deployed deploy(SiteContext& context, OnBusy on_busy, Repeat repeat) {
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
