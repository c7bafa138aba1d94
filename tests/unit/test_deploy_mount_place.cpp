// SPDX-License-Identifier: MIT
// Where PID 1 mounts a snapshot, and what is hidden there.
#include "deploy/units/mount_place.hpp"

#include "scratch.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace baton::deploy {
namespace {

namespace fs = std::filesystem;
using Shown = std::vector<fs::path>;

MountPlace place_for_root(const fs::path& directory) {
    return mount_place(directory, {});
}

/// A directory of root's in which and above which nobody else may write; it takes root.
struct RootsYard {
    RootsYard() {
        if (!is_possible()) return;
        path = "/opt/baton-unit-" + std::to_string(::getpid());
        fs::create_directories(path / "releases/1");
        fs::create_directories(path / "shared");
        for (const auto& each : {path, path / "releases", path / "shared"})
            REQUIRE(::chmod(each.c_str(), 0755) == 0);
    }
    ~RootsYard() {
        std::error_code ignored;
        if (is_possible()) fs::remove_all(path, ignored);
    }
    RootsYard(const RootsYard&) = delete;
    RootsYard& operator=(const RootsYard&) = delete;
    [[nodiscard]] static bool is_possible() {
        struct stat top = {};
        struct stat opt = {};
        return ::geteuid() == 0 && ::stat("/", &top) == 0 && (top.st_mode & 022U) == 0 && ::stat("/opt", &opt) == 0 &&
               opt.st_uid == 0 && (opt.st_mode & 022U) == 0;
    }
    fs::path path;
};

TEST_CASE("a directory that root alone may replace is mounted on, and nothing is hidden") {
    const auto place = place_for_root("/usr/share");
    CHECK(place.at == "/usr/share");
    CHECK(place.hidden.empty());
    CHECK(place.shown.empty());
}

TEST_CASE("below a directory that others may write the path is taken as it was given, whatever links are there") {
    const test::Scratch scratch; // below /tmp, which PrivateTmp= has
    fs::create_symlink("/etc", scratch / "current");
    CHECK(place_for_root(scratch / "current").at == scratch / "current");
    CHECK(place_for_root(scratch / "current").hidden.empty());
    CHECK(place_for_root("/dev/shm/ann/site").at == "/dev/shm/ann/site");
    CHECK(place_for_root("/dev/shm/ann/site").hidden == "/dev/shm");
}

TEST_CASE("where the directory has been moved away, the place is hidden, for PID 1 makes what is missing") {
    const RootsYard yard;
    if (!RootsYard::is_possible()) return;
    const auto place = place_for_root(yard.path / "moved/site");
    CHECK(place.at == yard.path / "moved/site");
    CHECK(place.hidden == yard.path);
    CHECK(place.shown == Shown{yard.path / "releases", yard.path / "shared"});
    CHECK(place_for_root("/usr/missing-site").hidden.empty()); // no program works without /usr
}

TEST_CASE("the directory that holds a link of root's is hidden, for the link is switched while a release runs") {
    const RootsYard yard;
    if (!RootsYard::is_possible()) {
        MESSAGE("skipped: it takes root, and an /opt of root's");
        return;
    }
    fs::create_symlink("releases/1", yard.path / "current");
    fs::create_symlink("shared", yard.path / "other-link");
    std::ofstream{yard.path / "file"} << "x";
    for (const fs::path& rest : {fs::path{"current"}, fs::path{"current/app"}}) {
        const auto place = place_for_root(yard.path / rest);
        CHECK(place.at == yard.path / rest);
        CHECK(place.hidden == yard.path);
        CHECK(place.shown == Shown{yard.path / "releases", yard.path / "shared"});
    }
    fs::remove_all(yard.path / "releases");
    CHECK(place_for_root(yard.path / "current").at == yard.path / "current"); // the same when it leads nowhere
}

/// As far up as the root; a build may run with umask 0002.
bool only_we_may_write(const fs::path& directory) {
    struct stat st = {};
    const bool is_ours =
        ::stat(directory.c_str(), &st) == 0 && (st.st_uid == 0 || st.st_uid == ::geteuid()) && (st.st_mode & 022U) == 0;
    return is_ours && (directory == "/" || only_we_may_write(directory.parent_path()));
}

TEST_CASE("what a user may write is no danger to that user's own manager, and only a link of theirs is hidden") {
    const auto* const home = std::getenv("HOME");
    const fs::path place = fs::path{home == nullptr ? "/root" : home} / fmt::format("baton-unit-{}", ::getpid());
    if (!fs::create_directories(place / "releases/1") || !only_we_may_write(place / "releases")) {
        MESSAGE("skipped: it takes a home directory, and a umask, with which nobody else may write there");
        fs::remove_all(place);
        return;
    }
    fs::create_symlink("releases/1", place / "current");
    const Paths paths{
        .state = {}, .units = {}, .unit_templates = {}, .runtime = {}, .scope = sd::Scope::user, .owner = ::geteuid()};
    CHECK(mount_place(place / "releases", paths).at == place / "releases");
    CHECK(mount_place(place / "releases", paths).hidden.empty());
    CHECK(mount_place(place / "current", paths).hidden == place);
    CHECK(mount_place(place / "current", paths).shown == Shown{place / "releases"});
    fs::remove_all(place);
}

TEST_CASE("a link in a directory that no program does without is the host's own, and is followed") {
    if (!fs::is_symlink("/bin") || !fs::is_symlink("/var/run")) {
        MESSAGE("skipped: this host has neither as a link");
        return;
    }
    CHECK(place_for_root("/bin/shop").at == "/usr/bin/shop");
    CHECK(place_for_root("/bin/shop").hidden.empty());
    CHECK(place_for_root("/var/run/shop").at == "/run/shop");
}

} // namespace
} // namespace baton::deploy
