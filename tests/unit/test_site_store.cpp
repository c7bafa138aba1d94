// SPDX-License-Identifier: MIT
// The state of a site on disk: its record, its releases, which one is live, and what a killed deploy leaves behind.
#include "site/release/store.hpp"

#include "base/acl.hpp"
#include "error_of.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

#include <set>

namespace baton::site {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::error_of;
using test::mode_of;
using test::Scratch;

const SiteRecord k_record{"/srv/shop", "watch.conf", parse_address("8080")};

void make_release(const Store& store, int release) {
    fs::create_directories(store.tree_path(release));
    Manifest manifest;
    manifest.release = release;
    manifest.conf.addresses = {parse_address("8080")};
    store.write_manifest(manifest);
}

TEST_CASE("a record is read as it was written; a site that is not registered has none") {
    const Scratch scratch;
    const Store store{scratch / "state/baton", "shop"};
    CHECK_FALSE(store.record().has_value());
    store.write_record({"/srv/shop", "test.watch.conf", parse_address("[::1]:80")});
    const auto record = store.record();
    REQUIRE(record.has_value());
    CHECK(record->directory == "/srv/shop");
    CHECK(record->conf_name == "test.watch.conf");
    CHECK(record->address == parse_address("[::1]:80"));
    CHECK(Store::sites(scratch / "state/baton") == std::vector<std::string>{"shop"});
    CHECK(Store::sites(scratch / "missing").empty());
}

TEST_CASE(
    "what root named to listen on is read as it was written, in its order; an older record names its own address") {
    const Scratch scratch;
    const Store store{scratch / "baton", "shop"};
    const std::vector<Address> named{parse_address("80"), parse_address("[::1]:443"), parse_address("/srv/s.sock")};
    store.write_record({"/srv/shop", "watch.conf", parse_address("8080"), named});
    CHECK(store.record()->listen == named);
    store.write_record({"/srv/shop", "watch.conf", parse_address("80"), {}});
    CHECK(store.record()->listen.empty()); // also of a port that takes root's word: the list is what counts
    (void)scratch.write("baton/shop/site.json",
                        R"({"version": 1, "directory": "/srv/shop", "watch_conf": "watch.conf", "address": "80"})");
    CHECK(store.record()->listen == std::vector{parse_address("80")});
    (void)scratch.write(
        "baton/shop/site.json",
        R"({"version": 1, "directory": "/s", "watch_conf": "w", "address": "80", "listen": ["no port"]})");
    CHECK_THROWS_AS((void)store.record(), Error);
}

TEST_CASE("nobody but root reads a snapshot or what stands beside it; the live link may be read by all") {
    const Scratch scratch;
    const Store store{scratch / "baton", "shop"};
    store.write_record(k_record);
    CHECK(mode_of(store.directory()) == 0755);
    CHECK(mode_of(store.directory() / "releases") == 0700);
    CHECK(mode_of(store.directory() / "site.json") == 0644);
    make_release(store, 1);
    CHECK(mode_of(store.directory() / "records") == 0755);
    CHECK(mode_of(store.directory() / "records/1.json") == 0644);
}

TEST_CASE("the environment is in no record, and comes back from beside the snapshot") {
    const Scratch scratch;
    const Store store{scratch / "baton", "shop"};
    store.write_record(k_record);
    Manifest manifest;
    manifest.release = 1;
    manifest.conf.addresses = {parse_address("8080")};
    manifest.conf.env = {{"DATABASE_URL", "postgres://ann:hunter2@db/shop"}};
    fs::create_directories(store.directory() / "releases/1.partial/tree");
    store.seal(manifest);
    store.write_manifest(store.manifest(1));
    CHECK_FALSE(contains(test::content_of(store.directory() / "records/1.json"), "hunter2"));
    CHECK(mode_of(store.release_path(1) / "env.json") == 0600);
    CHECK(store.manifest(1).conf.env == manifest.conf.env);
    store.remove_release(1);
    CHECK(store.pruned().at(0).conf.env.empty());
}

TEST_CASE("what a program printed is kept apart, for root and those whom its access control list names") {
    const Scratch scratch;
    const Store store{scratch / "baton", "shop"};
    fs::create_directory(scratch / "srv");
    store.write_record({scratch / "srv", "watch.conf", parse_address("8080")});
    make_release(store, 1);
    auto manifest = store.manifest(1);
    manifest.set_reason("it failed\n  | token=hunter2");
    store.write_manifest(manifest);
    CHECK_FALSE(contains(test::content_of(store.directory() / "records/1.json"), "hunter2"));
    CHECK(mode_of(store.directory() / "evidence") == 0711);
    const auto file = store.directory() / "evidence/1";
    CHECK((mode_of(file) & 0007U) == 0);
    CHECK(store.manifest(1).evidence == "token=hunter2\n");
    const auto readers = named_readers(file);
    if (!readers.users.empty()) CHECK(readers.users == std::set<uid_t>{::getuid()}); // else there are no lists here
    store.remove_release(1);
    CHECK(store.pruned().at(0).evidence == "token=hunter2\n");
    CHECK_FALSE(store.pruned().at(0).has_snapshot);
}

TEST_CASE("the state of the first baton is read, goes on with its numbers, and becomes public without the evidence") {
    const Scratch scratch;
    const Store store{scratch.path(), "shop"};
    store.write_record(k_record);
    const auto old = [](int release) {
        Manifest manifest;
        manifest.release = release;
        manifest.conf.addresses = {parse_address("8080")};
        manifest.reason = "it failed\n  | token=hunter2"; // as it was then
        return to_json(manifest);
    };
    scratch.write("shop/history/1.json", old(1));
    scratch.write("shop/releases/2/manifest.json", old(2));
    fs::permissions(store.directory() / "site.json", fs::perms{0600});
    const auto check = [&] {
        CHECK(store.releases() == std::vector<int>{2});
        CHECK(store.next_release() == 3);
        CHECK(store.manifest(2).evidence == "token=hunter2\n");
        REQUIRE(store.pruned().size() == 1);
        CHECK(store.pruned().at(0).release == 1);
        CHECK(store.pruned().at(0).reason == "it failed");
    };
    check();
    store.upgrade();
    check();
    store.upgrade();
    CHECK(mode_of(store.directory() / "site.json") == 0644);
    CHECK_FALSE(contains(test::content_of(store.directory() / "records/1.json"), "hunter2"));
    CHECK_FALSE(fs::exists(store.directory() / "history"));
    CHECK_FALSE(fs::exists(store.directory() / "releases/2/manifest.json"));
}

TEST_CASE("a deploy that was killed before its import became a release leaves no record of it") {
    const Scratch scratch;
    const Store store{scratch.path(), "shop"};
    store.write_record(k_record);
    fs::create_directories(store.directory() / "releases/1.partial/tree");
    Manifest manifest;
    manifest.release = 1;
    manifest.conf.addresses = {parse_address("8080")};
    store.write_manifest(manifest);
    store.remove_partial();
    CHECK(store.next_release() == 1);
    CHECK(store.pruned().empty());
    fs::create_directories(store.directory() / "releases/1.partial/tree");
    store.seal(manifest);
    CHECK(store.releases() == std::vector<int>{1});
    CHECK(store.manifest(1).has_snapshot);
}

TEST_CASE("a record that is damaged or newer is an error that names the file") {
    const Scratch scratch;
    const Store store{scratch.path(), "shop"};
    const auto message = [&](std::string_view text) {
        scratch.write("shop/site.json", text);
        return std::string{error_of([&] { return store.record(); }).what()};
    };
    CHECK(contains(message(R"({"version":2,"directory":"/a","watch_conf":"b"})"), "written by a newer baton"));
    for (const auto* const text :
         {"", "{", "[]", R"({"version":1})", R"({"version":"1","directory":"/a","watch_conf":"b"})"}) {
        const auto told = message(text);
        CHECK(told.starts_with("reading '" + (store.directory() / "site.json").native() + "': "));
    }
}

TEST_CASE("a damaged address of a record is damage of the record, not of watch.conf") {
    const Scratch scratch;
    const Store store{scratch.path(), "shop"};
    scratch.write("shop/site.json", R"({"version":1,"directory":"/a","watch_conf":"b","address":"0"})");
    const auto error = error_of([&] { return store.record(); });
    CHECK(error.kind() == error_kind::failed);
    CHECK(contains(error.what(), "site.json"));
}

TEST_CASE("releases are the numbered directories, in numeric order, and the next is one more") {
    const Scratch scratch;
    const Store store{scratch.path(), "shop"};
    store.write_record(k_record);
    CHECK(store.releases().empty());
    CHECK(store.next_release() == 1);
    for (const int release : {10, 9, 2})
        make_release(store, release);
    for (const auto* const other : {"11.partial", "0", "-1", "x", "3x", "99999999999", " 4"})
        fs::create_directory(store.directory() / "releases" / other);
    CHECK(store.releases() == std::vector<int>{2, 9, 10});
    CHECK(store.next_release() == 11);
    CHECK(store.manifest(9).release == 9);
}

TEST_CASE("a release that is not there is an error, not an empty manifest") {
    const Scratch scratch;
    const Store store{scratch.path(), "shop"};
    CHECK(contains(error_of([&] { return store.manifest(3); }).what(), "no such release"));
    CHECK_THROWS_AS(store.remove_release(3), Error);
}

TEST_CASE("live is what it was set to last, and survives being set again") {
    const Scratch scratch;
    const Store store{scratch.path(), "shop"};
    store.write_record(k_record);
    CHECK(store.live() == std::nullopt);
    store.set_live(1);
    store.set_live(12);
    CHECK(store.live() == 12);
    CHECK(fs::read_symlink(store.directory() / "live") == "releases/12");
}

TEST_CASE("a live link that is no link is an error, not 'none is live'") {
    const Scratch scratch;
    const Store store{scratch.path(), "shop"};
    scratch.write("shop/live", "x");
    CHECK(contains(error_of([&] { return store.live(); }).what(), "Invalid argument"));
}

TEST_CASE("a removed release is gone with its read-only tree; what a killed removal left goes with the next") {
    const Scratch scratch;
    const Store store{scratch.path(), "shop"};
    store.write_record(k_record);
    make_release(store, 1);
    make_release(store, 2);
    scratch.write("shop/releases/1/tree/d/f", "x");
    fs::permissions(store.tree_path(1) / "d", fs::perms{0555});
    fs::create_directories(store.directory() / "releases/1.partial/tree");
    fs::create_directories(store.directory() / "releases/7.partial/tree");
    store.remove_release(1);
    CHECK(store.releases() == std::vector<int>{2});
    CHECK_FALSE(fs::exists(store.directory() / "releases/1.partial"));
    store.remove_partial();
    CHECK_FALSE(fs::exists(store.directory() / "releases/7.partial"));
    CHECK(store.releases() == std::vector<int>{2});
    store.remove();
    CHECK_FALSE(fs::exists(store.directory()));
    store.remove();
}

} // namespace
} // namespace baton::site
