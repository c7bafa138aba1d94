// SPDX-License-Identifier: MIT
// What a person sees at a terminal, and that nobody else does.
#include "support/terminal.hpp"

#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/wait.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>

using namespace machine;

namespace {

constexpr auto k_good = "\033[32m";
constexpr auto k_bad = "\033[31m";
constexpr auto k_escape = '\033';

void check_has(const std::string& text, const std::string& part) {
    CHECK_MESSAGE(text.find(part) != text.npos, part << " is not in:\n" << text);
}

} // namespace

TEST_SUITE_BEGIN("terminal");

TEST_CASE("at a terminal a deploy shows what it waits for, and its outcome in colour") {
    ServingSite site{"tty"};
    site.unwatch();
    site.edit("2", R"(, "Args": ["--start-after=1500"])");
    OnTerminal deploy{{"baton", "deploy", site.name()}};
    deploy.wait_for(
        "3/7 start    tty@2.service is starting"); // with the line of progress gone, the step has other words
    CHECK(deploy.wait() == 0);
    const auto seen = deploy.seen();
    check_has(seen, "\r\033[K  3/7 start   tty@2.service is ready");
    check_has(seen, std::string{k_good} + "release 2 (Ver 2) is live");
    site.upload(k_misbehave);
    site.edit("3", R"(, "Args": ["exit"])");
    OnTerminal rejected{{"baton", "deploy", site.name()}};
    CHECK(rejected.wait() == 3);
    check_has(rejected.seen(), std::string{k_bad} + "baton: error:\033[0m release 3 (Ver 3) rejected");
    OnTerminal status{{"baton", "status", site.name()}};
    CHECK(status.wait() == 0);
    check_has(status.seen(), std::string{k_bad} + "rejected");
}

TEST_CASE("a large import shows how far it is") {
    ServingSite site{"large"};
    site.unwatch();
    REQUIRE(shell("head -c 200M /dev/urandom >/srv/large/data").status == 0);
    site.edit("2");
    OnTerminal deploy{{"baton", "deploy", site.name()}};
    CHECK(deploy.wait() == 0);
    const auto seen = deploy.seen();
    check_has(seen, "2/7 import");
    check_has(seen, " MiB of 200");
    check_has(seen, "=>");
    check_has(seen, " %  ");
}

TEST_CASE("no escape and no line of progress without a terminal, on a dumb one, or with NO_COLOR") {
    const NoLooks only_these_commands_deploy;
    ServingSite site{"plain-text"};
    site.unwatch();
    const auto check_plain = [](const std::string& text) {
        CHECK_MESSAGE(text.find(k_escape) == text.npos, text);
        CHECK(text.find("is starting") == text.npos);
        check_has(text, "is live");
    };
    site.edit("2", R"(, "Args": ["--start-after=300"])");
    check_plain(site.deploy().out);
    for (const auto* const variable : {"NO_COLOR=1", "TERM=dumb", "TERM="}) {
        CAPTURE(variable);
        let_upload_end();
        site.edit(variable, R"(, "Args": ["--start-after=300"])");
        OnTerminal deploy{{"baton", "deploy", site.name()}, {variable}};
        CHECK(deploy.wait() == 0);
        check_plain(deploy.seen());
        OnTerminal status{{"baton", "status", site.name()}, {variable}};
        CHECK(status.wait() == 0);
        CHECK(status.seen().find(k_escape) == std::string::npos);
    }
    let_upload_end();
    site.edit("no-color-is-empty", R"(, "ProbationSecond": 0)");
    OnTerminal deploy{{"baton", "deploy", site.name()}, {"NO_COLOR="}};
    CHECK(deploy.wait() == 0);
    check_has(deploy.seen(), k_good);
    OnTerminal status{{"baton", "status", site.name()}};
    CHECK(status.wait() == 0);
    check_has(status.seen(), std::string{k_good} + "live");
    OnTerminal json{{"baton", "deploy", "--force", "--json", site.name()}};
    CHECK(json.wait() == 0);
    CHECK(nlohmann::json::parse(json.seen()).at("outcome") == "live");
}

TEST_CASE("a wait for the verdict shows the time that is left, and the drain") {
    ServingSite site{"countdown"};
    site.unwatch();
    site.edit("2", R"(, "ProbationSecond": 2)");
    OnTerminal deploy{{"baton", "deploy", "--until-proven", site.name()}};
    deploy.wait_for("probation    2 s left");
    CHECK(deploy.wait() == 0);
    check_has(deploy.seen(), "is proven");
}

TEST_CASE("baton remove shows how far the drain is") {
    ServingSite site{"removed"};
    site.upload(k_shop);
    site.edit("2", R"(, "Args": ["--leave-after=1500"])");
    site.wait_for_version("2");
    OnTerminal remove{{"baton", "remove", site.name()}};
    remove.wait_for("release 2 drains");
    CHECK(remove.wait() == 0);
    check_has(remove.seen(), std::string{k_good} + "site 'removed' is unregistered");
}

TEST_CASE("Ctrl-C at a terminal: the deploy goes on, and says so") {
    ServingSite site{"ctrl-c-tty"};
    site.unwatch();
    site.edit("2", R"(, "Args": ["--start-after=2000"])");
    OnTerminal deploy{{"baton", "deploy", site.name()}};
    deploy.wait_for("is starting");
    deploy.type("\x03");
    CHECK(deploy.wait() == 128 + SIGINT);
    check_has(deploy.seen(), "interrupted: the deploy goes on");
    site.wait_for_version("2");
}

TEST_CASE("baton status --watch redraws a terminal when something changes, and ends with Ctrl-C and status 0") {
    ServingSite site{"watched"};
    OnTerminal status{{"baton", "status", "--watch", site.name()}};
    status.wait_for("watching watch.conf");
    status.wait_for("\033[H");
    site.edit("second");
    status.wait_for("second");
    status.type("\x03");
    CHECK(status.wait() == 0);
}

TEST_CASE("baton status --watch shows no more than fits, and says how much does not") {
    ServingSite site{"tall"};
    site.unwatch();
    site.edit("1", R"(, "KeepReleases": 40)");
    for (int i = 0; i < 26; ++i)
        REQUIRE(run({"baton", "deploy", "--force", site.name()}).status == 0);
    OnTerminal status{{"baton", "status", "-w", site.name()}};
    status.wait_for("more lines");
    status.type("\x03");
    CHECK(status.wait() == 0);
    const auto seen = status.seen();
    const auto screen = seen.substr(seen.find("\033[H"), seen.find("\033[J") - seen.find("\033[H"));
    CHECK(std::count(screen.begin(), screen.end(), '\n') == 23);
}

TEST_CASE("baton status --watch in a pipe writes each state once, one below the other") {
    ServingSite site{"piped-watch", R"(, "ProbationSecond": 0)"};
    Process status{{"baton", "status", "--watch", site.name()}};
    std::this_thread::sleep_for(3s); // it has written the first, and nothing changes
    site.edit("second", R"(, "ProbationSecond": 0)");
    site.wait_for_version("second");
    std::this_thread::sleep_for(3s);
    status.kill(SIGINT);
    const auto ended = status.wait();
    CHECK_MESSAGE(ended.status == 0, ended.text());
    CHECK(ended.out.find(k_escape) == ended.out.npos);
    const auto first_second = ended.out.find("second ");
    REQUIRE(first_second != ended.out.npos);
    const auto head = ended.out.substr(0, first_second);
    std::size_t copies = 0;
    for (auto at = head.find("RELEASE"); at != head.npos; at = head.find("RELEASE", at + 1))
        ++copies;
    CHECK_MESSAGE(copies <= 4, ended.out); // the first one, the edit, and the one with "second"; not one a second
    const auto gone = shell("baton status --watch piped-watch --json | head -n 3");
    CHECK(gone.status == 0);
    CHECK(gone.out.find("\"version\": 1") != gone.out.npos);
}

TEST_CASE("a misspelt command, site and option are told with the right one") {
    ServingSite site{"spelling"};
    check_has(run({"baton", "stauts"}).err, "did you mean 'status'?");
    check_has(run({"baton", "status", "speling"}).err, "did you mean 'spelling'?");
    check_has(run({"baton", "deploy", "spelling.service"}).err, "did you mean 'spelling'?");
    check_has(run({"baton", "deploy", "--until-prooven", "spelling"}).err, "did you mean '--until-proven'?");
}

TEST_SUITE_END();
