// SPDX-License-Identifier: MIT
// The exact texts of the command line, which people read and programs parse.
#include "support/files.hpp"
#include "support/golden.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

using namespace machine;

namespace {

/// The same name, port and directory in every run: goldens show them.
constexpr auto k_port = "9300";

struct GoldenSite : Site {
    GoldenSite() : Site{"golden", k_port, Made::now} {
        upload(k_shop);
        edit("1");
    }
};

} // namespace

TEST_SUITE_BEGIN("cli");

TEST_CASE("baton --help, and the help of each command, is as agreed") {
    std::vector<std::vector<std::string>> commands{{"baton", "--help"}};
    for (const std::string command :
         {"new", "add", "remove", "check", "deploy", "rollback", "status", "history", "logs", "doctor"})
        commands.push_back({"baton", command, "--help"});
    check_golden("help.txt", transcript(commands));
}

TEST_CASE("baton new writes each of its examples, only where nothing is, and says what to type next") {
    const std::filesystem::path top = "/srv/new";
    std::filesystem::remove_all(top);
    std::vector<std::vector<std::string>> commands;
    for (const std::string language : {"go", "python", "python-uvicorn", "node", "ruby", "java", "cpp"})
        commands.push_back({"baton", "new", language, top / language});
    commands.insert(commands.end(), {{"baton", "new", "--json", "node", top / "Not a site's"},
                                     {"baton", "new", "go", top / "go"},
                                     {"baton", "new", "go", top / "go/main.go/x"},
                                     {"baton", "new", "go", top / "go/watch.conf"},
                                     {"baton", "new", "go", "/proc/no"},
                                     {"baton", "new", "pyton", top / "other"},
                                     {"baton", "new", "rust", top / "other"},
                                     {"baton", "new", "go"}});
    auto text = transcript(commands);
    CHECK_FALSE(std::filesystem::exists(top / "other"));
    for (const auto& entry : std::filesystem::directory_iterator{top}) {
        CAPTURE(entry.path());
        CHECK(std::filesystem::is_regular_file(entry.path() / "README.md"));
        CHECK(nlohmann::json::parse(read_file(entry.path() / "watch.conf")).at("Ver") == "1");
    }
    check_golden("new.txt", text);
    std::filesystem::remove_all(top);
}

TEST_CASE("baton new leaves nothing behind when the disk is full") {
    const std::filesystem::path place = "/srv/new-full";
    std::filesystem::create_directory(place);
    REQUIRE(run({"mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", place}).status == 0);
    for (const auto& directory : {place, place / "java"}) {
        const auto written = run({"baton", "new", "java", directory});
        CHECK_MESSAGE(written.status == 1, written.text());
        CHECK_MESSAGE(written.err.find("No space left on device") != written.err.npos, written.text());
        CHECK(std::filesystem::is_empty(place));
    }
    REQUIRE(run({"umount", place}).status == 0);
    std::filesystem::remove(place);
}

TEST_CASE("baton check shows every value in effect, and warns of an unknown key, unless it is nearly a gate") {
    GoldenSite site;
    std::string text = transcript({{"baton", "check", "/srv/golden"}, {"baton", "check", "/srv/golden/watch.conf"}});
    site.edit("2.0 beta", R"(,
  "Args": ["--verbose", "two words"], "HealthPath": "/healthz", "ProbationSecond": 0.5, "KeepReleases": 3,
  "Env": {"RACK_ENV": "production"}, "arg": "x", "Colour": "red", "Exclude": ["*.log"])");
    text += transcript({{"baton", "check", "/srv/golden"}});
    site.edit("2.0 beta", R"(,
  "HealthPath": "/healthz", "healthpath": "/x")");
    text += transcript({{"baton", "check", "/srv/golden"}});
    check_golden("check.txt", text);
}

TEST_CASE("an error says once what was found and what was expected, and what to type next") {
    GoldenSite site;
    auto text = transcript({{"baton"},
                            {"baton", "deplyo", "golden"},
                            {"baton", "deploy"},
                            {"baton", "deploy", "golden"},
                            {"baton", "add", "golden", "/srv/no-such-directory"},
                            {"baton", "add", "Golden", "/srv/golden"},
                            {"baton", "check", "/srv"}});
    site.write_conf("{\"HttpPort\": \"8080\",\n  \"Ver\": 2}\n");
    text += transcript({{"baton", "check", "/srv/golden"}, {"baton", "add", "golden", "/srv/golden"}});
    check_golden("errors.txt", text);
}

TEST_CASE("a deploy is told in numbered steps, a rejection with its reason, and what still serves") {
    const NoLooks only_these_commands_deploy;
    GoldenSite site;
    auto text = transcript({{"baton", "add", "golden", "/srv/golden"}});
    site.unwatch();
    text += transcript({{"baton", "deploy", "golden"}});
    site.edit("2");
    text += transcript({{"baton", "deploy", "golden"}});
    let_upload_end();
    site.upload(k_misbehave);
    site.edit("3", R"(, "Args": ["exit"])");
    text += transcript({{"baton", "deploy", "golden"}});
    site.write_conf("");
    text += transcript({{"baton", "deploy", "golden"}});
    wait_until("nobody has the lock", [] { return run({"baton", "deploy", "golden"}).status != 75; });
    text += transcript({{"baton", "rollback", "golden"}, {"baton", "remove", "golden"}});
    check_golden("deploy.txt", text);
}

TEST_CASE("baton status tells live, rolled back, rejected and stopped releases, and what is not as it should be") {
    auto text = transcript({{"baton", "status"}, {"baton", "status", "--json"}});
    GoldenSite site;
    REQUIRE(site.add().status == 0);
    site.unwatch();
    site.upload(k_misbehave);
    site.edit("2", R"(, "Args": ["exit"])");
    REQUIRE(site.deploy().status == 3);
    site.upload(k_shop);
    site.edit("3", R"(, "ProbationSecond": 0)");
    REQUIRE(site.deploy().status == 0);
    wait_until("release 1 has gone", [&] { return site.show(site.unit(1), "ActiveState") == "inactive"; });
    text += transcript({{"baton", "status"}, {"baton", "status", "golden", "--json"}});
    REQUIRE(run({"systemctl", "stop", "golden"}).status == 0);
    text += transcript({{"baton", "status", "golden"}});
    check_golden("status.txt", text);
}

TEST_CASE("baton history, and what deploys say with --json, are as agreed") {
    const NoLooks only_these_commands_deploy;
    GoldenSite site;
    REQUIRE(site.add().status == 0);
    site.unwatch();
    let_upload_end();
    site.edit("2");
    auto text = transcript({{"baton", "deploy", "golden", "--json"}});
    let_upload_end();
    site.upload(k_misbehave);
    site.edit("3", R"(, "Args": ["exit"])");
    text += transcript({{"baton", "deploy", "golden", "--json"},
                        {"baton", "rollback", "golden", "--json"},
                        {"baton", "history", "golden"},
                        {"baton", "history", "golden", "--json"}});
    check_golden("history.txt", text);
}

TEST_CASE("baton status --json is one object with a version and the same fields for every release") {
    ServingSite site{"json"};
    site.edit("2");
    site.wait_for_version("2");
    const auto told = nlohmann::json::parse(run({"baton", "status", "--json"}).out);
    CHECK(told.at("version") == 1);
    const auto& releases = told.at("sites").at(0).at("releases");
    CHECK(releases.size() == 2);
    for (const auto& release : releases) {
        std::vector<std::string> keys;
        for (const auto& member : release.items())
            keys.push_back(member.key());
        CHECK(keys == std::vector<std::string>{"copy_of", "created", "evidence", "failed_step", "invocation_id",
                                               "live_since", "memory_bytes", "pid", "program_sha256", "proof", "reason",
                                               "release", "start", "state", "traffic", "unit", "ver"});
    }
}

TEST_CASE("a site whose record cannot be read hides no other, and status says which one it is") {
    ServingSite site{"readable"};
    const std::filesystem::path broken = "/var/lib/baton/broken";
    std::filesystem::create_directory(broken);
    std::ofstream{broken / "site.json"} << "{";
    const auto told = run({"baton", "status"});
    std::filesystem::remove_all(broken);
    CHECK(told.status != 0);
    CHECK(told.out.find("readable") != told.out.npos);
    CHECK(told.err.find("broken") != told.err.npos);
}

TEST_SUITE_END();
