// SPDX-License-Identifier: MIT
// Exit status 0 of a deploy means that the release is live; with --until-proven, or UntilProven for a reload, that it
// has come through its probation.
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/traffic.hpp"
#include "support/wait.hpp"

#include <nlohmann/json.hpp>

#include <csignal>
#include <fstream>

using namespace machine;

namespace {

constexpr auto k_two_seconds = R"(, "ProbationSecond": 2)";
constexpr auto k_an_hour = R"(, "ProbationSecond": 3600)";
constexpr auto k_crashes = R"(, "Args": ["--crash-after=1000"])";

std::vector<std::string> until_proven(const Site& site) {
    return {"baton", "deploy", "--until-proven", site.name()};
}

/// A deploy that waits for the verdict on release `release`, which is live by now.
class Waiting : public Process {
  public:
    Waiting(const Site& site, int release) : Process{until_proven(site)} {
        wait_until("it is live", [&] { return site.live() == release; });
        std::this_thread::sleep_for(300ms); // it waits for the verdict by now, or soon; each test is for both
    }
};

void check_says(const std::string& text, const std::vector<std::string>& parts) {
    for (const auto& part : parts)
        CHECK_MESSAGE(text.find(part) != text.npos, part << " is not in:\n" << text);
}

} // namespace

TEST_SUITE_BEGIN("until proven");

TEST_CASE("baton deploy --until-proven returns when the release is proven, and not before") {
    ServingSite site{"proves"};
    site.unwatch();
    site.edit("2", k_two_seconds);
    const auto begun = std::chrono::steady_clock::now();
    const auto deployed = run(until_proven(site));
    CHECK_MESSAGE(deployed.status == 0, deployed.text());
    CHECK(std::chrono::steady_clock::now() - begun >= 2s);
    check_says(deployed.out, {"; on probation until 20", "release 2 (Ver 2) is proven: it has been live for"});
    CHECK(site.status("/releases/0/state") == "live");
    const auto again = run(until_proven(site), 2s); // at once
    CHECK_MESSAGE(again.status == 0, again.text());
}

TEST_CASE("without --until-proven, the result says that the release is on probation, until when, and how to wait") {
    ServingSite site{"says-probation"};
    site.unwatch();
    site.edit("2", k_an_hour);
    const auto deployed = site.deploy();
    CHECK_MESSAGE(deployed.status == 0, deployed.text());
    check_says(deployed.out, {"; on probation until 20", "baton deploy --until-proven says-probation waits"});
    site.edit("3", R"(, "ProbationSecond": 0)");
    const auto proven = site.deploy();
    CHECK_MESSAGE(proven.out.find("on probation") == std::string::npos, proven.text());
}

TEST_CASE("with --until-proven, a release that fails on probation is status 4, with the reason and its last lines") {
    ServingSite site{"fails-later"};
    site.unwatch();
    site.edit("2", k_crashes);
    const auto deployed = run(until_proven(site));
    CHECK_MESSAGE(deployed.status == 4, deployed.text());
    check_says(deployed.err, {"release 2 (Ver 2) went live and was rolled back on probation: ", "SIGABRT",
                              "\n  | shop: the database went away", "hint: release 3 (Ver 1) is still serving"});
    site.edit("3", k_crashes);
    const auto told = run({"baton", "deploy", "--until-proven", "--json", site.name()});
    CHECK(told.status == 4);
    CHECK(nlohmann::json::parse(told.out).at("outcome") == "rolled-back");
}

TEST_CASE("with --until-proven, a release that fails and has nothing to go back to is status 1, and says so") {
    ServingSite site{"no-way-back", R"(, "Args": ["--crash-after=2500"])"};
    const auto waited = run(until_proven(site));
    CHECK_MESSAGE(waited.status == 1, waited.text());
    check_says(waited.err, {"waiting until release 1 (Ver 1) is proven: ", "SIGABRT", "no release to go back to"});
}

TEST_CASE("a wait for the verdict ends with the release: it is replaced, taken back by hand, or its site stopped") {
    ServingSite site{"is-replaced"};
    site.unwatch();
    site.edit("2", k_an_hour);
    {
        Waiting deploy{site, 2};
        site.edit("3", k_an_hour);
        REQUIRE(site.deploy().status == 0);
        const auto replaced = deploy.wait();
        CHECK(replaced.status == 1);
        check_says(replaced.err, {"release 3 (Ver 3) has replaced it", "baton deploy --until-proven is-replaced"});
    }
    {
        Waiting deploy{site, 3};
        REQUIRE(run({"baton", "rollback", site.name()}).status == 0);
        const auto taken_back = deploy.wait();
        CHECK(taken_back.status == 4);
        check_says(taken_back.err, {"taken back by hand"});
    }
    site.edit("5", k_an_hour);
    Waiting deploy{site, 5};
    REQUIRE(run({"systemctl", "stop", site.name()}).status == 0);
    const auto stopped = deploy.wait();
    CHECK(stopped.status == 1);
    check_says(stopped.err, {"the site was stopped", "systemctl start is-replaced"});
}

TEST_CASE("a restart of the site by hand is no failure, and does not end the wait") {
    ServingSite site{"restarts"};
    site.unwatch();
    site.edit("2", R"(, "ProbationSecond": 4)");
    Waiting deploy{site, 2};
    REQUIRE(run({"systemctl", "restart", site.name()}).status == 0);
    CHECK(get(site.address()).ver == "2"); // starts it, if need be
    const auto proven = deploy.wait();
    CHECK_MESSAGE(proven.status == 0, proven.text());
}

TEST_CASE("Ctrl-C ends the wait and nothing else, and says what goes on") {
    ServingSite site{"ctrl-c"};
    site.unwatch();
    site.edit("2", R"(, "ProbationSecond": 3600, "Args": ["--start-after=1500"])");
    Process deploy{until_proven(site)};
    wait_until("release 2 starts", [&] { return site.show(site.unit(2), "ActiveState") == "activating"; });
    deploy.kill(SIGINT);
    const auto interrupted = deploy.wait();
    CHECK_MESSAGE(interrupted.status == 128 + SIGINT, interrupted.text());
    check_says(interrupted.err, {"interrupted: the deploy goes on; baton status ctrl-c shows"});
    site.wait_for_version("2");
    const int live = site.live();
    Waiting again{site, live};
    again.kill(SIGINT);
    const auto left = again.wait();
    CHECK_MESSAGE(left.status == 128 + SIGINT, left.text());
    check_says(left.err,
               {"(Ver 2) stays live, on probation until 20", "baton deploy --until-proven ctrl-c waits again"});
    CHECK(site.live() == live);
}

TEST_CASE("with UntilProven, systemctl reload waits for the verdict, and fails if it is a roll back") {
    ServingSite site{"reload-waits"};
    site.unwatch();
    site.edit("2", R"(, "ProbationSecond": 2, "UntilProven": true)");
    const auto begun = std::chrono::steady_clock::now();
    CHECK(site.reload().status == 0);
    CHECK(std::chrono::steady_clock::now() - begun >= 2s);
    site.edit("3", std::string{k_crashes} + R"(, "UntilProven": true)");
    CHECK(site.reload().status != 0);
    CHECK(get(site.address()).ver == "2");
    (void)run({"journalctl", "--sync"});
    check_says(journal_of(site.name()), {"went live and was rolled back on probation", "shop: the database went away"});
    CHECK(site.show(site.name(), "ActiveState") == "active");
}

TEST_CASE("while a reload waits for the verdict, an edit is deployed at once, and a failure rolled back at once") {
    ServingSite site{"waits-for-none"};
    Traffic traffic{site.address()};
    site.edit("2", R"(, "ProbationSecond": 3600, "UntilProven": true)");
    site.wait_for_version("2");
    CHECK(site.show(site.name(), "ActiveState") == "reloading"); // it waits
    site.edit("3", R"(, "ProbationSecond": 3600, "UntilProven": true)");
    wait_until(
        "the edit is live", [&] { return get(site.address()).ver == "3"; }, 10s);
    CHECK(run({"kill", "-9", get(site.address()).pid}).status == 0);
    wait_until(
        "it is rolled back", [&] { return site.status("/releases/1/state") == "rolled back"; }, 10s);
    wait_until(
        "the reload has failed", [&] { return site.show(site.name(), "ActiveState") == "active"; }, 10s);
    traffic.check_none_refused();
    REQUIRE(run({"systemctl", "stop", site.name()}).status == 0);
}

TEST_CASE("while a reload waits for the verdict, another reload deploys what has changed beside watch.conf") {
    ServingSite site{"reloads-twice"};
    site.unwatch();
    site.edit("2", R"(, "ProbationSecond": 3600, "UntilProven": true)");
    Process first{{"systemctl", "reload", site.name()}};
    wait_until("it is live", [&] { return site.live() == 2; });
    let_upload_end();
    std::ofstream{site.directory() / "page.html"} << "new";
    Process second{{"systemctl", "reload", site.name()}};
    wait_until("the page is live", [&] { return site.live() == 3; });
    REQUIRE(run({"systemctl", "stop", site.name()}).status == 0);
}

TEST_SUITE_END();
