// SPDX-License-Identifier: MIT
// The import of hostile uploads: root reads, but nothing that the uploader could not read.
#include "base/digest.hpp"
#include "base/file.hpp"
#include "deploy/wish/error_kinds.hpp"
#include "imported_site.hpp"
#include "site/release/site_dir.hpp"
#include "traced.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>

namespace baton::site {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::content_of;
using test::error_of;
using test::look_at;
using test::outcome_of;
using test::run_stopped_at;
using test::Stop;
using test::SystemCall;
using Site = test::ImportedSite;

constexpr uid_t k_uploader = 65534; // nobody
constexpr auto k_secret = "root's secret";

bool is_root() {
    if (::geteuid() == 0) return true;
    MESSAGE("only root can be tested for what root must not do");
    return false;
}

void give_to_uploader(const fs::path& path) {
    REQUIRE(::lchown(path.c_str(), k_uploader, k_uploader) == 0);
}

void exchange(const fs::path& a, const fs::path& b) noexcept {
    (void)::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE);
}

/// The uploader, who exchanges names in the site's directory as fast as they can; ends with the object.
class Swapper {
  public:
    explicit Swapper(const std::vector<std::pair<fs::path, fs::path>>& names) : child_{::fork()} {
        REQUIRE(child_ >= 0);
        if (child_ != 0) return;
        if (::geteuid() == 0 && ::setuid(k_uploader) < 0) ::_exit(1);
        for (;;)
            for (const auto& [a, b] : names)
                exchange(a, b);
    }
    ~Swapper() {
        int status = 0;
        (void)::kill(child_, SIGKILL);
        (void)::waitpid(child_, &status, 0);
        CHECK(WIFSIGNALED(status)); // it was at it until the end
    }
    Swapper(const Swapper&) = delete;
    Swapper& operator=(const Swapper&) = delete;

  private:
    pid_t child_;
};

/// Whether any file beneath `tree` has the secret, by whatever name.
bool has_secret(const fs::path& tree) {
    for (const auto& entry : fs::recursive_directory_iterator{tree})
        if (entry.symlink_status().type() == fs::file_type::regular && contains(content_of(entry.path()), k_secret))
            return true;
    return false;
}

TEST_CASE("files, directories and symlinks that are swapped all the while bring nothing from outside into a snapshot") {
    const Site site;
    fs::permissions(site.scratch.path(), fs::perms{0755});
    site.scratch.write("outside/secret", k_secret);
    fs::permissions(site.scratch / "outside/secret", fs::perms{0600});
    site.write("d/secret", "mine");
    site.write("secret", "mine");
    const auto kept = site.scratch / "uploader";
    fs::create_directory(kept);
    fs::create_symlink("../outside", kept / "d");
    fs::create_symlink("../outside/secret", kept / "secret");
    if (::geteuid() == 0)
        for (const auto& directory : {site.directory, kept}) {
            give_to_uploader(directory);
            for (const auto& entry : fs::recursive_directory_iterator{directory})
                give_to_uploader(entry.path());
        }
    int taken = 0;
    int refused = 0;
    {
        const Swapper swapper{{{site.directory / "d", kept / "d"}, {site.directory / "secret", kept / "secret"}}};
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
        const auto seen_both = [&] { return taken > 0 && refused > 0 && taken + refused >= 500; };
        while (!seen_both() && std::chrono::steady_clock::now() < deadline) {
            fs::remove_all(site.snapshot(97));
            ++(outcome_of(site) == 0 ? taken : refused);
            REQUIRE_FALSE(has_secret(site.snapshot(97)));
        }
    }
    CHECK(taken > 0);
    CHECK(refused > 0);
}

TEST_CASE("a site's directory that an uploader has made a symlink leads to nothing that is kept from the uploader") {
    if (::geteuid() != 0) {
        MESSAGE("skipped: it takes root to make files of others");
        return;
    }
    const Site site;
    site.write("watch.conf", "{}");
    fs::create_directory(site.scratch / "yard");
    fs::rename(site.directory, site.scratch / "yard/held");
    give_to_uploader(site.scratch / "yard");
    const auto by_link = site.scratch / "yard/site";
    const auto closed = site.scratch.write("closed/site/watch.conf", k_secret).parent_path().parent_path();
    site.scratch.write("open/site/watch.conf", k_secret);
    for (const auto& directory : {site.scratch.path(), site.scratch / "open", closed})
        fs::permissions(directory, fs::perms{0755});
    const auto refused = [&](const fs::path& path) {
        const auto reading = error_of([&] { return read_watch_conf(path, "watch.conf"); });
        const auto importing = error_of([&] { return import_tree({path, site.snapshot(1), "test", {}, {}}); });
        CHECK_FALSE(contains(reading.what(), k_secret));
        CHECK_FALSE(fs::exists(site.snapshot(1) / "watch.conf"));
        fs::remove_all(site.snapshot(1));
        return reading.kind() == error_kind::config;
    };
    fs::create_symlink("../closed/site", by_link);
    CHECK(read_watch_conf(by_link, "watch.conf").text == k_secret); // everybody may
    fs::permissions(closed, fs::perms{0700});
    CHECK(refused(by_link));
    CHECK(refused(site.scratch / "yard/site/.")); // by a link above it
    fs::remove(by_link);
    fs::create_symlink("../open/site", by_link);
    fs::permissions(site.scratch / "open/site/watch.conf", fs::perms{0600});
    CHECK(refused(by_link));
}

struct HardLink {
    std::string what;
    unsigned mode;           ///< of the file
    uid_t owner;             ///< of the file
    unsigned directory_mode; ///< where the link is
    uid_t directory_owner;
    bool taken;
};

TEST_CASE("a hard link is imported when whoever may have made it may read the file, else rejected") {
    if (!is_root()) return;
    const std::vector<HardLink> links{
        {"root's secret in the uploader's directory", 0600, 0, 0755, k_uploader, false},
        {"what a group may read, which the uploader need not be in", 0640, 0, 0755, k_uploader, false},
        {"root's secret in root's directory that a group may write", 0600, 0, 0775, 0, false},
        {"the uploader's secret in their directory that anybody may write", 0600, k_uploader, 0777, k_uploader, false},
        {"what anybody may read", 0644, 0, 0777, k_uploader, true},
        {"the uploader's own", 0600, k_uploader, 0755, k_uploader, true},
        {"one that root has put into root's directory", 0600, k_uploader, 0755, 0, true},
    };
    for (const auto& link : links) {
        CAPTURE(link.what);
        const Site site;
        const auto file = site.scratch.write("outside", k_secret);
        fs::permissions(file, fs::perms{link.mode});
        REQUIRE(::chown(file.c_str(), link.owner, 0) == 0);
        REQUIRE(::chown(site.directory.c_str(), link.directory_owner, 0) == 0);
        fs::permissions(site.directory, fs::perms{link.directory_mode});
        fs::create_hard_link(file, site.directory / "link");
        CHECK(outcome_of(site) == (link.taken ? 0 : 1));
        CHECK(has_secret(site.snapshot(97)) == link.taken);
        if (link.taken) continue;
        const auto error = site.refusal();
        CHECK(error.kind() == error_kind::rejected);
        CHECK(contains(error.what(), "importing 'link': a hard link to a file that not everybody may read"));
        CHECK(contains(error.hint(), "find '" + site.directory.native() + "' -links +1"));
    }
}

TEST_CASE("a file or directory that only another may read is rejected however it came into the site's directory") {
    if (!is_root()) return;
    const auto rejects = [](const char* name, mode_t mode, uid_t owner, uid_t site_owner, mode_t site_mode) {
        const Site site;
        const auto file = site.scratch.write(site.directory / "d/f", k_secret);
        fs::permissions(site.directory / name, fs::perms{mode});
        for (const auto* const each : {"d", "d/f"})
            REQUIRE(::chown((site.directory / each).c_str(), std::string_view{each} == name ? owner : site_owner, 0) ==
                    0);
        REQUIRE(::chown(site.directory.c_str(), site_owner, 0) == 0);
        for (const auto& directory : {site.directory, site.directory / "d"})
            if (directory.filename() != name) fs::permissions(directory, fs::perms{site_mode});
        const bool rejected = outcome_of(site) == 1;
        if (rejected) CHECK(contains(site.refusal().what(), "it may be another user's: not everybody may read it"));
        return rejected;
    };
    CHECK(rejects("d/f", 0600, 0, k_uploader, 0755));
    CHECK(rejects("d/f", 0600, 0, k_uploader, 0777));
    CHECK(rejects("d", 0700, 0, k_uploader, 0755));
    CHECK_FALSE(rejects("d/f", 0600, k_uploader, k_uploader, 0755));
    CHECK_FALSE(rejects("d/f", 0644, 0, k_uploader, 0755));
    CHECK_FALSE(rejects("d/f", 0600, 0, 0, 0755));
    // One of a group moves there what the directory's owner keeps from it, by its mode or by another group's.
    CHECK(rejects("d/f", 0600, 0, 0, 0775));
    CHECK(rejects("d/f", 0600, k_uploader, k_uploader, 0775));
    CHECK_FALSE(rejects("d/f", 0640, 0, k_uploader, 0775));
    // The directory's group is not one that its owner need be in.
    CHECK(rejects("d/f", 0640, 0, k_uploader, 0755));
}

TEST_CASE("a device is left out and never opened") {
    if (!is_root()) return;
    const Site site;
    REQUIRE(::mknod((site.directory / "zero").c_str(), S_IFCHR | 0666, ::makedev(1, 5)) == 0);
    CHECK(site.take(1).warnings == std::vector<std::string>{"leaving out 'zero': neither file, directory nor symlink"});
    CHECK(fs::is_empty(site.snapshot(1)));
}

TEST_CASE("of many entries that are left out the first are named and the rest counted") {
    const Site site;
    for (int i = 0; i < 123; ++i)
        REQUIRE(::mkfifo((site.directory / fmt::format("{:03}", i)).c_str(), 0600) == 0);
    const auto warnings = site.take(1).warnings;
    REQUIRE(warnings.size() == 21);
    CHECK(warnings[19] == "leaving out '019': neither file, directory nor symlink");
    CHECK(warnings[20] == "leaving out 103 more such entries");
}

TEST_CASE("a directory with more entries than the limit is refused while it is listed, before anything is copied") {
    CHECK(ImportLimits{}.entries == 200'000);
    Site site;
    site.limits.entries = 5'000;
    for (int i = 0; i <= 5'000; ++i)
        REQUIRE(::mknod((site.directory / std::to_string(i)).c_str(), S_IFREG | 0644, 0) == 0);
    const auto error = site.refusal();
    CHECK(error.kind() == error_kind::rejected);
    CHECK(contains(error.what(), "more than 5000 entries"));
    CHECK(contains(error.hint(), "du --inodes '" + site.directory.native() + "'"));
    CHECK(fs::is_empty(site.snapshot(99)));
}

TEST_CASE("names and targets of symlinks have a limit together, for all of them stand in the index") {
    Site site;
    site.limits.name_bytes = 1000;
    fs::create_symlink(std::string(900, 'x'), site.directory / "a");
    CHECK(site.take(1).index.size() == 1);
    fs::create_symlink(std::string(100, 'x'), site.directory / "b");
    CHECK(contains(site.refusal().what(), "more than 1000 B of names and symlink targets"));
}

TEST_CASE("a sparse file keeps its holes") {
    const Site site;
    const auto upload = site.write("sparse", "front");
    constexpr std::uintmax_t k_size = 16U << 20U;
    fs::resize_file(upload, k_size);
    REQUIRE(::pwrite(open_file(upload, O_WRONLY).get(), "middle", 6, k_size / 2) == 6);
    const auto imported = site.take(1);
    const auto copy = look_at(site.snapshot(1) / "sparse");
    CHECK(static_cast<std::uintmax_t>(copy.st_size) == k_size);
    CHECK(copy.st_blocks * 512 < 2'000'000);
    CHECK(imported.index.at("sparse").content == sha256_hex(content_of(upload)));
    CHECK(content_of(site.snapshot(1) / "sparse") == content_of(upload));
}

TEST_CASE("a file whose uploader holds a write lease is not settled, and nobody waits for the lease") {
    const Site site;
    const auto upload = site.write("leased", "x");
    std::signal(SIGIO, SIG_IGN); // the kernel's word that the lease is to be given up
    const auto holder = open_file(upload, O_RDWR);
    REQUIRE(::fcntl(holder.get(), F_SETLEASE, F_WRLCK) == 0);
    CHECK(site.unsettled() == "leased");
}

TEST_CASE(
    "a file that changes after it was copied, while another one is, is copied again, and only from the directory") {
    const Site site;
    site.scratch.write("outside/file", "secret");
    const auto first = site.write("a", "one");
    site.write("d/file", "x");
    const auto takes_second_lease = [count = 0](const SystemCall& call) mutable {
        return call.number == SYS_fcntl && call.arguments[1] == F_SETLEASE && call.arguments[2] == F_RDLCK &&
               ++count == 2;
    };
    const auto outcome_when = [&](const std::function<void()>& meanwhile) {
        fs::remove_all(site.snapshot(97));
        return run_stopped_at(Stop::before, takes_second_lease, meanwhile, [&] { return outcome_of(site); });
    };
    CHECK(outcome_when([] {}) == 0);
    CHECK(outcome_when([&] { site.write("a", "two"); }) == 0);
    CHECK(content_of(site.snapshot(97) / "a") == "two");
    CHECK(outcome_when([&] { fs::remove(first); }) == 2);
    site.write("a", "one");
    site.write("e", "x"); // so that d/file is not the last
    const auto swap = [&] {
        fs::rename(site.directory / "d", site.scratch / "aside");
        fs::create_symlink("../outside", site.directory / "d");
    };
    const auto takes_third_lease = [count = 0](const SystemCall& call) mutable {
        return call.number == SYS_fcntl && call.arguments[1] == F_SETLEASE && call.arguments[2] == F_RDLCK &&
               ++count == 3;
    };
    fs::remove_all(site.snapshot(97));
    CHECK(run_stopped_at(Stop::before, takes_third_lease, swap, [&] { return outcome_of(site); }) == 2);
    CHECK_FALSE(content_of(site.snapshot(97) / "d/file") == "secret");
}

TEST_CASE("a file that is written again at once, with its size and mtime, is noticed every time") {
    const Site site;
    const auto file = site.write("f", "00");
    const auto mtime = fs::last_write_time(file);
    auto last = site.take(0);
    for (int i = 1; i < 50; ++i) {
        const auto content = fmt::format("{:02}", i);
        site.write("f", content);
        fs::last_write_time(file, mtime);
        last = site.take(i, PreviousSnapshot{site.snapshot(i - 1), last.index});
        REQUIRE(content_of(site.snapshot(i) / "f") == content);
    }
}

} // namespace
} // namespace baton::site
