// SPDX-License-Identifier: MIT
// What a release leaves out: by default, by "Exclude", and what is never left out.
#include "site/conf/exclude.hpp"

#include <doctest/doctest.h>

#include <chrono>

namespace baton::site {
namespace {

using Kind = Excludes::Kind;

bool file(const Excludes& excludes, std::string_view path) {
    return excludes.matches(path, Kind::other);
}
bool directory(const Excludes& excludes, std::string_view path) {
    return excludes.matches(path, Kind::directory);
}

TEST_CASE("editors' files and version control are left out at any depth, whatever watch.conf says") {
    for (const auto& excludes : {Excludes{}, Excludes{{"*.log"}}}) {
        for (const auto* const path :
             {".watch.conf.swp", "a/.x.swo", "x.swx", "4913", "a/b/4913", "watch.conf~", ".#x", "#x#", ".x.un~",
              ".x.kate-swp", ".~lock.a.ods#", ".goutputstream-AB12", ".nfs0001", ".DS_Store", ".git"}) {
            CAPTURE(path);
            CHECK(file(excludes, path));
        }
        CHECK(directory(excludes, ".git"));
        CHECK(directory(excludes, "vendor/x/.hg"));
        for (const auto* const path :
             {"watch.conf", "test", "git", ".gitignore", "a.swpx", "49133", "x.db", "~x", ""}) {
            CAPTURE(path);
            CHECK_FALSE(file(excludes, path));
        }
    }
}

TEST_CASE("a pattern without '/' matches the last part at any depth, one with '/' the whole path") {
    const Excludes excludes{{"*.log", "var/*.db", "/top", "cache/", "a/b/c"}};
    CHECK(file(excludes, "x.log"));
    CHECK(file(excludes, "deep/er/.log"));
    CHECK_FALSE(file(excludes, "x.log.1"));
    CHECK(file(excludes, "var/x.db"));
    CHECK_FALSE(file(excludes, "x.db"));
    CHECK_FALSE(file(excludes, "var/deep/x.db")); // '*' matches no '/'
    CHECK_FALSE(file(excludes, "a/var/x.db"));
    CHECK(file(excludes, "top"));
    CHECK_FALSE(file(excludes, "a/top"));
    CHECK(directory(excludes, "cache"));
    CHECK(directory(excludes, "a/cache"));
    CHECK_FALSE(file(excludes, "cache")); // a '/' at the end: directories only
    CHECK(file(excludes, "a/b/c"));
}

TEST_CASE("watch.conf is never left out, but a file of its name elsewhere may be") {
    const Excludes excludes{{"*"}, "shop.watch.conf"};
    CHECK_FALSE(file(excludes, "shop.watch.conf"));
    CHECK(file(excludes, "a/shop.watch.conf"));
    CHECK(file(excludes, "x"));
}

TEST_CASE("why a path is left out is the pattern as it was given, of a directory above it too") {
    const Excludes excludes{{"/bin/", "*.log"}};
    CHECK(excludes.reason_against("bin/deep/shop") == "/bin/");
    CHECK(excludes.reason_against("a/x.log") == "*.log");
    CHECK(excludes.reason_against("x.swp") == "*.swp");
    CHECK(excludes.reason_against("bin").empty()); // no directory
    CHECK(excludes.reason_against("shop").empty());
}

TEST_CASE("a copy of the patterns outlives what it was copied from") {
    Excludes copy;
    {
        const Excludes given{{"a-pattern-that-is-longer-than-a-small-string"}};
        copy = given;
    }
    CHECK(copy.reason_against("a-pattern-that-is-longer-than-a-small-string") ==
          "a-pattern-that-is-longer-than-a-small-string");
}

TEST_CASE("patterns that would not do what they look like have a fault") {
    for (const auto* const pattern : {"!x", "**/x", "a/**/x", "/", "./x", "a//b", "../x", "a/../b"}) {
        CAPTURE(pattern);
        CHECK_FALSE(Excludes::fault_of(pattern).found.empty());
    }
    for (const auto* const pattern : {"x", "*.log", "/a/b/", "a/**", "[ab]?", "a\\!"})
        CHECK(Excludes::fault_of(pattern).found.empty());
}

TEST_CASE("a pattern of many stars costs no more time than others") {
    std::string pattern;
    for (int i = 0; i < 120; ++i)
        pattern += "*a";
    const Excludes excludes{{pattern + "b"}};
    const auto start = std::chrono::steady_clock::now();
    CHECK_FALSE(file(excludes, std::string(255, 'a')));
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{1});
}

} // namespace
} // namespace baton::site
