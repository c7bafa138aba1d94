// SPDX-License-Identifier: MIT
// What is installed and what baton writes: clean unit files, an effective sandbox, and a journal that tells the story.
#include "base/file.hpp"
#include "sd/turns.hpp"
#include "support/files.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"

#include <fmt/format.h>

#include <fcntl.h>

#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>

using namespace machine;

namespace {

constexpr double k_most_exposed = 3.0; // of systemd-analyze security, whose scale ends at 10
constexpr auto k_catalog = "/usr/lib/systemd/catalog/baton.catalog";

/// The overall exposure level: "-> Overall exposure level for shop.service: 1.3 OK".
double exposure(const std::string& unit) {
    const auto told = run({"systemd-analyze", "security", "--no-pager", unit}).out;
    const auto at = told.rfind("exposure level");
    REQUIRE_MESSAGE(at != told.npos, told);
    return std::stod(told.substr(told.find(": ", at) + 2));
}

/// What the program of `site` says when it opens `path`: "ok", or why not.
std::string opening(const Site& site, const std::string& path, const std::string& how = "") {
    return get(site.address(), "/open?path=" + path + how).body;
}

std::vector<std::string> steps(const std::vector<Entry>& entries, const std::string& release) {
    std::vector<std::string> steps;
    for (const auto& entry : entries)
        if (entry.is(Event::deploy_step) && entry.release == release && !entry.step.empty())
            steps.push_back(entry.step);
    return steps;
}

} // namespace

TEST_SUITE_BEGIN("units");

TEST_CASE("systemd-analyze verify finds nothing in any unit that is installed or generated") {
    ServingSite site{"verified"};
    site.http_port = free_port();
    site.edit("2");
    wait_until("it has moved", [&] { return get(site.http_port).ver == "2"; });
    const auto& name = site.name();
    for (const auto& unit :
         {name + ".service", name + ".path", name + ".socket", name + "@" + site.http_port + ".socket", site.unit(2),
          "baton-reload@" + name + ".service", "baton-activate@" + name + ".service",
          "baton-ended@" + name + "@2.service", "baton-rollback@" + name + "@2.service"}) {
        const auto verified = run({"systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit});
        CHECK_MESSAGE(verified.status == 0, unit << ": " << verified.text());
        CHECK_MESSAGE(verified.out + verified.err == "", unit << ": " << verified.text());
    }
}

TEST_CASE("systemd-analyze security says 3.0 or better of a release and of everything that runs baton") {
    ServingSite site{"secured"};
    for (const auto& unit :
         {site.unit(1), site.name() + ".service", "baton-activate@" + site.name() + ".service",
          "baton-ended@" + site.name() + "@1.service", "baton-rollback@" + site.name() + "@1.service"}) {
        const auto level = exposure(unit);
        MESSAGE(unit << ": " << level);
        CHECK(level <= k_most_exposed);
    }
}

TEST_CASE("systemctl reload deploys a user's private files once they are written, to a port below 1024") {
    ServingSite site{"private-files", R"(, "HealthPath": "/healthz")"};
    site.unwatch();
    REQUIRE(run({"baton", "add", site.name(), "--listen", "81"}).status == 0); // root's word for it
    auto upload = baton::open_file(site.directory() / "asset", O_WRONLY | O_CREAT, 0600);
    site.http_port = "81";
    site.edit("2", R"(, "HealthPath": "/healthz")");
    REQUIRE(shell("cd /srv/private-files && chmod 0700 . && chmod 0600 watch.conf asset && chown -R nobody .").status ==
            0);
    Process reload{{"systemctl", "reload", site.name()}};
    std::this_thread::sleep_for(1s);
    CHECK_FALSE(reload.ended()); // it waits for the upload
    upload.reset();
    const auto reloaded = reload.wait();
    CHECK_MESSAGE(reloaded.status == 0, reloaded.text() << journal_of(site.name()));
    wait_until("it answers on port 81", [] { return get("81").ver == "2"; });
}

TEST_CASE("a program runs as a user of its own, not root") {
    ServingSite site{"own-user"};
    ServingSite other{"another-user"};
    const auto uid = std::stoul(get(site.address(), "/user").body);
    CHECK(uid >= 61184); // the range of dynamic users, systemd's UIDS-GIDS.md
    CHECK(uid <= 65519);
    CHECK(get(other.address(), "/user").body != std::to_string(uid));
}

TEST_CASE("a program reads its own snapshot at the site's path, and writes nothing but its own temporary files") {
    ServingSite site{"sandbox"};
    CHECK(opening(site, "/srv/sandbox/watch.conf") == "ok");
    write_file(site.directory() / "later", "uploaded after the deploy");
    CHECK(opening(site, "/srv/sandbox/later") == std::strerror(ENOENT));
    const auto write = "&write=1";
    for (const std::string path :
         {"/srv/sandbox/watch.conf", "/srv/sandbox/new", "/etc/new", "/var/lib/new", "/run/new"})
        CHECK_MESSAGE(opening(site, path, write) != "ok", path);
    CHECK(opening(site, "/tmp/new", write) == "ok");
    CHECK_FALSE(std::filesystem::exists("/tmp/new"));
}

TEST_CASE("a program reads nothing of the state directory, of other sites, or of root's") {
    ServingSite site{"curious"};
    ServingSite other{"secret"};
    const auto denied = std::string{std::strerror(EACCES)};
    for (const std::string path :
         {"/var/lib/baton/curious/wish.json", "/var/lib/baton/curious/releases/1/env", "/var/lib/baton/curious/lock",
          "/var/lib/baton/secret/wish.json", "/var/lib/baton/secret/releases/1/tree/watch.conf", "/etc/shadow"}) {
        CHECK_MESSAGE(opening(site, path) == denied, path);
        CHECK_MESSAGE(opening(site, path, "&write=1") != "ok", path);
    }
}

TEST_CASE(
    "the journal tells each deploy's steps in order, with site, release and message id, each with its catalog entry") {
    Site site{"story"};
    Journal journal{site.name()};
    site.upload(k_shop);
    site.edit("1");
    REQUIRE(site.add().status == 0);
    site.edit("2");
    site.wait_for_version("2");
    site.upload(k_misbehave);
    site.edit("3", R"(, "Args": ["exit"])");
    CHECK(journal.wait_for(Event::release_rejected).release == "3");
    REQUIRE(run({"baton", "rollback", site.name()}).status == 0);
    REQUIRE(run({"systemctl", "restart", site.name()}).status == 0);
    REQUIRE(run({"baton", "remove", site.name()}).status == 0);

    const auto& entries = journal.entries();
    const std::vector<std::string> all{"read", "import", "start", "health", "switch", "drain", "prune"};
    CHECK(steps(entries, "1") == all);
    CHECK(steps(entries, "2") == all);
    CHECK(steps(entries, "3") == std::vector<std::string>{"read", "import"});
    const auto catalog = read_file(k_catalog);
    for (const auto& entry : entries) {
        CAPTURE(entry.message);
        CHECK(entry.site == site.name());
        CHECK(catalog.find("\n-- " + entry.message_id + "\n") != catalog.npos);
    }
    for (const auto event :
         {Event::release_live, Event::rolled_back, Event::site_added, Event::site_removed, Event::activated})
        CHECK_MESSAGE(journal.count(event) > 0, baton::deploy::message_id(event));
}

TEST_CASE("every message id that baton has stands in the catalog, with a subject") {
    const auto catalog = read_file(k_catalog);
    for (const auto id : baton::deploy::k_message_ids) {
        const auto at = catalog.find(fmt::format("\n-- {}\nSubject: ", id));
        CHECK_MESSAGE(at != catalog.npos, id);
    }
}

TEST_CASE("journalctl -u SITE tells the deploys, and -u 'SITE*' the programs' own words too") {
    ServingSite site{"told"};
    site.upload(k_misbehave);
    site.edit("2", R"(, "Args": ["exit"])");
    Journal journal{site.name()};
    wait_until("it is rejected", [&] { return site.status("/releases/0/state") == "rejected"; });
    const auto handle = journal_of(site.name());
    CHECK(handle.find("release 1 (Ver 1) is live") != handle.npos);
    CHECK(handle.find("release 2 (Ver 2) rejected") != handle.npos);
    const auto all = journal_of(site.name() + "*");
    CHECK(all.find("\nmisbehave: no database at db.example:5432\n") != all.npos);
}

TEST_CASE("a program whose directory has a colon in its name sees its snapshot there, not the upload") {
    const Site site{"co:lon"};
    site.upload(k_shop);
    site.edit("1");
    std::ofstream{site.directory() / "page"} << "deployed";
    REQUIRE(run({"baton", "add", "colon", site.directory()}).status == 0);
    std::ofstream{site.directory() / "page"} << "edited";
    const auto pid = site.show("colon@1.service", "MainPID");
    const auto seen = run({"cat", "/proc/" + pid + "/root" + (site.directory() / "page").native()}).out;
    CHECK(run({"baton", "remove", "colon"}).status == 0);
    CHECK(seen == "deployed");
}

TEST_CASE("unit files of many sites that change at once, as in an upgrade, cost few daemon-reloads") {
    std::deque<ServingSite> sites;
    for (char letter = 'a'; letter <= 'l'; ++letter)
        sites.emplace_back(fmt::format("outdated-{}", letter));
    const auto drop_in = [](const Site& site) {
        return fmt::format("/usr/local/lib/systemd/system/{}.service.d/10-baton.conf", site.name());
    };
    for (const auto& site : sites)
        std::ofstream{drop_in(site)} << "[Unit]\n";
    REQUIRE(run({"systemctl", "daemon-reload"}).status == 0);
    const auto reloads = [] {
        return std::stoi(shell("journalctl --sync; journalctl -b -o cat _PID=1 | grep -cx 'Reloading[.]*'").out);
    };
    const int before = reloads();
    std::vector<baton::sd::Turns> crowd;
    for (int i = 0; i < 7; ++i)
        crowd.emplace_back("/run/baton/.turns").take();
    std::vector<std::string> restart{"systemctl", "restart"};
    for (const auto& site : sites)
        restart.push_back(site.name());
    REQUIRE(run(restart, 120s).status == 0);
    for (const auto& site : sites) {
        CHECK(site.show(site.name(), "Wants").find(site.name() + ".socket") != std::string::npos);
        CHECK(site.show(site.name(), "NeedDaemonReload") == "no");
        CHECK(get(site.address()).ver == "1");
    }
    const int cost = reloads() - before;
    CHECK(cost >= 1);
    CHECK(cost <= 6); // each would reload for itself: twelve
}

TEST_CASE("programs log under the name of their site, and one journalctl shows a site's handle and its programs") {
    ServingSite one{"logs-one"};
    ServingSite other{"logs-other"};
    for (const auto* const site : {&one, &other}) {
        site->unwatch();
        site->upload(k_misbehave);
        site->edit("2", R"(, "Args": ["exit"])");
        REQUIRE(site->deploy().status == 3);
    }
    REQUIRE(run({"journalctl", "--sync"}).status == 0);
    const auto lines = [](const std::string& matches) { return shell("journalctl -o short " + matches).out; };
    const auto said = "logs-one[";
    CHECK(lines("-t logs-one").find("misbehave: no database") != std::string::npos);
    CHECK(lines("-t logs-other").find(said) == std::string::npos);
    CHECK(lines("-u 'logs-one@*'").find("baton-exec") == std::string::npos);
    const auto both = lines("-u logs-one -u 'logs-one@*'"); // as the README and the manual say
    for (const auto* const part :
         {"release 2 (Ver 2) rejected", "misbehave: no database", "Release 2 of site logs-one", said})
        CHECK_MESSAGE(both.find(part) != both.npos, part << " is not in:\n" << both);
    CHECK(both.find("logs-other") == both.npos);
}

TEST_SUITE_END();
