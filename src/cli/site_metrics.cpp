// SPDX-License-Identifier: MIT
#include "cli/site_metrics.hpp"

#include <prometheus/text_serializer.h>

#include <array>
#include <sstream>
#include <utility>

namespace baton::cli {
namespace {

using deploy::Decision;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

/// One family of gauges.
class Family {
  public:
    Family(const char* name, const char* help)
        : family_{.name = name, .help = help, .type = MetricType::Gauge, .metric = {}} {}
    void add(double number, Labels labels = {}) {
        auto& metric = family_.metric.emplace_back();
        metric.gauge.value = number;
        metric.label = std::move(labels);
    }
    [[nodiscard]] MetricFamily take() { return std::move(family_); }

  private:
    MetricFamily family_;
};

double seconds(site::Time time) {
    return std::chrono::duration<double>{time.time_since_epoch()}.count();
}

/// A family with one sample of each site, if `value` has one.
template <typename Value>
MetricFamily of_each(const HostNumbers& host, const char* name, const char* help, Value value) {
    Family family{name, help};
    for (const auto& site : host.sites)
        if (const std::optional<double> number = value(site)) family.add(*number, {{"site", site.site}});
    return family.take();
}

std::optional<double> seconds_of(const std::optional<site::Time>& time) {
    return time ? std::optional{seconds(*time)} : std::nullopt;
}

/// One sample for each outcome, of which one is 1, so that an alert can name one that is not there yet.
MetricFamily outcomes(const HostNumbers& host) {
    constexpr std::array<std::pair<Decision::Result, const char*>, 6> k_outcomes{
        {{Decision::Result::none, "none"},
         {Decision::Result::live, "live"},
         {Decision::Result::unchanged, "unchanged"},
         {Decision::Result::refused, "refused"},
         {Decision::Result::rejected, "rejected"},
         {Decision::Result::rolled_back, "rolled_back"}}};
    Family family{"baton_site_last_deploy_outcome", "1 for the outcome of the newest deploy."};
    for (const auto& site : host.sites)
        for (const auto& [result, outcome] : k_outcomes)
            family.add(site.decided.result == result ? 1 : 0, {{"site", site.site}, {"outcome", outcome}});
    return family.take();
}

MetricFamily live_info(const HostNumbers& host) {
    Family family{"baton_site_live_info", "1, with the number and the Ver of the live release."};
    for (const auto& site : host.sites)
        if (site.live != 0)
            family.add(1, {{"site", site.site}, {"release", std::to_string(site.live)}, {"version", site.version}});
    return family.take();
}

MetricFamily findings_of_sites(const HostNumbers& host) {
    Family family{"baton_site_findings", "What baton status warns of, by check."};
    for (const auto& site : host.sites)
        for (const auto& [check, count] : site.findings)
            family.add(count, {{"site", site.site}, {"check", check}});
    return family.take();
}

MetricFamily findings_of_host(const HostNumbers& host) {
    Family family{"baton_host_findings", "What baton status warns of about the host, by check."};
    for (const auto& [check, count] : host.findings)
        family.add(count, {{"check", check}});
    return family.take();
}

double is_degraded(const SiteNumbers& site) {
    for (const auto& [check, count] : site.findings)
        if (count > 0) return 1;
    return 0;
}

std::vector<MetricFamily> families(const HostNumbers& host) {
    Family written{"baton_status_timestamp_seconds", "When these metrics were written, since the epoch."};
    written.add(seconds(host.now));
    using Site = const SiteNumbers&;
    const auto each = [&](const char* name, const char* help, auto value) { return of_each(host, name, help, value); };
    return {
        written.take(),
        findings_of_host(host),
        each("baton_site_up", "1 if the site is started.", [](Site site) { return site.up ? 1.0 : 0.0; }),
        each("baton_site_live_release", "The number of the live release; 0: none is live.",
             [](Site site) { return static_cast<double>(site.live); }),
        each("baton_site_serving", "1 if the live release runs.", [](Site site) { return site.serving ? 1.0 : 0.0; }),
        live_info(host),
        each("baton_site_live_since_timestamp_seconds", "When the live release took over, since the epoch.",
             [](Site site) { return seconds_of(site.live_since); }),
        each("baton_site_on_probation", "1 if the live release is rolled back should it fail.",
             [](Site site) { return site.on_probation ? 1.0 : 0.0; }),
        outcomes(host),
        each("baton_site_last_deploy_timestamp_seconds", "When the newest deploy was decided, since the epoch.",
             [](Site site) {
                 return site.decided.result == Decision::Result::none ? std::nullopt : seconds_of(site.decided.at);
             }),
        each("baton_site_put_off", "1 if the host prevents the newest deploy, which is tried again.",
             [](Site site) { return site.put_off ? 1.0 : 0.0; }),
        each("baton_site_draining_releases", "Releases that finish their requests.",
             [](Site site) { return static_cast<double>(site.draining); }),
        each("baton_site_drain_since_timestamp_seconds",
             "Since when the release drains that has drained longest, since the epoch; none if none drains.",
             [](Site site) { return seconds_of(site.drain_since); }),
        each("baton_site_degraded", "1 if baton status warns of anything.", is_degraded),
        findings_of_sites(host),
    };
}

} // namespace

std::string metrics_text(const HostNumbers& host) {
    std::ostringstream text;
    prometheus::TextSerializer{}.Serialize(text, families(host));
    return text.str();
}

} // namespace baton::cli
