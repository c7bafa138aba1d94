// SPDX-License-Identifier: MIT
// A hostile uploader: whatever is in the site's directory, baton, which is root, reports it in printable words, the
// live release still serves, and nothing outside the site's directory gets into a release.
#include "base/fd.hpp"
#include "support/files.hpp"
#include "support/hostile.hpp"
#include "support/programs.hpp"
#include "support/wait.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <csignal>

using namespace machine;
namespace fs = std::filesystem;

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

TEST_CASE("a watch.conf that is another's secret is quoted in no error") {
    UploadersSite site{"quoted"};
    const fs::path secret{"/srv/secret.json"};
    for (const std::string text :
         {R"({"password": "hunter2", "Ver": "hunter2", "HttpPort": "hunter2"})", "hunter2: x"}) {
        fs::remove(site.conf_path());
        write_file(secret, text);
        REQUIRE(::chmod(secret.c_str(), 0600) == 0);
        fs::rename(secret, site.conf_path()); // as from a directory that both may write
        check_refused(site, k_config, {"it may be another user's: not everybody may read it"});
        contains_not(journal_of("quoted*"), "hunter2");
    }
    fs::remove(site.conf_path());
    check_next_good_one_works(site, "2");
}

TEST_CASE("a lease that the uploader holds on watch.conf makes no verdict, and holds nobody") {
    UploadersSite site{"leased"};
    site.edit("2");
    Process holder{{"setpriv", "--reuid", k_uploader, "--clear-groups", "perl", "-e",
                    "use Fcntl; $SIG{IO} = 'IGNORE'; open(F, '+<', '/srv/leased/watch.conf') or die;"
                    "fcntl(F, 1024, F_WRLCK) or die $!; sleep 1 while 1;"}}; // F_SETLEASE, fcntl(2)
    wait_until("the lease is taken", [] { return read_file("/proc/locks").find("LEASE") != std::string::npos; });
    const auto put_off = site.deploy();
    CHECK_MESSAGE(put_off.status == 1, put_off.text());
    contains(put_off.err, "another program has a lease on it");
    contains(put_off.err, "it is tried again automatically");
    holder.kill(SIGKILL);
    (void)holder.wait();
    site.wait_for_version("2");
}

TEST_CASE("names with newlines and escape sequences move no cursor and forge no line in any output") {
    const Secret secret;
    UploadersSite site{"names"};
    const std::string name{"\x1b[2J\nbaton: release 9 is live\r\x9b"};
    fs::create_hard_link(secret.path, site.directory() / name);
    site.edit("2");
    check_refused(site, k_rejected, {R"(\x1b[2J\x0abaton: release 9 is live\x0d\x9b': a hard link to a file that)"});
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
    check_refused(site, k_rejected, {"more than 16.0 GiB", "keep files that the program does not read out of"});
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

TEST_CASE(
    "HttpPort over root's file, in root's directories or on a privileged port is refused, and names what root types") {
    const Secret secret;
    UploadersSite site{"listens"};
    for (const std::string address :
         {"/srv/secret-of-root", "/etc/newdir/x/y.sock", "/run/systemd/userdb/x.evil", "22"}) {
        site.http_port = address;
        site.edit("2");
        check_refused(site, k_config,
                      {"listening on '" + address + "': root has not allowed it",
                       "baton add --listen '" + address + "' listens"});
    }
    CHECK(fs::is_regular_file(secret.path));
    CHECK_FALSE(fs::exists("/etc/newdir"));
    REQUIRE(run({"baton", "add", "listens", "--listen", "22"}).status == 0);
    site.edit("3");
    CHECK(site.deploy().status == 0);
    CHECK(get("22").ver == "3");
}

TEST_CASE("an uploader sees what became of an upload and what it printed; another user sees the first alone") {
    UploadersSite site{"reads"};
    site.upload(k_misbehave);
    site.edit("bad", R"(, "Args": ["exit"])");
    CHECK(site.deploy().status == k_rejected);
    const auto as = [](const std::string& user, const std::string& what) {
        const auto told = shell(fmt::format("setpriv --reuid {} --clear-groups {}", user, what));
        CHECK_MESSAGE(told.status == 0, told.text());
        return told.out;
    };
    for (const auto* const what : {"baton status --json reads", "baton history --json reads"}) {
        contains(as(k_uploader, what), "misbehave: no database");
        const auto by_another = as("daemon", what);
        contains(by_another, "the program exited with status 7");
        CHECK_MESSAGE(by_another.find("misbehave: no database") == std::string::npos, by_another);
    }
}

TEST_CASE("what another sends to the journal in a site's name is not in baton logs") {
    UploadersSite site{"forged"};
    const auto sent = shell("printf 'BATON_SITE=forged\\nUNIT=forged.service\\nMESSAGE=forged by nobody\\n' | "
                            "setpriv --reuid nobody --clear-groups logger --journald");
    REQUIRE_MESSAGE(sent.status == 0, sent.text());
    REQUIRE(run({"journalctl", "--sync"}).status == 0);
    contains(run({"journalctl", "BATON_SITE=forged"}).out, "forged by nobody");
    CHECK(run({"baton", "logs", "forged"}).out.find("forged by nobody") == std::string::npos);
}

TEST_SUITE_END();
