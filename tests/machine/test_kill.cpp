// SPDX-License-Identifier: MIT
// baton deploy is killed at any instant: after the next command, state and records agree, and nothing is left behind.
#include "support/gate.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/traffic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <set>

using namespace machine;
namespace fs = std::filesystem;

namespace {

/// The releases whose units run and are not on their way out.
std::set<std::string> serving_units(const Site& site) {
    std::set<std::string> units;
    const auto listed = run({"systemctl", "list-units", "--plain", "--no-legend", "--state=active,activating,reloading",
                             site.name() + "@*.service"})
                            .out;
    for (std::size_t at = 0; at < listed.size(); at = listed.find('\n', at) + 1)
        units.insert(listed.substr(at, listed.find(' ', at) - at));
    return units;
}

bool has_partial(const Site& site) {
    for (const auto& entry : fs::directory_iterator{site.state() / "releases"})
        if (entry.path().extension() == ".partial") return true;
    return false;
}

/// The next deploy works, and leaves one release, no partial snapshot and a site that is as it should be.
void check_next_deploy(const Site& site, const std::string& ver) {
    site.edit(ver);
    const auto deployed = site.deploy();
    CHECK_MESSAGE(deployed.status == 0, deployed.text());
    CHECK(get(site.address()).ver == ver);
    CHECK_FALSE(has_partial(site));
    CHECK(serving_units(site) == std::set{site.unit(site.live())});
}

} // namespace

TEST_SUITE_BEGIN("kill");

TEST_CASE("baton deploy, killed after its switch, leaves the new release answering") {
    Site site{"killed-late"};
    site.set_unit("[Service]\nTimeoutStopSec=3s\n");
    site.upload(k_misbehave);
    site.edit("1", R"(, "Preflight": false, "Args": ["deaf"])"); // it is told to leave, and does not: a long time to
                                                                 // kill the deploy in
    REQUIRE(site.add().status == 0);
    site.unwatch();
    site.upload(k_shop);
    site.edit("2");
    Process deploy{{"baton", "deploy", site.name()}};
    wait_until("release 2 is live", [&] { return fs::read_symlink(site.state() / "live").filename() == "2"; });
    deploy.kill(SIGKILL);
    CHECK(deploy.wait().status == 128 + SIGKILL);
    CHECK(get(site.address()).ver == "2");
    check_next_deploy(site, "3");
}

TEST_CASE("a reload whose baton is killed fails, and the site is as it was") {
    ServingSite site{"killed-reload"};
    Traffic traffic{site.address()};
    Gate gate;
    site.edit("2", R"(, "Args": ["--wait-at=)" + gate.path() + "\"]");
    gate.wait_for_arrival();
    REQUIRE(run({"systemctl", "kill", "--signal=KILL", "--kill-who=all", site.name()}).status == 0);
    wait_until("the reload has ended", [&] { return site.show(site.name(), "ActiveState") != "reloading"; });
    CHECK(site.show(site.name(), "ActiveState") == "active");
    CHECK(get(site.address()).ver == "1");
    gate.open();
    site.unwatch();
    check_next_deploy(site, "3");
    traffic.check_none_failed();
}

TEST_CASE("systemctl stop in the middle of a deploy stops everything, and the site starts again") {
    ServingSite site{"stopped-midway"};
    Gate gate;
    site.edit("2", R"(, "Args": ["--wait-at=)" + gate.path() + "\"]");
    gate.wait_for_arrival();
    REQUIRE(run({"systemctl", "stop", site.name()}).status == 0);
    gate.open();
    wait_until("no release runs", [&] { return serving_units(site).empty(); });
    CHECK(refuses(site.address()));
    CHECK_FALSE(has_partial(site));
    site.edit("3");
    REQUIRE(run({"systemctl", "start", site.name()}).status == 0);
    site.wait_for_version("3");
    CHECK(serving_units(site) == std::set{site.unit(site.live())});
}

TEST_CASE("a deploy while another one runs waits for its outcome, or with --no-wait exits with status 75") {
    ServingSite site{"busy"};
    Gate gate;
    site.edit("2", R"(, "Args": ["--wait-at=)" + gate.path() + "\"]");
    gate.wait_for_arrival();
    const auto busy = run({"baton", "deploy", "--no-wait", site.name()});
    CHECK_MESSAGE(busy.status == 75, busy.text());
    CHECK(busy.err.find("busy") != busy.err.npos);
    Process waits{{"baton", "deploy", site.name()}};
    gate.open();
    const auto waited = waits.wait();
    CHECK_MESSAGE(waited.status == 0, waited.text());
    CHECK(get(site.address()).ver == "2");
    CHECK(site.live() == 2);
}

TEST_SUITE_END();
