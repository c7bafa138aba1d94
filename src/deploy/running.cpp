// SPDX-License-Identifier: MIT
#include "deploy/running.hpp"

#include "base/error.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/units/unit_names.hpp"

namespace baton::deploy {
namespace {

Running running(const SiteContext& context, const std::vector<sd::UnitListing>& units) {
    Running running;
    for (const auto& unit : units)
        if (const auto release = release_of_unit(context.name(), unit.name); release && !sd::is_down(unit.active_state))
            running.emplace(*release, unit.active_state);
    return running;
}

} // namespace

Running running_releases(SiteContext& context, const std::vector<int>& strays) {
    const auto kept = context.store.releases();
    std::set<int> releases{kept.begin(), kept.end()};
    releases.insert(strays.begin(), strays.end());
    if (const auto live = context.store.live()) releases.insert(*live);
    std::vector<std::string> units;
    for (const int release : releases)
        units.push_back(release_unit(context.name(), release));
    return running(context, context.manager.list_named(units));
}

Running all_running_releases(SiteContext& context) {
    return running(context, context.manager.list({release_pattern(context.name())}));
}

std::set<int> serving_releases(SiteContext& context) {
    std::set<int> serving;
    for (const auto& [release, state] : running_releases(context))
        if (state != sd::ActiveState::deactivating) serving.insert(release);
    return serving;
}

std::vector<site::Manifest> all_manifests(SiteContext& context) {
    std::vector<site::Manifest> manifests;
    for (const int release : context.store.releases())
        try {
            manifests.push_back(context.store.manifest(release));
        } catch (const Error& error) {
            context.story.say(Event::warning, sd::Priority::warning, std::string{error.what()} + ", ignoring");
        }
    return manifests;
}

} // namespace baton::deploy
