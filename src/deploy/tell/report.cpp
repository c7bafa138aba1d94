// SPDX-License-Identifier: MIT
#include "deploy/tell/report.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "deploy/decide/standing.hpp"
#include "deploy/running.hpp"
#include "deploy/tell/evidence.hpp"
#include "deploy/tell/typed.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/units/socket_options.hpp"
#include "deploy/units/unit_names.hpp"
#include "deploy/units/unit_settings.hpp"
#include "deploy/wish/decision.hpp"
#include "deploy/wish/tries.hpp"
#include "deploy/wish/wish.hpp"
#include "site/release/site_dir.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sys/stat.h>

#include <algorithm>
#include <array>

namespace baton::deploy {

using sd::ActiveState;
namespace {

constexpr std::size_t k_drop_in_limit_bytes = 256 * 1024;

std::chrono::system_clock::time_point changed(const std::filesystem::path& path) {
    struct stat st = {};
    if (::stat(path.c_str(), &st) != 0) return {};
    return std::chrono::system_clock::time_point{std::chrono::seconds{st.st_mtim.tv_sec} +
                                                 std::chrono::nanoseconds{st.st_mtim.tv_nsec}};
}

void add_warnings(SiteReport& site, const Paths& paths) {
    if (!sd::is_up(site.handle_state)) {
        site.warnings.push_back(
            fmt::format("the site is {}: systemctl start {}", sd::text(site.handle_state), site.site));
        return; // everything else follows from this
    }
    for (const auto& listener : site.listeners)
        if (listener.state != ActiveState::active)
            site.warnings.push_back(fmt::format("{} is {}: nobody will listen on {} once the live release leaves; "
                                                "systemctl restart {}, or the next deploy, makes it listen again",
                                                listener.unit, sd::text(listener.state), listener.address, site.site));
    if (site.watch_state != ActiveState::active)
        site.warnings.push_back(fmt::format("{} is {}, edits of {} go unseen: systemctl restart {}",
                                            path_unit(site.site), sd::text(site.watch_state), site.record.conf_name,
                                            path_unit(site.site)));
    for (const auto& release : site.releases) {
        const bool runs = site.live == release.manifest.release && release.status.around();
        if (runs && settings_digest(paths, site.site, site.record, release.manifest.conf.all_addresses()) !=
                        release.manifest.settings_sha256)
            site.warnings.push_back(fmt::format("the settings of {}@.service, or of its sockets, have changed since "
                                                "release {} was started: systemctl reload {} applies them",
                                                site.site, release.manifest.release, site.site));
        if (release.state == ReleaseState::left_over)
            site.warnings.push_back(fmt::format("release {} still runs, its deploy was interrupted: baton deploy {}",
                                                release.manifest.release, site.site));
    }
    if (!site.live) site.warnings.push_back(fmt::format("no release is live: systemctl reload {}", site.site));
}

std::string are(const std::vector<std::string>& names) {
    return names.size() == 1 ? "is" : "are";
}

/// What somebody has set for a listener, and HttpPort and Listen overrule.
void add_overruled(SiteReport& site, const std::filesystem::path& path, const std::vector<std::string>& overruled) {
    if (overruled.empty()) return;
    auto warning = fmt::format("{} of {} {} not in effect: HttpPort and Listen of {} say where a site listens",
                               fmt::join(overruled, ", "), quote(path.native()), are(overruled), site.record.conf_name);
    if (std::find(site.warnings.begin(), site.warnings.end(), warning) == site.warnings.end())
        site.warnings.push_back(std::move(warning)); // otherwise of another listener
}

/// Settings of a listener that are not in effect.
void add_idle_settings(SiteReport& site, SiteContext& context) {
    std::vector<std::string> units;
    for (const auto& listener : site.listeners) {
        units.push_back(listener.unit);
        for (const auto& path : others_drop_ins(context.paths, listener.unit)) {
            const auto [of_new, overruled] = idle_settings(read_file(path, k_drop_in_limit_bytes).value_or(""));
            add_overruled(site, path, overruled);
            if (of_new.empty() || changed(path) <= context.manager.status(listener.unit).active_since) continue;
            site.warnings.push_back(fmt::format(
                "{} of {} {} newer than the socket on {}, and not in effect: systemctl stop {}, then systemctl start "
                "{} replaces it, and refuses connections meanwhile",
                fmt::join(of_new, ", "), quote(path.native()), are(of_new), listener.address, site.site, site.site));
        }
    }
    for (const auto& path : drop_ins_of_other_listeners(context.paths, site.site, units))
        site.warnings.push_back(fmt::format("{} is not in effect: the site does not listen there; settings in {}.d "
                                            "hold wherever it listens (systemctl edit {})",
                                            quote(path.native()), first_listener_unit(site.site),
                                            first_listener_unit(site.site)));
}

/// The next start of the live release, after a failure, and why it failed.
Try of_live(Try last, const ReleaseReport& live) {
    if (last.of != static_cast<std::uint64_t>(live.manifest.release)) return {};
    if (last.why.empty() && live.status.fell()) last.why = failure_text(live.status);
    return last;
}

/// Whether the failed try was for what is still wanted.
bool is_wish_open(const SiteContext& context, const Try& attempt) try {
    const auto wish = read_wish(context.store);
    const auto decided = read_decision(context.store);
    const auto stamp = site::conf_stamp(context.record.directory, context.record.conf_name);
    const bool is_of_it = attempt.of == wish.number && (attempt.conf == stamp || stamp.inode == 0);
    return is_of_it && (wish.number > decided.wish || attempt.conf != decided.conf);
} catch (const Error&) { // for example, written by a newer baton
    return true;
}

/// What is tried again automatically: R2 and R3 as a person sees them.
void add_tries(SiteReport& site, const SiteContext& context) {
    const auto tries = read_tries(context.tries_path());
    const auto add = [&](const Try& attempt, std::string_view what) {
        if (attempt.count > 0 && !attempt.why.empty())
            site.warnings.push_back(fmt::format("{}: {}; it is tried again automatically, next at {}", what,
                                                attempt.why, iso8601(attempt.next)));
    };
    if (is_wish_open(context, tries.wish)) add(tries.wish, "the newest wish is not live yet");
    const ReleaseReport* live = nullptr;
    for (const auto& release : site.releases)
        if (release.manifest.release == site.live) live = &release;
    if (live != nullptr && !live->status.around()) add(of_live(tries.live, *live), "the live release is down");
    if (site.live && live == nullptr)
        site.warnings.push_back(fmt::format("the snapshot of the live release {} is gone: baton deploy --force {} "
                                            "makes a new one from the directory",
                                            *site.live, site.site));
    add(tries.way_back, "the roll back failed");
    add(tries.listener, "nobody listens");
}

/// What became of the newest edit, or what happens to it next.
void add_edit(SiteReport& site, const SiteContext& context) try {
    const auto& conf = context.record.conf_name;
    const auto stamp = site::conf_stamp(context.record.directory, conf);
    const auto decided = read_decision(context.store);
    const bool is_seen = stamp.inode != 0; // it exists, and this reader may read it
    if ((!is_seen || stamp == decided.conf) && decided.result == Decision::Result::refused)
        site.warnings.push_back(
            fmt::format("the current {} was refused: {}", conf,
                        decided.error.empty() ? "root and the owner of the directory may read why" : decided.error));
    if (!is_seen || stamp == decided.conf || read_tries(context.tries_path()).wish.count > 0) return;
    const bool is_up = sd::is_up(site.handle_state);
    const auto next = !is_up ? "systemctl start " + site.site + " deploys it"
                      : site.watch_state == ActiveState::active
                          ? std::string{"it is being deployed, or will be within a minute"}
                          : "systemctl reload " + site.site + " deploys it";
    site.warnings.push_back(fmt::format("{} has been edited since the last deploy: {}", conf, next));
} catch (const Error&) { // for example, written by a newer baton; the rest of the report is true
}

/// A start that hangs: since when, until when, and what ends it.
void add_starting(SiteReport& site) {
    for (const auto& release : site.releases) {
        if (release.state != ReleaseState::starting || release.manifest.outcome != site::Outcome::pending) continue;
        const auto number = release.manifest.release;
        const auto since = release.start ? release.start->since : release.manifest.created;
        const auto until = release.start && release.start->until
                               ? fmt::format(", and has until {} (TimeoutStartSec=)", iso8601(*release.start->until))
                               : "";
        const auto end = site.live ? fmt::format("baton rollback {} {} gives it up and keeps release {}", site.site,
                                                 *site.live, *site.live)
                                   : fmt::format("systemctl stop {} gives it up", site.site);
        site.warnings.push_back(fmt::format("release {} has been starting since {}{}; an edit of {} takes its place at "
                                            "once; {}",
                                            number, iso8601(since), until, site.record.conf_name, end));
    }
}

/// What watch.conf says in vain, for as long as it is in effect.
void add_conf_warnings(SiteReport& site) {
    for (const auto& release : site.releases)
        if (release.manifest.release == site.live || release.state == ReleaseState::starting)
            for (const auto& warning : release.manifest.warnings)
                site.warnings.push_back(fmt::format("release {}: {}", release.manifest.release, warning));
}

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
    add_warnings(site, context.paths);
    add_idle_settings(site, context);
    add_tries(site, context);
    add_edit(site, context);
    add_starting(site);
    add_conf_warnings(site);
    for (auto& warning : site.warnings)
        warning = typed_for(context.paths.scope, std::move(warning));
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
