// SPDX-License-Identifier: MIT
// What administrators do to the units of a site: mask, revert, edit.
#include "support/files.hpp"
#include "support/hostile.hpp"
#include "support/programs.hpp"
#include "support/traffic.hpp"

#include <fmt/format.h>

using namespace machine;
namespace fs = std::filesystem;

namespace {

void done(const std::vector<std::string>& command) {
    const auto finished = run(command, 120s);
    REQUIRE_MESSAGE(finished.status == 0, finished.text());
}

} // namespace

TEST_SUITE_BEGIN("admin");

TEST_CASE("systemctl mask works on a site, and unmask gives it back") {
    const ServingSite site{"masked"};
    done({"systemctl", "stop", site.name()});
    done({"systemctl", "mask", site.name()});
    CHECK(run({"systemctl", "start", site.name()}).status != 0);
    CHECK(refuses(site.address()));
    done({"baton", "look"});
    done({"systemctl", "unmask", site.name()});
    done({"systemctl", "start", site.name()});
    site.wait_for_version("1");
    site.edit("2");
    site.wait_for_version("2");
    done({"systemctl", "mask", "--now", site.name()});
    // Or within a minute. One that comes while the site still goes down leaves that to the next.
    wait_until("nobody answers", [&] {
        done({"systemctl", "start", "baton-look.service"});
        return refuses(site.address()) && site.show(site.name() + ".path", "ActiveState") == "inactive";
    });
    done({"systemctl", "unmask", site.name()});
}

TEST_CASE("systemctl revert takes away what was edited, and nothing that a site needs") {
    const ServingSite site{"reverted"};
    site.set_unit("[Service]\nEnvironment=EDITED=1\n");
    Traffic traffic{site.address()};
    for (const auto& unit : {site.name() + "@.service", site.name() + ".service", site.name() + ".path",
                             site.name() + ".socket", site.name() + "@.socket"})
        done({"systemctl", "revert", unit});
    CHECK_FALSE(fs::exists("/etc/systemd/system/reverted@.service.d"));
    CHECK(site.show(site.unit(1), "LoadState") == "loaded");
    CHECK(site.show(site.unit(1), "DropInPaths").find("10-baton.conf") != std::string::npos);
    site.edit("2");
    site.wait_for_version("2");
    traffic.check_none_failed();
    done({"systemctl", "restart", site.name()});
    site.wait_for_version("2");
    site.edit("3");
    site.wait_for_version("3");
}

TEST_CASE("unit files that somebody deleted or changed are there again at the next look, and the site can start") {
    const ServingSite site{"healed"};
    for (const auto& file : {site.name() + "@.service.d/10-baton.conf", site.name() + ".socket.d/10-baton.conf",
                             site.name() + ".path", site.name() + "@.service"}) {
        CAPTURE(file);
        fs::remove(fs::path{"/usr/local/lib/systemd/system"} / file);
        done({"systemctl", "daemon-reload"});
        wait_until("it is there again", [&] { return fs::exists(fs::path{"/usr/local/lib/systemd/system"} / file); });
        done({"systemctl", "restart", site.name()});
        site.wait_for_version("1");
    }
}

TEST_CASE("a directory that was moved away is not made anew by a restart, and can be moved back") {
    const ServingSite site{"moved-away"};
    const auto away = site.directory().native() + ".away";
    done({"mv", site.directory(), away});
    const auto before = get(site.address()).pid;
    done({"systemctl", "kill", "--signal=KILL", site.unit(1)});
    wait_until("it is started again", [&] {
        const auto reply = get(site.address());
        return reply.ver == "1" && reply.pid != before;
    });
    CHECK_FALSE(fs::exists(site.directory()));
    done({"systemctl", "restart", site.name()});
    site.wait_for_version("1");
    CHECK_FALSE(fs::exists(site.directory()));
    const auto refused = site.deploy();
    CHECK(refused.status != 0);
    CHECK_MESSAGE(refused.err.find(site.directory()) != std::string::npos, refused.text());
    done({"mv", away, site.directory()});
    site.edit("2");
    CHECK(site.deploy().status == 0);
    site.wait_for_version("2");
}

TEST_CASE("Restart=, or a start limit, by systemctl edit of the releases' unit keeps no bad release up") {
    const ServingSite site{"restarting"};
    site.set_unit("[Unit]\nStartLimitIntervalSec=10s\nStartLimitBurst=3\n[Service]\nRestart=on-failure\n"
                  "RestartSec=100ms\nRemainAfterExit=yes\n");
    Journal journal{site.name()};
    site.edit("2", R"(, "Args": ["--crash-after=300"])");
    (void)journal.wait_for(Event::rolled_back);
    site.wait_for_version("1");
    CHECK(site.show(site.unit(3), "Restart") == "no");
    const auto active = [&] { return site.show(site.name() + ".socket", "ActiveState") == "active"; };
    for (int i = 0; i < 6; ++i) {
        done({"systemctl", "restart", site.unit(3)});
        CHECK(active());
    }
    site.wait_for_version("1");
}

TEST_CASE("a drop-in with which no release comes up is named, refuses nothing, and holds no deploy") {
    const std::vector<std::pair<std::string, std::string>> drop_ins{
        {"[Service]\nType=oneshot\n", "with Type=oneshot systemd waits for the end of the program"},
        {"[Service]\nType=forking\n", "with Type=forking systemd waits for the end of the process that it starts"},
        {"[Unit]\nConditionPathExists=/nowhere\n", "a Condition...= of its unit does not hold"},
        {"[Unit]\nAssertPathExists=/nowhere\n", "an Assert...= of its unit does not hold"}};
    ServingSite site{"dropped-in"};
    site.unwatch();
    for (std::size_t i = 0; i < drop_ins.size(); ++i) {
        const auto ver = std::to_string(i + 2);
        site.set_unit(drop_ins[i].first);
        site.edit(ver);
        const auto put_off = site.deploy();
        CHECK_MESSAGE(put_off.status == 1, put_off.text());
        contains(put_off.err, drop_ins[i].second);
        contains(put_off.err, "it is tried again automatically");
        CHECK(get(site.address()).status == 200);
        site.set_unit("");
        site.wait_for_version(ver);
    }
}

TEST_CASE("the units that an older baton wrote to /etc are taken over by the next deploy, and boot starts the site") {
    const ServingSite site{"upgraded"};
    site.unwatch();
    const NoLooks deploy_is_first;
    const fs::path now{"/usr/local/lib/systemd/system"};
    const fs::path etc{"/etc/systemd/system"};
    done({"sh", "-c",
          fmt::format("cp -r {0}/upgraded* {1}/ && rm -r {0}/upgraded* && systemctl daemon-reload && "
                      "systemctl disable upgraded && systemctl enable upgraded",
                      now.native(), etc.native())});
    CHECK(site.show(site.name(), "FragmentPath") == "/etc/systemd/system/upgraded.service");
    Traffic traffic{site.address()};
    site.edit("2");
    const auto deployed = site.deploy();
    REQUIRE_MESSAGE(deployed.status == 0, deployed.text());
    CHECK(site.show(site.name(), "FragmentPath") == (now / "upgraded.service").native());
    CHECK(shell("ls -d /etc/systemd/system/upgraded* 2>/dev/null || true").out == "");
    CHECK(run({"systemctl", "is-enabled", site.name()}).out == "enabled\n");
    traffic.check_none_failed();
    done({"systemctl", "restart", site.name()});
    site.wait_for_version("2");
}

TEST_CASE("rescue mode stops a site at once, and leaving it brings the site and its watch back") {
    const ServingSite site{"rescued"};
    const auto address = site.address();
    REQUIRE(run({"systemctl", "isolate", "--no-block", "rescue.target"}).status == 0);
    const auto begun = std::chrono::steady_clock::now();
    wait_until("the site is stopped", [&] { return site.show(site.name(), "ActiveState") == "inactive"; });
    CHECK(std::chrono::steady_clock::now() - begun < 15s);
    wait_until("nobody listens", [&] { return refuses(address); });
    REQUIRE(run({"systemctl", "isolate", "--no-block", "multi-user.target"}).status == 0);
    wait_until("it serves", [&] { return get(address).ver == "1"; });
    wait_until("it is watched", [&] { return site.show(site.name() + ".path", "ActiveState") == "active"; });
    site.edit("2");
    site.wait_for_version("2");
}

TEST_CASE("a listener whose unit file was away while systemd read all anew is made anew for the next release") {
    const ServingSite site{"no-socket-unit"};
    const fs::path units{"/usr/local/lib/systemd/system"};
    fs::copy_file(units / "no-socket-unit.socket", "/run/no-socket-unit.socket");
    fs::remove(units / "no-socket-unit.socket");
    REQUIRE(run({"systemctl", "daemon-reload"}).status == 0);
    fs::copy_file("/run/no-socket-unit.socket", units / "no-socket-unit.socket",
                  fs::copy_options::overwrite_existing); // the look after the reload may have written it
    REQUIRE(run({"systemctl", "daemon-reload"}).status == 0);
    site.edit("2");
    site.wait_for_version("2");
    fs::remove("/run/no-socket-unit.socket");
    site.edit("3");
    site.wait_for_version("3");
}

TEST_CASE(
    "status says that a release is down which the host does not let start, and forgets what is not wanted any more") {
    const ServingSite site{"told"};
    site.set_unit("[Unit]\nRequires=no-such-unit.service\n");
    (void)run({"systemctl", "restart", site.name()});
    wait_until("it is told",
               [&] { return site.status("/warnings").find("the live release is down") != std::string::npos; });
    site.set_unit("");
    (void)site.reload();
    wait_until("it serves", [&] { return get(site.address()).ver == "1"; });
    wait_until("nothing is left to tell", [&] { return site.status("/warnings") == "[]"; });
    CHECK(run({"systemctl", "stop", site.name()}).status == 0);
    fs::remove_all(site.state() / "releases" / std::to_string(site.live()));
    (void)run({"systemctl", "start", site.name()});
    CHECK(site.status("/warnings").find("is gone; it cannot be started again: baton deploy --force told") !=
          std::string::npos);
}

TEST_CASE("a site that was added under another umask is read by whom it is for") {
    Site site{"masked-bits"};
    site.upload(k_shop);
    site.edit("1");
    REQUIRE(shell("umask 077; baton add masked-bits /srv/masked-bits").status == 0);
    CHECK(shell("setpriv --reuid=nobody --regid=nogroup --clear-groups baton status masked-bits").status == 0);
}

TEST_CASE("a release whose snapshot somebody has deleted leaves when another is live, and no client reaches it then") {
    const ServingSite site{"snapshot-gone"};
    site.unwatch();
    site.edit("2");
    REQUIRE(site.deploy().status == 0);
    const int old = site.live();
    fs::remove_all(site.state() / "releases" / std::to_string(old));
    Traffic traffic{site.address()};
    site.edit("3");
    REQUIRE(site.deploy().status == 0);
    wait_until("it has left", [&] { return site.show(site.unit(old), "ActiveState") == "inactive"; });
    for (int i = 0; i < 20; ++i)
        CHECK(get(site.address()).ver == "3");
    traffic.check_none_failed();
    CHECK(traffic.result().old_after_new() == 0);
}

TEST_CASE("a live link that leads to nothing stops nobody who serves, and the error says what to type") {
    const ServingSite site{"link-gone"};
    Traffic traffic{site.address()};
    fs::remove(site.state() / "live");
    fs::create_symlink("releases/9999", site.state() / "live");
    site.edit("2");
    const auto failed = site.deploy();
    CHECK_MESSAGE(failed.status == 1, failed.text());
    CHECK_MESSAGE(failed.err.find("9999.json': no such release") != std::string::npos, failed.text());
    CHECK(get(site.address()).ver == "1");
    fs::remove(site.state() / "live"); // as it says
    CHECK(get(site.address()).ver == "1");
    CHECK(site.deploy().status == 0);
    site.wait_for_version("2");
    wait_until("the old one has left", [&] { return site.show(site.unit(1), "ActiveState") == "inactive"; });
    traffic.check_none_failed();
}

TEST_CASE("while a listener is masked, an edit stops nobody who serves; afterwards it is deployed") {
    const ServingSite site{"socket-masked"};
    site.unwatch(); // who deploys says why
    done({"systemctl", "mask", "--now", site.name() + ".socket"});
    Traffic traffic{site.address()};
    site.edit("2");
    const auto put_off = site.deploy();
    CHECK_MESSAGE(put_off.status == 1, put_off.text());
    CHECK_MESSAGE(put_off.err.find("systemctl unmask socket-masked.socket") != std::string::npos, put_off.text());
    CHECK(get(site.address()).ver == "1");
    traffic.check_none_failed();
    done({"systemctl", "unmask", site.name() + ".socket"});
    site.wait_for_version("2");
}

TEST_CASE("a watch that failed while its helper was masked is started again, and the edit is deployed") {
    const ServingSite site{"helper-masked"};
    done({"systemctl", "mask", "baton-reload@.service"});
    site.edit("2");
    wait_until("the watch has failed", [&] { return site.show(site.name() + ".path", "ActiveState") == "failed"; });
    done({"baton", "pursue", site.name()}); // as each look does: the start fails again
    CHECK(site.show(site.name() + ".path", "ActiveState") == "failed");
    done({"systemctl", "unmask", "baton-reload@.service"});
    done({"systemctl", "start", "baton-look.service"});
    site.wait_for_version("2");
    wait_until("it watches", [&] { return site.show(site.name() + ".path", "ActiveState") == "active"; });
}

TEST_CASE("a site that went down while its disk was read-only is up again once the disk is writable") {
    const ServingSite site{"disk-again"};
    site.unwatch();
    done({"mount", "--bind", site.state(), site.state()});
    done({"mount", "-o", "remount,bind,ro", site.state()});
    done({"systemctl", "mask", "--runtime", site.unit(1)}); // no start succeeds
    done({"systemctl", "kill", "--signal=KILL", site.unit(1)});
    wait_until("nobody serves", [&] { return site.show(site.unit(1), "MainPID") == "0"; });
    std::this_thread::sleep_for(1s); // what tries again has begun
    done({"systemctl", "unmask", "--runtime", site.unit(1)});
    done({"umount", site.state()});
    site.wait_for_version("1");
    site.edit("2");
    CHECK(site.deploy().status == 0);
    site.wait_for_version("2");
}

TEST_SUITE_END();
