// SPDX-License-Identifier: MIT
#include "deploy/running.hpp"

#include "base/error.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/units/unit_names.hpp"

namespace baton::deploy {

Running running_releases(sd::Units& manager, const std::string& site) {
    Running running;
    for (const auto& unit : manager.list({release_pattern(site)}))
        if (const auto release = release_of_unit(site, unit.name); release && !sd::is_down(unit.active_state))
            running.emplace(*release, unit.active_state);
    return running;
}

std::set<int> serving_releases(sd::Units& manager, const std::string& site) {
    std::set<int> serving;
    for (const auto& [release, state] : running_releases(manager, site))
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
