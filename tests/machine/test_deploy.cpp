// SPDX-License-Identifier: MIT
// From a changed watch.conf to a live release.
#include "support/files.hpp"
#include "support/gate.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/traffic.hpp"

#include <fcntl.h>
#include <unistd.h>

using namespace machine;
namespace fs = std::filesystem;

namespace {

constexpr auto k_recipe = R"({"HttpPort": "8080", "Ver": "1", "DelaySecond": 5, "BinName": "test"})";

/// A release that is at its gate before it says READY=1, asked for by an edit.
void edit_to_wait_at(const Gate& gate, const Site& site, const std::string& ver) {
    site.edit(ver, R"(, "Args": ["--wait-at=)" + gate.path() + "\"]");
}

/// Half a file is written, and more is to come.
baton::Fd begin_to_write(const fs::path& path, std::string_view half) {
    baton::Fd file{::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC)};
    REQUIRE(::write(file.get(), half.data(), half.size()) == static_cast<ssize_t>(half.size()));
    return file;
}

void end_writing(baton::Fd file, std::string_view rest) {
    REQUIRE(::write(file.get(), rest.data(), rest.size()) == static_cast<ssize_t>(rest.size()));
}

std::string sha256_of(const fs::path& path) {
    return run({"sha256sum", path}).out.substr(0, 64);
}

} // namespace

TEST_SUITE_BEGIN("deploy");

TEST_CASE("the recipe's own watch.conf works byte for byte, and a new version is a cp and an edit") {
    Site site{"recipe"};
    site.upload(k_hello);
    site.write_conf(k_recipe);
    const auto added = site.add();
    REQUIRE_MESSAGE(added.status == 0, added.text());
    CHECK(get("8080").ver == "1");

    Traffic traffic{"8080"};
    site.upload(k_shop); // over the program that runs
    const auto before = std::chrono::steady_clock::now();
    REQUIRE(run({"sed", "-i", R"(s/"Ver": "1"/"Ver": "2"/)", site.conf_path()}).status == 0);
    wait_until("version 2 answers", [] { return get("8080").ver == "2"; });
    CHECK(std::chrono::steady_clock::now() - before >= 5s);
    CHECK(get("8080", "/user").status == 200); // which only the new program has
    traffic.check_none_failed();
}

TEST_CASE("the recipe's file works under its own name, test.watch.conf") {
    Site site{"recipe-name"};
    site.upload(k_hello);
    write_file(site.directory() / "test.watch.conf", k_recipe);
    const auto added = site.add();
    REQUIRE_MESSAGE(added.status == 0, added.text());
    CHECK(get("8080").ver == "1");
    CHECK(site.status("/watch_conf") == "test.watch.conf");
    write_file(site.directory() / "test.watch.conf", R"({"HttpPort": "8080", "Ver": "2", "BinName": "test"})");
    wait_until("version 2 answers", [] { return get("8080").ver == "2"; });
}

TEST_CASE("every way in which a file gets uploaded is one deploy of its final content") {
    ServingSite site{"uploads"};
    Traffic traffic{site.address()};
    const fs::path next = "/srv/uploads.next";
    const std::vector<std::pair<std::string, std::string>> ways{
        {"written in place", R"(cat "$0" >"$1")"},
        {"cp", R"(cp "$0" "$1")"},
        {"written in pieces", R"({ head -c 20 "$0"; sleep 0.2; tail -c +21 "$0"; } >"$1")"},
        {"written and then appended to", R"(head -c 20 "$0" >"$1"; tail -c +21 "$0" >>"$1")"},
        {"renamed over it", R"(cp "$0" "$0.new"; mv "$0.new" "$1")"},
        {"sed -i", R"(sed -i "s/.*/$(cat "$0")/" "$1")"},
        {"rsync", R"(rsync --ignore-times "$0" "$1")"},
        {"rsync --inplace", R"(rsync --ignore-times --inplace "$0" "$1")"},
        {"install", R"(install -m 0600 "$0" "$1")"},
        {"deleted, then created", R"(rm "$1"; sleep 0.2; cp "$0" "$1")"},
        {"its directory replaced by another", R"(d=$(dirname "$1"); cp -a "$d" "$d.new"; cp "$0" "$d.new/watch.conf"
                                                 mv "$d" "$d.old"; mv "$d.new" "$d"; rm -r "$d.old")"},
    };
    int release = 1;
    for (const auto& upload : ways) {
        const std::string way = upload.first; // clang 14 captures no structured bindings
        const std::string command = upload.second;
        CAPTURE(way);
        Journal journal{site.name()};
        write_file(next, site.conf(way));
        const auto uploaded = run({"sh", "-ec", command, next, site.conf_path()});
        REQUIRE_MESSAGE(uploaded.status == 0, uploaded.text());
        wait_until("release " + std::to_string(release + 1) + " of: " + way,
                   [&] { return get(site.address()).ver == way; });
        // A reload waits for its turn: behind it, nothing of this upload is left to do.
        CHECK(site.reload().status == 0);
        CHECK(journal.count(Event::release_live) == 1);
        CHECK(site.live() == ++release);
    }
    traffic.check_none_failed();
    fs::remove(next);
}

TEST_CASE("a watch.conf that was deleted is told, and the live release goes on serving") {
    ServingSite site{"deleted"};
    Traffic traffic{site.address()};
    Journal journal{site.name()};
    fs::remove(site.conf_path());
    const auto refused = journal.wait_for(Event::conf_refused);
    CHECK(refused.message.find("watch.conf") != refused.message.npos);
    CHECK(refused.message.find("release 1 (Ver 1) is still serving") != refused.message.npos);
    CHECK(get(site.address()).ver == "1");
    site.edit("2");
    site.wait_for_version("2");
    traffic.check_none_failed();
}

TEST_CASE("of twenty edits within a second the last one ends up live") {
    ServingSite site{"burst"};
    Traffic traffic{site.address()};
    for (int round = 1; round <= 3; ++round) {
        for (int edit = 1; edit <= 20; ++edit) {
            site.edit(std::to_string(round) + "." + std::to_string(edit));
            std::this_thread::sleep_for(std::chrono::milliseconds{10 + 3 * (edit % 20)}); // the uploader's pace
        }
        const auto last = std::to_string(round) + ".20";
        site.wait_for_version(last);
        CHECK(site.reload().status == 0);
        CHECK(get(site.address()).ver == last);
    }
    traffic.check_none_failed();
}

TEST_CASE("an edit while a deploy runs is not lost") {
    ServingSite site{"meanwhile"};
    Traffic traffic{site.address()};
    Gate gate;
    edit_to_wait_at(gate, site, "2");
    gate.wait_for_arrival();
    site.edit("3");
    CHECK(get(site.address()).ver == "1");
    gate.open();
    site.wait_for_version("3");
    CHECK(site.live() == 3);
    traffic.check_none_failed();
}

TEST_CASE("an edit during DelaySecond begins the wait anew") {
    ServingSite site{"quiet"};
    Journal journal{site.name()};
    auto slow = site.conf("2");
    slow.replace(slow.find(R"("DelaySecond": 0)"), 16, R"("DelaySecond": 1)");
    site.write_conf(slow);
    wait_until("the deploy runs", [&] { return site.show(site.name(), "ActiveState") == "reloading"; });
    std::this_thread::sleep_for(600ms); // the uploader's pace
    slow.replace(slow.find(R"("Ver": "2")"), 10, R"("Ver": "3")");
    const auto before = std::chrono::steady_clock::now();
    site.write_conf(slow);
    site.wait_for_version("3");
    CHECK(std::chrono::steady_clock::now() - before >= 1s);
    CHECK(journal.wait_for(Event::release_live).release == "2");
    CHECK(site.reload().status == 0); // behind it, nothing of these edits is left to do
    CHECK(journal.count(Event::release_live) == 1);
}

TEST_CASE("systemctl reload returns when the outcome is known, and its exit status is the outcome") {
    ServingSite site{"reload"};
    site.unwatch();
    Gate gate;
    edit_to_wait_at(gate, site, "2");
    Process reload{{"systemctl", "reload", site.name()}};
    gate.wait_for_arrival();
    CHECK_FALSE(reload.ended());
    gate.open();
    CHECK(reload.wait().status == 0);
    CHECK(get(site.address()).ver == "2");

    site.upload(k_misbehave);
    site.edit("3", R"(, "Args": ["exit"])");
    const auto rejected = site.reload();
    CHECK_MESSAGE(rejected.status == 1, rejected.text());
    CHECK(site.show(site.name(), "ActiveState") == "active");
    CHECK(get(site.address()).ver == "2");
}

TEST_CASE("a program that is still being written is deployed when it is complete") {
    ServingSite site{"unfinished"};
    const auto program = read_file(k_hello);
    auto upload = begin_to_write(site.directory() / "test", std::string_view{program}.substr(0, program.size() / 2));
    site.edit("2");
    wait_until("the deploy runs", [&] { return site.show(site.name(), "ActiveState") == "reloading"; });
    CHECK(site.live() == 1);
    end_writing(std::move(upload), std::string_view{program}.substr(program.size() / 2));
    site.wait_for_version("2");
    CHECK(site.status("/releases/0/program_sha256") == sha256_of(k_hello));
}

TEST_CASE("a watch.conf that is still being written is read when it is complete") {
    ServingSite site{"half"};
    Journal journal{site.name()};
    const auto text = site.conf("2");
    auto upload = begin_to_write(site.conf_path(), text.substr(0, 20));
    Process deploy{{"baton", "deploy", "--wait", site.name()}};
    wait_until("baton has the lock", [&] {
        return run({"flock", "--nonblock", site.state() / "lock", "true"}).status != 0 || deploy.ended();
    });
    end_writing(std::move(upload), text.substr(20));
    const auto deployed = deploy.wait();
    CHECK_MESSAGE(deployed.status == 0, deployed.text());
    site.wait_for_version("2");
    CHECK(journal.count(Event::conf_refused) == 0);
}

TEST_CASE("a release whose HealthPath answers 2xx on its own socket takes over") {
    ServingSite site{"healthy"};
    Traffic traffic{site.address()};
    site.edit("2", R"(, "HealthPath": "/healthz")");
    site.wait_for_version("2");
    traffic.check_none_failed();
}

TEST_CASE("a program that was uploaded without its x bit runs") {
    ServingSite site{"no-x-bit"};
    fs::permissions(site.directory() / "test", fs::perms{0600});
    site.edit("2");
    site.wait_for_version("2");
}

TEST_SUITE_END();
