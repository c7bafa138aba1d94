// SPDX-License-Identifier: MIT
// Whole files: read with a limit, replaced so that a failure leaves the old one, opened beneath a directory.
#include "base/file.hpp"

#include "base/error.hpp"
#include "error_of.hpp"
#include "file_size_limit.hpp"
#include "process.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>

#include <cerrno>

namespace baton {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::content_of;
using test::error_of;
using test::mode_of;
using test::Scratch;

std::size_t entries_in(const fs::path& directory) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator{directory}, fs::directory_iterator{}));
}

TEST_CASE("a file is read whole, up to the limit and not beyond") {
    const Scratch scratch;
    const auto file = scratch.write("f", "0123456789");
    CHECK(read_file(file, 10) == "0123456789");
    const auto error = error_of([&] { return read_file(file, 9); });
    CHECK(std::string{error.what()} == "reading '" + file.native() + "': longer than 9 B");
    CHECK(read_file(scratch / "missing", 10) == std::nullopt);
    CHECK(contains(error_of([&] { return read_file(file / "below", 10); }).what(), "Not a directory"));
    CHECK(contains(error_of([&] { return read_file(scratch.path(), 10); }).what(), "Is a directory"));
}

TEST_CASE("an endless file ends at the limit") {
    CHECK_THROWS_AS((void)read_file("/dev/zero", 1024 * 1024), Error);
}

TEST_CASE("a file that is replaced has the new content and the mode asked for, whatever the umask") {
    const Scratch scratch;
    const auto file = scratch.write("f", "old");
    const auto umask_before = ::umask(0077);
    write_file_atomically(file, "new", 0640);
    write_file_atomically(scratch / "g", "fresh");
    (void)::umask(umask_before);
    CHECK(content_of(file) == "new");
    CHECK(mode_of(file) == 0640);
    CHECK(content_of(scratch / "g") == "fresh");
    CHECK(mode_of(scratch / "g") == 0644);
    CHECK(entries_in(scratch.path()) == 2);
}

TEST_CASE("a reader of a replaced file keeps the old content: it is another file") {
    const Scratch scratch;
    const auto file = scratch.write("f", "old");
    const auto reader = open_file(file, O_RDONLY);
    write_file_atomically(file, "new");
    CHECK(read_all(reader.get(), "f", 100) == "old");
}

TEST_CASE("a write that fails half way leaves the old file and nothing beside it") {
    const Scratch scratch;
    const auto file = scratch.write("f", "old");
    const std::string content(64 * 1024, 'x');
    {
        const test::FileSizeLimit full_disk{4096};
        CHECK(contains(error_of([&] { write_file_atomically(file, content); }).what(), "File too large"));
    }
    CHECK(content_of(file) == "old");
    CHECK(entries_in(scratch.path()) == 1);
}

TEST_CASE("a rename that fails leaves the old name and nothing beside it") {
    const Scratch scratch;
    scratch.write("d/inside", "old");
    CHECK(contains(error_of([&] { write_file_atomically(scratch / "d", "new"); }).what(), "renaming"));
    CHECK(content_of(scratch / "d/inside") == "old");
    CHECK(entries_in(scratch.path()) == 1);
}

TEST_CASE("a temporary file left by a killed run is no obstacle, a symlink in its place is not followed") {
    const Scratch scratch;
    const auto file = scratch.write("f", "old");
    scratch.write("f.new", "half of something much longer than the new content");
    write_file_atomically(file, "new");
    CHECK(content_of(file) == "new");

    const auto victim = scratch.write("victim", "precious");
    fs::create_symlink("victim", scratch / "f.new");
    write_file_atomically(file, "newer");
    CHECK(content_of(victim) == "precious");
    CHECK(content_of(file) == "newer");
}

TEST_CASE("a symlink is repointed in one step, and a failure leaves the old one") {
    const Scratch scratch;
    replace_symlink(scratch / "live", "releases/1");
    CHECK(fs::read_symlink(scratch / "live") == "releases/1");
    fs::create_symlink("left by a killed run", scratch / "live.new");
    replace_symlink(scratch / "live", "releases/2");
    CHECK(fs::read_symlink(scratch / "live") == "releases/2");
    CHECK(entries_in(scratch.path()) == 1);

    fs::create_directory(scratch / "live.new"); // cannot be unlinked
    CHECK_THROWS_AS(replace_symlink(scratch / "live", "releases/3"), Error);
    CHECK(fs::read_symlink(scratch / "live") == "releases/2");
}

TEST_CASE("a path beneath a directory does not leave it") {
    const Scratch scratch;
    scratch.write("outside", "secret");
    scratch.write("site/in", "x");
    scratch.write("site/sub/in", "y");
    fs::create_symlink("../outside", scratch / "site/up");
    fs::create_symlink(scratch / "outside", scratch / "site/absolute");
    fs::create_symlink("..", scratch / "site/parent");
    fs::create_symlink("../in", scratch / "site/sub/fine");
    fs::create_symlink("loop", scratch / "site/loop");
    const auto site = open_file(scratch / "site", O_PATH | O_DIRECTORY);
    const auto errno_of = [&](const std::string& path) {
        errno = 0;
        const auto fd = open_beneath(site.get(), path, O_RDONLY);
        return fd ? 0 : errno;
    };
    CHECK(errno_of("in") == 0);
    CHECK(errno_of("sub/../in") == 0);
    CHECK(errno_of("sub/fine") == 0);
    for (const auto* const path :
         {"../outside", "/etc/hostname", "up", "absolute", "parent/outside", "sub/../../outside"}) {
        CAPTURE(path);
        CHECK(errno_of(path) == EXDEV);
    }
    CHECK(errno_of("missing") == ENOENT);
    CHECK(errno_of("loop") == ELOOP);
}

TEST_CASE("descriptors are born close-on-exec and closed once") {
    const Scratch scratch;
    const auto file = scratch.write("f", "x");
    const auto directory = open_file(scratch.path(), O_PATH | O_DIRECTORY);
    CHECK((::fcntl(directory.get(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK((::fcntl(open_beneath(directory.get(), "f", O_RDONLY).get(), F_GETFD) & FD_CLOEXEC) != 0);
    int number = -1;
    {
        auto first = open_file(file, O_RDONLY);
        number = first.get();
        Fd second{std::move(first)};
        CHECK(second.get() == number);
        Fd& itself = second;
        second = std::move(itself);
        CHECK(second.get() == number);
    }
    CHECK(::fcntl(number, F_GETFD) == -1);
}

TEST_CASE("a tree is removed with its read-only directories, and a missing one is no error") {
    const Scratch scratch;
    scratch.write("t/a/b/c", "x");
    fs::permissions(scratch / "t/a/b", fs::perms{0500});
    fs::create_directory_symlink("..", scratch / "t/up"); // must not be followed
    scratch.write("stays", "x");
    remove_tree(scratch / "t");
    CHECK(!fs::exists(scratch / "t"));
    CHECK(fs::exists(scratch / "stays"));
    remove_tree(scratch / "t");
}

TEST_CASE("an error names the file in quotes, made safe to print") {
    CHECK(std::string{error_of([] { return open_file("/nowhere/a\nb", O_RDONLY); }).what()} ==
          R"(opening '/nowhere/a\x0ab': No such file or directory)");
}

} // namespace
} // namespace baton
