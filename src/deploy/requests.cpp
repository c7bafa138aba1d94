// SPDX-License-Identifier: MIT
#include "deploy/requests.hpp"

#include "base/text.hpp"
#include "deploy/decide/standing.hpp"
#include "deploy/running.hpp"
#include "deploy/tell/telling.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace baton::deploy {
namespace {

int newest_release(const SiteContext& context) {
    return context.store.next_release() - 1;
}

} // namespace

Deployed deploy(SiteContext& context, Unchanged unchanged, Trigger trigger) {
    const bool anew = unchanged == Unchanged::deploy;
    return fulfil(context,
                  {.release = std::nullopt, .outweighs = anew ? newest_release(context) : 0, .anew = anew, .conf = {}},
                  trigger);
}

site::Manifest way_back(SiteContext& context, std::optional<int> release) {
    const auto live = context.store.live();
    const auto doing = fmt::format("rolling back {}", quote(context.name()));
    const auto hint = fmt::format("baton status {} lists its releases", context.name());
    const auto manifests = all_manifests(context);
    if (!release && live) release = release_before(manifests, *live);
    if (!release) throw Error{doing + ": no earlier release has been live", ErrorKind::failed, hint};
    const auto found =
        std::find_if(manifests.begin(), manifests.end(), [&](const auto& m) { return m.release == *release; });
    if (found == manifests.end())
        throw Error{fmt::format("{} to release {}: there is no such release", doing, *release), ErrorKind::usage, hint};
    if (release == live)
        throw Error{fmt::format("{} to release {}: it is live", doing, *release), ErrorKind::usage, hint};
    if (found->outcome == site::Outcome::pending)
        throw Error{fmt::format("{} to release {}: it is being deployed at this moment", doing, *release),
                    ErrorKind::usage, hint};
    return *found;
}

Deployed roll_back(SiteContext& context, const site::Manifest& to) {
    return fulfil(context, {.release = to.release, .outweighs = newest_release(context), .conf = {}});
}

} // namespace baton::deploy
