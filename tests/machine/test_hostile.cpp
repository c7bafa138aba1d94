// SPDX-License-Identifier: MIT
// An uploader who means ill: whatever stands in the site's directory, baton, which is root, says what is wrong in words
// that are safe to print, the live release serves on, and nothing outside the site's directory gets into a release.
#include "base/fd.hpp"
#include "support/files.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/traffic.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>

using namespace machine;
namespace fs = std::filesystem;

namespace {

constexpr auto k_uploader = "nobody";
constexpr auto k_secret = "root's secret";
constexpr int k_rejected = 3;
constexpr int k_config = 78; // EX_CONFIG, sysexits.h(3head)

/// A site that belongs to an unprivileged user and whose edits nobody sees: each test asks for its deploys itself.
struct UploadersSite : ServingSite {
    explicit UploadersSite(const std::string& name) : ServingSite{name} {
        unwatch();
        REQUIRE(run({"chown", "-R", k_uploader, directory()}).status == 0);
    }
    /// What the uploader does in the site's directory.
    void by_uploader(const std::string& command) const {
        const auto done = shell(fmt::format("cd {} && setpriv --reuid {} --clear-groups sh -c \"{}\"",
                                            directory().native(), k_uploader, command));
        REQUIRE_MESSAGE(done.status == 0, done.text());
    }
};

/// A file of root's beside the sites, on the same file system.
struct Secret {
    fs::path path{"/srv/secret-of-root"};
    Secret() {
        write_file(path, k_secret);
        REQUIRE(::chmod(path.c_str(), 0600) == 0);
    }
    ~Secret() { fs::remove(path); }
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
};

void contains(const std::string& text, const std::string& part) {
    CHECK_MESSAGE(text.find(part) != text.npos, part << "\n... is not in:\n" << text);
}

bool has_control(std::string_view line) {
    return std::any_of(line.begin(), line.end(),
                       [](char c) { return (c >= 0 && c < ' ' && c != '\n') || c == '\x7f'; });
}

bool state_has_secret(const Site& site) {
    return run({"grep", "-rqF", k_secret, site.state()}).status == 0;
}

/// Refused with these words, on every way out; what served before serves on; nothing half made stays.
void check_refused(const Site& site, int status, const std::vector<std::string>& parts) {
    Traffic traffic{site.address()};
    const auto live = site.live();
    const auto refused = site.deploy();
    CHECK_MESSAGE(refused.status == status, refused.text());
    const auto journal = journal_of(site.name());
    for (const auto& part : parts) {
        contains(refused.err, part);
        contains(journal, part);
    }
    for (const auto& out : {refused.err, refused.out, run({"baton", "status", site.name()}).out,
                            run({"baton", "status", "--json", site.name()}).out})
        CHECK_MESSAGE(!has_control(out), out);
    CHECK(site.live() == live);
    for (const auto& entry : fs::directory_iterator{site.state() / "releases"})
        CHECK_MESSAGE(entry.path().extension() != ".partial", entry.path());
    traffic.check_none_failed();
}

void check_next_good_one_works(const Site& site, const std::string& ver) {
    site.edit(ver);
    const auto deployed = site.deploy();
    CHECK_MESSAGE(deployed.status == 0, deployed.text());
    CHECK(get(site.address()).ver == ver);
}

} // namespace

TEST_SUITE_BEGIN("hostile");

TEST_CASE("a hard link to a file of root's is rejected, and the file is in no release") {
    const Secret secret;
    UploadersSite site{"hard-link"};
    fs::create_hard_link(secret.path, site.directory() / "mine");
    site.edit("2");
    check_refused(site, k_rejected, {"importing 'mine': a hard link to a file that not everybody may read"});
    CHECK_FALSE(state_has_secret(site));
    fs::remove(site.directory() / "mine");
    check_next_good_one_works(site, "3");
}

TEST_CASE("names with newlines and escape sequences move no cursor and forge no line in any output") {
    UploadersSite site{"names"};
    const std::string name{"\x1b[2J\nbaton: release 9 is live\r\x9b"};
    fs::create_symlink("../" + name, site.directory() / name);
    site.edit("2");
    check_refused(site, k_rejected, {R"(\x1b[2J\x0abaton: release 9 is live\x0d\x9b': a symlink out of the site's)"});
    CHECK(journal_of(site.name()).find("\nbaton: release 9") == std::string::npos);
    fs::remove(site.directory() / name);
    REQUIRE(::mkfifo((site.directory() / name).c_str(), 0600) == 0);
    check_next_good_one_works(site, "3");
    contains(journal_of(site.name()), R"(leaving out '\x1b[2J\x0abaton: release 9 is live\x0d\x9b')");
}

TEST_CASE("a sparse file of 1 TB is refused at once and fills no disk") {
    UploadersSite site{"sparse"};
    site.by_uploader("truncate -s 1T sparse");
    const auto before = fs::space(site.state()).available;
    site.edit("2");
    check_refused(site, k_rejected, {"more than 16.0 GiB", "keep what the program does not read out of"});
    constexpr std::uintmax_t k_noise = 64U << 20U; // the journal's
    CHECK(fs::space(site.state()).available + k_noise > before);
    fs::remove(site.directory() / "sparse");
    check_next_good_one_works(site, "3");
}

TEST_CASE("a directory 10,000 deep is refused with the limit") {
    UploadersSite site{"deep"};
    baton::Fd at{::open(site.directory().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    for (int i = 0; i < 10'000; ++i) {
        REQUIRE(::mkdirat(at.get(), "d", 0777) == 0);
        at = baton::Fd{::openat(at.get(), "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    }
    site.edit("2");
    check_refused(site, k_rejected, {"more than 64 directories deep"});
    REQUIRE(run({"rm", "-r", site.directory() / "d"}).status == 0);
    check_next_good_one_works(site, "3");
}

TEST_CASE("a watch.conf of 10 MB, or nested 100,000 deep, or with a NUL or bytes that are no text, is refused") {
    UploadersSite site{"confs"};
    const std::string deep = "{\"Ver\": " + std::string(30'000, '[');
    const std::vector<std::pair<std::string, std::string>> confs{
        {std::string(10'000'000, '['), "longer than 64.0 KiB"},
        {deep + std::string(70'000, '['), "longer than 64.0 KiB"},
        {deep, "nested deeper than 8 levels"},
        {"{\"Ver\": \"1\", \"Ver\": \"2\"}", "found the key 'Ver' a second time"},
        {std::string{"{\"Ver\": \"1\"}\0", 13}, "found a NUL byte"},
        {"{\"Ver\": \"\xff\x1b[2J\"}", "watch.conf:1:"},
    };
    for (const auto& [text, found] : confs) {
        site.write_conf(text);
        check_refused(site, k_config, {found});
    }
    check_next_good_one_works(site, "2");
}

TEST_CASE("an uploader who swaps a directory for a symlink out of it during every import gets nothing into a release") {
    const Secret secret;
    UploadersSite site{"swapped"};
    fs::create_directory("/srv/outside");
    fs::create_hard_link(secret.path, "/srv/outside/f");
    site.by_uploader("mkdir d other && touch d/f && ln -s ../../outside other/d");
    Process swapper{{"setpriv", "--reuid", k_uploader, "--clear-groups", "sh", "-c",
                     "cd /srv/swapped && while :; do mv -T d held && mv -T other/d d && mv -T held other/d; done"}};
    for (int i = 0; i < 20; ++i) {
        site.edit(std::to_string(i + 2));
        const auto status = site.deploy().status;
        CHECK_MESSAGE((status == 0 || status == k_rejected), status);
        REQUIRE_FALSE(state_has_secret(site));
    }
    CHECK_FALSE(swapper.ended());
    swapper.kill(SIGKILL);
    (void)swapper.wait();
    fs::remove_all("/srv/outside");
    for (const auto* const rest : {"d", "held", "other"})
        fs::remove_all(site.directory() / rest);
    check_next_good_one_works(site, "99");
}

TEST_SUITE_END();
