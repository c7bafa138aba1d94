// SPDX-License-Identifier: MIT
// A wish stands (R2), and what is proven stays (R3), whatever the host does meanwhile.
#include "support/files.hpp"
#include "support/gate.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/traffic.hpp"
#include "support/wait.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

using namespace machine;
namespace fs = std::filesystem;
using namespace std::chrono_literals;
using baton::deploy::Event;

namespace {

/// The release does not start while the file exists; it is proven as soon as it is live.
std::string needs_absence_of(const fs::path& file) {
    return fmt::format(R"(, "ProbationSecond": 0, "Args": ["--exit-if={}"])", file.native());
}

std::string delayed(const Site& site, const std::string& ver, int seconds) {
    return fmt::format(R"({{"HttpPort": "{}", "Ver": "{}", "DelaySecond": {}, "BinName": "test"}})", site.http_port,
                       ver, seconds);
}

void wait_until_reloading(const Site& site) {
    wait_until("the deploy runs", [&] { return site.show(site.name(), "ActiveState") == "reloading"; });
}

} // namespace

TEST_SUITE_BEGIN("pursuit");

TEST_CASE("a proven release whose database is late is started again by itself, and listener and watch stay") {
    ServingSite site{"late"};
    const fs::path outage = "/srv/late.outage";
    site.edit("2", needs_absence_of(outage));
    site.wait_for_version("2");
    Journal journal{site.name()};
    Traffic traffic{site.address(), fresh_traffic()};
    REQUIRE(shell("touch " + outage.native()).status == 0);
    CHECK(run({"systemctl", "restart", site.name()}).status == 0);
    std::this_thread::sleep_for(4s); // the outage; three tries and more
    for (const auto* unit : {"late.service", "late.socket", "late.path"})
        CHECK_MESSAGE(site.show(unit, "ActiveState") == "active", unit);
    CHECK(site.live() == 2);
    fs::remove(outage);
    wait_until("it has come up by itself", [&] { return site.show(site.unit(2), "ActiveState") == "active"; });
    CHECK(get(site.address()).ver == "2");
    CHECK(journal.count(Event::rolled_back) == 0);
    traffic.check_none_refused();
}

TEST_CASE("while a proven release cannot start, an edit is deployed") {
    ServingSite site{"fix"};
    const fs::path outage = "/srv/fix.outage";
    site.edit("2", needs_absence_of(outage));
    site.wait_for_version("2");
    REQUIRE(shell("touch " + outage.native()).status == 0);
    REQUIRE(run({"systemctl", "restart", site.name()}).status == 0);
    site.edit("3");
    site.wait_for_version("3");
    fs::remove(outage);
}

TEST_CASE("systemctl restart in the middle of a deploy does not lose the edit") {
    ServingSite site{"restarted"};
    site.edit("2", R"(, "Args": ["--start-after=1500"])");
    wait_until("release 2 starts", [&] { return site.show(site.unit(2), "ActiveState") == "activating"; });
    CHECK(run({"systemctl", "restart", site.name()}).status == 0);
    CHECK(get(site.address()).ver == "1"); // at once, not when the edit is live
    site.wait_for_version("2");
    CHECK(site.status("/warnings") == "[]");
}

TEST_CASE("a DelaySecond that was too long is corrected by the next edit, at once") {
    ServingSite site{"too-long"};
    site.write_conf(delayed(site, "2", 3600));
    wait_until_reloading(site);
    const auto before = std::chrono::steady_clock::now();
    site.write_conf(delayed(site, "3", 0));
    site.wait_for_version("3");
    CHECK(std::chrono::steady_clock::now() - before < 10s);
}

TEST_CASE("a release that fails on probation goes back while a deploy waits for DelaySecond") {
    ServingSite site{"meantime"};
    site.edit("2", R"(, "Args": ["--crash-after=1500"])");
    site.wait_for_version("2");
    site.write_conf(delayed(site, "3", 3600));
    wait_until_reloading(site);
    site.wait_for_version("1");
    CHECK(site.show(site.name(), "ActiveState") == "reloading"); // the edit is waited for still
}

TEST_CASE("baton rollback goes back while a deploy waits for DelaySecond") {
    ServingSite site{"by-hand-meanwhile"};
    site.edit("2");
    site.wait_for_version("2");
    site.write_conf(delayed(site, "3", 3600));
    wait_until_reloading(site);
    const auto back = run({"baton", "rollback", site.name()});
    CHECK_MESSAGE(back.status == 0, back.text());
    CHECK(get(site.address()).ver == "1");
}

TEST_CASE("baton rollback goes to the release before, not to the last proven one") {
    ServingSite site{"before", R"(, "ProbationSecond": 0)"};
    for (const std::string ver : {"2", "3"}) {
        site.edit(ver);
        site.wait_for_version(ver);
    }
    CHECK(run({"baton", "rollback", site.name()}).status == 0);
    CHECK(get(site.address()).ver == "2");
}

TEST_CASE("baton deploy of a stopped site says that it is stopped, and serves nothing behind its handle") {
    ServingSite site{"is-stopped"};
    REQUIRE(run({"systemctl", "stop", site.name()}).status == 0);
    site.edit("2");
    const auto refused = site.deploy();
    CHECK_MESSAGE(refused.status == 1, refused.text());
    CHECK(refused.err.find("systemctl start is-stopped") != refused.err.npos);
    CHECK(refuses(site.address()));
}

TEST_CASE("baton deploy of a live release that was stopped by hand starts it, and its exit status is true") {
    ServingSite site{"stopped-release"};
    REQUIRE(run({"systemctl", "stop", site.unit(1)}).status == 0);
    const auto deployed = site.deploy();
    CHECK_MESSAGE(deployed.status == 0, deployed.text());
    CHECK(site.show(site.unit(1), "ActiveState") == "active");
}

TEST_CASE("baton deploy starts a live release that was stopped by hand, also when another process fulfils its wish") {
    ServingSite site{"other-fulfils"};
    Gate gate; // the other process closes a listener that nobody needs, and waits for that after all else
    std::filesystem::create_directories("/run/systemd/system/other-fulfils@.socket.d");
    write_file("/run/systemd/system/other-fulfils@.socket.d/slow.conf", "[Socket]\nExecStopPost=cat " + gate.path());
    REQUIRE(run({"systemctl", "daemon-reload"}).status == 0);
    REQUIRE(run({"systemctl", "start", "baton-listen@other-fulfils@" + free_port()}).status == 0);
    Process holder{{"flock", "--no-fork", site.state() / "lock", "sleep", "1000"}};
    wait_until("the lock is held", [&] { return run({"flock", "-n", site.state() / "lock", "true"}).status != 0; });
    REQUIRE(run({"systemctl", "stop", site.unit(1)}).status == 0);
    wait_until("the other process waits for its turn", [&] { // proc_locks(5)
        const auto lock = (site.state() / "lock").native();
        return shell("grep -c -e \"-> FLOCK .*:$(stat -c %i " + lock + ") \" /proc/locks").status == 0;
    });
    Process deploy{{"baton", "deploy", site.name()}};
    wait_until("the wish is written", [&] { // that of baton add was the first
        return shell("grep '\"number\": 2' " + site.state().native() + "/wish.json").status == 0;
    });
    deploy.kill(SIGSTOP); // or it would be the one to take the lock, now and then
    holder.kill(SIGTERM);
    gate.wait_for_arrival();
    deploy.kill(SIGCONT);
    const auto deployed = deploy.wait();
    CHECK_MESSAGE(deployed.status == 0, deployed.text());
    CHECK(site.show(site.unit(1), "ActiveState") == "active");
    gate.open();
    std::filesystem::remove_all("/run/systemd/system/other-fulfils@.socket.d");
}

TEST_CASE("a release that drained or was replaced does not come back when somebody restarts its unit") {
    ServingSite site{"revenant"};
    site.edit("2");
    site.wait_for_version("2");
    (void)run({"systemctl", "restart", site.unit(1)}); // needrestart, after an upgrade of libc
    wait_until("it has left again", [&] { return site.show(site.unit(1), "ActiveState") == "inactive"; });
    for (int i = 0; i < 20; ++i)
        CHECK(get(site.address()).ver == "2");
}

TEST_CASE("an upload that sends watch.conf first ends up live as a whole, also when it was refused at first") {
    ServingSite site{"conf-first"};
    const auto tree = [&] { return site.state() / "releases" / std::to_string(site.live()) / "tree"; };
    site.edit("2");
    std::this_thread::sleep_for(300ms);
    std::ofstream{site.directory() / "page.html"} << "new";
    wait_until("the rest is live", [&] { return fs::exists(tree() / "page.html"); });
    CHECK(get(site.address()).ver == "2");

    site.write_conf(
        fmt::format(R"({{"HttpPort": "{}", "Ver": "3", "DelaySecond": 0, "BinName": "other"}})", site.http_port));
    std::this_thread::sleep_for(1s); // refused by now
    site.upload(k_shop, "other");
    site.wait_for_version("3");

    site.write_conf(
        fmt::format(R"({{"HttpPort": "{}", "Ver": "4", "DelaySecond": 0, "BinName": "third"}})", site.http_port));
    std::this_thread::sleep_for(4s);
    site.upload(k_shop, "third"); // too late for a look that follows the upload; the one of each minute sees it
    REQUIRE(run({"systemctl", "start", "baton-look.service"}).status == 0);
    site.wait_for_version("4");
}

TEST_CASE("a file beside watch.conf that changes all the time holds no deploy, and makes one release more at most") {
    ServingSite site{"restless"};
    // Not a thread: each program that we start meanwhile would inherit the open file, and would be its writer.
    Process writer{
        {"sh", "-c", R"(while :; do echo $((i += 1)) > "$0"; sleep 0.1; done)", site.directory() / "server.log"}};
    site.edit("2");
    const auto begin = std::chrono::steady_clock::now();
    const auto deployed = site.deploy();
    CHECK_MESSAGE(deployed.status == 0, deployed.text());
    CHECK(std::chrono::steady_clock::now() - begin < 20s);
    std::this_thread::sleep_for(5s);
    writer.kill(SIGTERM);
    std::this_thread::sleep_for(4s);
    CHECK(get(site.address()).ver == "2");
    CHECK(site.releases().size() <= 4);
}

TEST_CASE("DelaySecond is counted from the newest change of the whole directory") {
    ServingSite site{"whole-tree"};
    site.write_conf(delayed(site, "2", 1));
    for (int i = 0; i < 8; ++i) {
        std::this_thread::sleep_for(300ms);
        std::ofstream{site.directory() / "page.html"} << i;
        CHECK(get(site.address()).ver == "1");
    }
    site.wait_for_version("2");
    CHECK(site.live() == 2);
    std::ifstream page{site.state() / "releases/2/tree/page.html"};
    CHECK(page.get() == '7');
}

TEST_CASE("no edit is lost beside a daemon-reload or a daemon-reexec") {
    ServingSite site{"blind"};
    int edit = 1;
    for (const std::string command : {"daemon-reload", "daemon-reload", "daemon-reload", "daemon-reexec"})
        for (const auto pause : {0ms, 15ms, 40ms, 80ms}) { // into the reload
            const auto ver = std::to_string(++edit);
            Process reload{{"systemctl", command}};
            std::this_thread::sleep_for(pause);
            site.edit(ver);
            CHECK(reload.wait().status == 0);
            wait_until("edit " + ver + " is live", [&] { return get(site.address()).ver == ver; });
        }
}

TEST_CASE("what was edited while nobody watched is deployed when the watch starts") {
    ServingSite site{"unwatched"};
    site.unwatch();
    site.edit("2");
    CHECK(run({"systemctl", "start", "baton-look.service"}).status ==
          0); // a watch that a person stopped missed nothing
    CHECK(get(site.address()).ver == "1");
    REQUIRE(run({"systemctl", "start", site.name() + ".path"}).status == 0);
    site.wait_for_version("2");
}

TEST_SUITE_END();
