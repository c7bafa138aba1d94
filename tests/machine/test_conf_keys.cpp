// SPDX-License-Identifier: MIT
// What Env and Exclude in watch.conf, and symlinks in the directory, mean for a release under a real systemd.
#include "support/files.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/wait.hpp"

#include <nlohmann/json.hpp>

#include <fcntl.h>

#include <fstream>
#include <map>

using namespace machine;
namespace fs = std::filesystem;

namespace {

using Variables = std::map<std::string, std::string>;

/// The environment that the main process of a unit was started with.
Variables environment_of(const Site& site, const std::string& unit) {
    std::ifstream in{"/proc/" + site.show(unit, "MainPID") + "/environ", std::ios::binary};
    Variables variables;
    for (std::string line; std::getline(in, line, '\0');)
        variables.emplace(line.substr(0, line.find('=')), line.substr(line.find('=') + 1));
    return variables;
}

std::string env_member(const Variables& variables) {
    return ", \"Env\": " + nlohmann::json(variables).dump();
}

} // namespace

TEST_SUITE_BEGIN("conf keys");

TEST_CASE("each value of Env reaches the program through systemd's EnvironmentFile= as it stands in watch.conf") {
    const Variables wanted{{"A_QUOTES", R"(a "b" 'c' `d` $HOME ${HOME} \ \\ \n %s %% #x ; y)"},
                           {"B_LINES", "one\ntwo\r\nthree\n"},
                           {"C_BLANKS", "  \t in front and behind \t "},
                           {"D_CONTROL", "\x01\x1b[2J\x7f"},
                           {"E_UTF8", "\xC3\xA4\xE2\x82\xAC"},
                           {"F_EMPTY", ""},
                           {"G_BACKSLASH", "ends with \\"},
                           {"H_LONG", std::string(32 * 1024, 'x')},
                           {"PATH", "/usr/bin"},
                           {"_lower_1", "="}};
    ServingSite site{"env", env_member(wanted)};
    const auto found = environment_of(site, site.unit(1));
    for (const auto& [name, value] : wanted) {
        CAPTURE(name);
        REQUIRE(found.contains(name));
        CHECK(found.at(name) == value);
    }
    CHECK(found.at("BATON_VER") == "1");
}

TEST_CASE("Env is deployed and rolled back with the rest") {
    ServingSite site{"env-back", env_member({{"MODE", "old"}})};
    site.unwatch();
    site.edit("2", env_member({{"MODE", "new"}}));
    REQUIRE(site.deploy().status == 0);
    CHECK(environment_of(site, site.unit(2)).at("MODE") == "new");
    REQUIRE(run({"baton", "rollback", site.name()}).status == 0);
    CHECK(environment_of(site, site.unit(site.live())).at("MODE") == "old");
}

TEST_CASE("an editor's open swap file and an excluded open log hold up no deploy and are in no release") {
    ServingSite site{"exclude"};
    site.unwatch();
    std::vector<std::ofstream> open_files;
    for (const auto* const name : {".watch.conf.swp", "app.log", "shop.sqlite"})
        open_files.emplace_back(site.directory() / name) << "open" << std::flush;
    site.edit("2", R"(, "Exclude": ["*.log", "*.sqlite"])");
    const auto before = std::chrono::steady_clock::now();
    REQUIRE(site.deploy().status == 0);
    CHECK(std::chrono::steady_clock::now() - before < 20s);
    for (const auto* const name : {".watch.conf.swp", "app.log", "shop.sqlite"})
        CHECK_FALSE(fs::exists(site.state() / "releases/2/tree" / name));
}

TEST_CASE("a symlink that leads out of the directory is for the release's own rights to follow") {
    ServingSite site{"link-out"};
    site.unwatch();
    fs::create_symlink("/usr/bin/env", site.directory() / "tool");
    site.edit("2");
    REQUIRE(site.deploy().status == 0);
    CHECK(fs::read_symlink(site.state() / "releases/2/tree/tool") == "/usr/bin/env");
}

TEST_CASE("a path unit that watches the directory of a symlink sees it switched, relative and absolute, by any means") {
    fs::create_directories("/srv/switched/1");
    fs::create_directories("/srv/switched/2");
    fs::create_symlink("1", "/srv/switched/current");
    write_file("/run/systemd/system/switched.path", "[Path]\nPathChanged=/srv/switched\n");
    write_file("/run/systemd/system/switched.service",
               "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo >>/run/switched'\n");
    REQUIRE(run({"systemctl", "daemon-reload"}).status == 0);
    REQUIRE(run({"systemctl", "start", "switched.path"}).status == 0);
    const std::vector<std::string> ways{"ln -sfn 2 current", "ln -sfn /srv/switched/1 current",
                                        "ln -s 2 new && mv -T new current"};
    std::uintmax_t seen = 0;
    for (const auto& way : ways) {
        CAPTURE(way);
        REQUIRE(run({"sh", "-c", "cd /srv/switched && " + way}).status == 0);
        std::error_code none;
        wait_until("the switch is seen", [&] {
            const auto size = fs::file_size("/run/switched", none);
            return !none && size > seen;
        });
        wait_until("the service is over", [] {
            const auto asked = run({"systemctl", "is-active", "switched.service"});
            return asked.status != 0;
        });
        seen = fs::file_size("/run/switched", none);
    }
    REQUIRE(run({"systemctl", "stop", "switched.path"}).status == 0);
    for (const auto* const unit : {"switched.path", "switched.service"})
        fs::remove(fs::path{"/run/systemd/system"} / unit);
    fs::remove_all("/srv/switched");
    fs::remove("/run/switched");
    REQUIRE(run({"systemctl", "daemon-reload"}).status == 0);
}

TEST_CASE("an unknown key is a warning that status repeats for as long as that release is live") {
    ServingSite site{"unknown-key"};
    site.unwatch();
    site.edit("2", R"(, "Colour": "red")");
    const auto deployed = site.deploy();
    CHECK_MESSAGE(deployed.status == 0, deployed.text());
    const auto warns = [&] {
        return site.status("/warnings").find("unknown key 'Colour', ignoring") != std::string::npos;
    };
    CHECK(warns());
    REQUIRE(site.deploy().status == 0); // nothing has changed
    CHECK(warns());
    REQUIRE(run({"baton", "rollback", site.name()}).status == 0);
    CHECK_FALSE(warns());
    REQUIRE(run({"baton", "rollback", site.name(), "2"}).status == 0);
    CHECK(warns());
    site.edit("3");
    REQUIRE(site.deploy().status == 0);
    CHECK_FALSE(warns());
}

TEST_CASE("a misspelt key that keeps bad releases out is refused by check, deploy and the watch, and status says so") {
    ServingSite site{"near-miss"};
    site.edit("2", R"(, "Healthpath": "/healthz")");
    wait_until("the watch has refused it",
               [&] { return site.status("/warnings").find("was refused") != std::string::npos; });
    CHECK(site.status("/warnings").find("did you mean 'HealthPath'?") != std::string::npos);
    for (const std::string key :
         {"Healthpath", "Preflght", "ProbationSeconds", "DelaySeconds", "UntilProve", "SHA256"}) {
        CAPTURE(key);
        site.edit("2", ", \"" + key + "\": 1");
        for (const auto& told : {run({"baton", "check", site.directory()}), site.deploy()}) {
            CHECK_MESSAGE(told.status == 78, told.text());
            CHECK_MESSAGE(told.err.find("unknown key '" + key + "'; did you mean '") != told.err.npos, told.text());
        }
    }
    CHECK(get(site.address()).ver == "1");
}

TEST_SUITE_END();
