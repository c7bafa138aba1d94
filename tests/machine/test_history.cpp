// SPDX-License-Identifier: MIT
// Reports after the fact: baton history and baton logs.
#include "support/programs.hpp"
#include "support/site.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <csignal>

using namespace machine;
using Json = nlohmann::json;

namespace {

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

Json history(const Site& site) {
    return Json::parse(run({"baton", "history", site.name(), "--json"}).out).at("releases");
}

} // namespace

TEST_SUITE_BEGIN("history");

TEST_CASE("baton history knows every release, those whose snapshots were deleted as well") {
    ServingSite site{"past", R"(, "KeepReleases": 2)"};
    site.unwatch();
    for (int i = 2; i <= 5; ++i) {
        site.edit(fmt::format("{}", i), R"(, "KeepReleases": 2)");
        REQUIRE(site.deploy().status == 0);
        wait_until("the one before has left", [&] { return site.show(site.unit(i - 1), "ActiveState") == "inactive"; });
    }
    site.upload(k_misbehave);
    site.edit("bad", R"(, "KeepReleases": 2, "Args": ["exit"])");
    CHECK(site.deploy().status == 3);
    const auto releases = history(site);
    REQUIRE(releases.size() == 6);
    CHECK(releases.at(0).at("outcome") == "rejected");
    CHECK(releases.at(0).at("failed_step") == "start");
    CHECK(contains(releases.at(0).at("reason"), "status 7"));
    CHECK(releases.at(1).at("live") == true);
    CHECK(releases.at(5).at("release") == 1);
    CHECK(releases.at(5).at("has_snapshot") == false);
    CHECK(releases.at(5).at("step_ms").contains("start"));
    CHECK(releases.at(5).at("live_until").is_string());
    const auto gone = run({"baton", "rollback", site.name(), "1"});
    CHECK(gone.status == 2);
}

TEST_CASE("baton logs shows what the releases, baton and systemd say, in order, and of one release only that") {
    ServingSite site{"talk"};
    site.unwatch();
    site.upload(k_misbehave);
    site.edit("bad", R"(, "Args": ["exit"])");
    CHECK(site.deploy().status == 3);
    const auto logs = run({"baton", "logs", site.name()}).out;
    const auto program = logs.find("misbehave: no database");
    CHECK_MESSAGE(program != logs.npos, logs);
    CHECK(logs.find("release 1 (Ver 1) is live") < program);
    CHECK(logs.find("release 2 (Ver bad) rejected") > program);
    const auto second = run({"baton", "logs", site.name(), "2"}).out;
    CHECK(contains(second, "misbehave: no database"));
    CHECK_FALSE(contains(second, "release 1 (Ver 1) is live"));
    const auto last = run({"baton", "logs", site.name(), "--lines=1", "--json"}).out;
    CHECK(Json::parse(last).at("BATON_SITE") == site.name());
    const auto none = run({"baton", "logs", "nobody"});
    CHECK(none.status == 2);
}

TEST_CASE("baton logs tells a user who may not read the journal, and what helps; in that group it shows the lines") {
    const ServingSite site{"unreadable"};
    const auto as_nobody = [&](const std::string& groups) {
        return shell("setpriv --reuid=nobody --regid=nogroup --" + groups + " baton logs " + site.name());
    };
    const auto refused = as_nobody("clear-groups");
    CHECK(refused.status == 1);
    CHECK(refused.out.empty());
    CHECK(refused.err ==
          "baton: error: reading the journal of 'unreadable': you may not read the system's journal\n"
          "hint: sudo baton logs unreadable; or, as root: usermod -aG systemd-journal nobody, then log in "
          "again\n");
    const auto shown = as_nobody("groups=systemd-journal");
    CHECK(shown.status == 0);
    CHECK_MESSAGE(contains(shown.out, "release 1 (Ver 1) is live"), shown.text());
}

TEST_CASE("baton logs --follow shows a release that starts later") {
    ServingSite site{"follow"};
    Process logs{{"baton", "logs", "--follow", "--lines=0", site.name()}};
    site.upload(k_misbehave);
    const Journal journal{site.name()};
    site.edit("bad", R"(, "Args": ["exit"])");
    wait_until("the deploy has ended", [&] { return site.status("/releases/0/state") == "rejected"; });
    std::this_thread::sleep_for(500ms); // journalctl has no way to say that it is through
    logs.kill(SIGTERM);
    const auto text = logs.wait().out;
    CHECK_MESSAGE(contains(text, "misbehave: no database"), text);
}

TEST_CASE("--json says of each command what came of it, errors as well") {
    ServingSite site{"tell-json"};
    site.unwatch();
    const auto unchanged = Json::parse(run({"baton", "deploy", site.name(), "--json"}).out);
    CHECK(unchanged.at("outcome") == "unchanged");
    site.edit("2");
    const auto deployed = run({"baton", "deploy", site.name(), "--json"});
    const auto told = Json::parse(deployed.out);
    CHECK(told.at("outcome") == "live");
    CHECK(told.at("release").at("release") == 2);
    CHECK(told.at("release").at("step_ms").contains("start"));
    CHECK(std::to_string(told.at("pid").get<int>()) == get(site.address()).pid);
    const auto back = Json::parse(run({"baton", "rollback", "--json", site.name()}).out);
    CHECK(back.at("release").at("copy_of") == 1);
    CHECK(Json::parse(run({"baton", "check", "--json", site.directory()}).out).at("values").at("Ver") == "2");
    site.write_conf("{");
    const auto bad = run({"baton", "deploy", site.name(), "--json"});
    CHECK(bad.status == 78);
    CHECK(Json::parse(bad.out).at("outcome") == "config");
    CHECK(Json::parse(bad.out).at("exit_status") == 78);
    CHECK(contains(bad.err, "baton: error: "));
}

TEST_SUITE_END();
