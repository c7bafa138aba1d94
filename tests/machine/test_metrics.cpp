// SPDX-License-Identifier: MIT
// baton status --metrics: what Prometheus is told of a site, through its deploys; alerting/ tests the alerts on it.
#include "support/files.hpp"
#include "support/gate.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/wait.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <string>

using namespace machine;
namespace fs = std::filesystem;

namespace {

std::string metrics(const Site& site) {
    const auto told = run({"baton", "status", "--metrics", site.name()});
    CHECK_MESSAGE(told.status == 0, told.text());
    return told.out;
}

/// The value of a sample of this site, as text; empty if there is none. `more`: further labels, as they are written.
std::string value_of(const std::string& text, const Site& site, const std::string& name, const std::string& more = "") {
    const auto sample = fmt::format("\nbaton_site_{}{{site=\"{}\"{}}} ", name, site.name(), more);
    const auto at = text.find(sample);
    if (at == text.npos) return "";
    const auto begin = at + sample.size();
    return text.substr(begin, text.find('\n', begin) - begin);
}

std::string outcome(const Site& site, const std::string& outcome) {
    return value_of(metrics(site), site, "last_deploy_outcome", ",outcome=\"" + outcome + "\"");
}

} // namespace

TEST_SUITE_BEGIN("metrics");

TEST_CASE("the metrics follow a site through a deploy, a rejection, a roll back and a stop") {
    const ServingSite site{"counted"};
    auto text = metrics(site);
    CHECK(value_of(text, site, "up") == "1");
    CHECK(value_of(text, site, "live_release") == "1");
    CHECK(value_of(text, site, "serving") == "1");
    CHECK(value_of(text, site, "on_probation") == "1");
    CHECK(value_of(text, site, "degraded") == "0");
    CHECK(value_of(text, site, "put_off") == "0");
    CHECK(value_of(text, site, "live_info", R"(,release="1",version="1")") == "1");
    CHECK(value_of(text, site, "last_deploy_outcome", R"(,outcome="live")") == "1");
    CHECK(text.find("baton_host_findings{check=\"mounts\"} 0\n") != text.npos);

    site.upload(k_misbehave);
    site.edit("2", R"(, "Args": ["exit"])");
    CHECK(site.deploy().status == 3);
    CHECK(outcome(site, "rejected") == "1");
    CHECK(outcome(site, "live") == "0");
    site.write_conf("{}");
    (void)site.deploy();
    CHECK(outcome(site, "refused") == "1");

    site.upload(k_shop);
    site.edit("3", R"(, "Args": ["--crash-after=1000"])");
    wait_until("it is rolled back", [&] { return outcome(site, "rolled_back") == "1"; });
    CHECK(value_of(metrics(site), site, "serving") == "1"); // for systemd, all is well

    site.unwatch();
    text = metrics(site);
    CHECK(value_of(text, site, "degraded") == "1");
    CHECK(value_of(text, site, "findings", ",check=\"watch\"") == "1");
    REQUIRE(run({"systemctl", "stop", site.name()}).status == 0);
    text = metrics(site);
    CHECK(value_of(text, site, "up") == "0");
    CHECK(value_of(text, site, "serving") == "0");
}

TEST_CASE("a release that drains is counted, with the time since when") {
    ServingSite site{"draining-count"};
    HeldRequest held{site.address()};
    site.edit("2");
    site.wait_for_version("2");
    const auto text = metrics(site);
    CHECK(value_of(text, site, "draining_releases") == "1");
    const auto since = value_of(text, site, "drain_since_timestamp_seconds");
    REQUIRE_FALSE(since.empty());
    CHECK(std::stod(since) > std::stod(value_of(text, site, "live_since_timestamp_seconds")) - 5);
    CHECK(held.let_go().status == 200);
    wait_until("it has drained", [&] { return value_of(metrics(site), site, "draining_releases") == "0"; });
    CHECK(value_of(metrics(site), site, "drain_since_timestamp_seconds").empty());
}

TEST_CASE("a deploy that the host prevents is put off, and then is not") {
    ServingSite site{"put-off"};
    Process taken{
        {"python3", "-c",
         "import socket, time; s = socket.create_server(('', 7321)); print('up', flush=True); time.sleep(600)"}};
    wait_until("the port is taken", [] { return !refuses("7321"); });
    site.http_port = "7321";
    site.edit("2");
    wait_until("it is put off", [&] { return value_of(metrics(site), site, "put_off") == "1"; });
    taken.kill(SIGKILL);
    wait_until(
        "it is live", [&] { return get("7321").ver == "2"; }, 90s);
    CHECK(value_of(metrics(site), site, "put_off") == "0");
}

TEST_CASE("a site whose record is damaged is degraded, and hides no other") {
    const ServingSite site{"readable"};
    const fs::path other = "/var/lib/baton/unreadable";
    fs::create_directories(other);
    write_file(other / "site.json", "garbage");
    const auto text = run({"baton", "status", "--metrics"}).out;
    CHECK(text.find("baton_site_degraded{site=\"unreadable\"} 1\n") != text.npos);
    CHECK(value_of(text, site, "up") == "1");
    fs::remove_all(other);
    CHECK(run({"baton", "status", "--metrics", "unreadable"}).status == 2);
    CHECK(run({"baton", "status", "--metrics", "--json"}).status == 2);
}

TEST_CASE("the timer writes them where node_exporter reads them, whole or not at all") {
    const ServingSite site{"timed"};
    const fs::path directory = "/var/lib/prometheus/node-exporter";
    fs::create_directories(directory);
    REQUIRE(run({"systemctl", "enable", "--now", "baton-metrics.timer"}).status == 0);
    wait_until("they are there", [&] { return fs::exists(directory / "baton.prom"); });
    const auto text = read_file(directory / "baton.prom");
    CHECK(value_of(text, site, "up") == "1");
    CHECK(text.find("baton_host_findings{check=\"mounts\"} 0\n") != text.npos); // its sandbox is not taken for the host
    CHECK_FALSE(fs::exists(directory / "baton.prom.new"));
    CHECK((fs::status(directory / "baton.prom").permissions() & fs::perms::others_read) != fs::perms::none);
    REQUIRE(run({"systemctl", "disable", "--now", "baton-metrics.timer"}).status == 0);
    fs::remove_all("/var/lib/prometheus");
}

TEST_SUITE_END();
