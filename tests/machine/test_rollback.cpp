// SPDX-License-Identifier: MIT
// A release that took over and fails on probation: the one before serves again automatically; and `baton rollback`.
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/traffic.hpp"

#include <fmt/format.h>

using namespace machine;

namespace {

constexpr auto k_back_within = 2s; // from the failure of the unit

/// Of a program that goes live and then fails; one without libbaton would not get through its preflight.
std::string args(const std::string& words) {
    return fmt::format(R"(, "Preflight": false, "Args": [{}])", words);
}

/// When systemd last gave `unit` up, on the monotonic clock.
std::chrono::microseconds monotonic(const Site& site, const std::string& unit, const std::string& property) {
    const auto text = site.show(unit, property);
    return std::chrono::microseconds{text.empty() ? 0 : std::stoll(text)};
}

/// None when systemd has forgotten the unit, as it does with one that exited with status 0.
std::optional<std::chrono::microseconds> from_failure_to_roll_back(const Site& site, int failed, int back) {
    const auto gone = monotonic(site, site.unit(failed), "InactiveEnterTimestampMonotonic");
    if (gone.count() == 0) return std::nullopt;
    return monotonic(site, site.unit(back), "ActiveEnterTimestampMonotonic") - gone;
}

/// Puts `program` live as Ver "bad", which then fails; checks that release 3, with the content of release 1, serves.
void check_goes_back(Site& site, const char* program, const std::string& bad_args, const std::string& reason) {
    Journal journal{site.name()};
    Traffic traffic{site.address(), fresh_traffic()};
    site.upload(program);
    site.edit("bad", args(bad_args));
    CHECK(journal.wait_for(Event::release_live).release == "2");
    CHECK(journal.wait_for(Event::rolled_back).release == "3");
    site.wait_for_version("1");
    const auto took = from_failure_to_roll_back(site, 2, 3);
    if (took) CHECK_MESSAGE(*took < k_back_within, took->count() << " us");
    CHECK(site.live() == 3);
    CHECK(site.status("/releases/0/copy_of") == "1");
    CHECK(site.status("/releases/1/state") == "rolled back");
    const auto told = site.status("/releases/1/reason") + site.status("/releases/1/evidence");
    CHECK_MESSAGE(told.find(reason) != told.npos, told);
    traffic.check_none_refused();
    CHECK(site.show(site.name(), "ActiveState") == "active");
}

} // namespace

TEST_SUITE_BEGIN("rollback");

TEST_CASE("a release that crashes again and again on probation goes back by itself") {
    ServingSite site{"crash-loop"};
    check_goes_back(site, k_shop, R"("--crash-after=300")", "killed by SIGABRT");
}

TEST_CASE("a release that crashes without having answered anybody goes back by itself") {
    ServingSite site{"crash-deaf"};
    check_goes_back(site, k_misbehave, R"("crash", "100")", "out of ideas");
}

TEST_CASE("a release that hangs its watchdog on probation goes back by itself") {
    ServingSite site{"hang"};
    site.set_unit("[Service]\nWatchdogSec=500ms\nTimeoutAbortSec=1s\n");
    check_goes_back(site, k_misbehave, R"("hang")", "it did not say WATCHDOG=1 in time");
}

TEST_CASE("a release that exits with status 0 unasked on probation goes back by itself") {
    ServingSite site{"exit-0"};
    check_goes_back(site, k_shop, R"("--exit-after=300")", "exited with status 0 without having been told to");
}

TEST_CASE("a release without any client that exits with status 0 unasked on probation goes back by itself") {
    ServingSite site{"exit-0-alone"};
    Journal journal{site.name()};
    site.edit("2", args(R"("--exit-after=100")"));
    CHECK(journal.wait_for(Event::rolled_back).release == "3");
    CHECK(site.live() == 3);
}

TEST_CASE("a release that is killed for memory on probation goes back by itself") {
    ServingSite site{"eaten"};
    site.set_unit("[Service]\nLimitAS=200M\nMemoryMax=100M\nMemorySwapMax=0\n");
    check_goes_back(site, k_misbehave, R"("eat-memory-ready", "100")", "");
}

TEST_CASE("a proven release that exits with status 0 unasked is started again by the next connection") {
    ServingSite site{"exit-0-proven"};
    Journal journal{site.name()};
    Traffic traffic{site.address(), fresh_traffic()};
    site.edit("2", args(R"("--exit-after=300")") + R"(, "ProbationSecond": 0)");
    site.wait_for_version("2");
    for (int i = 0; i < 3; ++i) {
        const auto pid = get(site.address()).pid;
        wait_until("another process answers", [&] {
            const auto reply = get(site.address());
            return reply.ver == "2" && reply.pid != pid;
        });
    }
    CHECK(site.live() == 2);
    CHECK(journal.count(Event::rolled_back) == 0);
    traffic.check_none_refused();
}

TEST_CASE("a release that fails before its deploy has ended: exit status 4, and the one before serves") {
    Site site{"at-once"};
    site.set_unit("[Service]\nTimeoutStopSec=2s\n");
    site.upload(k_misbehave);
    site.edit("1", args(R"("deaf")")); // told to leave, it says that it serves: the deploy waits a second for it
    REQUIRE(site.add().status == 0);
    site.unwatch();
    site.edit("2", args(R"("crash", "200")"));
    const auto deployed = site.deploy();
    CHECK_MESSAGE(deployed.status == 4, deployed.text());
    CHECK(deployed.err.find("release 2 (Ver 2) went live and failed at once") != deployed.err.npos);
    CHECK(deployed.err.find("release 3 (Ver 1) is still serving") != deployed.err.npos);
    CHECK(site.status("/releases/1/state") == "rolled back");
}

TEST_CASE("a build that was rolled back is not tried again by systemctl restart") {
    ServingSite site{"no-retry"};
    check_goes_back(site, k_misbehave, R"("crash", "100")", "out of ideas");
    REQUIRE(run({"systemctl", "restart", site.name()}).status == 0);
    CHECK(get(site.address()).ver == "1");
    CHECK(site.live() == 3);
    site.upload(k_shop);
    site.edit("good");
    site.wait_for_version("good");
}

TEST_CASE("a release that fails after its probation is started again, not rolled back") {
    ServingSite site{"proven"};
    Journal journal{site.name()};
    site.edit("2", R"(, "ProbationSecond": 0)");
    site.wait_for_version("2");
    Traffic traffic{site.address(), fresh_traffic()};
    for (int i = 0; i < 5; ++i) { // more than StartLimitBurst=
        const auto pid = get(site.address()).pid;
        CHECK(run({"kill", "-9", pid}).status == 0);
        wait_until("another process answers", [&] {
            const auto reply = get(site.address());
            return reply.ver == "2" && reply.pid != pid;
        });
    }
    CHECK(site.live() == 2);
    CHECK(journal.count(Event::rolled_back) == 0);
    traffic.check_none_refused();
}

TEST_CASE("a first release that crashes has nothing to go back to, says so, and is tried again by connections") {
    ServingSite site{"nowhere", args(R"("--crash-after=100")")};
    Journal journal{site.name()};
    const auto told = journal.wait_for(Event::roll_back_failed);
    CHECK(told.message.find("no earlier release to go back to") != told.message.npos);
    CHECK(site.live() == 1);
    wait_until("a connection has started it again", [&] { return get(site.address()).ver == "1"; });
    site.edit("2");
    site.wait_for_version("2");
}

TEST_CASE("a roll back that fails as well is told and does not loop") {
    ServingSite site{"both-bad", args(R"("--crash-after=2500")")};
    site.upload(k_misbehave);
    Journal journal{site.name()};
    site.edit("2", args(R"("crash", "100")"));
    (void)journal.wait_for(Event::rolled_back);
    (void)journal.wait_for(Event::roll_back_failed);
    CHECK(journal.count(Event::rolled_back) == 1);
    site.upload(k_shop);
    site.edit("3");
    site.wait_for_version("3");
}

TEST_CASE("baton rollback makes the release before live again, and the next edit is a deploy") {
    ServingSite site{"by-hand-back"};
    site.edit("2");
    REQUIRE(site.reload().status == 0);
    Traffic traffic{site.address()};
    const auto done = run({"baton", "rollback", site.name()});
    CHECK_MESSAGE(done.status == 0, done.text());
    CHECK(get(site.address()).ver == "1");
    CHECK(site.live() == 3);
    wait_until("release 2 has drained", [&] { return site.status("/releases/1/state") == "rolled back"; });
    site.edit("4");
    site.wait_for_version("4");
    traffic.check_none_failed();
}

TEST_CASE("baton rollback N makes release N live again, with its files") {
    ServingSite site{"by-number"};
    site.unwatch();
    for (const std::string ver : {"2", "3"}) {
        site.edit(ver);
        REQUIRE(site.deploy().status == 0);
    }
    CHECK(run({"baton", "rollback", site.name(), "1"}).status == 0);
    CHECK(get(site.address()).ver == "1");
    CHECK(run({"baton", "rollback", site.name(), "3"}).status == 0);
    CHECK(get(site.address()).ver == "3");
    const auto none = run({"baton", "rollback", site.name(), "99"});
    CHECK(none.status == 2);
    CHECK(none.err.find("there is no such release") != none.err.npos);
}

TEST_CASE("baton rollback of a site with one release says that there is none to go back to") {
    ServingSite site{"only-one"};
    const auto refused = run({"baton", "rollback", site.name()});
    CHECK(refused.status == 1);
    CHECK(refused.err.find("no earlier release has been live") != refused.err.npos);
    CHECK(get(site.address()).ver == "1");
}

TEST_CASE("baton rollback names what it passes over and why, and what to type") {
    ServingSite site{"names-skipped"};
    site.unwatch();
    for (const std::string ver : {"2", "3"}) {
        site.edit(ver);
        REQUIRE(site.deploy().status == 0);
    }
    const auto first = run({"baton", "rollback", site.name()});
    CHECK(get(site.address()).ver == "2");
    CHECK(first.out.find("not to release") == first.out.npos);
    const auto second = run({"baton", "rollback", site.name()}); // not to what was just taken back
    CHECK_MESSAGE(second.status == 0, second.text());
    CHECK(get(site.address()).ver == "1");
    for (const auto* const part : {"not to release 3: it was rolled back: taken back by hand; baton rollback "
                                   "names-skipped 3 goes back to it\n",
                                   "not to release 2: it has the content of release 4, which is live; baton rollback "
                                   "names-skipped 2 goes back to it\n"})
        CHECK_MESSAGE(second.out.find(part) != second.out.npos, second.text());
    const auto third = run({"baton", "rollback", site.name()});
    CHECK(third.status == 1);
    for (const auto* const part :
         {"no earlier release is one to go back to", "\n  release 3: it was rolled back: taken back by hand",
          "\n  release 1: it has the content of release 5, which is live",
          "hint: baton rollback names-skipped N goes back to release N all the same; or put a working build in"})
        CHECK_MESSAGE(third.err.find(part) != third.err.npos, third.text());
    CHECK(site.live() == 5);
}

TEST_CASE("baton rollback names the releases whose snapshots were deleted") {
    ServingSite site{"names-pruned", R"(, "KeepReleases": 2)"};
    site.unwatch();
    for (int i = 0; i < 3; ++i)
        REQUIRE(run({"baton", "deploy", "--force", site.name()}).status == 0);
    const auto none = run({"baton", "rollback", site.name()});
    CHECK(none.status == 1);
    for (const auto* const part : {"\n  release 3: it has the content of release 4, which is live",
                                   "\n  releases 1 to 2: 2 snapshots were deleted (KeepReleases)"})
        CHECK_MESSAGE(none.err.find(part) != none.err.npos, none.text());
    const auto pruned = run({"baton", "rollback", site.name(), "1"});
    CHECK(pruned.status == 2);
    CHECK_MESSAGE(pruned.err.find("its snapshot was deleted (KeepReleases)") != pruned.err.npos, pruned.text());
}

TEST_CASE("baton rollback N, the second time, says that nothing is to be done, and does nothing") {
    ServingSite site{"twice"};
    site.unwatch();
    site.edit("2");
    REQUIRE(site.deploy().status == 0);
    REQUIRE(run({"baton", "rollback", site.name(), "1"}).status == 0);
    const auto pid = get(site.address()).pid;
    for (const auto& [to, text] :
         {std::pair{"1", "release 3 (Ver 1), which is live, has the content of release 1, and stays"},
          std::pair{"3", "release 3 (Ver 1) is live already, and stays"}}) {
        const auto again = run({"baton", "rollback", site.name(), to});
        CHECK_MESSAGE(again.status == 0, again.text());
        CHECK_MESSAGE(again.out.find(text) != again.out.npos, again.text());
    }
    CHECK(site.live() == 3);
    CHECK(get(site.address()).pid == pid);
}

TEST_CASE("in the middle of an outage, baton rollback names what it passes over, and goes to the one before") {
    ServingSite site{"outage", R"(, "ProbationSecond": 0)"};
    site.unwatch();
    const std::filesystem::path outage = "/srv/outage.now";
    site.edit("2", R"(, "ProbationSecond": 0, "Args": ["--exit-if=/srv/outage.now"])");
    REQUIRE(site.deploy().status == 0);
    site.upload(k_misbehave);
    site.edit("3", R"(, "Args": ["exit"])");
    REQUIRE(site.deploy().status == 3);
    site.upload(k_shop);
    site.edit("2", R"(, "ProbationSecond": 0, "Args": ["--exit-if=/srv/outage.now"])");
    REQUIRE(run({"baton", "deploy", "--force", site.name()}).status == 0);
    Journal journal{site.name()};
    REQUIRE(shell("touch /srv/outage.now").status == 0);
    REQUIRE(run({"systemctl", "kill", "--signal=KILL", site.unit(4)}).status == 0);
    wait_until("a start has failed", [&] { return site.status("/warnings").find("is down") != std::string::npos; });
    const auto back = run({"baton", "rollback", site.name()});
    CHECK_MESSAGE(back.status == 0, back.text());
    CHECK_MESSAGE(back.out.find("not to release 3: it was rejected: ") != back.out.npos, back.text());
    CHECK_MESSAGE(back.out.find("not to release 2: it has the content of release 4") != back.out.npos, back.text());
    CHECK(get(site.address()).ver == "1");
    bool is_told = false;
    for (const auto& entry : journal.entries())
        is_told |= entry.message.find("baton rollback outage goes back to release 1") != std::string::npos;
    CHECK(is_told);
    std::filesystem::remove(outage);
}

TEST_SUITE_END();
