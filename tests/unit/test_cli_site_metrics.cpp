// SPDX-License-Identifier: MIT
// The metrics of sites: each state that an alert is about is one number, and each family is there without a site.
#include "cli/site_metrics.hpp"

#include <doctest/doctest.h>

#include <string_view>

namespace baton::cli {
namespace {

using namespace std::chrono_literals;
using deploy::Decision;

bool has_line(const std::string& text, std::string_view line) {
    return ("\n" + text).find("\n" + std::string{line} + "\n") != std::string::npos;
}

HostNumbers host_with(SiteNumbers site) {
    return {.now = site::Time{1000s}, .findings = {{"room", 0}}, .sites = {std::move(site)}};
}

SiteNumbers shop() {
    SiteNumbers site{.site = "shop", .version = "2.0", .decided = {}, .findings = {{"watch", 0}, {"edit", 0}}};
    site.up = site.serving = true;
    site.live = 7;
    site.live_since = site::Time{500s};
    site.decided.result = Decision::Result::live;
    site.decided.at = site::Time{600s};
    return site;
}

TEST_CASE("a site that serves is told by its numbers and times") {
    const auto text = metrics_text(host_with(shop()));
    for (const auto* line :
         {"baton_status_timestamp_seconds 1000", R"(baton_host_findings{check="room"} 0)",
          R"(baton_site_up{site="shop"} 1)", R"(baton_site_live_release{site="shop"} 7)",
          R"(baton_site_serving{site="shop"} 1)", R"(baton_site_live_info{site="shop",release="7",version="2.0"} 1)",
          R"(baton_site_live_since_timestamp_seconds{site="shop"} 500)", R"(baton_site_on_probation{site="shop"} 0)",
          R"(baton_site_last_deploy_outcome{site="shop",outcome="live"} 1)",
          R"(baton_site_last_deploy_outcome{site="shop",outcome="rolled_back"} 0)",
          R"(baton_site_last_deploy_timestamp_seconds{site="shop"} 600)", R"(baton_site_put_off{site="shop"} 0)",
          R"(baton_site_draining_releases{site="shop"} 0)", R"(baton_site_degraded{site="shop"} 0)",
          R"(baton_site_findings{site="shop",check="edit"} 0)"})
        CHECK_MESSAGE(has_line(text, line), line << "\n" << text);
    CHECK(text.find("baton_site_drain_since_timestamp_seconds{") == std::string::npos);
}

TEST_CASE("each outcome of a deploy is 1 for itself alone") {
    for (const auto& [result, outcome] : {std::pair{Decision::Result::none, "none"},
                                          {Decision::Result::unchanged, "unchanged"},
                                          {Decision::Result::refused, "refused"},
                                          {Decision::Result::rejected, "rejected"},
                                          {Decision::Result::rolled_back, "rolled_back"}}) {
        auto site = shop();
        site.decided.result = result;
        const auto text = metrics_text(host_with(site));
        CHECK(
            has_line(text, std::string{R"(baton_site_last_deploy_outcome{site="shop",outcome=")"} + outcome + "\"} 1"));
        CHECK(has_line(text, R"(baton_site_last_deploy_outcome{site="shop",outcome="live"} 0)"));
    }
}

TEST_CASE("what is wrong with a site is a number each") {
    auto site = shop();
    site.up = site.serving = false;
    site.live = 0;
    site.live_since.reset();
    site.on_probation = site.put_off = true;
    site.draining = 2;
    site.drain_since = site::Time{400s};
    site.findings["watch"] = 1;
    site.decided = {};
    const auto text = metrics_text(host_with(site));
    for (const auto* line :
         {R"(baton_site_up{site="shop"} 0)", R"(baton_site_live_release{site="shop"} 0)",
          R"(baton_site_serving{site="shop"} 0)", R"(baton_site_on_probation{site="shop"} 1)",
          R"(baton_site_put_off{site="shop"} 1)", R"(baton_site_draining_releases{site="shop"} 2)",
          R"(baton_site_drain_since_timestamp_seconds{site="shop"} 400)", R"(baton_site_degraded{site="shop"} 1)",
          R"(baton_site_findings{site="shop",check="watch"} 1)"})
        CHECK_MESSAGE(has_line(text, line), line << "\n" << text);
    for (const auto* none : {"baton_site_live_info{", "baton_site_live_since_timestamp_seconds{",
                             "baton_site_last_deploy_timestamp_seconds{"})
        CHECK_MESSAGE(text.find(none) == std::string::npos, none);
}

TEST_CASE("a version with quotes and newlines breaks no line") {
    auto site = shop();
    site.version = "1\"} 5\nbaton_site_up{site=\"other\"} 0\\";
    const auto text = metrics_text(host_with(site));
    CHECK(has_line(
        text,
        R"(baton_site_live_info{site="shop",release="7",version="1\"} 5\nbaton_site_up{site=\"other\"} 0\\"} 1)"));
}

TEST_CASE("without a site every family is told, so that a lint can compare names") {
    const auto text = metrics_text({.now = site::Time{1000s}, .findings = {}, .sites = {}});
    for (const auto* name :
         {"baton_site_up", "baton_site_last_deploy_outcome", "baton_site_drain_since_timestamp_seconds"})
        CHECK(text.find(std::string{"# TYPE "} + name + " gauge\n") != std::string::npos);
}

} // namespace
} // namespace baton::cli
