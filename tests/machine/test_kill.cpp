// SPDX-License-Identifier: MIT
// baton deploy is killed at any instant: what runs and what is recorded agree after the next command, and nothing
// stays.
#include "support/gate.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/traffic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <random>
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

/// Kills `argv` after so long, or sees it end before; 128 + SIGKILL when it was killed.
int kill_after(const std::vector<std::string>& argv, std::chrono::microseconds time) {
    Process process{argv};
    std::this_thread::sleep_for(time);
    process.kill(SIGKILL);
    return process.wait().status;
}

/// What status says is live is what answers. A release that had taken over when its deploy was killed may not have told
/// the one before to leave; then either answers. One that had not taken over leaves by itself.
void check_status_is_true(const Site& site) {
    wait_until("no release is in between", [&] {
        const auto rows = site.releases();
        return std::none_of(rows.begin(), rows.end(),
                            [](const auto& row) { return row.state == "starting" || row.state == "left over"; });
    });
    const auto live = site.live();
    std::set<std::string> running;
    for (const auto& row : site.releases()) {
        if (row.release == live) CHECK((row.state == "live" || row.state == "on probation"));
        if (row.runs) running.insert(row.ver);
    }
    const auto answering = get(site.address()).ver;
    CHECK_MESSAGE(running.contains(answering), "live is " << live << ", '" << answering << "' answers");
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

TEST_CASE("baton deploy, killed at any instant, leaves a site that serves and that the next deploy finds in order") {
    ServingSite site{"killed"};
    site.unwatch();
    site.edit("measured");
    const auto begin = std::chrono::steady_clock::now();
    REQUIRE(site.deploy().status == 0);
    const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);

    Traffic traffic{site.address()};
    constexpr unsigned k_seed = 20261122;
    std::mt19937 random{k_seed}; // the same instants in every run, as far as the machine allows
    constexpr int k_kills = 30;
    int killed = 0;
    for (int i = 0; i < k_kills; ++i) {
        CAPTURE(i);
        site.edit(fmt::format("killed {}", i));
        const auto time = whole * std::uniform_int_distribution{0, 1000}(random) / 1000;
        if (kill_after({"baton", "deploy", site.name()}, time) == 128 + SIGKILL) ++killed;
        check_status_is_true(site);
        check_next_deploy(site, fmt::format("next {}", i));
    }
    CHECK(killed > k_kills / 2);
    traffic.check_none_failed();
}

TEST_CASE("baton rollback, killed at any instant, leaves a site that serves and that the next deploy finds in order") {
    ServingSite site{"killed-back"};
    site.unwatch();
    Traffic traffic{site.address()};
    std::mt19937 random{1};
    for (int i = 0; i < 10; ++i) {
        CAPTURE(i);
        check_next_deploy(site, fmt::format("next {}", i));
        (void)kill_after({"baton", "rollback", site.name()},
                         std::chrono::microseconds{std::uniform_int_distribution{0, 150'000}(random)});
        check_status_is_true(site);
    }
    check_next_deploy(site, "last");
    traffic.check_none_failed();
}

TEST_CASE("baton deploy, killed after its switch, leaves the new release answering") {
    Site site{"killed-late"};
    site.set_unit("[Service]\nTimeoutStopSec=3s\n");
    site.upload(k_misbehave);
    site.edit("1", R"(, "Args": ["deaf"])"); // it is told to leave, and does not: a long time to kill the deploy in
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

TEST_CASE("a deploy while another one runs says so and exits with status 75") {
    ServingSite site{"busy"};
    Gate gate;
    site.edit("2", R"(, "Args": ["--wait-at=)" + gate.path() + "\"]");
    gate.wait_for_arrival();
    const auto busy = run({"baton", "deploy", site.name()});
    CHECK_MESSAGE(busy.status == 75, busy.text());
    CHECK(busy.err.find("busy") != busy.err.npos);
    gate.open();
    site.wait_for_version("2");
}

TEST_SUITE_END();
