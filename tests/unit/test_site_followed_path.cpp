// SPDX-License-Identifier: MIT
// A path, where it leads, and what a path unit must watch to notice a change on the way.
#include "site/directory/followed_path.hpp"

#include "scratch.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

namespace baton::site {
namespace {

namespace fs = std::filesystem;
using test::Scratch;
using Paths = std::vector<fs::path>;

TEST_CASE("a path without symlinks leads to itself") {
    const Scratch scratch;
    fs::create_directories(scratch / "a/b");
    const FollowedPath expected{scratch / "a/b", scratch / "a/b", {}};
    CHECK(follow(scratch / "a/b") == expected);
    CHECK(follow(scratch / "a/b/") == expected);
    CHECK(follow(scratch / "a/./b/../b/.").given == expected.given);
    CHECK(follow(scratch / "a/b/../b/.") == expected);
}

TEST_CASE("Capistrano's current is followed by a relative and an absolute link, and stays as it was given") {
    for (const bool relative : {true, false}) {
        const Scratch scratch;
        fs::create_directories(scratch / "cap/releases/1");
        fs::create_symlink(relative ? fs::path{"releases/1"} : scratch / "cap/releases/1", scratch / "cap/current");
        CHECK(follow(scratch / "cap/current") ==
              FollowedPath{scratch / "cap/current", scratch / "cap/releases/1", {scratch / "cap/current"}});
    }
}

TEST_CASE("each link of a chain is named by where it really is, also those that a link leads through") {
    const Scratch scratch;
    fs::create_directories(scratch / "mnt/data/v1");
    fs::create_symlink("mnt", scratch / "disk");
    fs::create_symlink("../disk/data/v1", scratch / "mnt/current");
    fs::create_symlink("disk/current", scratch / "site");
    const auto followed = follow(scratch / "site");
    CHECK(followed.real == scratch / "mnt/data/v1");
    CHECK(followed.links == Paths{scratch / "site", scratch / "disk", scratch / "mnt/current", scratch / "disk"});
}

TEST_CASE("'..' after a link is the parent of what the link leads to") {
    const Scratch scratch;
    fs::create_directories(scratch / "a/b/c");
    fs::create_directories(scratch / "a/b/d");
    fs::create_symlink("a/b/c", scratch / "link");
    CHECK(follow(scratch / "link/../d").real == scratch / "a/b/d");
}

TEST_CASE("a path that leads nowhere, or round in a circle, is an error") {
    const Scratch scratch;
    fs::create_symlink("gone", scratch / "dangling");
    fs::create_symlink("loop", scratch / "loop");
    for (const auto* const name : {"missing", "dangling", "loop", "missing/x"}) {
        CAPTURE(name);
        CHECK_THROWS_AS((void)follow(scratch / name), fs::filesystem_error);
    }
}

TEST_CASE("'..' in what was given is gone, by the real parent") {
    const Scratch scratch;
    fs::create_directories(scratch / "a/b/c");
    fs::create_symlink("a/b/c", scratch / "link");
    CHECK(follow(scratch / "link/../c").given == scratch / "a/b/c");
}

TEST_CASE("what is watched is watch.conf as it was given, and each directory that holds a link on the way") {
    const Scratch scratch;
    const auto watched = [&](const fs::path& directory) { return paths_to_watch(scratch / directory, "watch.conf"); };
    scratch.write("cap/releases/1/watch.conf", "x");
    CHECK(watched("cap/releases/1") == Paths{scratch / "cap/releases/1/watch.conf"});
    fs::create_symlink("releases/1", scratch / "cap/current");
    const Paths by_link{scratch / "cap", scratch / "cap/current/watch.conf"};
    CHECK(watched("cap/current") == by_link);
    fs::remove_all(scratch / "cap/releases");
    CHECK(watched("cap/current") == by_link); // to see it lead somewhere again

    scratch.write("shop/conf/2", "x");
    fs::create_symlink("conf/2", scratch / "shop/watch.conf");
    CHECK(watched("shop") == Paths{scratch / "shop", scratch / "shop/watch.conf"});
    fs::create_symlink("../shop", scratch / "cap/next");
    CHECK(watched("cap/next") == Paths{scratch / "cap", scratch / "cap/next", scratch / "cap/next/watch.conf"});
}

TEST_CASE("a link out of the directory, or through what is another for each process, is not watched") {
    const Scratch scratch;
    fs::create_directory(scratch / "shop");
    const Paths within{scratch / "shop", scratch / "shop/watch.conf"}; // the link itself is in it
    for (const std::string target : {"/dev/fd/0", "/proc/self/cwd/x", "../beside/conf", "/etc/passwd"}) {
        CAPTURE(target);
        fs::create_symlink(target, scratch / "shop/watch.conf");
        CHECK(paths_to_watch(scratch / "shop", "watch.conf") == within);
        fs::remove(scratch / "shop/watch.conf");
    }
    fs::create_directory(scratch / "yard");
    fs::create_symlink("/proc/thread-self/root" + (scratch / "shop").native(), scratch / "yard/current");
    CHECK(paths_to_watch(scratch / "yard/current", "watch.conf") ==
          Paths{scratch / "yard", scratch / "yard/current/watch.conf"});
}

TEST_CASE("links on a way of any length take no more of a unit file than 32 KiB") {
    const Scratch scratch;
    const auto top = scratch / "shop";
    fs::create_directory(top);
    std::string deep;
    for (int i = 0; i < 13; ++i)
        deep += std::string(250, '%') + "/";
    fs::path at;
    for (int i = 0; i < 20; ++i) {
        const auto directory = std::to_string(i) + "/" + deep;
        fs::create_directories(top / directory);
        if (at.empty())
            scratch.write(fs::path{"shop"} / directory / "l", "x");
        else
            fs::create_symlink(top / at, top / directory / "l");
        at = directory + "l";
    }
    fs::create_symlink(top / at, top / "watch.conf");
    const auto paths = paths_to_watch(top, "watch.conf");
    std::size_t bytes = 0;
    for (const auto& path : paths)
        bytes += path.native().size();
    CHECK(bytes <= 32UL * 1024);
    CHECK(std::find(paths.begin(), paths.end(), top / "watch.conf") != paths.end());
}

TEST_CASE("a directory whose name would be another line of a unit file is not watched") {
    const Scratch scratch;
    scratch.write("x\nUnit=evil.service\n/1/watch.conf", "x");
    fs::create_symlink("1", scratch / "x\nUnit=evil.service\n/l");
    fs::create_symlink("x\nUnit=evil.service\n/l", scratch / "current");
    CHECK(paths_to_watch(scratch / "current", "watch.conf") == Paths{scratch.path(), scratch / "current/watch.conf"});
}

TEST_CASE("the newest link on the way counts, and what was reached is held open") {
    const Scratch scratch;
    fs::create_directories(scratch / "1");
    fs::create_symlink("1", scratch / "inner");
    fs::create_symlink("inner", scratch / "current");
    const auto way = go(scratch / "current");
    CHECK_FALSE(way.error.has_value());
    const auto ctime = test::look_at(scratch / "current").st_ctim;
    CHECK(way.newest_link_ns == ctime.tv_sec * std::int64_t{1'000'000'000} + ctime.tv_nsec);
    struct stat end = {};
    REQUIRE(::fstat(way.end.get(), &end) == 0);
    CHECK(end.st_ino == test::look_at(scratch / "1").st_ino);
    CHECK(go(scratch / "1").newest_link_ns == 0);
    CHECK(go(scratch / "current/x").error == std::make_error_code(std::errc::no_such_file_or_directory));
}

// Links by others take root to be made.
constexpr uid_t k_ann = 65534;
constexpr uid_t k_ben = 2;

void give(const fs::path& path, uid_t owner, mode_t mode) {
    REQUIRE(::lchown(path.c_str(), owner, 0) == 0);
    if (!fs::is_symlink(path)) REQUIRE(::chmod(path.c_str(), mode) == 0);
}

TEST_CASE("a link leads no further than who may write the directories above it could go themselves") {
    if (::geteuid() != 0) {
        MESSAGE("skipped: it takes root to make files of others");
        return;
    }
    const Scratch scratch;
    give(scratch.path(), 0, 0755);
    for (const auto* const name : {"ann/own", "open", "closed/deep", "bens", "roots"})
        fs::create_directories(scratch / name);
    give(scratch / "ann", k_ann, 0755);
    give(scratch / "ann/own", k_ann, 0700);
    give(scratch / "closed", 0, 0700);
    give(scratch / "bens", k_ben, 0750);
    const auto secret = [&](const fs::path& holder, const fs::path& target) {
        fs::create_symlink(target, scratch / holder / "link");
        const auto way = go(scratch / holder / "link");
        fs::remove(scratch / holder / "link");
        return way.secret;
    };
    CHECK_FALSE(secret("ann", "own").has_value());
    CHECK_FALSE(secret("ann", scratch / "ann/own").has_value());
    CHECK_FALSE(secret("ann", scratch / "open").has_value());
    CHECK(secret("ann", scratch / "closed") == scratch / "closed");
    CHECK(secret("ann", "../closed/deep") == scratch / "closed"); // open itself, but not to be reached
    CHECK(secret("ann", scratch / "bens") == scratch / "bens");
    CHECK_FALSE(secret("roots", scratch / "closed/deep").has_value());
    fs::create_symlink(scratch / "closed", scratch / "roots/further");
    CHECK(secret("ann", scratch / "roots/further") == scratch / "closed");

    // A directory of root's that ann can put another into the place of.
    fs::create_directories(scratch / "ann/roots");
    CHECK(secret("ann/roots", scratch / "closed") == scratch / "closed");
    give(scratch / "roots", 0, 0775);
    CHECK(secret("roots", scratch / "closed") == scratch / "closed");
    give(scratch / "roots", 0, 01777);
    CHECK(secret("roots", scratch / "closed") == scratch / "closed");
    CHECK(secret("roots", scratch / "ann/own") == scratch / "ann/own");
    fs::create_directories(scratch / "roots/of-root"); // with the sticky bit above it nobody moves it away
    CHECK_FALSE(secret("roots/of-root", scratch / "closed").has_value());
}

TEST_CASE("what is in the directory is kept from those who put the link there, too") {
    if (::geteuid() != 0) {
        MESSAGE("skipped: it takes root to make files of others");
        return;
    }
    const Scratch scratch;
    give(scratch.path(), 0, 0755);
    fs::create_directories(scratch / "ann");
    give(scratch / "ann", k_ann, 0755);
    const auto secret = scratch.write("open/secret", "x");
    give(secret, 0, 0600);
    fs::create_symlink("../open", scratch / "ann/link");
    const auto way = go(scratch / "ann/link");
    CHECK_FALSE(way.secret.has_value());
    CHECK(may_be_secret_to(way.link_writers, Access{test::look_at(secret), {}}));
    give(secret, 0, 0644);
    CHECK_FALSE(may_be_secret_to(way.link_writers, Access{test::look_at(secret), {}}));
}

} // namespace
} // namespace baton::site
