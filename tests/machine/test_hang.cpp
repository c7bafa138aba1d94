// SPDX-License-Identifier: MIT
// A release that hangs in its start has until TimeoutStartSec=, and nobody has to wait for that.
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/traffic.hpp"
#include "support/wait.hpp"

using namespace machine;

namespace {

constexpr auto k_at_once = 10s; // of the 90 s that a hanging start has

/// Release 2 hangs in its start, which the watch has begun.
struct HangingSite : ServingSite {
    explicit HangingSite(const std::string& name, const std::string& how = "never-ready") : ServingSite{name} {
        upload(k_misbehave);
        edit("2", R"(, "Args": [")" + how + "\"]");
        wait_until("release 2 starts", [&] { return show(unit(2), "ActiveState") == "activating"; });
    }
    void check_is_live_soon(const std::string& ver) const {
        wait_until(
            "it is live", [&] { return get(address()).ver == ver; }, k_at_once);
        CHECK(status("/releases/1/state") != "rejected"); // nothing was found out about it
    }
};

} // namespace

TEST_SUITE_BEGIN("hang");

TEST_CASE("status says since when and until when a hanging release is waited for, and what ends it") {
    HangingSite site{"hangs"};
    const auto since = site.status("/releases/0/start/since");
    const auto until = site.status("/releases/0/start/until");
    CHECK(since.starts_with("20"));
    CHECK(until > since);
    const auto told = run({"baton", "status", site.name()}).out;
    for (const auto& part :
         {"waits for READY=1, until " + until, "release 2 has been starting since " + since,
          "has until " + until + " (TimeoutStartSec=)", std::string{"an edit of watch.conf takes its place at once"},
          std::string{"and this gives it up: baton rollback hangs 1"}})
        CHECK_MESSAGE(told.find(part) != told.npos, part << " is not in:\n" << told);
}

TEST_CASE("a newer edit takes the place of a hanging release at once, under load, and the old one serves meanwhile") {
    for (const std::string how : {"never-ready", "ignore-term"}) {
        CAPTURE(how);
        HangingSite site{how, how};
        Traffic traffic{site.address()};
        site.upload(k_shop);
        site.edit("3");
        site.check_is_live_soon("3");
        traffic.check_none_failed();
    }
}

TEST_CASE("baton deploy takes the place of a hanging release at once when the program was replaced, without an edit") {
    HangingSite site{"replaced-program"};
    site.upload(k_shop);
    const auto begun = std::chrono::steady_clock::now();
    const auto deployed = run({"baton", "deploy", site.name()});
    CHECK_MESSAGE(deployed.status == 0, deployed.text());
    CHECK(std::chrono::steady_clock::now() - begun < k_at_once);
    CHECK(get(site.address()).ver == "2");
}

TEST_CASE("baton deploy of what hangs already waits for that start, and begins no other") {
    HangingSite site{"joins"};
    const auto wish = [&] { return shell("grep '\"number\"' " + site.state().native() + "/wish.json").out; };
    const auto before = wish(); // the watch's
    Process deploy{{"baton", "deploy", site.name()}};
    wait_until("the wish is written", [&] { return wish() != before; });
    std::this_thread::sleep_for(2s);
    CHECK_FALSE(deploy.ended());
    CHECK(site.releases().size() == 2);
    REQUIRE(run({"systemctl", "stop", site.name()}).status == 0);
    CHECK(deploy.wait().status == 1);
}

TEST_CASE("a roll back to the live release gives a hanging one up, without a verdict, and nothing tries it again") {
    HangingSite site{"gives-up"};
    Traffic traffic{site.address()};
    const auto pid = get(site.address()).pid;
    const auto kept = run({"baton", "rollback", site.name(), "1"}, k_at_once);
    CHECK_MESSAGE(kept.status == 0, kept.text());
    CHECK(kept.out.find("release 1 (Ver 1) is live already, and stays") != kept.out.npos);
    CHECK(run({"systemctl", "start", "baton-look.service"}).status == 0);
    std::this_thread::sleep_for(2s);
    CHECK(site.show(site.unit(2), "ActiveState") == "inactive");
    CHECK(site.releases().size() == 1);
    CHECK(site.status("/warnings") == "[]");
    CHECK(get(site.address()).pid == pid);
    traffic.check_none_failed();
}

TEST_SUITE_END();
