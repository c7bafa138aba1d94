// SPDX-License-Identifier: MIT
// Two programs that hold back without libbaton, written by baton-program(7) alone: the page is enough, and true.
#include "support/journal.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/traffic.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>

using namespace machine;
namespace fs = std::filesystem;

namespace {

constexpr auto k_health = R"(, "HealthPath": "/healthz")";
constexpr auto k_failed = "code=exited, status=1/FAILURE";
constexpr auto k_sick = R"(, "HealthPath": "/healthz", "Env": {"SICK": "1"})";

/// A registered site with one of the programs live as Ver "1".
struct HeldSite : Site {
    HeldSite(const std::string& name, const char* program) : Site{name} {
        upload(program);
        edit("1");
        const auto added = add();
        REQUIRE_MESSAGE(added.status == 0, added.text());
        unwatch();
    }
    [[nodiscard]] std::string pid(int release) const { return show(unit(release), "MainPID"); }
    /// What it says on its private socket; empty if it says nothing.
    [[nodiscard]] std::string says(int release) const {
        const auto socket = fmt::format("/run/baton/{}/{}/http.sock", name(), release);
        const auto said = run({"curl", "--silent", "--unix-socket", socket, "http://localhost/.baton/state"});
        const auto json = nlohmann::json::parse(said.out, nullptr, false);
        return json.is_object() ? json.value("state", "") : "";
    }
    /// It holds back, and on the site's own sockets: its preflight is over.
    void wait_until_held(int release) const {
        wait_until("it is held on the site's sockets", [&] {
            const auto environment = shell("tr '\\0' '\\n' </proc/" + pid(release) + "/environ").out;
            return environment.find("BATON_HOLD=") != std::string::npos &&
                   environment.find("BATON_PREFLIGHT=") == std::string::npos && says(release) == "held";
        });
    }
    /// SIGKILL for the deploy, and for all that would go on with it.
    void kill_reload() const {
        REQUIRE(run({"systemctl", "kill", "--signal=KILL", "--kill-who=all", name()}).status == 0);
        wait_until("the reload has ended", [&] { return show(name(), "ActiveState") != "reloading"; });
    }
    void wait_for_failure(int release) const {
        wait_until("it has failed", [&] { return journal_of(unit(release)).find(k_failed) != std::string::npos; });
    }
    /// With status 0, each time: after its preflight, and after its life.
    void check_good_end(int release) const {
        wait_until("it has ended", [&] { return show(unit(release), "ActiveState") == "inactive"; });
        const auto journal = journal_of(unit(release));
        CHECK(journal.find("Deactivated successfully") != std::string::npos);
        CHECK_MESSAGE(journal.find("Failed with result") == std::string::npos, journal);
    }
};

struct Program {
    std::string language;
    const char* path;
};
const std::vector<Program> k_programs{{"python", k_held_python}, {"perl", k_held_perl}};

} // namespace

TEST_SUITE_BEGIN("held");

TEST_CASE("a program that holds back, by the manual alone, is deployed without a failed request") {
    for (const auto& [language, path] : k_programs) {
        CAPTURE(language);
        const HeldSite site{"held-" + language, path};
        Traffic traffic{site.address(), {"persistent=4", "fresh=50"}};
        for (const std::string ver : {"2", "3", "4"}) {
            site.edit(ver, k_health);
            const auto deployed = site.deploy();
            REQUIRE_MESSAGE(deployed.status == 0, deployed.text());
            site.wait_for_version(ver);
            CHECK(site.status("/releases/0/proof") == "held");
        }
        CHECK(site.says(4) == "serving");
        traffic.check_none_failed();
        CHECK(traffic.result().old_after_new() == 0);
        for (const int release : {1, 2, 3})
            site.check_good_end(release);
    }
}

TEST_CASE("it is held while the old release serves, and leaves at SIGTERM when its health check fails") {
    for (const auto& [language, path] : k_programs) {
        CAPTURE(language);
        const HeldSite site{"sick-" + language, path};
        const auto pid = get(site.address()).pid;
        Traffic traffic{site.address(), {"persistent=4", "fresh=50"}};
        site.edit("2", k_sick);
        Process deploy{{"baton", "deploy", site.name()}};
        site.wait_until_held(2);
        for (int i = 0; i < 20; ++i)
            CHECK(get(site.address()).pid == pid);
        const auto rejected = deploy.wait();
        CHECK(rejected.status == 3);
        CHECK_MESSAGE(rejected.err.find("status 500") != std::string::npos, rejected.text());
        site.check_good_end(2);
        CHECK(traffic.result().versions.size() == 1);
        traffic.check_none_failed();
    }
}

TEST_CASE("it leaves when its deploy is killed before the switch") {
    for (const auto& [language, path] : k_programs) {
        CAPTURE(language);
        const HeldSite site{"orphan-" + language, path};
        Traffic traffic{site.address(), {"persistent=4", "fresh=50"}};
        site.edit("2", k_sick);
        Process reload{{"systemctl", "reload", site.name()}};
        site.wait_until_held(2);
        site.kill_reload();
        site.wait_for_failure(2);
        CHECK(site.live() == 1);
        site.edit("3", k_health); // what else is tried again would be the sick one
        const auto deployed = site.deploy();
        CHECK_MESSAGE(deployed.status == 0, deployed.text());
        traffic.check_none_failed();
    }
}

TEST_CASE("it accepts by itself when its deploy is killed after the switch") {
    for (const auto& [language, path] : k_programs) {
        CAPTURE(language);
        const HeldSite site{"heir-" + language, path};
        // The old one still says "serving" for so long, and for a second of it the deploy waits: time to kill it in.
        site.set_unit("[Service]\nExecStop=/bin/sleep 2\n");
        site.edit("2");
        Process reload{{"systemctl", "reload", site.name()}};
        wait_until("release 2 is live", [&] { return fs::read_symlink(site.state() / "live").filename() == "2"; });
        REQUIRE(site.says(2) == "held");
        site.kill_reload();
        wait_until(
            "it accepts", [&] { return site.says(2) == "serving"; }, 500ms);
        CHECK(site.says(1) == "serving");
        site.check_good_end(1);
        CHECK(get(site.address()).ver == "2");
    }
}

TEST_SUITE_END();
