// SPDX-License-Identifier: MIT
// baton deploy and baton rollback, killed at each of their system calls that anybody else can see: by injection, so
// that no instant is left to luck. That takes minutes: without BATON_EVERY_SYSCALL=1 in the environment it is every
// third of them.
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
    return std::getenv("BATON_EVERY_SYSCALL") != nullptr ? 1 : 3;
}

/// What must hold as soon as the dust has settled, without another command: the live release answers, what a killed
/// deploy has started has left, and status says so.
void check_settled(const Site& site) {
    wait_until("one release serves", [&] {
        const auto rows = site.releases();
        const auto serves = [](const auto& row) { return row.state == "live" || row.state == "on probation"; };
        const auto in_between = [](const auto& row) { return row.state == "starting" || row.state == "left over"; };
        return std::count_if(rows.begin(), rows.end(), serves) == 1 &&
               std::none_of(rows.begin(), rows.end(), in_between);
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
    CHECK_FALSE(any_of_site(site.state() / "releases", "", ".partial"));
    CHECK_FALSE(any_of_site(site.state(), ".", "")); // temporary files
    CHECK_FALSE(any_of_site("/run/baton", site.name() + "@", ".hold"));
    CHECK(names_in("/etc/systemd/system") == unit_files);
    const auto failed = shell("systemctl list-units --all --plain --no-legend --state=failed '*" + site.name() + "*'");
    CHECK_MESSAGE(failed.out == "", failed.out);
}

using Prepare = std::function<void(int)>;

/// Kills `command` at one call after the other, until it ends before; at least `least` times.
void kill_at_each(ServingSite& site, const std::vector<std::string>& command, const Prepare& prepare, int least) {
    site.unwatch();
    prepare(0);
    const auto unit_files = names_in("/etc/systemd/system");
    Traffic traffic{site.address()};
    int kills = 0;
    for (int nth = 1;; nth += stride()) {
        CAPTURE(nth);
        prepare(nth);
        std::vector<std::string> argv{k_kill_at_syscall, std::to_string(nth)};
        argv.insert(argv.end(), command.begin(), command.end());
        const auto ended = run(argv);
        INFO(ended.text());
        if (ended.status == k_had_ended) break;
        REQUIRE(ended.status == k_killed);
        ++kills;
        check_settled(site);
        check_next_deploy(site, fmt::format("next {}", nth), unit_files);
    }
    MESSAGE("killed " << kills << " times");
    CHECK(kills >= least);
    traffic.check_none_failed();
}

} // namespace

TEST_SUITE_BEGIN("kill-at-syscall");

TEST_CASE("baton deploy, killed at each system call it makes, fails no request and leaves nothing behind") {
    ServingSite site{"each-deploy"};
    kill_at_each(
        site, {"baton", "deploy", site.name()}, [&](int nth) { site.edit(fmt::format("killed {}", nth)); }, 50);
}

TEST_CASE("baton rollback, killed at each system call it makes, fails no request and leaves nothing behind") {
    ServingSite site{"each-back"};
    site.edit("2");
    REQUIRE(site.reload().status == 0);
    kill_at_each(
        site, {"baton", "rollback", site.name()}, [](int) {}, 50);
}

TEST_SUITE_END();
