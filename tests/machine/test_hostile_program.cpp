// SPDX-License-Identifier: MIT
// A hostile program: whatever it leaves behind, says of itself, puts in its own directories or answers, it blocks no
// deploy, forges nothing and reaches nobody else's files.
#include "support/files.hpp"
#include "support/hostile.hpp"

#include <fmt/format.h>

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

using namespace machine;
namespace fs = std::filesystem;

namespace {

bool runs(const std::string& command_line) {
    return run({"pgrep", "-f", command_line}).status == 0;
}

/// A program in Perl that says READY=1 itself and then does nothing, after `before`. $S is its private socket.
std::string perl(std::string_view before) {
    return fmt::format("#!/usr/bin/perl\nuse Socket; our $S = $ENV{{BATON_PRIVATE_SOCKET}};\n"
                       "sub say_ {{ socket(my $n, PF_UNIX, SOCK_DGRAM, 0); "
                       "send($n, $_[0], 0, pack_sockaddr_un($ENV{{NOTIFY_SOCKET}})); }}\n{}\n"
                       "say_('READY=1'); sleep 1 while 1;\n",
                       before);
}

} // namespace

TEST_SUITE_BEGIN("hostile");

TEST_CASE("what a release has left running, in a session of its own and deaf to signals, ends with it") {
    UploadersSite site{"left-behind"};
    site.upload_script("#!/bin/sh\n"
                       "setsid sh -c \"trap '' TERM HUP INT QUIT; while :; do sleep 4242; done\" >/dev/null 2>&1 &\n"
                       "exec ./shop\n");
    check_next_good_one_works(site, "2");
    wait_until("it is there", [] { return runs("sleep 4242"); });
    REQUIRE(run({"systemctl", "kill", "--kill-who=main", "--signal=KILL", site.unit(2)}).status == 0);
    wait_until("the one before is back", [&] { return get(site.address()).ver == "1"; });
    wait_until("it is gone with the one that was killed", [] { return !runs("sleep 4242"); });

    check_next_good_one_works(site, "4");
    wait_until("it is there again", [] { return runs("sleep 4242"); });
    const auto release = site.unit(site.live());
    fs::remove(site.directory() / "test");
    site.by_uploader("mv shop test");
    check_next_good_one_works(site, "5");
    wait_until("the release has left", [&] { return site.show(release, "ActiveState") == "inactive"; });
    CHECK_FALSE(runs("sleep 4242"));
}

TEST_CASE("what a program says of its state moves no cursor, forges no line, and names no other process as its own") {
    UploadersSite site{"says"};
    site.upload_script(perl(R"(say_("STATUS=\x1b[2J\x1b]0;x\x07\x7f\xc2\x9b31m forged\r release 9"); )"
                            R"(say_("MAINPID=1"); say_("MAINPID=" . getppid()); say_("FDSTORE=1\nFDNAME=x"); )"));
    site.edit("2", R"(, "Preflight": false)");
    CHECK(site.deploy().status == 0);
    const auto pid = site.show(site.unit(2), "MainPID");
    CHECK(pid != "1");
    contains(read_file("/proc/" + pid + "/cmdline"), "/srv/says/test");
    for (const auto& out : {run({"baton", "status", "says"}).out, run({"baton", "status", "--json", "says"}).out})
        CHECK_MESSAGE(!has_control(out), out);
}

TEST_CASE("what a program puts in the place of its private socket is not followed: symlinks, a FIFO, a directory") {
    const UploadersSite victim{"private-victim"};
    UploadersSite site{"tricks"};
    int ver = 1;
    for (const std::string trick :
         {"symlink('/run/systemd/private', $S)", "symlink('/run/baton/private-victim/1/http.sock', $S)",
          "symlink('/run/dbus/system_bus_socket', $S)", "system('mkfifo', $S)", "mkdir($S)",
          "open(F, '>', $S); close(F)", "link('/run/dbus/system_bus_socket', $S)"}) {
        CAPTURE(trick);
        site.upload_script(perl(trick + ";"));
        site.edit(std::to_string(++ver), R"(, "Preflight": false, "HealthPath": "/healthz")");
        check_refused(site, k_rejected, {"the release has no private socket: listen on"});
    }
    CHECK(get(victim.address()).ver == "1");
    fs::remove(site.directory() / "test");
    site.by_uploader("mv shop test");
    check_next_good_one_works(site, "99");
}

TEST_CASE("when a release ends, systemd follows none of the symlinks that it has left in its runtime directory") {
    UploadersSite site{"runtime"};
    write_file("/srv/keep", "kept");
    site.upload_script(
        perl("my $d = $ENV{RUNTIME_DIRECTORY}; symlink('/srv', \"$d/srv\"); symlink('/srv/keep', \"$d/keep\");"
             "mkdir(\"$d/deep\"); symlink('/', \"$d/deep/root\");"));
    site.edit("2", R"(, "Preflight": false)");
    CHECK(site.deploy().status == 0);
    CHECK(fs::is_symlink("/run/baton/runtime/2/deep/root"));
    fs::remove(site.directory() / "test");
    site.by_uploader("mv shop test");
    check_next_good_one_works(site, "3");
    wait_until("its directory is gone", [] { return !fs::exists("/run/baton/runtime/2"); });
    CHECK(read_file("/srv/keep") == "kept");
    CHECK(fs::exists("/run/baton/runtime"));
    fs::remove("/srv/keep");
}

TEST_CASE("a program that exits with a status of systemd's own is judged by it, before READY=1 and after") {
    UploadersSite site{"exits"};
    site.set_unit("[Service]\nNotifyAccess=all\n");
    int ver = 1;
    for (const std::string status : {"200", "217", "226", "241", "71"}) {
        CAPTURE(status);
        site.upload_script("#!/bin/sh\nexit " + status + "\n");
        site.edit(std::to_string(++ver));
        const auto rejected = site.deploy();
        CHECK_MESSAGE(rejected.status == k_rejected, rejected.text());
        contains(rejected.err, "the program exited with status " + status);
        CHECK(get(site.address()).ver == "1");
    }
    site.upload_script("#!/bin/sh\nsystemd-notify --ready\nsleep 0.5\nexit 226\n");
    site.edit("bad", R"(, "Preflight": false)");
    (void)site.deploy();
    site.wait_for_version("1"); // it was on probation
    contains(site.status("/releases/1/state"), "rolled back");
}

TEST_CASE("what a program calls itself in the journal is told beside its unit") {
    UploadersSite site{"calls-itself"};
    // journald looks up who sends a line: that one has to be there still.
    site.upload_script("#!/bin/sh\n{ echo 'release 99 is live'; sleep 1; } | systemd-cat -t baton\nexec ./shop\n");
    site.edit("2");
    REQUIRE(site.deploy().status == 0);
    REQUIRE(run({"journalctl", "--sync"}).status == 0);
    const auto told = run({"baton", "logs", site.name()}).out;
    const auto at = told.find("release 99 is live");
    REQUIRE(at != told.npos);
    contains(told.substr(told.rfind('\n', at) + 1, 100), "calls-itself@2.service");
}

TEST_CASE("an answer without end takes no memory of the engine's: a line, headers, or a body that never stop") {
    UploadersSite site{"endless"};
    int ver = 1;
    for (const std::string endless :
         {"print $c 'x' x 65536 while 1", "print $c \"X-H: \" . 'x' x 4000 . \"\\r\\n\" while 1",
          "print $c \"X: y\\r\\n\" x 4096 while 1", "print $c \"\\r\\n\"; print $c 'x' x 65536 while 1"}) {
        CAPTURE(endless);
        const std::string head = endless.find("'x' x 65536 while 1") == 9 ? "" : "print $c \"HTTP/1.1 200 OK\\r\\n\"; ";
        site.upload_script(perl("socket(my $l, PF_UNIX, SOCK_STREAM, 0); bind($l, pack_sockaddr_un($S)); listen($l, 9);"
                                "$SIG{PIPE} = 'IGNORE'; if (!fork()) { while (accept(my $c, $l)) { if (!fork()) { " +
                                head + endless + "; } close($c); } }"));
        site.edit(std::to_string(++ver), R"(, "Preflight": false, "HealthPath": "/healthz")");
        const auto rejected = run({"prlimit", "--as=600000000", "baton", "deploy", site.name()}, 120s);
        CHECK_MESSAGE(rejected.status == k_rejected, rejected.text());
        contains(rejected.err, "asking the release who it is");
        CHECK(get(site.address()).ver == "1");
    }
}

TEST_CASE("a program that puts off its own end for ever is killed when the stop of its site has had its time") {
    UploadersSite site{"for-ever"};
    const fs::path drop_ins{"/etc/systemd/system/for-ever.service.d"};
    fs::create_directory(drop_ins);
    write_file(drop_ins / "50-test.conf", "[Service]\nTimeoutStopSec=8\n");
    REQUIRE(run({"systemctl", "daemon-reload"}).status == 0);
    site.upload_script(perl("$SIG{TERM} = 'IGNORE'; say_('READY=1');"
                            "while (1) { say_('EXTEND_TIMEOUT_USEC=100000000'); sleep 1; }"));
    site.edit("2", R"(, "Preflight": false)");
    CHECK(site.deploy().status == 0);
    REQUIRE(run({"systemctl", "stop", site.name()}).status == 0);
    CHECK(site.show(site.unit(2), "ActiveState") != "deactivating");
    CHECK_FALSE(runs("/srv/for-ever/test"));
    CHECK(refuses(site.address()));
    contains(journal_of(site.name()), "release 2 is killed: it extended its stop");
    fs::remove_all(drop_ins);
}

TEST_CASE("what a program leaves in its state directory is there for the next release, and leads nobody out of it") {
    UploadersSite site{"stateful"};
    site.set_unit("[Service]\nStateDirectory=stateful\n");
    site.upload_script("#!/bin/sh\ncd $STATE_DIRECTORY\necho kept >file\nln -sf /etc/shadow shadow\nln -sfn / root\n"
                       "cp /bin/sh sh; chmod 4755 sh; mknod dev c 1 1\ncd - >/dev/null\nexec ./shop\n");
    check_next_good_one_works(site, "2");
    check_next_good_one_works(site, "3");
    CHECK(read_file("/var/lib/private/stateful/file") == "kept\n");
    CHECK(get(site.address(), "/open?path=/var/lib/stateful/shadow").body == std::strerror(EACCES));
    struct stat st = {};
    REQUIRE(::lstat("/etc/shadow", &st) == 0);
    CHECK(st.st_uid == 0);
    CHECK(::lstat("/var/lib/private/stateful/dev", &st) != 0);
    if (::lstat("/var/lib/private/stateful/sh", &st) == 0) CHECK((st.st_mode & 06000U) == 0);
    CHECK(as_user(k_uploader, "ls /var/lib/private/stateful/").status != 0);
}

TEST_SUITE_END();
