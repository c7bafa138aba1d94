// SPDX-License-Identifier: MIT
// Faults of the host are no verdict on a site's content: full disks, changed settings, a restarted bus, Ctrl-C.
#include "support/files.hpp"
#include "support/gate.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/small_state.hpp"
#include "support/traffic.hpp"
#include "support/wait.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

using namespace machine;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

/// While it exists, /run has no block left.
class FullRun {
  public:
    FullRun() {
        const auto used = shell("df --output=used -k /run | tail -1 | tr -d ' \\n'").out;
        (void)shell("mount -o remount,size=$((" + used + " + 64))k /run");
        wait_until("it is full", [&] {
            (void)shell("rm -f /run/more; dd if=/dev/zero of=/run/filler bs=4k oflag=append conv=notrunc");
            return shell("echo x >/run/more").status != 0;
        });
    }
    FullRun(const FullRun&) = delete;
    FullRun& operator=(const FullRun&) = delete;

  private:
    struct Emptied {
        ~Emptied() { (void)shell("rm -f /run/filler /run/more; mount -o remount,size=256M /run"); }
    } emptied_; ///< also when it could not be filled
};

/// The environment of the live release's process, a variable a line.
std::string environment(const Site& site) {
    const auto pid = site.show(site.unit(site.live()), "MainPID");
    return shell("tr '\\0' '\\n' </proc/" + pid + "/environ").out;
}

std::string warnings(const Site& site) {
    return site.status("/warnings");
}

fs::path site_directory(const Site& site) {
    return site.status("/directory");
}

} // namespace

TEST_SUITE_BEGIN("host");

TEST_CASE("a state directory that the kernel has made read-only keeps no proven release down") {
    const ServingSite site{"read-only"};
    REQUIRE(shell("mount --bind /var/lib/baton /var/lib/baton && mount -o remount,bind,ro /var/lib/baton").status == 0);
    REQUIRE(run({"systemctl", "kill", "--signal=KILL", site.unit(1)}).status == 0);
    wait_until("it is up again", [&] { return get(site.address()).ver == "1"; });
    CHECK(run({"systemctl", "restart", site.name()}).status == 0);
    wait_until("it is up after a restart", [&] { return get(site.address()).ver == "1"; });
    REQUIRE(run({"umount", "/var/lib/baton"}).status == 0);
}

TEST_CASE("a site whose state was lost is named by add, and cleared up by remove, with what still runs of it") {
    ServingSite site{"lost-state"};
    fs::create_directories("/run/baton/lost-state/7/left/by/a/program");
    fs::remove_all(site.state());
    const auto refused = run({"baton", "add", site.name(), site.directory()});
    CHECK_MESSAGE(refused.status == 2, refused.text());
    CHECK(refused.err.find("baton remove lost-state clears them up") != std::string::npos);
    const auto removed = run({"baton", "remove", site.name()});
    CHECK_MESSAGE(removed.status == 0, removed.text());
    CHECK(get(site.address()).status == 0);
    CHECK_FALSE(fs::exists("/run/baton/lost-state"));
    CHECK(shell("ls -d /usr/local/lib/systemd/system/lost-state* 2>/dev/null || true").out.empty());
    REQUIRE(site.add().status == 0);
    site.wait_for_version("1");
}

TEST_CASE("a file of the state that is damaged is named, with what to type, and that works") {
    ServingSite site{"damaged"};
    site.unwatch();
    for (const std::string name : {"wish.json", "decided.json"}) {
        write_file(site.state() / name, "garbage");
        site.edit("after " + name);
        const auto failed = site.deploy();
        CHECK_MESSAGE(failed.status == 1, failed.text());
        CHECK_MESSAGE(failed.err.find("hint: rm '" + (site.state() / name).native() + "'") != std::string::npos,
                      failed.text());
        CHECK(get(site.address()).status == 200);
        fs::remove(site.state() / name);
        const auto deployed = site.deploy();
        CHECK_MESSAGE(deployed.status == 0, deployed.text());
    }
}

TEST_CASE("who reads from a deploy that is killed hears no more of it") {
    ServingSite site{"piped"};
    site.unwatch();
    site.edit("2");
    REQUIRE(shell("sed -i 's/\"DelaySecond\": 0/\"DelaySecond\": 40/' " + site.conf_path().native()).status == 0);
    const auto begin = std::chrono::steady_clock::now();
    (void)run({"sh", "-c", "timeout --signal=KILL 1 baton deploy piped 2>&1 | cat"}, 60s);
    CHECK(std::chrono::steady_clock::now() - begin < 20s);
}

TEST_CASE("what systemctl edit sets for the releases is applied by the next reload, and status says so before") {
    ServingSite site{"settings"};
    CHECK(warnings(site) == "[]");
    site.set_unit("[Service]\nEnvironment=SET_BY_ROOT=1\n");
    CHECK(warnings(site).find("systemctl reload settings") != std::string::npos);
    Traffic traffic{site.address()};
    const auto reloaded = site.reload();
    CHECK_MESSAGE(reloaded.status == 0, reloaded.text());
    CHECK(site.live() == 2);
    CHECK(environment(site).find("SET_BY_ROOT=1\n") != std::string::npos);
    CHECK(warnings(site) == "[]");

    REQUIRE(site.reload().status == 0);
    CHECK(site.live() == 2);                                            // nothing has changed
    fs::remove("/etc/systemd/system/settings@.service.d/50-test.conf"); // systemctl revert
    REQUIRE(run({"systemctl", "daemon-reload"}).status == 0);
    REQUIRE(site.reload().status == 0);
    CHECK(site.live() == 3);
    CHECK(environment(site).find("SET_BY_ROOT") == std::string::npos);
    traffic.check_none_failed();
}

TEST_CASE("systemctl restart applies what systemctl edit has set, and nothing is left to apply") {
    ServingSite site{"set-restart"};
    site.set_unit("[Service]\nEnvironment=SET_BY_ROOT=1\n");
    REQUIRE(run({"systemctl", "restart", site.name()}).status == 0);
    site.wait_for_version("1");
    CHECK(environment(site).find("SET_BY_ROOT=1\n") != std::string::npos);
    CHECK(warnings(site) == "[]");
}

TEST_CASE("what was rejected with one setting is tried again with another, and not with the same") {
    ServingSite site{"needs-setting"};
    site.unwatch();
    fs::remove(site.directory() / "test");
    write_file(site.directory() / "test",
               "#!/bin/sh\n[ -n \"$DATABASE\" ] || exit 7\nexec " + std::string{k_shop} + "\n");
    site.edit("2");
    CHECK(site.deploy().status == 3);
    CHECK(site.deploy().err.find("had exactly this content") != std::string::npos);
    site.set_unit("[Service]\nEnvironment=DATABASE=db.example\n");
    const auto deployed = site.deploy();
    CHECK_MESSAGE(deployed.status == 0, deployed.text());
    CHECK(get(site.address()).ver == "2");
}

TEST_CASE("no edit is lost when dbus is restarted in the middle of its deploy") {
    ServingSite site{"bus-restart"};
    for (int i = 2; i < 7; ++i) {
        CAPTURE(i);
        Gate gate;
        site.edit(std::to_string(i), R"(, "Args": ["--wait-at=)" + gate.path() + "\"]");
        gate.wait_for_arrival();
        REQUIRE(run({"systemctl", "restart", "dbus.service"}).status == 0);
        gate.open();
        site.wait_for_version(std::to_string(i)); // perhaps by a second release: the edit is written in two parts
    }
}

TEST_CASE("an edit whose deploy was ended by systemctl stop is what the site serves after its start") {
    ServingSite site{"stop-beside"};
    site.unwatch();
    Gate gate;
    site.edit("2", R"(, "Args": ["--wait-at=)" + gate.path() + "\"]");
    Process deploy{{"baton", "deploy", site.name()}};
    gate.wait_for_arrival();
    REQUIRE(run({"systemctl", "stop", site.name()}).status == 0);
    const auto ended = deploy.wait();
    CHECK_MESSAGE(ended.status == 1, ended.text());
    CHECK_MESSAGE(ended.err.find("the site is stopped") != std::string::npos, ended.text());
    fs::remove(gate.path()); // it waits no more
    REQUIRE(run({"systemctl", "start", site.name()}).status == 0);
    site.wait_for_version("2");
}

TEST_CASE("an upload that was waited for in vain is deployed by itself when its writer has left") {
    ServingSite site{"late-writer"};
    std::ofstream upload{site.directory() / "asset.zip"}; // stays open for writing
    upload << "the first half" << std::flush;
    site.edit("2");
    Journal journal{site.name()};
    wait_until(
        "it is put off", [&] { return warnings(site).find("'asset.zip' is still being written") != std::string::npos; },
        90s);
    upload.close();
    site.wait_for_version("2");
}

TEST_CASE("a crash on probation is taken back on a disk that is full") {
    const SmallState disk{"32M"};
    ServingSite site{"full-back"};
    site.edit("2", R"(, "Args": ["--crash-after=1500"])");
    site.wait_for_version("2");
    disk.fill();
    REQUIRE(shell("echo more than a block >/var/lib/baton/more").status != 0);
    site.wait_for_version("1");
    CHECK(site.live() == 3);
    fs::remove("/var/lib/baton/filler");
    site.edit("4");
    site.wait_for_version("4");
    CHECK(site.status("/releases/2/state") == "rolled back");
}

TEST_CASE("a person's roll back works on a disk that is full, and a deploy says what to look at") {
    const SmallState disk{"32M"};
    const ServingSite site{"full-rollback"};
    site.unwatch();
    site.edit("2");
    REQUIRE(site.deploy().status == 0);
    disk.fill();
    const auto refused = site.deploy();
    CHECK_MESSAGE(refused.status == 1, refused.text());
    CHECK_MESSAGE(refused.err.find("hint: df -h '/var/lib/baton/full-rollback'") != std::string::npos, refused.text());
    const auto back = run({"baton", "rollback", site.name()}, 60s);
    CHECK_MESSAGE(back.status == 0, back.text());
    site.wait_for_version("1");
}

TEST_CASE("what fell while /run was full, where systemd can start nothing, is back by itself when there is room") {
    ServingSite site{"full-run"};
    ServingSite proven{"full-proven", R"(, "ProbationSecond": 0)"};
    site.edit("2", R"(, "Args": ["--crash-after=5000"])");
    site.wait_for_version("2");
    {
        const FullRun full;
        REQUIRE(run({"systemctl", "kill", "--signal=KILL", proven.unit(1)}).status == 0);
        wait_until("release 2 has crashed", [&] { return site.show(site.unit(2), "ActiveState") == "failed"; });
        std::this_thread::sleep_for(3s); // so that some starts have failed
    }
    proven.wait_for_version("1");
    CHECK(proven.live() == 1);
    site.wait_for_version("1"); // the crash on probation was taken back
    CHECK(site.status("/releases/0/copy_of") == "1");
}

TEST_CASE("Ctrl-C in the middle of baton add leaves nothing of the site") {
    for (const int signal : {SIGINT, SIGTERM, SIGKILL}) {
        CAPTURE(signal);
        Site site{"interrupted"};
        Gate gate;
        site.upload(k_shop);
        site.edit("1", R"(, "Args": ["--wait-at=)" + gate.path() + "\"]");
        Process add{{"baton", "add", site.name(), site.directory()}};
        gate.wait_for_arrival();
        add.kill(signal);
        CHECK(add.wait().status == 128 + signal);
        wait_until("it is taken back", [&] { return !fs::exists(site.state()); });
        wait_until("whoever did it has ended", [&] {
            const auto asked = run({"pgrep", "-f", "baton remove " + site.name()});
            return asked.status != 0;
        });
        check_nothing_left_of(site);
        gate.open();
        site.edit("1");
        const auto again = site.add();
        CHECK_MESSAGE(again.status == 0, again.text());
    }
}

TEST_CASE("baton add works right after one that was rejected, on the same port, and the rejected one leaves nothing") {
    Site site{"again"};
    for (int i = 0; i < 5; ++i) {
        CAPTURE(i);
        site.upload(k_misbehave);
        site.edit("1", R"(, "Args": ["exit"])");
        const auto rejected = site.add();
        CHECK_MESSAGE(rejected.status == 3, rejected.text());
        check_nothing_left_of(site);
        site.upload(k_shop);
        site.edit("1");
        const auto added = site.add();
        CHECK_MESSAGE(added.status == 0, added.text());
        REQUIRE(run({"baton", "remove", site.name()}).status == 0);
        check_nothing_left_of(site);
    }
}

TEST_CASE("what systemctl edit has set for a site stays when that is removed, and both commands name it") {
    Site site{"heir"};
    site.upload(k_shop);
    site.edit("1");
    REQUIRE(site.add().status == 0);
    site.set_unit("[Service]\nEnvironment=SET_BY_ROOT=1\n");
    const auto path = "/etc/systemd/system/heir@.service.d/50-test.conf";
    const auto removed = run({"baton", "remove", site.name()});
    CHECK_MESSAGE((removed.out + removed.err).find(std::string{path} + "' stays") != std::string::npos, removed.text());
    CHECK(fs::exists(path));
    const auto added = site.add();
    CHECK_MESSAGE((added.out + added.err).find(std::string{path} + "' is in effect already") != std::string::npos,
                  added.text());
}

TEST_CASE("a release that ends badly once it has drained is told apart, and its site's stop leaves no failed unit") {
    ServingSite site{"bad-end", R"(, "Args": ["--abort-at-end"])"};
    Journal journal{site.name()};
    site.edit("2", R"(, "Args": ["--abort-at-end"])");
    site.wait_for_version("2");
    constexpr auto k_end = "failed as it ended: the program was killed by SIGABRT; its drain was complete by then, so "
                           "the failure is in the program's own end";
    CHECK(journal.wait_for(Event::warning).message.find(k_end) != std::string::npos);
    wait_until("it is forgotten", [&] { return site.show(site.unit(1), "ActiveState") == "inactive"; });
    Journal of_stop{site.name()};
    CHECK(run({"systemctl", "stop", site.name()}).status == 0);
    CHECK(site.show(site.unit(2), "ActiveState") == "inactive");
    CHECK(of_stop.wait_for(Event::warning).message.find(k_end) != std::string::npos);
    CHECK(shell("systemctl --failed --plain --no-legend 'bad-end*'").out.empty());
}

TEST_CASE("a program that ends with status 143 when it is told to leaves no failed unit") {
    ServingSite site{"jvm"};
    fs::remove(site.directory() / "test");
    write_file(site.directory() / "test",
               "#!/bin/sh\ntrap 'exit 143' TERM\nsystemd-notify --ready\nsleep 1000 & wait\n");
    site.set_unit("[Service]\nNotifyAccess=all\n");
    site.edit("2", R"(, "Preflight": false)");
    wait_until("it is live", [&] { return site.live() == 2; });
    REQUIRE(run({"systemctl", "stop", site.name()}).status == 0);
    CHECK(shell("systemctl list-units --all --plain --no-legend --state=failed '*jvm*'").out == "");
}

TEST_CASE("a listener that is stopped while its release is down and a client waits is there again with the release") {
    const fs::path missing = "/run/database-is-away";
    ServingSite site{"deaf-client", R"(, "ProbationSecond": 0, "Args": ["--exit-if=)" + missing.native() + "\"]"};
    write_file(missing, "");
    REQUIRE(run({"systemctl", "kill", "--signal=KILL", site.unit(1)}).status == 0);
    Process client{{"curl", "--silent", "--max-time", "60", "http://127.0.0.1:" + site.address() + "/hello"}};
    wait_until("the client is waited with",
               [&] { return site.show("baton-activate@deaf-client.service", "ActiveState") == "activating"; });
    (void)run({"systemctl", "stop", site.name() + ".socket"});
    wait_until("the release is down",
               [&] { return warnings(site).find("the live release is down") != std::string::npos; });
    fs::remove(missing);
    site.wait_for_version("1");
    CHECK(site.show(site.name() + ".socket", "ActiveState") == "active");
}

TEST_CASE(
    "status says why a proven release is down and when it is started next, and nothing of it once another is live") {
    ServingSite site{"loop"};
    site.edit("2", R"(, "ProbationSecond": 0, "Args": ["--crash-after=300"])");
    site.wait_for_version("2");
    wait_until("status says so", [&] {
        const auto told = warnings(site);
        return told.find(
                   "the live release is down: the program was killed by SIGABRT; it is tried again automatically, "
                   "next at") != std::string::npos;
    });
    site.edit("3");
    site.wait_for_version("3");
    CHECK(warnings(site) == "[]");
}

TEST_CASE("of two baton add of one name at once, one wins, and the other takes nothing of it away") {
    for (int i = 0; i < 5; ++i) {
        CAPTURE(i);
        Site one{"rivals"};
        one.upload(k_shop);
        one.edit("1");
        Site other{"rivals-directory"}; // its directory, under the name of the first
        other.upload(k_shop);
        other.edit("2");
        Process first{{"baton", "add", one.name(), one.directory()}};
        Process second{{"baton", "add", one.name(), other.directory()}};
        const auto statuses = std::multiset{first.wait().status, second.wait().status};
        CHECK(statuses == std::multiset{0, 2});
        const bool first_won = site_directory(one) == one.directory();
        CHECK(get(first_won ? one.address() : other.address()).ver == (first_won ? "1" : "2"));
        CHECK(one.status("/warnings") == "[]");
        REQUIRE(run({"baton", "remove", one.name()}).status == 0);
    }
}

TEST_CASE("a helper of ours that was killed leaves no failed unit behind the next look") {
    ServingSite site{"killed-helper"};
    const auto looks = [&] { return site.show("baton-pursue@killed-helper.service", "ActiveState"); };
    wait_until("the look at the start has ended", [&] { return looks() == "inactive"; }); // else it is what deploys
    Gate gate;
    site.edit("2", R"(, "Args": ["--wait-at=)" + gate.path() + "\"]");
    gate.wait_for_arrival();
    REQUIRE(run({"systemctl", "start", "--no-block", "baton-pursue@killed-helper.service"}).status == 0);
    wait_until("it waits", [&] { return looks() == "activating"; });
    REQUIRE(run({"systemctl", "kill", "--signal=KILL", "baton-pursue@killed-helper.service"}).status == 0);
    gate.open();
    site.wait_for_version("2");
    REQUIRE(run({"systemctl", "start", "baton-look.service"}).status == 0); // as each minute
    CHECK(shell("systemctl list-units --all --plain --no-legend --state=failed 'baton-*killed-helper*'").out == "");
}

TEST_CASE("however often a person stops the release, the next connection starts it at once") {
    ServingSite site{"stop-and-go", R"(, "ProbationSecond": 0)"};
    for (int i = 0; i < 6; ++i) {
        CAPTURE(i);
        REQUIRE(run({"systemctl", "stop", site.unit(1)}).status == 0);
        const auto begin = std::chrono::steady_clock::now();
        CHECK(get(site.address()).ver == "1");
        CHECK(std::chrono::steady_clock::now() - begin < 8s); // the sixth of a series that doubles would be 32
    }
}

TEST_CASE("systemctl start serves at once, though the release had to be started again and again before the stop") {
    ServingSite site{"stop-start", R"(, "ProbationSecond": 0)"};
    for (int i = 0; i < 4; ++i) {
        REQUIRE(run({"systemctl", "kill", "--signal=KILL", site.unit(1)}).status == 0);
        wait_until("it is down", [&] { return site.show(site.unit(1), "ActiveState") == "failed"; });
        wait_until("it serves again", [&] { return site.show(site.unit(1), "ActiveState") == "active"; });
    }
    REQUIRE(run({"systemctl", "stop", site.name()}).status == 0);
    wait_until("systemd has forgotten its unit", [] {
        return shell("systemctl list-units --all --plain --no-legend 'stop-start@*.service'").out.empty();
    });
    REQUIRE(run({"systemctl", "start", site.name()}).status == 0);
    CHECK(get(site.address()).ver == "1");
}

TEST_CASE("a release that is not live is not run for a moment when somebody restarts its unit") {
    ServingSite site{"not-run"};
    site.edit("2");
    site.wait_for_version("2");
    wait_until("it has left", [&] { return site.show(site.unit(1), "ActiveState") == "inactive"; });
    wait_until("the deploy is over", [&] { return site.show(site.name(), "ActiveState") == "active"; });
    wait_until("nobody looks at the site", [] {
        return shell("systemctl list-units --plain --no-legend --state=activating 'baton-*not-run*'").out.empty();
    });
    (void)run({"systemctl", "restart", site.unit(1)});
    CHECK(shell("journalctl --sync; journalctl -b --no-pager -u " + site.unit(1))
              .out.find("release 1 of not-run is not live, and is not run") != std::string::npos);
    wait_until("its unit is forgotten", [&] { return site.show(site.unit(1), "ActiveState") == "inactive"; });
    CHECK(get(site.address()).ver == "2");
}

TEST_SUITE_END();
