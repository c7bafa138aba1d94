// SPDX-License-Identifier: MIT
// Kills baton's commands at each system call with a visible effect, by injection, so that nothing is left to luck. That
// takes minutes: without BATON_EVERY_SYSCALL=1 in the environment, only at every fifth one.
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/traffic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

using namespace machine;
namespace fs = std::filesystem;

namespace {

constexpr int k_killed = 0; // of kill-at-syscall
constexpr int k_had_ended = 100;

int stride() {
    return std::getenv("BATON_EVERY_SYSCALL") != nullptr ? 1 : 5;
}

/// What must hold as soon as the dust has settled, without another command: the live release answers, what a killed
/// deploy has started has left, and status says so. Whoever acts for the site has ended.
void check_settled(const Site& site) {
    wait_until("one release serves", [&] {
        const auto rows = site.releases();
        const auto serves = [](const auto& row) { return row.state == "live" || row.state == "on probation"; };
        const auto in_between = [](const auto& row) { return row.state == "starting" || row.state == "left over"; };
        return std::count_if(rows.begin(), rows.end(), serves) == 1 &&
               std::none_of(rows.begin(), rows.end(), in_between);
    });
    wait_until("nobody acts for the site", [&] {
        const auto locked = run({"flock", "-n", site.state() / "lock", "true"});
        return locked.status == 0;
    });
    CHECK(get(site.address()).status == 200);
}

std::vector<std::string> names_in(const fs::path& directory) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{directory, error})
        names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
}

bool any_of_site(const fs::path& directory, const std::string& prefix, const std::string& suffix) {
    const auto names = names_in(directory);
    return std::any_of(names.begin(), names.end(),
                       [&](const auto& name) { return name.starts_with(prefix) && name.ends_with(suffix); });
}

/// The next deploy works and leaves nothing behind of the killed one.
void check_next_deploy(const Site& site, const std::string& ver, const std::vector<std::string>& unit_files) {
    site.edit(ver);
    const auto deployed = site.deploy();
    CHECK_MESSAGE(deployed.status == 0, deployed.text());
    CHECK(get(site.address()).ver == ver);
    check_settled(site); // another process may have deployed it, and prune
    CHECK_FALSE(any_of_site(site.state() / "releases", "", ".partial"));
    CHECK_FALSE(any_of_site(site.state(), ".", "")); // temporary files
    CHECK(shell("ls " + site.state().native() + "/releases/*/hold").out == "");
    CHECK(names_in("/usr/local/lib/systemd/system") == unit_files);
    const auto failed = shell("systemctl list-units --all --plain --no-legend --state=failed '*" + site.name() + "*'");
    CHECK_MESSAGE(failed.out == "", failed.out);
}

using Step = std::function<void(int)>;

/// Kills `command` at one call after the other, until it ends before, again and again: how often it looks, and so how
/// many calls it makes, depends on how fast the machine is. At least `least` times. `prepare` comes before each,
/// `check` after each that was killed, and `ended` after each that was not.
struct Sweep {
    std::vector<std::string> command;
    int least;
    Step prepare;
    Step check;
    Step ended = [](int) {};
};

void carry_out(const Sweep& sweep) {
    int kills = 0;
    for (int nth = 1, ended_before = 0; ended_before < 5; nth += stride()) {
        CAPTURE(nth);
        sweep.prepare(nth);
        std::vector<std::string> argv{k_kill_at_syscall, std::to_string(nth)};
        argv.insert(argv.end(), sweep.command.begin(), sweep.command.end());
        const auto finished = run(argv);
        INFO(finished.text());
        if (finished.status == k_had_ended) {
            ++ended_before;
            sweep.ended(nth);
            continue;
        }
        REQUIRE(finished.status == k_killed);
        ended_before = 0;
        ++kills;
        sweep.check(nth);
    }
    MESSAGE("killed " << kills << " times");
    CHECK(kills >= sweep.least);
}

/// The same of a command that works on a site which serves all the while.
void carry_out(ServingSite& site, const std::vector<std::string>& command, const Step& prepare) {
    site.unwatch();
    prepare(0);
    const auto unit_files = names_in("/usr/local/lib/systemd/system");
    Traffic traffic{site.address()};
    const auto check = [&](int nth) {
        check_settled(site);
        check_next_deploy(site, fmt::format("next {}", nth), unit_files);
    };
    carry_out({.command = command, .least = 8, .prepare = prepare, .check = check});
    traffic.check_none_failed();
}

/// Whoever clears up after a command that was killed has ended, and systemd's jobs that follow from it have.
void wait_for_successors(const Site& site) {
    wait_until("nobody clears up any more", [&] {
        const auto units = "systemctl list-units --plain --no-legend --state=activating '*" + site.name() + "*'";
        return run({"pgrep", "-f", "^baton (add|remove|pursue) " + site.name()}).status != 0 &&
               shell(units).out.empty();
    });
}

/// The site is there, or nothing of it.
void check_all_or_nothing(const Site& site) {
    wait_for_successors(site);
    wait_until("it is a site that answers, or none",
               [&] { return !fs::exists(site.state()) || get(site.address()).ver == "1"; });
    wait_for_successors(site);
    if (!fs::exists(site.state())) check_nothing_left_of(site);
}

} // namespace

TEST_SUITE_BEGIN("kill-at-syscall");

TEST_CASE("baton deploy, killed at each system call it makes, fails no request and leaves nothing behind") {
    ServingSite site{"each-deploy"};
    carry_out(site, {"baton", "deploy", site.name()}, [&](int nth) { site.edit(fmt::format("killed {}", nth)); });
}

TEST_CASE("baton rollback, killed at each system call it makes, fails no request and leaves nothing behind") {
    ServingSite site{"each-back"};
    site.edit("2");
    REQUIRE(site.reload().status == 0);
    carry_out(site, {"baton", "rollback", site.name()}, [](int) {});
}

TEST_CASE("baton add, killed at each system call it makes, leaves a site or nothing of it") {
    Site site{"each-add"};
    site.upload(k_shop);
    site.edit("1");
    const auto check = [&](int) {
        check_all_or_nothing(site);
        if (fs::exists(site.state())) CHECK(run({"baton", "remove", site.name()}).status == 0);
    };
    carry_out({.command = {"baton", "add", site.name(), site.directory()},
               .least = 10,
               .prepare = [](int) {},
               .check = check,
               .ended =
                   [&](int) {
                       const auto removed = run({"baton", "remove", site.name()});
                       REQUIRE(removed.status == 0);
                   }});
}

TEST_CASE("baton remove, killed at each system call it makes, leaves a site or nothing of it") {
    Site site{"each-remove"};
    site.upload(k_shop);
    site.edit("1");
    const auto prepare = [&](int) {
        if (!fs::exists(site.state())) REQUIRE(site.add().status == 0);
    };
    const auto check = [&](int) { check_all_or_nothing(site); };
    carry_out({.command = {"baton", "remove", site.name()}, .least = 8, .prepare = prepare, .check = check});
}

TEST_CASE("the start of a live release, killed at each system call, is gone on with") {
    ServingSite site{"each-start", R"(, "ProbationSecond": 0)"};
    const auto prepare = [&](int) {
        wait_for_successors(site);
        REQUIRE(run({"systemctl", "stop", site.unit(1)}).status == 0);
    };
    const auto check = [&](int) {
        CHECK(get(site.address()).ver == "1");
        check_settled(site);
    };
    carry_out({.command = {"baton", "activate", site.name()}, .least = 2, .prepare = prepare, .check = check});
}

TEST_SUITE_END();
