// SPDX-License-Identifier: MIT
// Where PID 1 mounts a snapshot, and what is hidden there.
#include "deploy/units/mount_place.hpp"

#include "scratch.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

namespace baton::deploy {
namespace {

namespace fs = std::filesystem;
using Paths = std::vector<fs::path>;

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
    const auto place = mount_place("/usr/share");
    CHECK(place.at == "/usr/share");
    CHECK(place.hidden.empty());
    CHECK(place.shown.empty());
}

TEST_CASE("below a directory that others may write the path is taken as it was given, whatever links are there") {
    const test::Scratch scratch; // below /tmp, which PrivateTmp= has
    fs::create_symlink("/etc", scratch / "current");
    CHECK(mount_place(scratch / "current").at == scratch / "current");
    CHECK(mount_place(scratch / "current").hidden.empty());
    CHECK(mount_place("/dev/shm/ann/site").at == "/dev/shm/ann/site");
    CHECK(mount_place("/dev/shm/ann/site").hidden == "/dev/shm");
}

TEST_CASE("where the directory has been moved away, the place is hidden, for PID 1 makes what is missing") {
    const RootsYard yard;
    if (!RootsYard::is_possible()) return;
    const auto place = mount_place(yard.path / "moved/site");
    CHECK(place.at == yard.path / "moved/site");
    CHECK(place.hidden == yard.path);
    CHECK(place.shown == Paths{yard.path / "releases", yard.path / "shared"});
    CHECK(mount_place("/usr/missing-site").hidden.empty()); // no program works without /usr
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
        const auto place = mount_place(yard.path / rest);
        CHECK(place.at == yard.path / rest);
        CHECK(place.hidden == yard.path);
        CHECK(place.shown == Paths{yard.path / "releases", yard.path / "shared"});
    }
    fs::remove_all(yard.path / "releases");
    CHECK(mount_place(yard.path / "current").at == yard.path / "current"); // the same when it leads nowhere
}

TEST_CASE("a link in a directory that no program does without is the host's own, and is followed") {
    if (!fs::is_symlink("/bin") || !fs::is_symlink("/var/run")) {
        MESSAGE("skipped: this host has neither as a link");
        return;
    }
    CHECK(mount_place("/bin/shop").at == "/usr/bin/shop");
    CHECK(mount_place("/bin/shop").hidden.empty());
    CHECK(mount_place("/var/run/shop").at == "/run/shop");
}

} // namespace
} // namespace baton::deploy
