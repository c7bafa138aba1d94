// SPDX-License-Identifier: MIT
// The look at a directory: it notices every change of what a release consists of, and nothing else.
#include "site/release/tree_look.hpp"

#include "base/file.hpp"
#include "error_of.hpp"
#include "imported_site.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <functional>

namespace baton::site {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Site = test::ImportedSite;
using test::contains;
using test::error_of;

std::string fingerprint(const Site& site, const Excludes& excludes = {}) {
    return newest_change(site.directory, excludes).fingerprint;
}

/// Goes on once the clock of files has moved, so that a change has another ctime.
void next_tick(const Site& site) {
    const auto probe = site.scratch / "probe";
    const auto ctime = [&] {
        (void)open_file(probe, O_CREAT | O_TRUNC | O_WRONLY, 0600);
        write_all(open_file(probe, O_WRONLY).get(), "x", "probe");
        return stamp_of(test::look_at(probe)).ctime_ns;
    };
    const auto before = ctime();
    while (ctime() == before) {
    }
}

TEST_CASE("two looks at an unchanged directory have the same fingerprint, and count what an import counts") {
    const Site site;
    site.write("a/b/file", "x");
    fs::create_symlink("/nowhere", site.directory / "link");
    CHECK(fingerprint(site) == fingerprint(site));
    CHECK(newest_change(site.directory, {}).entries == site.take(1).index.size());
}

TEST_CASE("each kind of change changes the fingerprint and is the newest change") {
    const std::vector<std::pair<const char*, std::function<void(const Site&)>>> changes{
        {"other content of the same size and mtime",
         [](const Site& site) {
             const auto before = fs::last_write_time(site.directory / "a/file");
             site.write("a/file", "y");
             fs::last_write_time(site.directory / "a/file", before);
         }},
        {"a new file", [](const Site& site) { site.write("a/new", "x"); }},
        {"an empty directory", [](const Site& site) { fs::create_directory(site.directory / "a/d"); }},
        {"a deletion", [](const Site& site) { fs::remove(site.directory / "a/other"); }},
        {"a renaming", [](const Site& site) { fs::rename(site.directory / "a/file", site.directory / "a/file2"); }},
        {"a mode", [](const Site& site) { fs::permissions(site.directory / "a/file", fs::perms{0755}); }},
        {"a link that is switched",
         [](const Site& site) {
             fs::remove(site.directory / "link");
             fs::create_symlink("b", site.directory / "link");
         }},
        {"a file that becomes a directory",
         [](const Site& site) {
             fs::remove(site.directory / "a/file");
             fs::create_directory(site.directory / "a/file");
         }},
    };
    for (const auto& [what, change] : changes) {
        CAPTURE(what);
        const Site site;
        site.write("a/file", "x");
        site.write("a/other", "x");
        fs::create_symlink("a", site.directory / "link");
        const auto before = newest_change(site.directory, {});
        next_tick(site);
        change(site);
        const auto after = newest_change(site.directory, {});
        CHECK(after.fingerprint != before.fingerprint);
        CHECK(after.newest_change > before.newest_change);
        CHECK(after.newest_change <= std::chrono::system_clock::now());
    }
}

TEST_CASE("what is excluded or no part of an import changes nothing, whether it comes, changes or goes") {
    const Site site;
    site.write("file", "x");
    site.write("logs/kept", "x");
    const Excludes excludes{{"*.log", "cache/"}};
    const auto before = fingerprint(site, excludes);
    site.write("logs/x.log", "x");
    site.write(".file.swp", "x");
    site.write("cache/x/y", "x");
    REQUIRE(::mkfifo((site.directory / "fifo").c_str(), 0666) == 0);
    const auto look = newest_change(site.directory, excludes);
    CHECK(look.fingerprint == before);
    next_tick(site);
    site.write("logs/x.log", "more");
    site.write("logs/y.log", "x");
    CHECK(newest_change(site.directory, excludes).newest_change == look.newest_change);
    for (const auto* const name : {"logs/x.log", "logs/y.log", ".file.swp", "cache", "fifo"})
        fs::remove_all(site.directory / name);
    CHECK(fingerprint(site, excludes) == before);
}

TEST_CASE("a directory is looked at within the limits of an import") {
    const Site site;
    site.write("a/b/c/file", "x");
    site.write("file", "x");
    const auto refusal = [&](const ImportLimits& limits) {
        return std::string{error_of([&] { return newest_change(site.directory, {}, limits); }).what()};
    };
    CHECK(contains(refusal({.entries = 3}), "more than 3 entries"));
    CHECK(contains(refusal({.depth = 2}), "more than 2 directories deep"));
    CHECK(contains(refusal({.name_bytes = 10}), "more than 10 B of names"));
    CHECK(contains(error_of([&] { return newest_change(site.directory / "missing", {}); }).what(), "missing"));
}

TEST_CASE("no symlink within is followed; the directory itself may be given by one") {
    const Site site;
    site.scratch.write("outside/file", "x");
    fs::create_symlink("../outside", site.directory / "link");
    const auto before = fingerprint(site);
    site.scratch.write("outside/file", "more");
    CHECK(fingerprint(site) == before);
    fs::create_symlink("site", site.scratch / "by-link");
    CHECK(newest_change(site.scratch / "by-link", {}).fingerprint == before);
}

TEST_CASE("20,000 files are looked at in a time that a look each second can afford") {
    const Site site;
    for (int i = 0; i < 20'000; ++i)
        (void)open_file(site.directory / fmt::format("file-{}", i), O_CREAT | O_WRONLY, 0644);
    auto best = std::chrono::nanoseconds::max();
    for (int i = 0; i < 5; ++i) {
        const auto start = std::chrono::steady_clock::now();
        CHECK(newest_change(site.directory, {}).entries == 20'000);
        best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - start);
    }
    CAPTURE(best.count());
    CHECK(best < 2s); // on any machine, with any sanitizer
}

} // namespace
} // namespace baton::site
