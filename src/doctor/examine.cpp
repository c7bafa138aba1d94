// SPDX-License-Identifier: MIT
#include "doctor/examine.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/tell/typed.hpp"
#include "doctor/checks/content.hpp"
#include "doctor/checks/host.hpp"
#include "doctor/checks/promises.hpp"
#include "doctor/checks/rules.hpp"
#include "doctor/checks/sockets.hpp"
#include "doctor/checks/standing.hpp"
#include "doctor/checks/unit_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace baton::doctor {
namespace {

template <auto Observe, auto Judge>
Findings host_check(HostSubject& host) {
    return Judge(Observe(host));
}
template <auto Observe, auto Judge>
Findings site_check(SiteSubject& site) {
    return Judge(Observe(site));
}
/// The report is the observation.
template <auto Judge>
Findings of_report(SiteSubject& site) {
    return Judge(site.report());
}

constexpr std::array k_host_checks{
    Check<HostSubject>{"systemd", Cost::more, Managers::each, host_check<observe_systemd, judge_systemd>},
    Check<HostSubject>{"kernel", Cost::more, Managers::of_host, host_check<observe_kernel, judge_kernel>},
    Check<HostSubject>{"room", Cost::little, Managers::each, host_check<observe_room, judge_room>},
    Check<HostSubject>{"mounts", Cost::little, Managers::each, host_check<observe_places, judge_mounts>},
    Check<HostSubject>{"state", Cost::little, Managers::of_host, host_check<observe_state, judge_state>},
    Check<HostSubject>{"inotify", Cost::more, Managers::of_host, host_check<observe_inotify, judge_inotify>},
    Check<HostSubject>{"clock", Cost::more, Managers::of_host, host_check<observe_clock, judge_clock>},
    Check<HostSubject>{"helpers", Cost::more, Managers::each, host_check<observe_helpers, judge_helpers>},
    Check<HostSubject>{"linger", Cost::more, Managers::of_users, host_check<observe_linger, judge_linger>},
    Check<HostSubject>{"generator", Cost::more, Managers::of_host, host_check<observe_generator, judge_generator>},
    Check<HostSubject>{"rests", Cost::more, Managers::each, host_check<observe_rests, judge_rests>},
};

constexpr std::array k_site_checks{
    Check<SiteSubject>{"masked", Cost::more, Managers::each, site_check<observe_masked, judge_masked>},
    Check<SiteSubject>{"handle", Cost::little, Managers::each, site_check<observe_handle, judge_handle>},
    Check<SiteSubject>{"listeners", Cost::little, Managers::each, of_report<judge_listeners>},
    Check<SiteSubject>{"watch", Cost::little, Managers::each, of_report<judge_watch>},
    Check<SiteSubject>{"settings", Cost::little, Managers::each, site_check<observe_settings, judge_settings>},
    Check<SiteSubject>{"releases", Cost::little, Managers::each, of_report<judge_releases>},
    Check<SiteSubject>{"live", Cost::little, Managers::each, of_report<judge_live>},
    Check<SiteSubject>{"idle-settings", Cost::little, Managers::each,
                       site_check<observe_idle_settings, judge_idle_settings>},
    Check<SiteSubject>{"stray-drop-ins", Cost::little, Managers::each,
                       site_check<observe_stray_drop_ins, judge_stray_drop_ins>},
    Check<SiteSubject>{"tries", Cost::little, Managers::each, site_check<observe_tries, judge_tries>},
    Check<SiteSubject>{"edit", Cost::little, Managers::each, site_check<observe_edit, judge_edit>},
    Check<SiteSubject>{"starts", Cost::little, Managers::each, of_report<judge_starts>},
    Check<SiteSubject>{"recorded", Cost::little, Managers::each, of_report<judge_recorded>},
    Check<SiteSubject>{"watch.conf", Cost::more, Managers::each, site_check<observe_conf, judge_conf>},
    Check<SiteSubject>{"directory", Cost::more, Managers::each, site_check<observe_directory, judge_directory>},
    Check<SiteSubject>{"store", Cost::more, Managers::each, site_check<observe_store, judge_store>},
    Check<SiteSubject>{"deaf", Cost::more, Managers::each, site_check<observe_deaf, judge_deaf>},
    Check<SiteSubject>{"queue", Cost::more, Managers::each, site_check<observe_queues, judge_queues>},
    Check<SiteSubject>{"boot", Cost::more, Managers::each, site_check<observe_boot, judge_boot>},
    Check<SiteSubject>{"unit-files", Cost::more, Managers::each, site_check<observe_files, judge_files>},
    Check<SiteSubject>{"loaded", Cost::more, Managers::each, site_check<observe_loaded, judge_loaded>},
    Check<SiteSubject>{"programs", Cost::more, Managers::each, site_check<observe_programs, judge_programs>},
    Check<SiteSubject>{"sandbox", Cost::more, Managers::of_host, site_check<observe_release_unit, judge_sandbox>},
    Check<SiteSubject>{"drain", Cost::more, Managers::each, site_check<observe_release_unit, judge_drain>},
    Check<SiteSubject>{"release-unit", Cost::more, Managers::of_host, site_check<observe_release_unit, judge_release>},
    Check<SiteSubject>{"handle-unit", Cost::more, Managers::of_host,
                       site_check<observe_handle_unit, judge_handle_unit>},
    Check<SiteSubject>{"watch-unit", Cost::more, Managers::each, site_check<observe_watch_unit, judge_watch_unit>},
    Check<SiteSubject>{"socket-unit", Cost::more, Managers::each, site_check<observe_socket_units, judge_socket_units>},
    Check<SiteSubject>{"proof", Cost::more, Managers::each, site_check<observe_proof, judge_proof>},
    Check<SiteSubject>{"last-drain", Cost::more, Managers::of_host, site_check<observe_last_drain, judge_last_drain>},
};

const deploy::Paths& paths_of(const HostSubject& host) {
    return host.paths;
}
const deploy::Paths& paths_of(const SiteSubject& site) {
    return site.host.paths;
}

template <typename Subject>
void make(const Check<Subject>& check, Subject& subject, const std::optional<std::string>& site,
          Examination& examination) {
    const auto scope = paths_of(subject).scope;
    if (check.managers == (scope == sd::Scope::user ? Managers::of_host : Managers::of_users)) return;
    try {
        for (auto& finding : check.find(subject)) {
            finding.type = deploy::typed_for(scope, std::move(finding.type));
            examination.found.push_back({std::string{check.name}, site, std::move(finding)});
        }
    } catch (const std::exception& error) {
        examination.not_made.push_back({std::string{check.name}, site, error.what()});
    }
}

template <typename Subject>
void make_cheap(std::span<const Check<Subject>> checks, Subject& subject, const std::optional<std::string>& site,
                Examination& examination) {
    for (const auto& check : checks)
        if (check.cost == Cost::little) make(check, subject, site, examination);
}

/// A site whose record cannot be read: nothing else is known of it.
Finding without_record(HostSubject& host, const std::string& site, const Error& error) {
    const auto path = host.paths.state / site / "site.json";
    return {
        error.what(), "baton does not know the site's directory; what is live serves",
        deploy::typed_for(host.paths.scope, fmt::format("rm {} && baton remove {}", shell_word(path.native()), site))};
}

bool is_in(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

void examine_site(HostSubject& host, const std::string& name, const std::vector<std::string>& except,
                  deploy::Observer& observer, Examination& examination) {
    try {
        site::Store store{host.paths.state, name};
        auto record = store.record();
        if (!record || is_copy(host, name)) return; // the check of rests tells of it
        SiteSubject site{host, std::move(store), std::move(*record), observer};
        for (const auto& check : site_checks())
            if (!is_in(except, check.name)) make(check, site, name, examination);
    } catch (const Error& error) {
        examination.found.push_back({"record", name, without_record(host, name, error)});
    }
}

} // namespace

std::span<const Check<HostSubject>> host_checks() noexcept {
    return k_host_checks;
}

std::span<const Check<SiteSubject>> site_checks() noexcept {
    return k_site_checks;
}

Examination examine(HostSubject& host, const std::vector<std::string>& sites, const std::vector<std::string>& except,
                    deploy::Observer& observer) {
    Examination examination;
    for (const auto& check : host_checks())
        if (!is_in(except, check.name)) make(check, host, std::nullopt, examination);
    for (const auto& site : sites)
        examine_site(host, site, except, observer, examination);
    std::erase_if(examination.found, [](const Told& told) { return told.finding.passes; });
    return examination;
}

Examination glance(HostSubject& host) {
    Examination examination;
    make_cheap(host_checks(), host, std::nullopt, examination);
    return examination;
}

Examination glance(SiteSubject& site) {
    Examination examination;
    make_cheap(site_checks(), site, site.name(), examination);
    return examination;
}

} // namespace baton::doctor
