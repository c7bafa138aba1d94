// SPDX-License-Identifier: MIT
#include "deploy/report.hpp"

#include "deploy/decisions.hpp"
#include "deploy/running.hpp"
#include "deploy/site_units.hpp"
#include "deploy/unit_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace baton::deploy {
namespace {

void add_warnings(SiteReport& site) {
    if (site.handle_state != "active" && site.handle_state != "reloading") {
        site.warnings.push_back(fmt::format("the site is {}: systemctl start {}", site.handle_state, site.site));
        return; // the rest follows from it
    }
    if (site.listener_state != "active")
        site.warnings.push_back(fmt::format("{} is {}, nobody holds {}: systemctl restart {}", site.listener,
                                            site.listener_state, site.address, site.site));
    if (site.watch_state != "active")
        site.warnings.push_back(fmt::format("{} is {}, edits of {} go unseen: systemctl restart {}",
                                            path_unit(site.site), site.watch_state, site.record.conf_name,
                                            path_unit(site.site)));
    for (const auto& release : site.releases)
        if (release.state == ReleaseState::left_over)
            site.warnings.push_back(fmt::format("release {} still runs, its deploy was interrupted: baton deploy {}",
                                                release.manifest.release, site.site));
    if (!site.live) site.warnings.push_back(fmt::format("no release is live: systemctl reload {}", site.site));
}

/// Bounded: a release that hangs does not hang the report.
std::optional<PrivateState> ask(const SiteContext& context, int release, const sd::UnitStatus& status) {
    constexpr std::chrono::milliseconds k_limit{500};
    const PrivateSocket socket{context.paths, context.name(), release};
    if (!status.around() || !socket.exists()) return std::nullopt;
    return socket.state(k_limit);
}

} // namespace

std::string_view state_text(ReleaseState state) noexcept {
    constexpr std::array<std::string_view, 9> k_names{"starting", "live",     "on probation", "draining", "stopped",
                                                      "failed",   "rejected", "rolled back",  "left over"};
    return k_names[static_cast<std::size_t>(state)];
}

ReleaseState release_state(const site::Manifest& manifest, const sd::UnitStatus& status, std::optional<int> live,
                           site::Time now) {
    if (status.active_state == "deactivating") return ReleaseState::draining;
    const bool pending = manifest.outcome == site::Outcome::pending;
    if (live != manifest.release && status.around()) return pending ? ReleaseState::starting : ReleaseState::left_over;
    if (manifest.outcome == site::Outcome::rejected) return ReleaseState::rejected;
    if (manifest.outcome == site::Outcome::rolled_back) return ReleaseState::rolled_back;
    if (live != manifest.release) return ReleaseState::stopped;
    if (status.active_state == "failed") return ReleaseState::failed;
    if (status.active_state == "activating") return ReleaseState::starting;
    if (!status.around()) return ReleaseState::stopped;
    return standing(manifest, now) == Standing::proven ? ReleaseState::live : ReleaseState::on_probation;
}

SiteReport report(SiteContext& context) {
    SiteReport site;
    site.site = context.name();
    site.record = context.record;
    site.live = context.store.live();
    const auto address = current_address(context);
    site.address = address.text();
    site.listener = listener_unit(context.name(), context.record, address);
    site.handle_state = context.manager.status(handle_unit(context.name())).active_state;
    site.listener_state = context.manager.status(site.listener).active_state;
    site.watch_state = context.manager.status(path_unit(context.name())).active_state;
    const auto now = std::chrono::system_clock::now();
    auto manifests = all_manifests(context);
    for (auto manifest = manifests.rbegin(); manifest != manifests.rend(); ++manifest) {
        ReleaseReport release;
        release.unit = release_unit(context.name(), manifest->release);
        release.status = context.manager.status(release.unit);
        release.state = release_state(*manifest, release.status, site.live, now);
        release.told = ask(context, manifest->release, release.status);
        release.manifest = std::move(*manifest);
        site.releases.push_back(std::move(release));
    }
    add_warnings(site);
    return site;
}

std::vector<HistoryEntry> history(SiteContext& context) {
    const auto live = context.store.live();
    std::vector<HistoryEntry> entries;
    for (auto& manifest : context.store.pruned())
        entries.push_back({std::move(manifest), false, false});
    for (auto& manifest : all_manifests(context)) {
        const bool is_live = live == manifest.release;
        entries.push_back({std::move(manifest), is_live, true});
    }
    std::reverse(entries.begin(), entries.end());
    return entries;
}

} // namespace baton::deploy
