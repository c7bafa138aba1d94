// SPDX-License-Identifier: MIT
// The import onto a full disk: it says so, and works again once there is room.
#include "base/file.hpp"
#include "imported_site.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <functional>
#include <thread>

namespace baton::site {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::content_of;
using test::error_of;
using Site = test::ImportedSite;

constexpr auto k_few_inodes = "size=1m,nr_inodes=20";

/// Runs `body` in a thread that has a mount namespace of its own, with a tmpfs of 1 MiB at `state`.
void with_small_disk(const fs::path& state, const std::function<void()>& body) {
    if (::geteuid() != 0) {
        MESSAGE("only root can mount a small disk");
        return;
    }
    fs::create_directory(state);
    std::thread{[&] {
        const bool mounted = ::unshare(CLONE_NEWNS) == 0 &&
                             ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                             ::mount("tmpfs", state.c_str(), "tmpfs", 0, k_few_inodes) == 0;
        CHECK_MESSAGE(mounted, "no mount namespace of its own");
        if (mounted) CHECK_NOTHROW(body());
    }}.join();
}

void check_disk_full(const Site& site, const fs::path& state) {
    const auto error = error_of([&] { return import_tree({site.directory, state / "tree", "test", {}, {}}); });
    CHECK(error.kind() == error_kind::failed);
    CHECK(contains(error.what(), "No space left on device"));
    CHECK(contains(error.hint(), "df -h"));
    CHECK(contains(error.hint(), "df -i"));
    remove_tree(state / "tree");
}

TEST_CASE("a disk that gets full during the import is told, with the file, and the next import works") {
    const Site site;
    const auto state = site.scratch / "state";
    with_small_disk(state, [&] {
        site.write("big", std::string(2'000'000, 'x'));
        check_disk_full(site, state);
        site.write("big", "small");
        CHECK(import_tree({site.directory, state / "tree", "test", {}, {}}).files == 1);
        CHECK(content_of(state / "tree/big") == "small");
    });
}

TEST_CASE("a disk that has no inode left is told in the same way") {
    const Site site;
    const auto state = site.scratch / "state";
    for (int i = 0; i < 20; ++i)
        site.write(std::to_string(i), "");
    with_small_disk(state, [&] {
        check_disk_full(site, state);
        for (int i = 10; i < 20; ++i)
            fs::remove(site.directory / std::to_string(i));
        CHECK(import_tree({site.directory, state / "tree", "test", {}, {}}).files == 10);
    });
}

TEST_CASE("a clone that finds no inode left is told, and leaves what it was made of") {
    const Site site;
    const auto state = site.scratch / "state";
    for (int i = 0; i < 12; ++i)
        fs::create_directory(site.directory / std::to_string(i));
    with_small_disk(state, [&] {
        const auto imported = import_tree({site.directory, state / "1", "test", {}, {}});
        const auto error = error_of([&] { return clone_tree(state / "1", state / "2", imported.index), 0; });
        CHECK(contains(error.what(), "No space left on device"));
        CHECK(contains(error.hint(), "df -i"));
        CHECK(fs::is_directory(state / "1/11"));
    });
}

TEST_CASE("a state directory that is read-only is told, with what to type next") {
    const Site site;
    const auto state = site.scratch / "state";
    site.write("f", "x");
    with_small_disk(state, [&] {
        CHECK(::mount(nullptr, state.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0);
        const auto error = error_of([&] { return import_tree({site.directory, state / "tree", "test", {}, {}}); });
        CHECK(std::string{error.what()} ==
              "creating the snapshot '" + (state / "tree").native() + "': Read-only file system");
        CHECK(contains(error.hint(), "findmnt"));
        CHECK(::mount(nullptr, state.c_str(), nullptr, MS_REMOUNT, nullptr) == 0);
        CHECK(import_tree({site.directory, state / "tree", "test", {}, {}}).files == 1);
    });
}

} // namespace
} // namespace baton::site
