// SPDX-License-Identifier: MIT
#include "deploy/act/prune.hpp"

#include "base/error.hpp"
#include "deploy/decide/standing.hpp"
#include "deploy/units/site_units.hpp"

namespace baton::deploy {

std::size_t prune(SiteContext& context, const Running& running, int live, int keep) {
    std::set<int> kept;
    for (const auto& [release, state] : running)
        kept.insert(release);
    std::size_t deleted = 0;
    const auto old = releases_to_prune(all_manifests(context), live, kept, keep);
    if (!old.empty()) context.manager.give_way(); // they may be large
    for (const int release : old)
        try {
            remove_release_unit(context.paths, context.name(), release); // before the files that tell of it
            context.store.remove_release(release);
            ++deleted;
        } catch (const Error& error) {
            context.story.say(Event::warning, sd::Priority::warning, error.what());
        }
    return deleted;
}

} // namespace baton::deploy
