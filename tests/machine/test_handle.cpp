// SPDX-License-Identifier: MIT
// What an administrator does with systemctl: SITE.service stands for the whole site.
#include "sd/manager.hpp"
#include "sd/turns.hpp"
#include "support/files.hpp"
#include "support/gate.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/traffic.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <vector>

using namespace machine;
using baton::sd::Turns;

namespace {

void systemctl(const std::vector<std::string>& words) {
    std::vector<std::string> argv{"systemctl"};
    argv.insert(argv.end(), words.begin(), words.end());
    const auto done = run(argv, 120s);
    REQUIRE_MESSAGE(done.status == 0, words.front() << ": " << done.text());
}

void wait_for_state(const Site& site, const std::string& unit, const std::string& state) {
    wait_until(unit + " is " + state, [&] { return site.show(unit, "ActiveState") == state; });
}

/// A unit of somebody's that goes with the site, and ends before it: while it is at its gate, the handle's stop waits.
class SlowToStop {
  public:
    explicit SlowToStop(const Site& site) : name_{"slow-" + site.name() + ".service"} {
        write_file("/run/systemd/system/" + name_, "[Unit]\nPartOf=" + site.name() + ".service\nAfter=" + site.name() +
                                                       ".service\n[Service]\nType=oneshot\nRemainAfterExit=yes\n"
                                                       "ExecStart=true\nExecStop=cat " +
                                                       gate_->path() + "\n");
        systemctl({"daemon-reload"});
        systemctl({"start", name_});
    }
    ~SlowToStop() {
        gate_.reset(); // then it ends at once
        (void)run({"systemctl", "stop", name_});
        std::filesystem::remove("/run/systemd/system/" + name_);
    }
    SlowToStop(const SlowToStop&) = delete;
    SlowToStop& operator=(const SlowToStop&) = delete;
    void wait_for_arrival() { gate_->wait_for_arrival(); }
    void open() { gate_->open(); }

  private:
    std::string name_;
    std::optional<Gate> gate_{std::in_place};
};

/// What the watch has run when watch.conf changes.
std::vector<std::string> helper_of_watch(const Site& site) {
    const auto words = shell("systemctl show -P ExecStart baton-reload@" + site.name() +
                             ".service | sed -n 's/.*argv\\[\\]=\\([^;]*\\) ;.*/\\1/p'");
    REQUIRE_FALSE(words.out.empty());
    return {"sh", "-c", words.out};
}

} // namespace

TEST_SUITE_BEGIN("handle");

TEST_CASE("systemctl stop finishes what is in flight, and then nobody answers and nothing runs") {
    ServingSite site{"stop"};
    HeldRequest held{site.address()};
    Process stop{{"systemctl", "stop", site.name()}};
    wait_for_state(site, site.unit(1), "deactivating");
    CHECK(refuses(site.address()));
    CHECK_FALSE(held.answered());
    CHECK_FALSE(stop.ended());
    const auto reply = held.let_go();
    CHECK(reply.status == 200);
    CHECK(reply.body == "let go by 1");
    CHECK(stop.wait().status == 0);
    CHECK(refuses(site.address()));
    for (const auto& unit : {site.name() + ".service", site.name() + ".socket", site.name() + ".path", site.unit(1),
                             "baton-activate@" + site.name() + ".service"})
        CHECK_MESSAGE(site.show(unit, "ActiveState") == "inactive", unit);
}

TEST_CASE("systemctl stop in the middle of a restart is a stop: nobody answers and nothing runs") {
    ServingSite site{"stop-restart"};
    HeldRequest held{site.address()};
    Process restart{{"systemctl", "restart", site.name()}};
    wait_for_state(site, site.unit(1), "deactivating");
    CHECK(site.show(site.name() + ".socket", "ActiveState") == "active");
    Process stop{{"systemctl", "stop", site.name()}};
    CHECK(restart.wait().status == 1); // canceled
    CHECK(held.let_go().status == 200);
    CHECK(stop.wait().status == 0);
    CHECK(refuses(site.address()));
    for (const auto& unit : {site.name() + ".service", site.name() + ".socket", site.name() + ".path", site.unit(1)})
        CHECK_MESSAGE(site.show(unit, "ActiveState") == "inactive", unit);
}

TEST_CASE("systemctl start of a stopped site serves at once, and an edit is a deploy again") {
    ServingSite site{"start"};
    systemctl({"stop", site.name()});
    systemctl({"start", site.name()});
    CHECK(get(site.address()).ver == "1");
    CHECK(site.show(site.name() + ".path", "ActiveState") == "active");
    site.edit("2");
    site.wait_for_version("2");
}

/// All but `free` of the turns of baton's processes, as in a crowd.
std::vector<Turns> take_turns(int free) {
    std::vector<Turns> taken;
    for (int turn = free; turn < 8; ++turn)
        taken.emplace_back("/run/baton/.turns").take();
    return taken;
}

TEST_CASE("a site listens as soon as its handle starts: a client waits for the release in the queue of its socket") {
    ServingSite site{"listens-first"};
    const auto release = site.unit(site.live());
    systemctl({"stop", site.name()});
    auto crowd = take_turns(0);
    systemctl({"start", "--no-block", site.name()});
    wait_until("the socket listens", [&] { return !refuses(site.address()); });
    CHECK(site.show(site.name(), "ActiveState") == "activating");
    CHECK(site.show(release, "ActiveState") == "inactive");
    crowd.clear();
    CHECK(get(site.address()).ver == "1");
}

TEST_CASE("a process that waits for the lock of its site has no turn, which the one that has the lock may wait for") {
    ServingSite site{"lock-turn"};
    const auto crowd = take_turns(1);
    Process holder{{"flock", "--no-fork", site.state() / "lock", "sleep", "1000"}};
    wait_until("the lock is held", [&] { return run({"flock", "-n", site.state() / "lock", "true"}).status != 0; });
    systemctl({"stop", "--no-block", site.unit(site.live())});
    wait_until("the release has left", [&] { return site.show(site.unit(1), "ActiveState") == "inactive"; });
    Process client{{"curl", "--silent", "--max-time", "60", "http://127.0.0.1:" + site.address() + "/hello"}};
    wait_until("its activation waits for the lock", [&] { // proc_locks(5)
        const auto pid = site.show("baton-activate@lock-turn.service", "MainPID");
        return pid != "0" && shell("grep -- '-> FLOCK .* " + pid + " ' /proc/locks").status == 0;
    });
    const Turns looks{"/run/baton/.turns"};
    wait_until("a turn is free", [&] { return !looks.are_all_taken(); });
    holder.kill(SIGTERM);
    CHECK(client.wait().out.find("\"ver\":\"1\"") != std::string::npos);
}

TEST_CASE("a deploy that waits for an upload has no turn: other sites go on") {
    const NoLooks no_looks;
    ServingSite site{"upload-turn"};
    ServingSite other{"upload-other"};
    const auto crowd = take_turns(1);
    Process upload{
        {"sh", "-c", "exec 5>" + (site.directory() / "app.tar").native() + "; while sleep 0.1; do echo y >&5; done"}};
    wait_until("it is being uploaded", [&] { return std::filesystem::exists(site.directory() / "app.tar"); });
    site.edit("2");
    wait_until("its deploy is under way", [&] { return site.show(site.name(), "ActiveState") == "reloading"; });
    std::this_thread::sleep_for(500ms); // and has come to the import
    const Turns looks{"/run/baton/.turns"};
    for (int i = 0; i < 20; ++i, std::this_thread::sleep_for(100ms)) // it has one from time to time, to look again
        wait_until(
            "a turn is free", [&] { return !looks.are_all_taken(); }, 1s);
    other.edit("2");
    other.wait_for_version("2");
    CHECK(get(site.address()).ver == "1");
    upload.kill(SIGTERM);
    site.wait_for_version("2");
}

TEST_CASE("in a crowd, a site that has waited to reload its unit files does so when it has a turn again") {
    const NoLooks no_looks;
    ServingSite site{"reload-turn"};
    systemctl({"stop", site.name()});
    (void)shell("echo [Unit] >/usr/local/lib/systemd/system/" + site.name() + ".service.d/10-baton.conf");
    systemctl({"daemon-reload"});
    auto crowd = take_turns(1);
    Process reload{{"flock", "--no-fork", "/run/baton/.reload", "sleep", "1000"}};
    wait_until("the lock is held", [&] { return run({"flock", "-n", "/run/baton/.reload", "true"}).status != 0; });
    systemctl({"start", "--no-block", site.name()});
    const auto pid = [&] { return site.show(site.name(), "MainPID"); };
    wait_until("its start waits for the reload", [&] { // proc_locks(5)
        return pid() != "0" && shell("grep -- '-> FLOCK .* " + pid() + " ' /proc/locks").status == 0;
    });
    crowd.emplace_back("/run/baton/.turns").take();
    reload.kill(SIGTERM);
    std::this_thread::sleep_for(1500ms);
    CHECK(site.show(site.name(), "NeedDaemonReload") == "yes");
    crowd.clear();
    site.wait_for_version("1");
}

TEST_CASE("in a crowd, a process that waits for a job is not connected to systemd, and knows how the job ended") {
    const NoLooks no_looks;
    REQUIRE(shell("systemd-run --unit=slow-stop --property=ExecStop='sleep 3' sleep 1000").status == 0);
    const auto connections = [] { return shell("ss -Hx state connected src unix:/run/systemd/private | wc -l").out; };
    wait_until("no other process of baton's runs", [&] { return connections() == "0\n"; });
    const auto crowd = take_turns(1);
    baton::sd::Manager manager{baton::sd::Scope::system, std::chrono::seconds{90}, Turns{"/run/baton/.turns"}};
    auto stop = std::async(std::launch::async, [&] { return manager.stop("slow-stop.service"); });
    wait_until("it stops", [] { return shell("systemctl is-active slow-stop").out == "deactivating\n"; });
    wait_until(
        "it has given way", [&] { return connections() == "0\n"; }, std::chrono::milliseconds{1500});
    CHECK(stop.get() == baton::sd::JobResult::done);
    // Of a helper nothing is left to see afterwards.
    std::ofstream{"/run/systemd/system/slow-helper.service"}
        << "[Unit]\nCollectMode=inactive-or-failed\n[Service]\nType=oneshot\nExecStart=sleep 2\n";
    CHECK(manager.start("slow-helper.service") == baton::sd::JobResult::done);
    std::filesystem::remove("/run/systemd/system/slow-helper.service");
}

TEST_CASE("in a crowd of baton's processes, sites that start, restart and stop take turns, and each does all of it") {
    const ServingSite first{"crowd-a"};
    const ServingSite second{"crowd-b"};
    const ServingSite third{"crowd-c"};
    const auto crowd = take_turns(1);
    for (const auto* const verb : {"restart", "stop", "start"}) {
        CAPTURE(verb);
        systemctl({verb, first.name(), second.name(), third.name()});
        const bool is_up = verb != std::string_view{"stop"};
        for (const auto* const site : {&first, &second, &third}) {
            CHECK(site->show(site->name(), "ActiveState") == (is_up ? "active" : "inactive"));
            CHECK(site->show(site->unit(site->live()), "ActiveState") == (is_up ? "active" : "inactive"));
            CHECK(refuses(site->address()) == !is_up);
        }
    }
    second.edit("2");
    second.wait_for_version("2");
}

TEST_CASE("an edit of a stopped site is what it serves after its start") {
    ServingSite site{"stop-edit"};
    systemctl({"stop", site.name()});
    site.edit("2");
    systemctl({"start", site.name()});
    site.wait_for_version("2");
}

TEST_CASE("a stopped site stays stopped when its watch.conf is edited") {
    ServingSite site{"stay"};
    systemctl({"stop", site.name()});
    site.edit("2");
    const auto reload = site.reload();
    CHECK_MESSAGE(reload.status != 0, reload.text());
    CHECK(site.show(site.name(), "ActiveState") == "inactive");
    CHECK(refuses(site.address()));
}

TEST_CASE("during systemctl restart new connections wait in the queue and none is refused") {
    ServingSite site{"restart"};
    const auto before = get(site.address()).pid;
    Traffic traffic{site.address(), fresh_traffic()};
    systemctl({"restart", site.name()});
    (void)shell("echo [Unit] >/usr/local/lib/systemd/system/" + site.name() + ".service.d/10-baton.conf"); // an upgrade
    systemctl({"restart", site.name()});
    CHECK(get(site.address()).ver == "1");
    CHECK(get(site.address()).pid != before);
    CHECK(site.live() == 1);
    traffic.check_none_failed();
}

TEST_CASE("systemctl restart of the listener fails no request on the live release, and the next deploy works") {
    ServingSite site{"listener"};
    Traffic traffic{site.address()};
    (void)run({"systemctl", "restart", site.name() + ".socket"}); // whether or not systemd can do that
    CHECK(get(site.address()).ver == "1");
    site.edit("2");
    site.wait_for_version("2");
    CHECK(site.show(site.name() + ".socket", "ActiveState") == "active");
    CHECK(site.status("/warnings") == "[]");
    traffic.check_none_failed();
}

TEST_CASE("a site may be restarted many times in a row, and is watched afterwards") {
    ServingSite site{"restarts"};
    for (int i = 0; i < 12; ++i) { // more than DefaultStartLimitBurst=, systemd-system.conf(5)
        CAPTURE(i);
        const auto done = run({"systemctl", "restart", site.name()});
        CHECK_MESSAGE(done.status == 0, done.text());
    }
    CHECK(get(site.address()).ver == "1");
    site.edit("2");
    site.wait_for_version("2");
}

TEST_CASE("the first connection starts a site whose release was stopped by hand, and waits for it") {
    ServingSite site{"by-hand"};
    const auto before = get(site.address()).pid;
    systemctl({"stop", site.unit(1)});
    CHECK(site.show(site.unit(1), "ActiveState") == "inactive");
    const auto reply = get(site.address());
    CHECK(reply.ver == "1");
    CHECK(reply.pid != before);
    CHECK(site.show(site.name(), "ActiveState") == "active");
}

TEST_CASE("the first connection starts a site whose release has left by itself") {
    ServingSite site{"idle", R"(, "ProbationSecond": 0, "Args": ["--exit-after=300"])"};
    wait_for_state(site, site.unit(1), "inactive");
    CHECK(site.show(site.unit(1), "Result") == "success");
    CHECK(get(site.address()).ver == "1");
}

TEST_CASE("a release that was started by a connection is replaced as any other") {
    ServingSite site{"idle-deploy", R"(, "ProbationSecond": 0, "Args": ["--exit-after=300"])"};
    wait_for_state(site, site.unit(1), "inactive");
    Traffic traffic{site.address(), fresh_traffic()};
    site.edit("2");
    site.wait_for_version("2");
    traffic.check_none_refused();
}

TEST_CASE("a deploy works while no release runs") {
    ServingSite site{"none-runs"};
    systemctl({"stop", site.unit(1)});
    site.edit("2");
    site.wait_for_version("2");
    CHECK(site.live() == 2);
}

TEST_CASE("daemon-reload and daemon-reexec in the middle of a deploy fail no request, and the deploy goes on") {
    ServingSite site{"reexec"};
    Traffic traffic{site.address()};
    for (const std::string command : {"daemon-reload", "daemon-reexec"}) {
        CAPTURE(command);
        Gate gate;
        site.edit(command, R"(, "Args": ["--wait-at=)" + gate.path() + "\"]");
        gate.wait_for_arrival();
        systemctl({command});
        gate.open();
        site.wait_for_version(command);
        site.edit("after " + command);
        site.wait_for_version("after " + command);
    }
    traffic.check_none_failed();
}

TEST_CASE("a stop is not undone by an edit of a moment before, whose reload comes after it") {
    ServingSite site{"edit-stop"};
    SlowToStop slow{site};
    Process stop{{"systemctl", "stop", site.name()}};
    slow.wait_for_arrival();
    site.edit("2");
    CHECK(run(helper_of_watch(site)).status == 0);
    slow.open();
    (void)stop.wait();
    wait_for_state(site, site.name() + ".service", "inactive");
    CHECK(refuses(site.address()));
    CHECK(site.show(site.unit(1), "ActiveState") == "inactive");
    systemctl({"start", site.name()});
    site.wait_for_version("2");
}

TEST_CASE("a deploy that sees a stop of its site coming ends as that stop would end it") {
    ServingSite site{"stop-midway"};
    SlowToStop slow{site};
    Gate gate;
    site.edit("2", R"(, "Args": ["--wait-at=)" + gate.path() + "\"]");
    gate.wait_for_arrival();
    Process stop{{"systemctl", "stop", site.name()}};
    slow.wait_for_arrival();
    wait_until("the deploy has ended", [&] { return site.show(site.name() + ".service", "SubState") != "reload"; });
    slow.open();
    (void)stop.wait();
    wait_for_state(site, site.name() + ".service", "inactive");
    const auto journal = journal_of(site.name() + ".service"); // an exit status, a moment later, would fail the handle
    CHECK_MESSAGE(journal.find("Control process exited, code=exited") == std::string::npos, journal);
}

TEST_CASE("systemctl restart of the listener in the middle of a deploy fails no request, and the deploy goes on") {
    ServingSite site{"listener-midway"};
    Traffic traffic{site.address()};
    Gate gate;
    site.edit("2", R"(, "Args": ["--wait-at=)" + gate.path() + "\"]");
    gate.wait_for_arrival();
    CHECK(run({"systemctl", "restart", site.name() + ".socket"}).status != 0); // refused: it could not be bound again
    gate.open();
    site.wait_for_version("2");
    CHECK(site.show(site.name() + ".socket", "ActiveState") == "active");
    traffic.check_none_failed();
}

TEST_CASE("a site starts at boot from baton add on, until systemctl disable") {
    ServingSite site{"enabled"};
    CHECK(run({"systemctl", "is-enabled", site.name()}).out == "enabled\n");
    systemctl({"disable", site.name()});
    CHECK(run({"systemctl", "is-enabled", site.name()}).out == "disabled\n");
    site.edit("2");
    site.wait_for_version("2");
    CHECK(run({"systemctl", "is-enabled", site.name()}).out == "disabled\n");
    systemctl({"enable", site.name()});
    CHECK(run({"systemctl", "is-enabled", site.name()}).out == "enabled\n");
}

TEST_CASE("baton remove says so, leaves no unit and no state, and does not touch the site's directory") {
    ServingSite site{"removed"};
    const auto removed = run({"baton", "remove", site.name()});
    CHECK_MESSAGE(removed.status == 0, removed.text());
    CHECK(removed.out == "site 'removed' is unregistered; its directory '/srv/removed' is unchanged\n");
    CHECK(removed.err == "");
    wait_until("no unit of it is left", [] { // baton-ended@ has looked and gone
        return run({"systemctl", "list-units", "--all", "--plain", "--no-legend", "removed*", "baton-*@removed*"})
                   .out == "";
    });
    CHECK(shell("ls -d /etc/systemd/system/removed* /etc/systemd/system/*/removed* "
                "/usr/local/lib/systemd/system/removed* 2>/dev/null || true")
              .out == "");
    CHECK_FALSE(std::filesystem::exists(site.state()));
    CHECK(std::filesystem::exists(site.conf_path()));
    CHECK(refuses(site.address()));
}

TEST_SUITE_END();
