// SPDX-License-Identifier: MIT
// Sites across a reboot of the machine. Each case runs twice: before it, and, in another process, after it.
#include "support/boot.hpp"
#include "support/gate.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/wait.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <list>

using namespace machine;

namespace {

/// A site that is there before and after the reboot.
class RebootedSite : public Site {
  public:
    RebootedSite(const std::string& name, const std::string& port)
        : Site{name, port, boot() == 1 ? Made::now : Made::before} {
        if (boot() > 1) return;
        upload(k_shop);
        edit("1");
        const auto added = add();
        REQUIRE_MESSAGE(added.status == 0, added.text());
        forget(); // the destructor in the next boot removes it
        ask_for_reboot();
    }
};

} // namespace

TEST_SUITE_BEGIN("reboot");

TEST_CASE("after a reboot the live release answers, and an edit is a deploy") {
    RebootedSite site{"boot-live", "9001"};
    if (boot() == 1) {
        site.edit("2");
        site.wait_for_version("2");
        return;
    }
    CHECK(get(site.address()).ver == "2");
    CHECK(site.live() == 2);
    CHECK(site.status("/warnings") == "[]");
    site.edit("3");
    site.wait_for_version("3");
}

TEST_CASE("an edit that nobody saw before the reboot is deployed after it") {
    RebootedSite site{"boot-edit", "9002"};
    if (boot() == 1) {
        REQUIRE(run({"systemctl", "stop", site.name() + ".path"}).status == 0);
        site.edit("2");
        return;
    }
    site.wait_for_version("2");
}

TEST_CASE("a site that is disabled stays down after a reboot") {
    RebootedSite site{"boot-off", "9003"};
    if (boot() == 1) {
        REQUIRE(run({"systemctl", "disable", site.name()}).status == 0);
        return;
    }
    CHECK(get(site.address()).status == 0);
    CHECK(site.show(site.name(), "ActiveState") == "inactive");
    REQUIRE(run({"systemctl", "start", site.name()}).status == 0);
    CHECK(get(site.address()).ver == "1");
}

TEST_CASE("a site that moved to another port is there after a reboot") {
    RebootedSite site{"boot-port", "9004"};
    if (boot() == 1) {
        site.http_port = "9104";
        site.edit("2");
        wait_until("it answers on its new port", [] { return get("9104").ver == "2"; });
        return;
    }
    CHECK(get("9104").ver == "2");
    CHECK(get("9004").status == 0);
}

TEST_CASE("a site that went from every address to one is at that one alone after a reboot") {
    RebootedSite site{"boot-narrow", "9010"};
    if (boot() == 1) {
        site.http_port = "127.0.0.1:9010";
        site.edit("2");
        site.wait_for_version("2");
        return;
    }
    CHECK(get("127.0.0.1:9010").ver == "2");
    CHECK(refuses("127.0.0.2:9010"));
    CHECK(site.status("/listeners/0/socket") == "127.0.0.1:9010");
    CHECK(site.status("/warnings") == "[]");
}

/// The deploy of version 2 stays in the middle of its start until the machine is down, however long that takes: the
/// suites behind this one run before that.
void deploy_until_the_end(RebootedSite& site) {
    static std::list<Gate> gates; // stay shut
    auto& gate = gates.emplace_back();
    site.set_unit("[Service]\nTimeoutStartSec=infinity\n");
    site.edit("2", R"(, "Args": ["--wait-at=)" + gate.path() + "\"]");
    gate.wait_for_arrival();
}

void move_until_the_end(RebootedSite& site, const std::string& port) {
    site.http_port = port;
    deploy_until_the_end(site);
}

void check_moved(Site& site, const std::string& port) {
    wait_until("it answers on its new port", [&] { return get(port).ver == "2"; });
    CHECK(get(site.address()).status == 0);
    CHECK(site.status("/address") == port);
    CHECK(site.status("/warnings") == "[]");
    site.http_port = port;
    site.edit("3");
    wait_until("the next edit is deployed", [&] { return get(port).ver == "3"; });
}

TEST_CASE("a move to another port that the power cut short is done after the boot") {
    RebootedSite site{"boot-cut-port", "9008"};
    if (boot() == 1) return move_until_the_end(site, "9108");
    check_moved(site, "9108");
}

TEST_CASE("a move to another port whose switch was the last that reached the disk is the site's after the boot") {
    RebootedSite site{"boot-cut-switch", "9009"};
    if (boot() == 1) {
        move_until_the_end(site, "9109");
        std::filesystem::remove(site.state() / "live");
        std::filesystem::create_symlink("releases/2", site.state() / "live");
        return;
    }
    check_moved(site, "9109");
}

TEST_CASE("a move to one address of the same port that the power cut short is that, before its switch and after it") {
    for (const bool is_switched : {false, true}) {
        const std::string port = is_switched ? "9011" : "9012";
        const auto one = "127.0.0.1:" + port;
        RebootedSite site{"boot-cut-narrow" + port, port};
        if (boot() == 1) {
            move_until_the_end(site, one);
            if (!is_switched) continue;
            std::filesystem::remove(site.state() / "live");
            std::filesystem::create_symlink("releases/2", site.state() / "live");
            continue;
        }
        wait_until("it is there", [&] { return get(one).ver == "2"; });
        CHECK(get("127.0.0.2:" + port, "/hello", std::chrono::milliseconds{300}).status == 0);
        CHECK(site.status("/listeners/0/socket") == (is_switched ? one : port));
        CHECK(site.status("/warnings") == "[]");
    }
}

TEST_CASE("a rejected release is not tried again at boot") {
    RebootedSite site{"boot-bad", "9005"};
    if (boot() == 1) {
        Journal journal{site.name()};
        site.upload(k_misbehave);
        site.edit("2", R"(, "Args": ["exit"])");
        (void)journal.wait_for(Event::release_rejected);
        return;
    }
    CHECK(get(site.address()).ver == "1");
    CHECK(site.live() == 1);
    CHECK(site.status("/releases/0/release") == "2");
}

TEST_CASE("a live release that does not come up after the reboot goes back to the last proven one") {
    RebootedSite site{"boot-back", "9006"};
    if (boot() == 1) {
        // Still on probation after the reboot, however long the rest of this boot takes.
        site.edit("2", R"(, "ProbationSecond": 86400, "Args": ["--exit-if=/srv/second-boot"])");
        site.wait_for_version("2");
        REQUIRE(shell("touch /srv/second-boot").status == 0);
        return;
    }
    site.wait_for_version("1");
    CHECK(site.live() == 3);
}

TEST_CASE("a deploy that the reboot cut short is done after it, and the next one works") {
    RebootedSite site{"boot-cut", "9007"};
    if (boot() == 1) {
        deploy_until_the_end(site);
        return;
    }
    site.wait_for_version("2"); // whose program waits for nothing any more: its gate was of the boot before
    site.edit("3");
    site.wait_for_version("3");
    for (const auto& entry : std::filesystem::directory_iterator{site.state() / "releases"})
        CHECK_MESSAGE(entry.path().extension() != ".partial", entry.path());
}

TEST_SUITE_END();
