// SPDX-License-Identifier: MIT
// The import: what a snapshot contains of the site's directory, what it never contains, and what happens to a directory
// that changes during the read.
#include "deploy/wish/error_kinds.hpp"
#include "site/release/import.hpp"

#include "base/digest.hpp"
#include "base/file.hpp"
#include "error_of.hpp"
#include "imported_site.hpp"
#include "traced.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>

namespace baton::site {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using test::contains;
using test::content_of;
using test::error_of;
using Site = test::ImportedSite;
using test::look_at;
using test::mode_of;
using test::outcome_of;
using test::run_stopped_at;
using test::Stop;
using test::SystemCall;

std::uint64_t bytes_at(const SystemCall& call, std::size_t argument) {
    return call.arguments.at(argument);
}

TEST_CASE("a snapshot has the directory's files, directories and links, and the index says what they are") {
    const Site site;
    site.write("test", "program", 0755);
    site.write("assets/css/a.css", "body{}");
    site.write("empty", "");
    fs::create_directory(site.directory / "nothing in it");
    fs::create_symlink("assets/css", site.directory / "css");
    const auto imported = site.take(1);
    CHECK(content_of(site.snapshot(1) / "test") == "program");
    CHECK(content_of(site.snapshot(1) / "assets/css/a.css") == "body{}");
    CHECK(content_of(site.snapshot(1) / "empty").empty());
    CHECK(fs::is_directory(site.snapshot(1) / "nothing in it"));
    CHECK(fs::read_symlink(site.snapshot(1) / "css") == "assets/css");
    CHECK(imported.files == 3);
    CHECK(imported.bytes == 13);
    CHECK(imported.copied_bytes == 13);
    CHECK(imported.warnings.empty());
    REQUIRE(imported.index.size() == 7);
    CHECK(imported.index.at("test").content == sha256_hex("program"));
    CHECK(imported.index.at("assets/css").type == TreeEntry::Type::directory);
    CHECK(imported.index.at("css").content == "assets/css");
    CHECK(imported.index.at("empty").source == stamp_of(look_at(site.directory / "empty")));
}

TEST_CASE("modes are 0755 and 0644 whatever the upload and the umask have; the program may always be executed") {
    const Site site;
    const auto umask_before = ::umask(0);
    site.write("test", "program", 0600);
    site.write("tool", "x", 0711);
    site.write("secret", "x", 0600);
    site.write("open", "x", 0666);
    site.write("elsewhere/test", "x", 0644);
    site.write("private/f", "x", 0777);
    fs::permissions(site.directory / "private", fs::perms{0700});
    (void)::umask(0077);
    const auto imported = site.take(1);
    (void)::umask(umask_before);
    const auto mode = [&](const char* name) { return mode_of(site.snapshot(1) / name); };
    CHECK(mode("") == 0755);
    CHECK(mode("test") == 0755);
    CHECK(mode("tool") == 0755);
    CHECK(mode("secret") == 0644);
    CHECK(mode("open") == 0644);
    CHECK(mode("elsewhere/test") == 0644);
    CHECK(mode("private") == 0755);
    CHECK(mode("private/f") == 0755);
    CHECK(imported.index.at("secret").mode == 0644);
}

TEST_CASE("setuid, setgid and sticky bits do not get into a snapshot") {
    const Site site;
    site.write("test", "program", 06755);
    site.write("sticky", "x", 01644);
    fs::create_directory(site.directory / "d");
    fs::permissions(site.directory / "d", fs::perms{07777});
    (void)site.take(1);
    CHECK(mode_of(site.snapshot(1) / "test") == 0755);
    CHECK(mode_of(site.snapshot(1) / "sticky") == 0644);
    CHECK(mode_of(site.snapshot(1) / "d") == 0755);
}

TEST_CASE("a symlink within the directory comes along, one that leads nowhere too") {
    const Site site;
    site.write("a/file", "x");
    for (const auto& [name, target] : std::map<std::string, std::string>{{"in", "a/file"},
                                                                         {"a/up", "../a/file"},
                                                                         {"a/top", ".."},
                                                                         {"dangling", "missing/file"},
                                                                         {"loop", "loop"},
                                                                         {"endless", std::string(1000, 'x')},
                                                                         {"through", "a/file/x"}})
        fs::create_symlink(target, site.directory / name);
    const auto imported = site.take(1);
    for (const auto* const name : {"in", "a/up", "a/top", "dangling", "loop", "endless", "through"})
        CHECK(fs::read_symlink(site.snapshot(1) / name) == fs::read_symlink(site.directory / name));
    CHECK(imported.index.size() == 9);
}

// A venv's python3 is an absolute symlink. Nothing is gained by a refusal: the importer follows none, and what a
// release reaches by one it reaches by the name itself.
TEST_CASE("a symlink out of the directory comes along as it is, and nothing of what it leads to") {
    const Site site;
    site.scratch.write("outside", "secret");
    const std::vector<std::string> targets{"../outside", "/etc/hostname", "a/../../outside", "../missing", "..", "/"};
    for (std::size_t i = 0; i < targets.size(); ++i)
        fs::create_symlink(targets[i], site.directory / fmt::format("link-{}", i));
    const auto imported = site.take(1);
    CHECK(imported.files == 0);
    CHECK(imported.warnings.empty());
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const auto link = fmt::format("link-{}", i);
        CHECK(fs::read_symlink(site.snapshot(1) / link) == targets[i]);
        CHECK(imported.index.at(link).content == targets[i]);
    }
    clone_tree(site.snapshot(1), site.snapshot(2), imported.index);
    CHECK(fs::read_symlink(site.snapshot(2) / "link-1") == "/etc/hostname");
}

TEST_CASE("what is excluded is neither copied nor waited for nor counted") {
    Site site;
    site.exclude = Excludes{{"*.log", "cache/", "data/*.db"}, "watch.conf"};
    site.write("test", "program");
    site.write("watch.conf", "{}");
    site.write("cache/deep/x", "x");
    site.write("data/kept", "x");
    site.write(".git/config", "x");
    const auto swap = site.write(".watch.conf.swp", "vim");
    const auto log = site.write("data/a.log", "x");
    const auto database = site.write("data/a.db", "x");
    const auto cached = site.write("cache/y", "x");
    std::vector<Fd> writers;
    for (const auto& file : {swap, log, database, cached})
        writers.push_back(open_file(file, O_WRONLY));
    site.limits.bytes = 7 + 2 + 1;
    const auto imported = site.take(1);
    std::string paths;
    for (const auto& [path, entry] : imported.index)
        paths += path + " ";
    CHECK(paths == "data data/kept test watch.conf ");
    CHECK(imported.files == 3);
    CHECK(imported.warnings.empty());
}

TEST_CASE("a file that is open for writing but has not changed since the previous snapshot holds up nothing") {
    const Site site;
    const auto log = site.write("app.log", "started\n");
    const auto first = site.take(1);
    const auto writer = open_file(log, O_WRONLY | O_APPEND);
    const auto second = site.take(2, PreviousSnapshot{site.snapshot(1), first.index});
    CHECK(second.copied_bytes == 0);
    CHECK(second.files == 1);
    CHECK(second.bytes == 8);
    CHECK(content_of(site.snapshot(2) / "app.log") == "started\n");

    write_all(writer.get(), "more\n", "app.log");
    try {
        (void)site.take(3, PreviousSnapshot{site.snapshot(2), second.index});
        FAIL("a file that has changed and may change again was copied");
    } catch (const Unsettled& unsettled) {
        CHECK(unsettled.path == "app.log");
    }
}

TEST_CASE("a shared file that is written while another is copied starts the import over") {
    const Site site;
    const auto shared = site.write("a.log", "x");
    const auto first = site.take(1);
    site.write("z", "new");
    const auto writer = open_file(shared, O_WRONLY | O_APPEND);
    const auto reads = [](const SystemCall& call) { return call.number == SYS_read; };
    const auto write_more = [&] { write_all(writer.get(), "y", "a.log"); };
    const PreviousSnapshot previous{site.snapshot(1), first.index};
    const auto outcome = [&]() noexcept {
        try {
            (void)site.take(97, previous);
            return 0;
        } catch (const Unsettled&) {
            return 2;
        } catch (...) {
            return 1;
        }
    };
    CHECK(run_stopped_at(Stop::before, reads, write_more, outcome) == 2);
}

TEST_CASE("FIFOs and sockets are left out with a warning, and nothing waits for them") {
    const Site site;
    site.write("test", "program");
    REQUIRE(::mkfifo((site.directory / "fifo").c_str(), 0666) == 0);
    const Fd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::strcpy(static_cast<char*>(name.sun_path), (site.directory / "s").c_str());
    const void* const any = &name;
    REQUIRE(::bind(socket.get(), static_cast<const sockaddr*>(any), sizeof name) == 0);
    const auto imported = site.take(1);
    CHECK(imported.warnings == std::vector<std::string>{"leaving out 'fifo': neither file, directory nor symlink",
                                                        "leaving out 's': neither file, directory nor symlink"});
    CHECK(imported.index.size() == 1);
    CHECK_FALSE(fs::exists(fs::symlink_status(site.snapshot(1) / "fifo")));
}

TEST_CASE("a file that is open for writing is not settled, even when nothing is written") {
    const Site site;
    site.write("a", "x");
    const auto file = site.write("dir/upload", "half of it");
    {
        const auto writer = open_file(file, O_WRONLY);
        CHECK(site.unsettled() == "dir/upload");
    }
    CHECK(site.take(1).files == 2);
}

TEST_CASE("a writer that comes while a file is copied taints the copy") {
    const Site site;
    const auto file = site.write("upload", std::string(1'000'000, 'x'));
    const auto lease_taken = [](const SystemCall& call) {
        return call.number == SYS_fcntl && bytes_at(call, 1) == F_SETLEASE && bytes_at(call, 2) == F_RDLCK;
    };
    std::thread writer;
    std::atomic<bool> opened{false};
    std::atomic<bool> done{false};
    const auto write_to_it = [&] {
        CHECK(::open(file.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC) == -1); // the lease holds it off
        writer = std::thread{[&] {
            const Fd fd{::open(file.c_str(), O_WRONLY | O_CLOEXEC)};
            opened = true;
            while (!done)
                std::this_thread::sleep_for(1ms);
        }};
    };
    CHECK(run_stopped_at(Stop::after, lease_taken, write_to_it, [&] { return outcome_of(site); }) == 2);
    CHECK(opened);
    done = true;
    writer.join();
    fs::remove_all(site.snapshot(97));
    CHECK(outcome_of(site) == 0);
}

namespace {

/// Writes files of a site all the time, as a program with a log does.
class RestlessWriter {
  public:
    RestlessWriter(std::vector<fs::path> files, std::chrono::milliseconds pause)
        : thread_{[this, files = std::move(files), pause] {
              for (int i = 1; !stop_; ++i) {
                  for (const auto& file : files)
                      std::ofstream{file} << i;
                  std::this_thread::sleep_for(pause);
              }
          }} {}
    ~RestlessWriter() {
        stop_ = true;
        thread_.join();
    }
    RestlessWriter(const RestlessWriter&) = delete;
    RestlessWriter& operator=(const RestlessWriter&) = delete;

  private:
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

} // namespace

TEST_CASE("a file that changes more often than the import takes does not hold it up") {
    const Site site;
    for (int i = 0; i < 500; ++i) // each waits for the clock of its stamp
        site.write(fmt::format("assets/{}", i), "x");
    const auto log = site.write("a.log", "0");
    const RestlessWriter writer{{log}, 5ms};
    for (int number = 1; number <= 3; ++number) {
        const auto imported = site.take(number);
        CHECK(imported.files == 501);
        Sha256 digest;
        digest.update(content_of(site.snapshot(number) / "a.log"));
        CHECK(imported.index.at("a.log").content == digest.hex());
    }
}

TEST_CASE("files that change all the time are in the snapshot as they were at one instant") {
    const Site site;
    const auto first = site.write("a", "0");
    const auto second = site.write("z/b", "0");
    for (int i = 0; i < 200; ++i)
        site.write(fmt::format("assets/{}", i), "x");
    const RestlessWriter writer{{first, second}, 20ms};
    for (int number = 1; number <= 10; ++number) {
        CHECK(site.take(number).files == 202);
        const auto a = content_of(site.snapshot(number) / "a");
        const auto b = content_of(site.snapshot(number) / "z/b");
        CAPTURE(a);
        CAPTURE(b);
        CHECK((a == b || std::stoi(a) == std::stoi(b) + 1));
    }
}

TEST_CASE("a file that is renamed over, deleted, or turns into something else meanwhile is not settled") {
    const auto opens_upload = [](const SystemCall& call) {
        return call.number == SYS_openat && (bytes_at(call, 2) & O_NONBLOCK) != 0;
    };
    const Site site;
    const auto file = site.directory / "upload";
    const auto outcome_when = [&](const std::function<void()>& meanwhile) {
        fs::remove_all(file);
        fs::remove_all(site.snapshot(97));
        site.write("upload", "first");
        return run_stopped_at(Stop::before, opens_upload, meanwhile, [&] { return outcome_of(site); });
    };
    CHECK(outcome_when([&] { fs::remove(file); }) == 2);
    CHECK(outcome_when([&] {
              fs::remove(file);
              REQUIRE(::mkfifo(file.c_str(), 0666) == 0);
          }) == 2);
    CHECK(outcome_when([&] {
              fs::remove(file);
              fs::create_symlink("/etc/shadow", file);
          }) == 2);
    CHECK(outcome_when([&] {
              fs::remove(file);
              fs::create_directory(file);
          }) == 2);
    CHECK(outcome_when([&] { site.scratch.write("new", "second"), fs::rename(site.scratch / "new", file); }) == 0);
    CHECK(content_of(site.snapshot(97) / "upload") == "second");
}

TEST_CASE("a directory that is swapped for a symlink out while it is opened is not followed") {
    const Site site;
    site.scratch.write("outside/secret", "secret");
    site.write("d/file", "x");
    const auto opens_directory = [](const SystemCall& call) {
        constexpr std::uint64_t k_flags = O_DIRECTORY | O_NOFOLLOW;
        return call.number == SYS_openat && (bytes_at(call, 2) & (k_flags | O_PATH)) == k_flags;
    };
    const auto swap = [&] {
        fs::remove_all(site.directory / "d");
        fs::create_symlink("../outside", site.directory / "d");
    };
    CHECK(run_stopped_at(Stop::before, opens_directory, swap, [&] { return outcome_of(site); }) == 2);
    CHECK_FALSE(fs::exists(site.snapshot(97) / "d/secret"));
}

TEST_CASE("a symlink that is swapped after it was read is in the snapshot as it was read") {
    const Site site;
    site.write("file", "x");
    fs::create_symlink("../outside", site.directory / "link");
    const auto read_link = [](const SystemCall& call) { return call.number == SYS_readlinkat; };
    const auto swap = [&] {
        fs::remove(site.directory / "link");
        fs::create_symlink("file", site.directory / "link");
    };
    CHECK(run_stopped_at(Stop::after, read_link, swap, [&] { return outcome_of(site); }) == 0);
    CHECK(fs::read_symlink(site.snapshot(97) / "link") == "../outside");
}

TEST_CASE("links with '..' are imported while others rename files on the same host") {
    const Site site;
    site.write("bin/tool", "x");
    for (int i = 0; i < 50; ++i)
        fs::create_symlink("../bin/tool", site.directory / fmt::format("bin/link-{}", i));
    const auto a = site.scratch.write("a", "x");
    std::atomic<bool> over{false};
    std::thread others{[&, b = site.scratch / "b"] {
        while (!over) {
            (void)::rename(a.c_str(), b.c_str());
            (void)::rename(b.c_str(), a.c_str());
        }
    }};
    int failures = 0;
    for (int i = 0; i < 20; ++i)
        try {
            (void)site.take(i);
        } catch (const Error&) {
            ++failures;
        }
    over = true;
    others.join();
    CHECK(failures == 0);
}

TEST_CASE("unchanged files are shared with the previous snapshot and never with the upload") {
    const Site site;
    const auto upload = site.write("big", std::string(100'000, 'x'));
    site.write("changed", "one");
    auto first = site.take(1);
    site.write("changed", "two");
    const auto second = site.take(2, PreviousSnapshot{site.snapshot(1), first.index});
    const auto inode = [](const fs::path& path) { return look_at(path).st_ino; };
    CHECK(inode(site.snapshot(1) / "big") == inode(site.snapshot(2) / "big"));
    CHECK(inode(site.snapshot(1) / "big") != inode(upload));
    CHECK(inode(site.snapshot(1) / "changed") != inode(site.snapshot(2) / "changed"));
    CHECK(inode(site.snapshot(2) / "changed") != inode(site.directory / "changed"));
    CHECK(content_of(site.snapshot(1) / "changed") == "one");
    CHECK(content_of(site.snapshot(2) / "changed") == "two");
    CHECK(look_at(upload).st_nlink == 1);
    CHECK(second.bytes == 100'003);
    CHECK(second.copied_bytes == 3);
    CHECK(second.index.at("big").content == first.index.at("big").content);
}

TEST_CASE("a file whose content changed behind its size and mtime is copied anew") {
    const Site site;
    const auto file = site.write("f", "one");
    const auto first = site.take(1);
    const auto mtime = fs::last_write_time(file);
    site.write("f", "two");
    fs::last_write_time(file, mtime);
    (void)site.take(2, PreviousSnapshot{site.snapshot(1), first.index});
    CHECK(content_of(site.snapshot(2) / "f") == "two");
}

TEST_CASE("a file that becomes the program, or stops being one, is not shared with its old mode") {
    const Site site;
    site.write("f", "x", 0644);
    const auto first = site.take(1);
    fs::permissions(site.directory / "f", fs::perms{0755});
    (void)site.take(2, PreviousSnapshot{site.snapshot(1), first.index});
    CHECK(mode_of(site.snapshot(1) / "f") == 0644);
    CHECK(mode_of(site.snapshot(2) / "f") == 0755);
    (void)import_tree({site.directory, site.snapshot(3), "f", PreviousSnapshot{site.snapshot(1), first.index}, {}});
    CHECK(mode_of(site.snapshot(3) / "f") == 0755);
}

TEST_CASE("a previous snapshot that is gone or has no index costs a copy and nothing else") {
    const Site site;
    site.write("f", "x");
    const auto first = site.take(1);
    fs::remove_all(site.snapshot(1));
    CHECK(site.take(2, PreviousSnapshot{site.snapshot(1), first.index}).copied_bytes == 1);
    CHECK(site.take(3, PreviousSnapshot{site.snapshot(2), {}}).copied_bytes == 1);
    CHECK(content_of(site.snapshot(3) / "f") == "x");
}

TEST_CASE("each limit rejects what is beyond it, and says which") {
    const auto rejected = [](const Site& site, std::string_view why) {
        const auto error = site.refusal();
        CHECK(error.kind() == error_kind::rejected);
        CHECK(contains(error.what(), why));
    };
    SUBCASE("entries") {
        Site site;
        site.limits.entries = 3;
        for (const auto* const name : {"a", "b", "c"})
            site.write(name, "x");
        CHECK(site.take(1).files == 3);
        fs::create_directory(site.directory / "d");
        rejected(site, "more than 3 entries");
    }
    SUBCASE("depth") {
        Site site;
        site.limits.depth = 2;
        site.write("1/2/f", "x");
        CHECK(site.take(1).files == 1);
        fs::create_directory(site.directory / "1/2/3");
        rejected(site, "importing '1/2/3': more than 2 directories deep");
    }
    SUBCASE("bytes") {
        Site site;
        site.limits.bytes = 2048;
        site.write("a", std::string(1024, 'x'));
        site.write("b", std::string(1024, 'x'));
        CHECK(site.take(1).bytes == 2048);
        site.write("c", "x");
        rejected(site, "more than 2.0 KiB");
    }
    SUBCASE("a sparse file counts with its size, before it is read") {
        const Site site;
        const auto file = site.write("sparse", "");
        fs::resize_file(file, 1ULL << 40U);
        rejected(site, "more than 16.0 GiB");
    }
    SUBCASE("a tree that is thousands of directories deep") {
        const Site site;
        Fd at = open_file(site.directory, O_RDONLY | O_DIRECTORY);
        for (int i = 0; i < 10'000; ++i) {
            REQUIRE(::mkdirat(at.get(), "d", 0755) == 0);
            at = Fd{::openat(at.get(), "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
            REQUIRE(at);
        }
        rejected(site, "more than 64 directories deep");
    }
}

TEST_CASE("names with newlines, escape sequences and bytes that are no UTF-8 are copied, and quoted in every message") {
    Site site;
    const std::array<std::string, 4> names{"a\nb", "\x1b[2J", "\xFF\xFE", "-rf *"};
    for (const auto& name : names)
        site.write(name, name);
    const auto imported = site.take(1);
    for (const auto& name : names)
        CHECK(content_of(site.snapshot(1) / name) == name);
    CHECK(index_from_text(to_text(imported.index)).size() == names.size());
    const auto writer = open_file(site.directory / "a\nb", O_WRONLY);
    CHECK(site.unsettled() == "a\nb");
    REQUIRE(::mkfifo((site.directory / "!\n").c_str(), 0666) == 0);
    fs::remove(site.directory / "a\nb");
    site.limits.path_bytes = 3;
    CHECK(contains(site.refusal().what(), R"(importing '\x1b[2J': a name of more than 3 bytes)"));
    site.limits = {};
    CHECK(site.take(2).warnings ==
          std::vector<std::string>{R"(leaving out '!\x0a': neither file, directory nor symlink)"});
}

TEST_CASE("a snapshot is never written over another") {
    const Site site;
    site.write("f", "new");
    (void)site.take(1);
    const auto error = error_of([&] { return site.take(1); });
    CHECK(contains(error.what(), "File exists"));
    CHECK_THROWS_AS((void)import_tree({site.directory / "missing", site.snapshot(2), "test", {}, {}}), Error);
}

TEST_CASE("a clone is the same snapshot by hard links, and outlives the one it was made of") {
    const Site site;
    site.write("test", "program");
    site.write("a/b/c\nd", "x");
    fs::create_symlink("a/b", site.directory / "link");
    const auto imported = site.take(1);
    const auto umask_before = ::umask(0077);
    clone_tree(site.snapshot(1), site.snapshot(2), imported.index);
    (void)::umask(umask_before);
    CHECK(look_at(site.snapshot(1) / "test").st_ino == look_at(site.snapshot(2) / "test").st_ino);
    CHECK(mode_of(site.snapshot(2)) == 0755);
    CHECK(mode_of(site.snapshot(2) / "a/b") == 0755);
    CHECK(fs::read_symlink(site.snapshot(2) / "link") == "a/b");
    fs::remove_all(site.snapshot(1));
    CHECK(content_of(site.snapshot(2) / "a/b/c\nd") == "x");
    CHECK_THROWS_AS(clone_tree(site.snapshot(1), site.snapshot(3), imported.index), Error);
}

TEST_CASE("a name so long that the snapshot could not be named by it is rejected") {
    const Site site;
    Fd at = open_file(site.directory, O_RDONLY | O_DIRECTORY);
    const std::string name(200, 'd');
    for (int i = 0; i < 25; ++i) {
        REQUIRE(::mkdirat(at.get(), name.c_str(), 0755) == 0);
        at = Fd{::openat(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    }
    const auto error = site.refusal();
    CHECK(error.kind() == error_kind::rejected);
    CHECK(contains(error.what(), "a name of more than 3072 bytes"));
}

TEST_CASE("the longest name that is imported can be cloned, so that it can be gone back to") {
    const Site site;
    auto deep = site.directory;
    for (int i = 0; i < 15; ++i)
        deep /= std::string(200, 'd');
    fs::create_directories(deep);
    const auto imported = site.take(1);
    CHECK(imported.index.size() == 15);
    CHECK_NOTHROW(clone_tree(site.snapshot(1), site.snapshot(2), imported.index));
}

} // namespace
} // namespace baton::site
