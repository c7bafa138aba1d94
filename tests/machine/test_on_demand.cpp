// SPDX-License-Identifier: MIT
// baton add --on-demand: systemd listens, a release starts at the first connection and leaves when nobody connects.
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/wait.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <random>
#include <thread>
#include <vector>

using namespace machine;

namespace {

/// A site whose releases leave after a second without a connection.
struct SiteOnDemand : Site {
    explicit SiteOnDemand(const std::string& name) : Site{name} {
        upload(k_shop);
        edit("1");
        const auto added = run({"baton", "add", "--on-demand", "--idle-exit=1", this->name(), directory()});
        REQUIRE_MESSAGE(added.status == 0, added.text());
    }
    [[nodiscard]] bool runs() const {
        return show(fmt::format("{}@{}.service", name(), live()), "ActiveState") != "inactive";
    }
    void wait_until_it_rests() const {
        wait_until("the release has left", [&] { return !runs(); });
    }
};

/// Connects whenever the release is about to leave, or has just left.
void arrive_at_the_edge(const Site& site, int times, unsigned seed, std::atomic<int>& answered) {
    std::mt19937 random{seed};
    std::uniform_int_distribution<int> around_ms{-150, 400};
    for (int i = 0; i < times; ++i) {
        if (get(site.address()).ver == "1") ++answered;
        std::this_thread::sleep_for(1s + std::chrono::milliseconds{around_ms(random)});
    }
}

} // namespace

TEST_SUITE_BEGIN("on demand");

TEST_CASE("a release leaves when nobody connects, and the next connection starts it") {
    SiteOnDemand site{"demand"};
    for (int i = 0; i < 3; ++i) {
        site.wait_until_it_rests();
        CHECK(site.show("demand.socket", "ActiveState") == "active");
        CHECK(site.status("/releases/0/state") == "stopped");
        CHECK(run({"baton", "status", site.name()}).out.find("the next connection starts it") != std::string::npos);
        CHECK(get(site.address()).ver == "1");
        CHECK(site.runs());
    }
    CHECK(site.live() == 1); // on probation, and not rolled back
    CHECK(run({"baton", "doctor", site.name()}).out == "nothing is wrong\n");
}

TEST_CASE("a site on demand starts, and restarts, without a release") {
    SiteOnDemand site{"no-release"};
    site.wait_until_it_rests();
    REQUIRE(run({"systemctl", "restart", site.name()}).status == 0);
    CHECK_FALSE(site.runs());
    CHECK(site.show("no-release.socket", "ActiveState") == "active");
    REQUIRE(run({"systemctl", "stop", site.name()}).status == 0);
    CHECK(site.show("no-release.socket", "ActiveState") == "inactive");
    REQUIRE(run({"systemctl", "start", site.name()}).status == 0);
    CHECK_FALSE(site.runs());
    CHECK(site.show("no-release.path", "ActiveState") == "active");
    CHECK(get(site.address()).ver == "1");
}

TEST_CASE("an edit while the release rests is a deploy, and the new release leaves as well") {
    SiteOnDemand site{"rests"};
    site.wait_until_it_rests();
    site.edit("2");
    wait_until("it is live", [&] { return site.live() == 2; });
    site.wait_until_it_rests();
    CHECK(get(site.address()).ver == "2");
    const auto back = run({"baton", "rollback", site.name()});
    CHECK_MESSAGE(back.status == 0, back.text());
    site.wait_until_it_rests();
    CHECK(get(site.address()).ver == "1");
}

TEST_CASE("whether a site is on demand can be changed later, and a reload applies it") {
    SiteOnDemand site{"changes"};
    site.unwatch();
    const auto changed = run({"baton", "add", "--idle-exit=0", site.name()});
    CHECK_MESSAGE(changed.status == 0, changed.text());
    CHECK(changed.text().find("'changes' is now always up; systemctl reload changes applies it") != std::string::npos);
    const auto reloaded = site.reload();
    REQUIRE_MESSAGE(reloaded.status == 0, reloaded.text());
    std::this_thread::sleep_for(2500ms);
    CHECK(site.runs());
    REQUIRE(run({"baton", "add", "--idle-exit=1", site.name()}).status == 0);
    REQUIRE(site.reload().status == 0);
    site.wait_until_it_rests();
    CHECK(get(site.address()).ver == "1");
    CHECK(run({"baton", "add", "--idle-exit=never", site.name()}).status == 2);
    CHECK(run({"baton", "add", "--idle-exit=-1", site.name()}).status == 2);
}

/// BATON_ARRIVALS=N in the environment: how many, in all.
TEST_CASE("no arrival is lost at the edge, as a release leaves") {
    constexpr int k_sites = 8;
    const char* const chosen = std::getenv("BATON_ARRIVALS");
    const int each = std::max(1, (chosen == nullptr ? 80 : std::atoi(chosen)) / k_sites);
    std::deque<SiteOnDemand> sites;
    for (int i = 0; i < k_sites; ++i)
        sites.emplace_back(fmt::format("edge-{}", i));
    std::atomic<int> answered{0};
    std::vector<std::thread> clients;
    for (unsigned i = 0; i < k_sites; ++i)
        clients.emplace_back([&, i] { arrive_at_the_edge(sites[i], each, i, answered); });
    for (auto& client : clients)
        client.join();
    CHECK(answered == each * k_sites);
    for (const auto& site : sites)
        CHECK(site.live() == 1);
}

TEST_SUITE_END();
