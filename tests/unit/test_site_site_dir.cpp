// SPDX-License-Identifier: MIT
// A site's directory: which file is its watch.conf, and what may not stand in for it or for the program.
#include "site/release/site_dir.hpp"

#include "base/file.hpp"
#include "error_of.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

namespace baton::site {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::error_of;
using test::look_at;
using test::Scratch;

template <typename Operation>
std::string refusal(Operation operation) {
    const auto error = error_of(operation);
    CHECK(error.kind() == error_kind::config);
    return error.what();
}

void make_socket(const fs::path& path) {
    const Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    REQUIRE(path.native().size() < sizeof name.sun_path);
    std::strcpy(static_cast<char*>(name.sun_path), path.c_str());
    const void* const any = &name;
    REQUIRE(::bind(fd.get(), static_cast<const sockaddr*>(any), sizeof name) == 0);
}

TEST_CASE("watch.conf is taken where there is one, else the only NAME.watch.conf") {
    const Scratch scratch;
    scratch.write("test.watch.conf", "{}");
    scratch.write("watch.conf.bak", "{}");
    scratch.write("test.watch.conf~", "{}");
    scratch.write(".test.watch.conf.swp", "{}");
    scratch.write(".hidden.watch.conf", "{}");
    scratch.write(".watch.conf", "{}");
    CHECK(find_watch_conf(scratch.path()) == "test.watch.conf");
    scratch.write("watch.conf", "{}");
    CHECK(find_watch_conf(scratch.path()) == "watch.conf");
}

TEST_CASE("no watch.conf, or several to choose from, is refused with what was found") {
    const Scratch scratch;
    const auto looking = "looking for watch.conf in '" + scratch.path().native() + "': found ";
    CHECK(refusal([&] { return find_watch_conf(scratch.path()); }) ==
          looking + "none, expected watch.conf or just one NAME.watch.conf");
    scratch.write("b.watch.conf", "{}");
    scratch.write("a.watch.conf", "{}");
    CHECK(refusal([&] { return find_watch_conf(scratch.path()); }) ==
          looking + "'a.watch.conf', 'b.watch.conf', expected watch.conf or just one NAME.watch.conf");
    for (const auto* const name : {"c", "d", "e", "f", "g"})
        scratch.write(std::string{name} + ".watch.conf", "{}");
    CHECK(contains(refusal([&] { return find_watch_conf(scratch.path()); }), "'e.watch.conf' and 2 more, expected"));
    CHECK(contains(refusal([&] { return find_watch_conf(scratch / "missing"); }), "No such file or directory"));
}

TEST_CASE("a NAME.watch.conf whose name would be another line of a unit file is not taken") {
    const Scratch scratch;
    scratch.write("x\nUnit=poweroff.target\n.watch.conf", "{}");
    CHECK_THROWS_AS((void)find_watch_conf(scratch.path()), Error);
}

TEST_CASE("watch.conf is read with the time of its last change, which nobody can set back") {
    const Scratch scratch;
    const auto file = scratch.write("watch.conf", "{\"a\":1}");
    fs::last_write_time(file, fs::file_time_type::clock::from_sys(std::chrono::sys_seconds{}));
    const auto read = read_watch_conf(scratch.path(), "watch.conf");
    CHECK(read.text == "{\"a\":1}");
    const auto ctime = look_at(file).st_ctim;
    CHECK(std::chrono::system_clock::to_time_t(read.changed) == ctime.tv_sec);
}

TEST_CASE("a watch.conf that somebody has open for writing says so: it may be half of what it will be") {
    const Scratch scratch;
    const auto file = scratch.write("watch.conf", "{}");
    CHECK_FALSE(read_watch_conf(scratch.path(), "watch.conf").being_written);
    const auto writer = open_file(file, O_WRONLY);
    CHECK(read_watch_conf(scratch.path(), "watch.conf").being_written);
}

TEST_CASE("a watch.conf that is none is refused without being read") {
    const Scratch scratch;
    const auto reading = [&](const char* name) {
        return refusal([&] { return read_watch_conf(scratch.path(), name); });
    };
    const auto opening = [&](const std::string& name) {
        return "opening the file '" + name + "' in '" + scratch.path().native() + "': ";
    };
    CHECK(reading("missing") == opening("missing") + "No such file or directory");
    fs::create_directory(scratch / "d");
    CHECK(reading("d") == opening("d") + "found a directory, expected a regular file");
    REQUIRE(::mkfifo((scratch / "fifo").c_str(), 0600) == 0);
    CHECK(reading("fifo") == opening("fifo") + "found a FIFO, expected a regular file");
    make_socket(scratch / "s");
    CHECK(reading("s") == opening("s") + "found a socket, expected a regular file");
    fs::create_symlink("/etc/hostname", scratch / "out");
    CHECK(reading("out") == opening("out") + "it leads out of the site's directory");
    fs::create_symlink("../x", scratch / "up");
    CHECK(reading("up") == opening("up") + "it leads out of the site's directory");
    fs::create_symlink("fifo", scratch / "link");
    CHECK(reading("link") == opening("link") + "found a FIFO, expected a regular file");
    scratch.write("long", std::string(k_watch_conf_limit_bytes + 1, ' '));
    CHECK(reading("long") == "reading '" + (scratch / "long").native() + "': longer than 64.0 KiB");
    scratch.write("just", std::string(k_watch_conf_limit_bytes, ' '));
    CHECK(read_watch_conf(scratch.path(), "just").text.size() == k_watch_conf_limit_bytes);
}

TEST_CASE("the program is a regular file beneath the directory, whatever its mode") {
    const Scratch scratch;
    scratch.write("site/bin/shop", "x");
    fs::permissions(scratch / "site/bin/shop", fs::perms{0});
    fs::create_symlink("bin/shop", scratch / "site/current");
    fs::create_symlink("../site/bin/shop", scratch / "site/round");
    CHECK_NOTHROW(check_program(scratch / "site", "bin/shop"));
    CHECK_NOTHROW(check_program(scratch / "site", "current"));
    const auto checking = [&](const char* name) { return refusal([&] { check_program(scratch / "site", name); }); };
    CHECK(contains(checking("round"), "it leads out of the site's directory"));
    CHECK(contains(checking("bin"), "found a directory, expected a regular file"));
    CHECK(contains(checking("missing"), "No such file or directory"));
    CHECK(contains(checking("bin/shop/x"), "Not a directory"));
}

TEST_CASE("a site's directory is resolved to its real path") {
    const Scratch scratch;
    fs::create_directories(scratch / "real/site");
    fs::create_symlink("real", scratch / "link");
    CHECK(find_site_directory(scratch / "link/site/.").real == scratch / "real/site");
    CHECK(find_site_directory(scratch / "real/site/").real == scratch / "real/site");
}

TEST_CASE("a site's directory that is a link is known by both, and both names must fit into a unit file") {
    const Scratch scratch;
    fs::create_directory(scratch / "1");
    fs::create_symlink("1", scratch / "current");
    fs::create_symlink("1", scratch / "bad ");
    const auto found = find_site_directory(scratch / "current/");
    CHECK(found.given == scratch / "current");
    CHECK(found.real == scratch / "1");
    CHECK(error_of([&] { return find_site_directory(scratch / "bad "); }).kind() == error_kind::usage);
}

TEST_CASE("a watch.conf that is a link within the directory is read; one that leads out says why not") {
    const Scratch scratch;
    scratch.write("site/conf/2.conf", "{}");
    scratch.write("outside", "{}");
    fs::create_symlink("conf/2.conf", scratch / "site/watch.conf");
    CHECK(read_watch_conf(scratch / "site", find_watch_conf(scratch / "site")).text == "{}");
    fs::remove(scratch / "site/watch.conf");
    fs::create_symlink("../outside", scratch / "site/watch.conf");
    const auto error = error_of([&] { return read_watch_conf(scratch / "site", "watch.conf"); });
    CHECK(error.kind() == error_kind::config);
    CHECK(contains(error.what(), "it leads out of the site's directory"));
    CHECK(contains(error.hint(), "a relative symlink within the directory is allowed"));
}

TEST_CASE("a directory whose name a unit file cannot hold is refused: a backslash or a blank at its end") {
    const Scratch scratch;
    for (const auto* const name : {"shop\\", "shop "}) {
        fs::create_directory(scratch.path() / name);
        CHECK_THROWS_AS((void)find_site_directory(scratch.path() / name), Error);
    }
    fs::create_directory(scratch.path() / "sh op");
    CHECK(find_site_directory(scratch.path() / "sh op").real.filename() == "sh op");
}

TEST_CASE("what cannot be a site's directory is refused") {
    const Scratch scratch;
    scratch.write("file", "x");
    fs::create_directory(scratch / "a\nb");
    fs::create_directory(scratch / "\xFF");
    for (const fs::path& path :
         {scratch / "missing", scratch / "file", scratch / "a\nb", scratch / "\xFF", fs::path{"/"}}) {
        CAPTURE(path.native());
        CHECK(error_of([&] { return find_site_directory(path); }).kind() == error_kind::usage);
    }
}

} // namespace
} // namespace baton::site
