// SPDX-License-Identifier: MIT
#include "deploy/decide/standing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>

namespace baton::deploy {
namespace {

using site::Manifest;
using site::Outcome;

bool was_proven(const Manifest& manifest) {
    if (manifest.outcome != Outcome::accepted || !manifest.live_since) return false;
    return manifest.live_until && *manifest.live_until - *manifest.live_since >= manifest.conf.probation;
}

/// The newest release that `is_one_of` selects, if it failed.
template <typename Predicate>
std::optional<Manifest> refused(const std::vector<Manifest>& releases, Predicate is_one_of) {
    std::optional<Manifest> newest;
    for (const auto& manifest : releases)
        if (is_one_of(manifest) && manifest.outcome != Outcome::pending &&
            (!newest || manifest.release > newest->release))
            newest = manifest;
    if (!newest) return std::nullopt;
    const bool rejected = newest->outcome == Outcome::rejected && !newest->failed_step.empty();
    return rejected || newest->outcome == Outcome::rolled_back ? newest : std::nullopt;
}

/// Why `baton rollback` does not go back to it by itself; empty if it does.
std::string why_skipped(const std::vector<Manifest>& releases, const Manifest& manifest, const Manifest* live) {
    if (live != nullptr && manifest.tree_sha256 == live->tree_sha256)
        return fmt::format("it has the content of release {}, which is live", live->release);
    const auto has_its_content = [&](const Manifest& other) { return other.tree_sha256 == manifest.tree_sha256; };
    if (const auto verdict = refused(releases, has_its_content))
        return fmt::format("{}{}: {}",
                           verdict->release == manifest.release
                               ? "it was "
                               : fmt::format("its content, as release {}, was ", verdict->release),
                           verdict->outcome == Outcome::rejected ? "rejected" : "rolled back", verdict->reason);
    return manifest.live_since ? "" : "it never was live";
}

} // namespace

Standing standing(const Manifest& live, site::Time now) {
    const bool outlived = live.live_since && now - *live.live_since >= live.conf.probation;
    return outlived ? Standing::proven : Standing::on_probation;
}

std::optional<site::Time> probation_end(const Manifest& live, site::Time now) {
    if (standing(live, now) == Standing::proven) return std::nullopt;
    const auto whole = std::chrono::ceil<std::chrono::milliseconds>(live.conf.probation);
    return live.live_since.value_or(now) + whole;
}

std::optional<int> release_to_go_back_to(const std::vector<Manifest>& releases, int from) {
    const auto is_from = [&](const Manifest& m) { return m.release == from; };
    const auto bad = std::find_if(releases.begin(), releases.end(), is_from);
    std::optional<int> accepted;
    std::optional<int> proven;
    for (const auto& manifest : releases) {
        const bool same = bad != releases.end() && manifest.tree_sha256 == bad->tree_sha256;
        if (manifest.release >= from || manifest.outcome != Outcome::accepted || same) continue;
        const auto has_its_content = [&](const Manifest& other) { return other.tree_sha256 == manifest.tree_sha256; };
        if (refused(releases, has_its_content)) continue; // a roll back to it was tried already
        accepted = std::max(accepted.value_or(0), manifest.release);
        if (was_proven(manifest)) proven = std::max(proven.value_or(0), manifest.release);
    }
    return proven ? proven : accepted;
}

WayBack way_back_from(const std::vector<Manifest>& releases, int live) {
    const auto is_live = [&](const Manifest& m) { return m.release == live; };
    const auto now = std::find_if(releases.begin(), releases.end(), is_live);
    std::vector<Manifest> earlier;
    std::copy_if(releases.begin(), releases.end(), std::back_inserter(earlier),
                 [&](const Manifest& m) { return m.release < live && m.outcome != Outcome::pending; });
    std::sort(earlier.begin(), earlier.end(), [](const auto& a, const auto& b) { return a.release > b.release; });
    WayBack way;
    for (const auto& manifest : earlier) {
        auto why = why_skipped(releases, manifest, now == releases.end() ? nullptr : &*now);
        if (why.empty()) {
            way.release = manifest.release;
            return way;
        }
        way.skipped.push_back({manifest.release, std::move(why)});
    }
    return way;
}

bool is_same(const Manifest& one, const Manifest& other) {
    return one.tree_sha256 == other.tree_sha256 && one.settings_sha256 == other.settings_sha256;
}

std::optional<Manifest> refused_before(const std::vector<Manifest>& releases, const Manifest& made, int outweighs) {
    return refused(releases, [&](const auto& other) { return is_same(other, made) && other.release > outweighs; });
}

std::vector<int> releases_to_prune(const std::vector<Manifest>& releases, int live, const std::set<int>& running,
                                   int keep) {
    std::set<int> kept = running;
    kept.insert(live);
    if (const auto back = release_to_go_back_to(releases, live)) kept.insert(*back);
    std::vector<int> numbers;
    int newest_rejected = 0;
    for (const auto& manifest : releases) {
        numbers.push_back(manifest.release);
        if (manifest.outcome == Outcome::rejected) newest_rejected = std::max(newest_rejected, manifest.release);
    }
    kept.insert(newest_rejected);
    std::sort(numbers.begin(), numbers.end());
    std::vector<int> doomed;
    const auto surplus = std::max<std::ptrdiff_t>(std::ssize(numbers) - keep, 0);
    for (std::ptrdiff_t i = 0; i < surplus; ++i)
        if (!kept.contains(numbers[static_cast<std::size_t>(i)]))
            doomed.push_back(numbers[static_cast<std::size_t>(i)]);
    return doomed;
}

} // namespace baton::deploy
