// SPDX-License-Identifier: MIT
// baton check: a file that is not installed yet, and what a deploy would do.
#include "support/files.hpp"
#include "support/hostile.hpp"
#include "support/programs.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace machine;
namespace fs = std::filesystem;

namespace {

std::string checked(const std::vector<std::string>& more) {
    std::vector<std::string> command{"baton", "check"};
    command.insert(command.end(), more.begin(), more.end());
    const auto done = run(command);
    CHECK_MESSAGE(done.status == 0, done.text());
    return done.out;
}

} // namespace

TEST_SUITE_BEGIN("check");

TEST_CASE("baton check of a registered site says what a deploy would do, and it does that") {
    ServingSite site{"foretold"};
    site.unwatch();
    contains(checked({site.directory()}), "would change nothing: the live release 1 has this content");
    REQUIRE(site.deploy().status == 0);
    CHECK(site.live() == 1);

    site.edit("2");
    contains(checked({site.conf_path()}), "a deploy of 'foretold' would make release 2 of it\n");
    site.upload(k_misbehave);
    site.edit("3", R"(, "Args": ["exit"])");
    REQUIRE(site.deploy().status == k_rejected);
    contains(checked({site.directory()}), "would be refused: release 2 had the same content and was rejected");
    contains(checked({site.directory()}), "the program exited with status 7");
    CHECK(site.deploy().status == k_rejected);

    const auto before = site.http_port;
    site.upload(k_shop);
    site.http_port = free_port();
    site.edit("4");
    contains(checked({site.directory()}),
             fmt::format("would make release 3 of it, and move the site from {} to {}", before, site.http_port));
    const auto told = nlohmann::json::parse(checked({"--json", site.directory()}));
    CHECK(told.at("deploy").at("moves_from") == before);
    CHECK(told.at("deploy").at("outcome") == "release");
    REQUIRE(site.deploy().status == 0);
    CHECK(get(site.http_port).ver == "4");
}

TEST_CASE("a candidate for watch.conf is checked for the directory that it is to be in, and changes nothing there") {
    ServingSite site{"candidate"};
    const fs::path file{"/run/candidate.new"};
    const auto check = [&](const std::string& text) {
        write_file(file, text);
        return run({"baton", "check", file, "--dir", site.directory()});
    };
    const auto before = read_file(site.conf_path());
    contains(check(before).out, "would change nothing: the live release 1");
    contains(check(site.conf("2")).out, "'/run/candidate.new' is valid for '/srv/candidate'");
    contains(check(site.conf("2")).out, "would make release 2 of it");
    auto bad = check("{\"HttpPort\": 1");
    CHECK(bad.status == k_config);
    contains(bad.err, "/run/candidate.new");
    site.http_port = "81";
    bad = check(site.conf("2"));
    CHECK_MESSAGE(bad.status == k_config, bad.text());
    contains(bad.err, "--listen '81' candidate");
    bad = check(R"({"HttpPort": "8080", "Ver": "2", "BinName": "not-there"})");
    CHECK(bad.status == k_config);
    contains(bad.err, "not-there");
    fs::remove(file);
    CHECK(run({"baton", "check", file, "--dir", site.directory()}).status == k_config);
    CHECK(run({"baton", "check", site.conf_path(), "--dir", "/srv/no-such-directory"}).status != 0);
    CHECK(read_file(site.conf_path()) == before);
    CHECK(get(site.address()).ver == "1");
}

TEST_CASE("a candidate is checked for a directory that has no watch.conf yet, and by a user who is not root") {
    const Site site{"candidate-first"};
    site.upload(k_shop);
    const fs::path file{"/run/candidate-first.new"};
    write_file(file, site.conf("1"));
    for (const std::string user : {"root", k_another}) {
        const auto done = as_user(user, "baton check --json " + file.native() + " --dir " + site.directory().native());
        REQUIRE_MESSAGE(done.status == 0, done.text());
        CHECK(nlohmann::json::parse(done.out).at("deploy").is_null());
    }
    write_file(site.conf_path(), site.conf("1"));
    REQUIRE(site.add().status == 0);
    const auto done = as_user(k_another, "baton check " + file.native() + " --dir " + site.directory().native());
    contains(done.out, "would change nothing");
    fs::remove(file);
}

TEST_SUITE_END();
