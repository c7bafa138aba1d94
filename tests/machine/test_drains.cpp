// SPDX-License-Identifier: MIT
// Many deploys, with drains that take longer than the time between deploys.
#include "deploy/act/drain_limit.hpp"
#include "support/gate.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/traffic.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <list>

using namespace machine;
namespace fs = std::filesystem;

namespace {

std::size_t draining(const Site& site) {
    const auto rows = site.releases();
    const auto drains = [](const auto& row) { return row.state == "draining"; };
    return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), drains));
}

/// Resident memory of PID 1.
long manager_kilobytes() {
    std::ifstream status{"/proc/1/status"};
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
    return 0;
}

long kilobytes_below(const fs::path& directory) {
    return std::stol(run({"du", "--summarize", "--block-size=1024", directory}).out);
}

} // namespace

TEST_SUITE_BEGIN("drains");

TEST_CASE("status tells of a draining release how many requests and connections are left") {
    ServingSite site{"progress"};
    HeldRequest held{site.address()};
    site.edit("2");
    site.wait_for_version("2");
    CHECK(site.status("/releases/1/state") == "draining");
    CHECK(site.status("/releases/1/traffic/state") == "draining");
    CHECK(site.status("/releases/1/traffic/in_flight") == "1");
    const auto shown = run({"baton", "status", site.name()}).out;
    CHECK_MESSAGE(shown.find("1 requests in flight, 1 connections") != shown.npos, shown);
    CHECK(held.let_go().status == 200);
}

TEST_CASE("more releases than may drain at once: the oldest is ended, and it is said") {
    ServingSite site{"too-many"};
    site.unwatch();
    Journal journal{site.name()};
    std::list<HeldRequest> held;
    for (std::size_t i = 0; i <= baton::deploy::k_most_draining; ++i) {
        held.emplace_back(site.address()); // keeps the release from having drained
        site.edit(fmt::format("{}", i + 2));
        REQUIRE(site.deploy().status == 0);
    }
    CHECK(draining(site) == baton::deploy::k_most_draining);
    CHECK(site.show(site.unit(1), "ActiveState") == "inactive");
    const auto told = journal.wait_for(Event::warning);
    CHECK(told.message.find("release 1 is ended before it has drained") != told.message.npos);
    CHECK(held.front().let_go().status == 0);
    held.pop_front();
    for (auto& other : held) // they were left alone
        CHECK(other.let_go().status == 200);
}

TEST_CASE("a release that ignores every SIGTERM and drains as one too many is killed") {
    Site site{"deaf-many"};
    site.upload(k_misbehave);
    site.edit("1", R"(, "Args": ["deaf"], "Preflight": false)");
    REQUIRE(site.add().status == 0);
    site.unwatch();
    site.upload(k_shop);
    std::list<HeldRequest> held;
    for (std::size_t i = 0; i <= baton::deploy::k_most_draining; ++i) {
        site.edit(fmt::format("{}", i + 2));
        REQUIRE(site.deploy().status == 0);
        held.emplace_back(site.address());
    }
    wait_until("release 1 is gone", [&] { return site.show(site.unit(1), "ActiveState") == "inactive"; });
    CHECK(draining(site) <= baton::deploy::k_most_draining);
    for (auto& request : held)
        CHECK(request.let_go().status == 200);
}

TEST_CASE("200 deploys in a row under load leave as much behind as a few, and the watch still works") {
    ServingSite site{"many"};
    site.unwatch();
    std::list<httplib::Client> idle; // a kept connection keeps its release from having drained
    Traffic traffic{site.address()};
    long memory_then = 0;
    long disk_then = 0;
    constexpr int k_deploys = 200;
    for (int i = 1; i <= k_deploys; ++i) {
        idle.emplace_back("127.0.0.1", std::stoi(site.address())).set_keep_alive(true);
        REQUIRE(idle.back().Get("/hello"));
        site.edit(fmt::format("{}", i));
        const auto deployed = site.deploy();
        REQUIRE_MESSAGE(deployed.status == 0, deployed.text());
        if (i != k_deploys / 4) continue;
        memory_then = manager_kilobytes();
        disk_then = kilobytes_below(site.state());
    }
    const auto memory = manager_kilobytes();
    const auto disk = kilobytes_below(site.state());
    MESSAGE("PID 1: " << memory_then << " -> " << memory << " KiB; " << site.state().native() << ": " << disk_then
                      << " -> " << disk << " KiB");
    CHECK(memory - memory_then < 4096);
    CHECK(disk - disk_then < 4L * (k_deploys - k_deploys / 4) + 1024); // a record of 4 KiB each
    CHECK(draining(site) == baton::deploy::k_most_draining);
    traffic.check_none_failed();
    idle.clear();
    const auto failed =
        run({"systemctl", "list-units", "--all", "--plain", "--no-legend", "--state=failed", "*" + site.name() + "@*"});
    CHECK_MESSAGE(failed.out == "", failed.out);
    REQUIRE(run({"systemctl", "start", site.name() + ".path"}).status == 0);
    site.edit("watched");
    site.wait_for_version("watched");
}

TEST_SUITE_END();
