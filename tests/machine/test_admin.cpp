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

/// The host looks at no site by itself; one that is under way has ended.
struct NoLooks {
    NoLooks() { done({"systemctl", "stop", "baton-look.path", "baton-look.timer", "baton-look.service"}); }
    ~NoLooks() { (void)run({"systemctl", "start", "baton-look.path", "baton-look.timer"}); }
    NoLooks(const NoLooks&) = delete;
    NoLooks& operator=(const NoLooks&) = delete;
};

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
        contains(put_off.err, "it is tried again by itself");
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

TEST_SUITE_END();
