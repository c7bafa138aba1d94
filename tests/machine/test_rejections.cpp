// SPDX-License-Identifier: MIT
// Releases that never take over: whatever is wrong with one, the live release serves every request meanwhile.
#include "support/files.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/small_state.hpp"
#include "support/traffic.hpp"

#include <fmt/format.h>

#include <fstream>
#include <functional>

using namespace machine;
namespace fs = std::filesystem;

namespace {

/// So that no test waits for the 90 s that systemd gives a unit by default.
constexpr auto k_short_times = "[Service]\nTimeoutStartSec=2s\nTimeoutStopSec=1s\n";

struct BadRelease {
    std::string what;
    std::function<void(const Site&)> upload;
    std::string more;                 ///< further members of its watch.conf
    std::vector<std::string> reasons; ///< what the error says, the program's own last words among it
};

std::string args(const std::string& words) {
    return fmt::format(R"(, "Args": [{}])", words);
}

void upload_misbehave(const Site& site) {
    site.upload(k_misbehave);
}

std::function<void(const Site&)> upload_text(const std::string& text) {
    return [=](const Site& site) {
        fs::remove(site.directory() / "test");
        write_file(site.directory() / "test", text);
    };
}

std::vector<BadRelease> bad_programs() {
    return {
        {"a program that exits at once",
         upload_misbehave,
         args(R"("exit")"),
         {"the program exited with status 7", "| misbehave: no database at db.example:5432"}},
        {"a program that exits after a second without READY=1",
         upload_misbehave,
         args(R"("exit-later")"),
         {"the program exited with status 8", "| misbehave: gave up"}},
        {"a program that never says READY=1",
         upload_misbehave,
         args(R"("never-ready")"),
         {"it did not say READY=1 within 2.0 s (TimeoutStartSec=)", "| misbehave: still thinking"}},
        {"a program that never says READY=1 and ignores SIGTERM",
         upload_misbehave,
         args(R"("ignore-term")"),
         {"it did not say READY=1 within 2.0 s (TimeoutStartSec=)", "| misbehave: still thinking"}},
        {"a program that takes all the memory there is",
         upload_misbehave,
         args(R"("eat-memory")"),
         {"the program was killed by SIGABRT", "bad_alloc"}},
        {"a file that is no program",
         upload_text("name,price\nshoe,12\n"),
         "",
         {"the program could not be executed", "it is not a program that this machine can run"}},
        {"an empty file", upload_text(""), "", {"the program could not be executed", "it is not a program"}},
        {"a program for another architecture",
         [](const Site& site) { copy_for_another_architecture(k_shop, site.directory() / "test"); },
         "",
         {"the program could not be executed", "it is not a program that this machine can run"}},
        {"a script whose interpreter is missing",
         upload_text("#!/no/such/interpreter\n"),
         "",
         {"the program could not be executed", "the interpreter '/no/such/interpreter' in its"}},
        {"a program whose shared library is missing",
         [](const Site& site) { copy_with_missing_library(k_shop, site.directory() / "test"); },
         "",
         {"the program exited with status 127", "libc.so.9"}},
        {"a program with another digest than Sha256",
         [](const Site& site) { site.upload(k_shop); },
         R"(, "Sha256": "0000000000000000000000000000000000000000000000000000000000000000")",
         {"(Sha256)", "expected 0000000000000000000000000000000000000000000000000000000000000000"}},
    };
}

BadRelease bad_health(const std::string& how, const std::string& reason) {
    return {"a program whose health is " + how,
            upload_misbehave,
            args(fmt::format(R"("health", "{}")", how)) + R"(, "HealthPath": "/healthz")",
            {"'/healthz'", reason}};
}

void check_text(const std::string& text, const BadRelease& bad) {
    for (const auto& reason : bad.reasons)
        CHECK_MESSAGE(text.find(reason) != text.npos, reason << "\n... is not in:\n" << text);
    CHECK_MESSAGE(text.find("is still serving") != text.npos, text);
}

/// Nothing of the rejected release runs, or is listed as failed, or lies about.
void check_nothing_left(const Site& site) {
    const auto newest = std::stoi(site.status("/releases/0/release"));
    if (newest != site.live()) CHECK(site.show(site.unit(newest), "ActiveState") == "inactive");
    CHECK(run({"systemctl", "list-units", "--failed", "--plain", "--no-legend", site.name() + "*"}).out == "");
    for (const auto& entry : fs::directory_iterator{site.state() / "releases"})
        CHECK_MESSAGE(entry.path().extension() != ".partial", entry.path());
    CHECK(site.show(site.name(), "ActiveState") == "active");
}

/// Deploys it with `baton deploy`, and checks all that must be so afterwards.
void check_rejected(const Site& site, const BadRelease& bad) {
    INFO(bad.what);
    const int live = site.live();
    const auto serving = get(site.address());
    Traffic traffic{site.address()};
    Journal journal{site.name()};
    bad.upload(site);
    site.edit("bad", bad.more);
    const auto refused = site.deploy();
    CHECK_MESSAGE(refused.status == 3, refused.text());
    check_text(refused.err, bad);
    CHECK(journal.count(Event::release_rejected) == 1);
    check_text(journal_of(site.name()), bad);
    CHECK(site.live() == live);
    CHECK(get(site.address()).pid == serving.pid);
    check_nothing_left(site);
    traffic.check_none_failed();
}

void check_status_shows(const Site& site, const BadRelease& bad) {
    CHECK(site.status("/releases/0/state") == "rejected");
    CHECK(site.status("/releases/0/reason").find(bad.reasons.front()) != std::string::npos);
    const auto table = run({"baton", "status", site.name()}).out;
    CHECK_MESSAGE(table.find("rejected") != table.npos, table);
}

void check_next_good_one_works(const Site& site, const std::string& ver) {
    site.upload(k_shop);
    site.edit(ver);
    const auto deployed = site.deploy();
    CHECK_MESSAGE(deployed.status == 0, deployed.text());
    CHECK(get(site.address()).ver == ver);
}

} // namespace

TEST_SUITE_BEGIN("rejections");

TEST_CASE("a bad program does not take over, and the next good one does") {
    ServingSite site{"bad-program"};
    site.unwatch();
    site.set_unit(std::string{k_short_times} + "LimitAS=256M\n");
    int count = 0;
    for (const auto& bad : bad_programs()) {
        check_rejected(site, bad);
        if (bad.what.find("Sha256") == bad.what.npos) check_status_shows(site, bad);
        check_next_good_one_works(site, "good " + std::to_string(++count));
    }
}

TEST_CASE("a release whose health is bad does not take over, and the next good one does") {
    ServingSite site{"bad-health"};
    site.unwatch();
    site.set_unit(k_short_times);
    int count = 0;
    for (const auto& bad :
         {bad_health("500", "status 500\n  | not well"), bad_health("302", "status 302\n  | Location: /elsewhere"),
          bad_health("hang", "no 2xx"), bad_health("trickle", "no 2xx"), bad_health("close", "no 2xx")}) {
        check_rejected(site, bad);
        check_status_shows(site, bad);
        CHECK(site.status("/releases/0/failed_step") == "health");
        check_next_good_one_works(site, "good " + std::to_string(++count));
    }
}

TEST_CASE("health is asked of the new release itself, not of the live one on the shared port") {
    ServingSite site{"own-health"};
    site.unwatch();
    check_rejected(site, {"a program without a private socket",
                          upload_misbehave,
                          args(R"("hang")") + R"(, "HealthPath": "/healthz")",
                          {"accepted no connection on the socket 'http'"}});
    check_next_good_one_works(site, "2");
}

TEST_CASE("the first release of a site that is bad leaves nothing of the site") {
    Site site{"bad-first"};
    site.upload(k_misbehave);
    site.edit("1", args(R"("exit")"));
    const auto added = site.add();
    CHECK_MESSAGE(added.status == 3, added.text());
    CHECK_MESSAGE(added.err.find("no database at db.example:5432") != std::string::npos, added.text());
    CHECK_FALSE(fs::exists(site.state()));
    CHECK(run({"systemctl", "cat", site.name()}).status != 0);
    CHECK(get(site.address()).status == 0);
    site.upload(k_shop);
    CHECK(site.add().status == 0);
}

TEST_CASE("a rejection quotes its own program, not one that another site of the name had before") {
    const auto add_one_that_says = [](const Site& site, const std::string& words) {
        write_file(site.directory() / "test", "#!/bin/sh\necho " + words + " >&2\nexit 7\n");
        fs::permissions(site.directory() / "test", fs::perms::owner_all);
        site.edit("1");
        return site.add();
    };
    Site site{"namesake"};
    // A journald that comes late knows the unit of a line, and not which of its runs wrote it.
    REQUIRE(shell("systemctl kill -s STOP systemd-journald").status == 0);
    const auto first = add_one_that_says(site, "words of the first");
    REQUIRE(shell("systemctl kill -s CONT systemd-journald").status == 0);
    CHECK_MESSAGE(first.status == 3, first.text());
    const auto second = add_one_that_says(site, "words of the second");
    CHECK_MESSAGE(second.status == 3, second.text());
    CHECK_MESSAGE(second.err.find("words of the second") != std::string::npos, second.text());
    CHECK_MESSAGE(second.err.find("words of the first") == std::string::npos, second.text());
}

TEST_CASE("a command that follows a rejection at once is not told that another deploy runs") {
    ServingSite site{"at-once"};
    site.unwatch();
    for (int i = 0; i < 5; ++i) {
        CAPTURE(i);
        site.upload(k_misbehave);
        site.edit(std::to_string(i), args(R"("exit")"));
        REQUIRE(run({"baton", "deploy", site.name()}).status == 3);
        site.upload(k_shop);
        site.edit("good " + std::to_string(i));
        const auto deployed = run({"baton", "deploy", site.name()});
        CHECK_MESSAGE(deployed.status == 0, deployed.text());
    }
}

TEST_CASE("a rejected build is not tried again by the watch until its content changes") {
    ServingSite site{"once"};
    Journal journal{site.name()};
    site.upload(k_misbehave);
    site.edit("2", args(R"("exit")"));
    (void)journal.wait_for(Event::release_rejected);
    wait_until("that deploy has ended", [&] { return site.show(site.name(), "ActiveState") == "active"; });
    const auto told = journal_of(site.unit(2));
    const auto last_reload = site.show(site.name(), "ExecReload");
    REQUIRE(run({"touch", site.conf_path()}).status == 0); // a change that is none
    wait_until("the watch has asked for a deploy, and it has ended", [&] {
        return site.show(site.name(), "ExecReload") != last_reload && site.show(site.name(), "ActiveState") == "active";
    });
    CHECK(journal_of(site.unit(2)) == told);
    CHECK(site.status("/releases/0/release") == "2");
    site.edit("3", args(R"("exit")"));
    (void)journal.wait_for(Event::release_rejected);
    CHECK(get(site.address()).ver == "1");
}

TEST_CASE("a rejected release that ignores SIGTERM is killed soon, not when TimeoutStopSec= is over") {
    ServingSite site{"stubborn"};
    site.unwatch();
    const auto begin = std::chrono::steady_clock::now();
    check_rejected(site, {"a program whose health is bad and that ignores SIGTERM",
                          upload_misbehave,
                          args(R"("stubborn", "500")") + R"(, "HealthPath": "/healthz")",
                          {"status 500"}});
    CHECK(std::chrono::steady_clock::now() - begin < 60s); // of the 90 s that systemd gives a unit
    check_next_good_one_works(site, "2");
}

TEST_CASE("a program of Type=exec has to stay alive for a second, and takes over then") {
    ServingSite site{"type-exec"};
    site.unwatch();
    site.set_unit("[Service]\nType=exec\nTimeoutStopSec=1s\n");
    check_rejected(site, {"a program that ends within a second",
                          upload_text("#!/bin/sh\necho no settings >&2\nsleep 0.2\nexit 5\n"),
                          "",
                          {"the program exited with status 5", "| no settings"}});
    upload_text("#!/bin/sh\nexec sleep 1000\n")(site); // it would have to accept as well
    site.edit("stays", R"(, "Preflight": false)");
    const auto deployed = site.deploy();
    CHECK_MESSAGE(deployed.status == 0, deployed.text());
    CHECK(deployed.out.find("has run for 1.0 s") != deployed.out.npos);
}

TEST_CASE("a disk that is full, or a state directory that cannot be written, changes nothing; the next deploy works") {
    const SmallState state{"16M"};
    ServingSite site{"full-disk"};
    site.unwatch();
    Traffic traffic{site.address()};
    REQUIRE(run({"dd", "if=/dev/urandom", "of=" + (site.directory() / "asset").native(), "bs=1M", "count=32"}).status ==
            0);
    site.edit("2");
    const auto full = site.deploy();
    CHECK_MESSAGE(full.status == 1, full.text());
    CHECK_MESSAGE(full.err.find("No space left on device") != full.err.npos, full.text());
    CHECK_MESSAGE(full.err.find("release 1 (Ver 1) is still serving") != full.err.npos, full.text());
    check_nothing_left(site);

    REQUIRE(run({"mount", "-o", "remount,ro", "/var/lib/baton"}).status == 0);
    fs::remove(site.directory() / "asset");
    const auto read_only = site.deploy();
    CHECK_MESSAGE(read_only.status == 1, read_only.text());
    CHECK_MESSAGE(read_only.err.find("Read-only file system") != read_only.err.npos, read_only.text());
    CHECK(get(site.address()).ver == "1");
    CHECK(run({"baton", "status", site.name()}).status == 0);

    REQUIRE(run({"mount", "-o", "remount,rw", "/var/lib/baton"}).status == 0);
    check_next_good_one_works(site, "3");
    traffic.check_none_failed();
}

TEST_CASE("an upload that never ends is given up after a minute, by name, and the next one works") {
    ServingSite site{"never-settles"};
    site.unwatch();
    Traffic traffic{site.address()};
    std::ofstream upload{site.directory() / "asset.zip"}; // stays open for writing
    site.edit("2");
    const auto refused = run({"baton", "deploy", site.name()}, 120s);
    CHECK_MESSAGE(refused.status == 1, refused.text());
    CHECK_MESSAGE(refused.err.find("'asset.zip' is still being written") != refused.err.npos, refused.text());
    check_nothing_left(site);
    upload.close();
    check_next_good_one_works(site, "3");
    traffic.check_none_failed();
}

TEST_SUITE_END();
