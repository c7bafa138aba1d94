// SPDX-License-Identifier: MIT
#include "deploy/tell/report.hpp"

#include "deploy/decide/standing.hpp"
#include "deploy/running.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/units/unit_names.hpp"

#include <algorithm>
#include <array>

namespace baton::deploy {

using sd::ActiveState;
namespace {

/// systemd knows nothing more about an idle release, except how the live one came to rest.
sd::UnitStatus status_of(const SiteContext& context, const sd::UnitList& units, const std::string& unit, bool is_live) {
    const auto* const listed = units.find(unit);
    if (listed != nullptr && listed->active_state == ActiveState::active) return context.manager.status_of_active(unit);
    if (listed != nullptr && (is_live || listed->active_state != ActiveState::inactive))
        return context.manager.status(unit);
    sd::UnitStatus rests;
    rests.unit = unit;
    rests.active_state = ActiveState::inactive;
    rests.result = sd::ServiceResult::success;
    return rests;
}

/// Bounded: a hanging release does not hang the report. After the first that does not answer, `answers` becomes false
/// and the site's others are not asked.
std::optional<PrivateState> ask(const SiteContext& context, int release, const sd::UnitStatus& status, bool& answers) {
    constexpr std::chrono::milliseconds k_limit{500};
    const PrivateSocket socket{context.paths, context.name(), release};
    if (!status.around() || !socket.exists()) return std::nullopt;
    auto told = socket.state(k_limit);
    answers = told.has_value();
    return told;
}

/// Where clients reach the live release; while none is live, where SITE.socket listens.
std::vector<ListenerReport> listeners(const SiteContext& context, const sd::UnitList& units) {
    site::WatchConf conf;
    conf.addresses = {context.record.address};
    if (const auto live = context.store.live()) conf = context.store.manifest(*live).conf;
    const auto is_held = held_sockets(context.name(), context.record, units);
    std::vector<ListenerReport> found;
    for (const auto& [name, address] : conf.sockets()) {
        const auto socket = site::carrier(address, is_held);
        const auto unit = listener_unit(context.name(), context.record, socket);
        found.push_back({name, address.text(), unit, units.active_state(unit), socket.text()});
    }
    return found;
}

} // namespace

std::string_view state_text(ReleaseState state) noexcept {
    constexpr std::array<std::string_view, 9> k_names{"starting", "live",     "on probation", "draining", "stopped",
                                                      "failed",   "rejected", "rolled back",  "left over"};
    return k_names[static_cast<std::size_t>(state)];
}

std::optional<StartReport> start_of(const sd::UnitStatus& status) {
    if (status.active_state != ActiveState::activating || status.begun.count() == 0) return std::nullopt;
    constexpr std::chrono::microseconds k_for_ever = std::chrono::hours{24 * 365 * 100};
    if (status.timeout_start <= std::chrono::microseconds{0} || status.timeout_start > k_for_ever)
        return StartReport{status.begun_at};
    return StartReport{status.begun_at, status.begun_at + status.timeout_start};
}

ReleaseState release_state(const site::Manifest& manifest, const sd::UnitStatus& status, std::optional<int> live,
                           site::Time now) {
    const bool is_candidate = live != manifest.release && manifest.outcome == site::Outcome::pending;
    if (is_candidate && status.around()) return ReleaseState::starting; // also while it leaves its preflight
    if (status.active_state == ActiveState::deactivating) return ReleaseState::draining;
    if (live != manifest.release && status.around()) return ReleaseState::left_over;
    if (manifest.outcome == site::Outcome::rejected) return ReleaseState::rejected;
    if (manifest.outcome == site::Outcome::rolled_back) return ReleaseState::rolled_back;
    if (live != manifest.release) return ReleaseState::stopped;
    if (status.active_state == ActiveState::failed) return ReleaseState::failed;
    if (status.active_state == ActiveState::activating) return ReleaseState::starting;
    if (!status.around()) return ReleaseState::stopped;
    return standing(manifest, now) == Standing::proven ? ReleaseState::live : ReleaseState::on_probation;
}

SiteReport report(SiteContext& context, const sd::UnitList& units) {
    SiteReport site;
    site.site = context.name();
    site.record = context.record;
    site.live = context.store.live();
    site.listeners = listeners(context, units);
    site.handle_state = units.active_state(handle_unit(context.name()));
    site.watch_state = units.active_state(path_unit(context.name()));
    const auto now = std::chrono::system_clock::now();
    auto manifests = all_manifests(context);
    bool answers = true;
    for (auto manifest = manifests.rbegin(); manifest != manifests.rend(); ++manifest) {
        ReleaseReport release;
        release.unit = release_unit(context.name(), manifest->release);
        release.status = status_of(context, units, release.unit, site.live == manifest->release);
        release.state = release_state(*manifest, release.status, site.live, now);
        release.start = start_of(release.status);
        if (answers) release.told = ask(context, manifest->release, release.status, answers);
        release.manifest = std::move(*manifest);
        site.releases.push_back(std::move(release));
    }
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
