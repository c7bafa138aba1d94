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

/// "release 3: its snapshot was deleted (KeepReleases)", or "releases 1 to 3: ..."
std::string pruned_text(const SiteContext& context) {
    const auto pruned = context.store.pruned();
    if (pruned.empty()) return {};
    const auto first = pruned.front().release;
    const auto last = pruned.back().release;
    if (first == last) return fmt::format("\n  release {}: its snapshot was deleted (KeepReleases)", first);
    return fmt::format("\n  releases {} to {}: {} snapshots were deleted (KeepReleases)", first, last, pruned.size());
}

/// Names every earlier release: one of them may be what the person wants.
Error no_way_back(const SiteContext& context, const std::vector<WayBack::Skipped>& skipped) {
    std::string why;
    for (const auto& [release, reason] : skipped)
        why += fmt::format("\n  release {}: {}", release, printable(reason));
    why += pruned_text(context);
    const auto doing = fmt::format("rolling back {}: ", quote(context.name()));
    const auto fix = fmt::format("put a working build in {} and change {}", quote(context.record.directory.native()),
                                 context.record.conf_name);
    if (why.empty()) return Error{doing + "no earlier release has been live", error_kind::failed, fix};
    const auto by_number = fmt::format("baton rollback {} N goes back to release N all the same", context.name());
    return Error{doing + "no earlier release is one to go back to" + why, error_kind::failed,
                 skipped.empty() ? fix : by_number + "; or " + fix};
}

std::string why_missing(const SiteContext& context, int release) {
    for (const auto& past : context.store.pruned())
        if (past.release == release) return "its snapshot was deleted (KeepReleases)";
    return "there is no such release";
}

} // namespace

Deployed deploy(SiteContext& context, Unchanged unchanged, Trigger trigger) {
    const bool anew = unchanged == Unchanged::deploy;
    return fulfil(context,
                  {.release = std::nullopt, .outweighs = anew ? newest_release(context) : 0, .anew = anew, .conf = {}},
                  trigger);
}

RollBackTo way_back(SiteContext& context, std::optional<int> release) {
    const auto manifests = all_manifests(context);
    RollBackTo way;
    if (!release) {
        if (const auto live = context.store.live()) {
            auto found = way_back_from(manifests, *live);
            release = found.release;
            way.skipped = std::move(found.skipped);
        }
        if (!release) throw no_way_back(context, way.skipped);
    }
    const auto doing = fmt::format("rolling back {} to release {}", quote(context.name()), *release);
    const auto found =
        std::find_if(manifests.begin(), manifests.end(), [&](const auto& m) { return m.release == *release; });
    if (found == manifests.end())
        throw Error{fmt::format("{}: {}", doing, why_missing(context, *release)), error_kind::usage,
                    fmt::format("baton status {} lists the releases that it can go back to", context.name())};
    if (found->outcome == site::Outcome::pending && release != context.store.live())
        throw Error{doing + ": it is being deployed at this moment", error_kind::usage,
                    fmt::format("baton status {} lists its releases", context.name())};
    way.release = *found;
    return way;
}

Deployed roll_back(SiteContext& context, const site::Manifest& to) {
    return fulfil(context, {.release = to.release, .outweighs = newest_release(context), .conf = {}});
}

} // namespace baton::deploy
