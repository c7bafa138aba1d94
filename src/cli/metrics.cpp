// SPDX-License-Identifier: MIT
#include "cli/metrics.hpp"

#include "base/error.hpp"
#include "cli/site_metrics.hpp"
#include "doctor/checks/standing.hpp"
#include "doctor/examine.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace baton::cli {
namespace {

using deploy::ReleaseState;

/// Zero for a check that has found nothing, so that an alert on it can resolve.
template <typename Subject>
std::map<std::string, int> counted(std::span<const doctor::Check<Subject>> checks, const doctor::Examination& glance) {
    std::map<std::string, int> counts;
    for (const auto& check : checks)
        if (check.cost == doctor::Cost::little) counts.emplace(check.name, 0);
    for (const auto& told : glance.found)
        if (!told.finding.passes) ++counts[told.check];
    return counts;
}

void count_drains(const deploy::SiteReport& report, SiteNumbers& numbers) {
    for (const auto& release : report.releases) {
        if (release.state != ReleaseState::draining) continue;
        ++numbers.draining;
        const auto since = release.status.active_until;
        if (since != site::Time{} && (!numbers.drain_since || since < *numbers.drain_since))
            numbers.drain_since = since;
    }
}

SiteNumbers numbers_of(doctor::SiteSubject& site) {
    SiteNumbers numbers{.site = site.name(), .version = {}, .decided = {}, .findings = {}};
    const auto& report = site.report();
    numbers.up = sd::is_up(report.handle_state);
    numbers.live = report.live.value_or(0);
    if (const auto* const live = site.live()) {
        numbers.version = live->manifest.conf.ver;
        numbers.serving = sd::is_up(live->status.active_state);
        numbers.on_probation = live->state == ReleaseState::on_probation;
        numbers.live_since = live->manifest.live_since;
    }
    numbers.decided = deploy::read_decision(site.store);
    numbers.put_off = doctor::observe_tries(site).wish.count > 0;
    count_drains(report, numbers);
    numbers.findings = counted(doctor::site_checks(), doctor::glance(site));
    return numbers;
}

SiteNumbers numbers_of(Environment& environment, doctor::HostSubject& host, const std::string& name) try {
    const site::Store store{environment.paths().state, name};
    auto record = store.record();
    if (!record) (void)environment.site(name); // says that there is none
    doctor::SiteSubject site{host, store, std::move(*record), environment.observer()};
    return numbers_of(site);
} catch (const Error& error) {
    if (error.kind() == error_kind::usage) throw;
    return {.site = name, .version = {}, .decided = {}, .findings = {{"record", 1}}};
}

} // namespace

int print_metrics(Environment& environment, const std::vector<std::string>& sites) {
    auto host = environment.subject();
    if (!sites.empty()) (void)host.units(); // throws if systemd does not answer
    HostNumbers numbers{.now = std::chrono::system_clock::now(), .findings = {}, .sites = {}};
    numbers.findings = counted(doctor::host_checks(), doctor::glance(host));
    for (const auto& site : sites)
        numbers.sites.push_back(numbers_of(environment, host, site));
    fmt::print("{}", metrics_text(numbers));
    return 0;
}

} // namespace baton::cli
