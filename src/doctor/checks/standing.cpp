// SPDX-License-Identifier: MIT
#include "doctor/checks/standing.hpp"

#include "base/text.hpp"
#include "deploy/act/drain_limit.hpp"
#include "deploy/tell/evidence.hpp"
#include "deploy/units/socket_options.hpp"
#include "deploy/units/unit_names.hpp"
#include "deploy/units/unit_settings.hpp"
#include "deploy/wish/wish.hpp"
#include "site/release/site_dir.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace baton::doctor {

using deploy::Decision;
using deploy::ReleaseState;
using sd::ActiveState;
namespace {

bool is_up(const deploy::SiteReport& site) {
    return sd::is_up(site.handle_state);
}

std::chrono::system_clock::time_point changed(const std::filesystem::path& path) {
    struct stat st = {};
    if (::stat(path.c_str(), &st) != 0) return {};
    return std::chrono::system_clock::time_point{std::chrono::seconds{st.st_mtim.tv_sec} +
                                                 std::chrono::nanoseconds{st.st_mtim.tv_nsec}};
}

std::vector<std::string> without_settings(const std::vector<std::string>& settings, const std::filesystem::path& path) {
    std::vector<std::string> commands;
    for (const auto& setting : settings)
        commands.push_back(without_setting(setting, path));
    commands.emplace_back("systemctl daemon-reload");
    return commands;
}

/// The next start of the live release, after a failure, and why it failed.
deploy::Try of_live(deploy::Try last, const deploy::ReleaseReport& live) {
    if (last.of != static_cast<std::uint64_t>(live.manifest.release)) return {};
    if (last.why.empty() && live.status.fell()) last.why = deploy::failure_text(live.status);
    return last;
}

/// Whether the failed try was for what is still wanted.
bool is_wish_open(const SiteSubject& site, const deploy::Try& attempt) try {
    const auto wish = deploy::read_wish(site.store);
    const auto decided = deploy::read_decision(site.store);
    const auto stamp = site::conf_stamp(site.record.directory, site.record.conf_name);
    const bool is_of_it = attempt.of == wish.number && (attempt.conf == stamp || stamp.inode == 0);
    return is_of_it && (wish.number > decided.wish || attempt.conf != decided.conf);
} catch (const Error&) { // for example, written by a newer baton
    return true;
}

/// A reason without what the program said, which baton logs shows.
std::string first_line(const std::string& reason) {
    return reason.substr(0, reason.find('\n'));
}

std::string or_who_may_know(const std::string& reason) {
    return reason.empty() ? "root and the owner of the directory may read why" : first_line(reason);
}

bool lacks_program(const SiteSubject& site, const site::Manifest& release) {
    return ::access(site.store.program_path(release).c_str(), F_OK) != 0 && errno == ENOENT;
}

Finding refused(const EditSeen& seen) {
    const auto& decided = seen.decided;
    if (decided.result == Decision::Result::refused)
        return {fmt::format("the current {} was refused: {}", seen.conf_name, or_who_may_know(decided.error)),
                "what was live before serves", fmt::format("baton check {}", shell_word(seen.directory.native()))};
    const bool is_back = decided.result == Decision::Result::rolled_back;
    const auto release = decided.release.value_or(0);
    return {fmt::format("the current {} was {}: {}", seen.conf_name, is_back ? "rolled back" : "rejected",
                        or_who_may_know(decided.error)),
            "what is in the directory does not serve, but what was live before",
            release == 0 ? fmt::format("baton logs {}", seen.site)
                         : fmt::format("baton logs {} {}", seen.site, release)};
}

} // namespace

HandleSeen observe_handle(SiteSubject& site) {
    HandleSeen seen{site.name(), site.report().handle_state, {}};
    if (!sd::is_up(seen.state)) seen.load_state = site.handle().values.text("LoadState");
    return seen;
}

Findings judge_handle(const HandleSeen& seen) {
    if (sd::is_up(seen.state)) return {};
    const auto start = fmt::format("systemctl start {}", seen.site);
    std::vector<std::string> commands{start};
    if (seen.load_state == "masked")
        commands = {fmt::format("systemctl unmask {}", seen.site),
                    fmt::format("systemctl unmask --runtime {}", seen.site), start};
    if (seen.load_state == "not-found")
        commands = {fmt::format("systemctl start {}.service", deploy::pursue_unit(seen.site)),
                    start}; // writes its units
    const auto is_other = seen.load_state == "masked"      ? ", and masked"
                          : seen.load_state == "not-found" ? ", and its unit files are gone"
                                                           : "";
    return {
        {fmt::format("the site is {}{}", sd::text(seen.state), is_other), "it does not listen", in_order(commands)}};
}

Findings judge_listeners(const deploy::SiteReport& site) {
    Findings found;
    if (!is_up(site)) return found; // everything else follows from this
    for (const auto& listener : site.listeners)
        if (listener.state != ActiveState::active)
            found.push_back({fmt::format("{} is {}", listener.unit, sd::text(listener.state)),
                             fmt::format("nobody will listen on {} once the live release leaves", listener.address),
                             fmt::format("systemctl restart {}", site.site)});
    return found;
}

Findings judge_watch(const deploy::SiteReport& site) {
    if (!is_up(site) || site.watch_state == ActiveState::active) return {};
    const auto unit = deploy::path_unit(site.site);
    return {{fmt::format("{} is {}", unit, sd::text(site.watch_state)),
             fmt::format("edits of {} go unseen", site.record.conf_name), fmt::format("systemctl restart {}", unit)}};
}

Findings judge_releases(const deploy::SiteReport& site) {
    Findings found;
    if (!is_up(site)) return found;
    std::size_t draining = 0;
    for (const auto& release : site.releases) {
        draining += release.state == ReleaseState::draining ? 1U : 0U;
        if (release.state == ReleaseState::left_over)
            found.push_back({fmt::format("release {} still runs", release.manifest.release),
                             "its deploy was interrupted", fmt::format("baton deploy {}", site.site)});
    }
    if (draining >= deploy::k_most_draining)
        found.push_back({fmt::format("{} releases drain", draining),
                         "the next deploy ends the oldest of them, and cuts its requests",
                         fmt::format("baton status {}", site.site)});
    return found;
}

Findings judge_live(const deploy::SiteReport& site) {
    if (!is_up(site)) return {};
    if (!site.live) return {{"no release is live", "nobody answers", fmt::format("systemctl reload {}", site.site)}};
    const bool is_there = std::any_of(site.releases.begin(), site.releases.end(),
                                      [&](const auto& release) { return release.manifest.release == site.live; });
    if (is_there) return {};
    return {{fmt::format("the snapshot of the live release {} is gone", *site.live), "it cannot be started again",
             fmt::format("baton deploy --force {}", site.site)}};
}

Findings judge_starts(const deploy::SiteReport& site) {
    Findings found;
    for (const auto& release : site.releases) {
        if (release.state != ReleaseState::starting || release.manifest.outcome != site::Outcome::pending) continue;
        const auto number = release.manifest.release;
        const auto since = release.start ? release.start->since : release.manifest.created;
        const auto until = release.start && release.start->until
                               ? fmt::format(", and has until {} (TimeoutStartSec=)", iso8601(*release.start->until))
                               : "";
        const auto end = site.live ? fmt::format("baton rollback {} {}", site.site, *site.live)
                                   : fmt::format("systemctl stop {}", site.site);
        found.push_back(
            {fmt::format("release {} has been starting since {}{}", number, iso8601(since), until),
             fmt::format("an edit of {} takes its place at once, and this gives it up", site.record.conf_name), end,
             true});
    }
    return found;
}

Findings judge_recorded(const deploy::SiteReport& site) {
    Findings found;
    for (const auto& release : site.releases)
        if (release.manifest.release == site.live || release.state == ReleaseState::starting)
            for (const auto& warning : release.manifest.warnings)
                found.push_back({fmt::format("release {}: {}", release.manifest.release, warning), "", "", true});
    return found;
}

StrayDropIns observe_stray_drop_ins(SiteSubject& site) {
    std::vector<std::string> units;
    for (const auto& listener : site.report().listeners)
        units.push_back(listener.unit);
    return {site.name(), deploy::drop_ins_of_other_listeners(site.host.listener_drop_ins(), site.name(), units)};
}

Findings judge_stray_drop_ins(const StrayDropIns& seen) {
    Findings found;
    const auto everywhere = deploy::first_listener_unit(seen.site);
    for (const auto& path : seen.paths)
        found.push_back(
            {fmt::format("{} is not in effect", quote(path.native())),
             fmt::format("the site does not listen there; settings in {}.d hold wherever it listens", everywhere),
             fmt::format("systemctl edit {}", everywhere)});
    return found;
}

SettingsSeen observe_settings(SiteSubject& site) {
    SettingsSeen seen{.site = site.name()};
    const auto* const live = site.live();
    if (!is_up(site.report()) || live == nullptr || !live->status.around()) return seen;
    seen.live = live->manifest.release;
    seen.are_applied = deploy::settings_digest(site.host.paths, site.name(), site.record,
                                               live->manifest.conf.all_addresses()) == live->manifest.settings_sha256;
    return seen;
}

Findings judge_settings(const SettingsSeen& seen) {
    if (seen.live == 0 || seen.are_applied) return {};
    return {{fmt::format("the settings of {}@.service, or of its sockets, have changed since release {} was started",
                         seen.site, seen.live),
             "a reload applies them", fmt::format("systemctl reload {}", seen.site)}};
}

std::vector<IdleDropIn> observe_idle_settings(SiteSubject& site) {
    std::vector<IdleDropIn> found;
    for (const auto& listener : site.report().listeners)
        for (const auto& path : deploy::others_drop_ins(site.host.paths, listener.unit)) {
            auto [of_new, overruled] = deploy::idle_settings(deploy::read_drop_in(path));
            if (!of_new.empty() && changed(path) <= site.host.systemd().ask([&](sd::Manager& manager) {
                    return manager.status(listener.unit).active_since;
                }))
                of_new.clear();
            if (!of_new.empty() || !overruled.empty())
                found.push_back({site.name(), site.record.conf_name, listener.address, path, std::move(overruled),
                                 std::move(of_new)});
        }
    return found;
}

Findings judge_idle_settings(const std::vector<IdleDropIn>& drop_ins) {
    Findings found;
    for (const auto& it : drop_ins) {
        const auto add = [&](const std::vector<std::string>& settings, const std::string& state, std::string why,
                             std::string type) {
            const auto* const are = settings.size() == 1 ? "is" : "are";
            Finding finding{
                fmt::format("{} of {} {} {}", fmt::join(settings, ", "), quote(it.path.native()), are, state),
                std::move(why), std::move(type)};
            const bool is_told = std::find(found.begin(), found.end(), finding) != found.end(); // of another listener
            if (!is_told) found.push_back(std::move(finding));
        };
        if (!it.overruled.empty())
            add(it.overruled, "not in effect",
                fmt::format("HttpPort and Listen of {} say where a site listens", it.conf_name),
                in_order(without_settings(it.overruled, it.path)));
        if (!it.of_new_sockets.empty())
            add(it.of_new_sockets, fmt::format("newer than the socket on {}, and not in effect", it.address),
                "a stop and a start replace the socket, and refuse connections meanwhile",
                fmt::format("systemctl daemon-reload && systemctl stop {} && systemctl start {}", it.site, it.site));
    }
    return found;
}

TriesSeen observe_tries(SiteSubject& site) {
    const auto tries = deploy::read_tries(deploy::tries_path(site.host.paths, site.name()));
    TriesSeen seen{.site = site.name(), .wish = {}, .live = {}, .way_back = tries.way_back, .listener = tries.listener};
    if (is_wish_open(site, tries.wish)) seen.wish = tries.wish;
    if (const auto* const live = site.live(); live != nullptr && !live->status.around())
        seen.live = of_live(tries.live, *live);
    if (const auto* const live = site.live(); live != nullptr)
        seen.is_live_damaged = lacks_program(site, live->manifest);
    return seen;
}

Findings judge_tries(const TriesSeen& seen) {
    Findings found;
    const auto add = [&](std::string_view what, const deploy::Try& attempt) {
        if (attempt.count == 0 || attempt.why.empty()) return;
        found.push_back({fmt::format("{}: {}", what, first_line(attempt.why)),
                         fmt::format("it is tried again automatically, next at {}", iso8601(attempt.next)),
                         fmt::format("baton deploy {}", seen.site)});
    };
    add("the newest wish is not live yet", seen.wish);
    if (!seen.is_live_damaged) add("the live release is down", seen.live);
    add("the roll back failed", seen.way_back);
    add("nobody listens", seen.listener);
    if (seen.is_live_damaged)
        found.push_back({"the snapshot of the live release lacks its program", "it cannot be started again",
                         fmt::format("baton deploy --force {}", seen.site)});
    return found;
}

EditSeen observe_edit(SiteSubject& site) {
    const auto& directory = site.record.directory;
    const auto& conf_name = site.record.conf_name;
    const auto stamp = site::conf_stamp(directory, conf_name);
    EditSeen seen{.site = site.name(), .conf_name = conf_name, .directory = directory, .decided = {}};
    seen.decided = deploy::read_decision(site.store);
    seen.is_up = is_up(site.report());
    seen.is_watched = site.report().watch_state == ActiveState::active;
    seen.is_decided = stamp.inode == 0 || stamp == seen.decided.conf; // it exists, and this reader may read it
    seen.is_tried = deploy::read_tries(deploy::tries_path(site.host.paths, site.name())).wish.count > 0;
    return seen;
}

Findings judge_edit(const EditSeen& seen) {
    const auto result = seen.decided.result;
    if (seen.is_decided) {
        const bool is_bad = result == Decision::Result::refused || result == Decision::Result::rejected ||
                            result == Decision::Result::rolled_back;
        return is_bad ? Findings{refused(seen)} : Findings{};
    }
    if (seen.is_tried) return {};
    const auto what = fmt::format("{} has been edited since the last deploy", seen.conf_name);
    if (!seen.is_up) return {{what, "the start deploys it", fmt::format("systemctl start {}", seen.site)}};
    if (!seen.is_watched) return {{what, "nobody watches it", fmt::format("systemctl reload {}", seen.site)}};
    return {{what, "it is being deployed, or will be within a minute", "", true}};
}

} // namespace baton::doctor
