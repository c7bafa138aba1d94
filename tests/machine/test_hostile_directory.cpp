// SPDX-License-Identifier: MIT
// The site's directory itself: swapped for something else, with odd files and names in it, with access control lists;
// and what its owner may not write or may read.
#include "base/fd.hpp"
#include "support/files.hpp"
#include "support/hostile.hpp"
#include "support/programs.hpp"
#include "support/wait.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <array>
#include <csignal>

using namespace machine;
namespace fs = std::filesystem;

namespace {

/// A site whose directory is in one that the uploader may write, and so may replace it.
struct ReplaceableSite {
    ReplaceableSite() {
        fs::create_directory(yard);
        fs::rename(site.directory(), directory);
        fs::create_directory(site.directory()); // what ~Site() removes
        REQUIRE(run({"chown", "-R", k_uploader, yard}).status == 0);
        const auto added = run({"baton", "add", site.name(), directory});
        REQUIRE_MESSAGE(added.status == 0, added.text());
        site.unwatch();
    }
    ~ReplaceableSite() {
        std::error_code ignored;
        fs::remove_all(yard, ignored);
    }
    ReplaceableSite(const ReplaceableSite&) = delete;
    ReplaceableSite& operator=(const ReplaceableSite&) = delete;

    void edit(const std::string& ver) const { write_file(directory / "watch.conf", site.conf(ver)); }
    void by_uploader(const std::string& command) const {
        const auto done = as_user(k_uploader, command, yard);
        REQUIRE_MESSAGE(done.status == 0, done.text());
    }

    fs::path yard{"/srv/yard"};
    fs::path directory{"/srv/yard/site"};
    struct Uploaded : Site {
        Uploaded() : Site{"yard-site"} {
            upload(k_shop);
            Site::edit("1");
        }
    } site;
};

/// Lets a user who has nothing to do with `directory` write it, or, as its default, all that is made there from now on.
void set_list(const fs::path& directory, const char* name, std::uint32_t user, std::uint16_t others) {
    using Entry = posix_acl_xattr_entry;
    constexpr auto k_all = ACL_READ | ACL_WRITE | ACL_EXECUTE;
    struct {
        posix_acl_xattr_header header;
        std::array<Entry, 5> entries;
    } list{{POSIX_ACL_XATTR_VERSION},
           {Entry{ACL_USER_OBJ, k_all, ~0U}, Entry{ACL_USER, k_all, user}, Entry{ACL_GROUP_OBJ, k_all, ~0U},
            Entry{ACL_MASK, k_all, ~0U}, Entry{ACL_OTHER, others, ~0U}}};
    REQUIRE(::setxattr(directory.c_str(), name, &list, sizeof list, 0) == 0);
}

bool has_list(const fs::path& path) {
    return ::lgetxattr(path.c_str(), "system.posix_acl_access", nullptr, 0) > 0 ||
           ::lgetxattr(path.c_str(), "system.posix_acl_default", nullptr, 0) > 0;
}

/// A release that is rejected, having printed `words`.
void deploy_rejected(const Site& site, const std::string& words) {
    fs::remove(site.directory() / "test");
    write_file(site.directory() / "test", "#!/bin/sh\necho " + words + " >&2\nexit 7\n");
    site.edit(words);
    CHECK(site.deploy().status == k_rejected);
}

} // namespace

TEST_SUITE_BEGIN("hostile");

TEST_CASE("a directory that is moved away, with a symlink in its place, is not followed: to /etc, or another's site") {
    const ReplaceableSite yard;
    const UploadersSite victim{"victim"};
    write_file(victim.directory() / "password", k_secret);
    REQUIRE(::chmod((victim.directory() / "password").c_str(), 0600) == 0);
    for (const std::string target : {"/etc", "/srv/victim", "/root", "/var/lib/baton/victim/releases/1/tree"}) {
        yard.by_uploader("mv site held && ln -s " + target + " site");
        const auto refused = run({"baton", "deploy", "--force", yard.site.name()});
        CHECK_MESSAGE(refused.status != 0, refused.text());
        CHECK_FALSE(state_has_secret(yard.site));
        CHECK(get(yard.site.address()).ver == "1");
        yard.by_uploader("rm site && mv held site");
    }
    yard.edit("2");
    CHECK(yard.site.deploy().status == 0);
    CHECK(get(yard.site.address()).ver == "2");
}

TEST_CASE(
    "a directory replaced by a symlink makes PID 1 create nothing and mount nothing elsewhere when a release starts") {
    const ReplaceableSite yard;
    for (const std::string target : {"/etc/made-by-pid-1", "/srv/made-by-pid-1/deep", "/usr/share"}) {
        yard.by_uploader("mv site held && ln -s " + target + " site");
        REQUIRE(run({"systemctl", "restart", yard.site.name()}).status == 0);
        wait_until("it serves", [&] { return get(yard.site.address()).ver == "1"; });
        CHECK_FALSE(fs::exists("/etc/made-by-pid-1"));
        CHECK_FALSE(fs::exists("/srv/made-by-pid-1"));
        const auto opened = get(yard.site.address(), "/open?path=/usr/share/watch.conf").body;
        CHECK_MESSAGE(opened != "ok", target);
        yard.by_uploader("rm site && mv held site");
    }
    CHECK(get(yard.site.address(), "/open?path=/srv/yard/site/watch.conf").body == "ok");
}

TEST_CASE(
    "a watch.conf that is a FIFO, a socket, a directory, or a symlink to a device or to root's file, is refused") {
    const Secret secret;
    UploadersSite site{"conf-kinds"};
    const std::vector<std::pair<std::string, std::string>> kinds{
        {"mkfifo watch.conf", "found a FIFO, expected a regular file"},
        {"mkdir watch.conf", "found a directory, expected a regular file"},
        {"perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, pack_sockaddr_un(\"watch.conf\")) or die'",
         "found a socket, expected a regular file"},
        {"ln -s /dev/zero watch.conf", "leads out of the site's directory"},
        {"ln -s /srv/secret-of-root watch.conf", "leads out of the site's directory"},
        {"ln -s ../secret-of-root watch.conf", "leads out of the site's directory"},
        {"ln -s /proc/self/environ watch.conf", "leads out of the site's directory"},
        {"ln -s watch.conf watch.conf", "Too many levels of symbolic links"},
        {"true", "No such file or directory"},
    };
    for (const auto& [make, words] : kinds) {
        CAPTURE(make);
        site.by_uploader("rm -rf watch.conf; " + make);
        check_refused(site, k_config, {words});
        contains_not(journal_of(site.name()), k_secret);
    }
    site.by_uploader("rm -rf watch.conf");
    check_next_good_one_works(site, "2");
}

TEST_CASE("odd names reach the release as they are: specifiers, quotes, blanks, newlines, dots, 255 bytes") {
    UploadersSite site{"odd-names"};
    const std::vector<std::string> names{"%n",
                                         "%%i",
                                         "@",
                                         "x@y.service",
                                         "-rf",
                                         "$(id)",
                                         "a b ",
                                         " a",
                                         "...",
                                         "\"q'",
                                         "b\\",
                                         "c\nd",
                                         "\x1b[2J",
                                         "\xff\xfe",
                                         std::string(255, 'n'),
                                         "*",
                                         ";#",
                                         "watch.conf.d",
                                         "odd-names.service.d",
                                         "http.sock"};
    for (const auto& name : names)
        write_file(site.directory() / name, name);
    check_next_good_one_works(site, "2");
    const auto tree = site.state() / "releases/2/tree";
    for (const auto& name : names)
        CHECK_MESSAGE(read_file(tree / name) == name, name);
    CHECK(fs::exists("/usr/local/lib/systemd/system/odd-names@.service"));
    CHECK_FALSE(has_control(journal_of(site.name())));
}

TEST_CASE("a list that gives all new files to another user goes into no snapshot, record or evidence") {
    UploadersSite site{"lists"};
    set_list(site.directory(), "system.posix_acl_default", 2, ACL_READ | ACL_WRITE | ACL_EXECUTE);
    site.by_uploader("mkdir made && echo x >made/file");
    CHECK(has_list(site.directory() / "made/file"));
    check_next_good_one_works(site, "2");
    for (const auto& entry : fs::recursive_directory_iterator{site.state() / "releases/2"})
        CHECK_MESSAGE(!has_list(entry.path()), entry.path());
    CHECK(as_user(k_another, "cat /var/lib/baton/lists/releases/2/tree/made/file").status != 0);
}

TEST_CASE("a file that only some of those a list names as writers may read is rejected") {
    UploadersSite site{"named-writer"};
    constexpr std::uint32_t k_daemon = 1; // k_another
    set_list(site.directory(), "system.posix_acl_access", k_daemon, ACL_READ | ACL_EXECUTE);
    const fs::path yard{"/srv/named-writer-yard"}; // which both may write, as a common upload directory
    REQUIRE(shell("mkdir -m 0777 /srv/named-writer-yard").status == 0);
    write_file(yard / "key", k_secret);
    REQUIRE(shell("chown root:nogroup /srv/named-writer-yard/key && chmod 0640 /srv/named-writer-yard/key").status ==
            0);
    REQUIRE(as_user(k_another, "mv key /srv/named-writer/", yard).status == 0);
    REQUIRE(as_user(k_another, "cat key", site.directory()).status != 0);
    site.edit("2");
    check_refused(site, k_rejected, {"importing 'key': it may be another user's"});
    CHECK_FALSE(state_has_secret(site));
    fs::remove(site.directory() / "key");
    check_next_good_one_works(site, "3");
    fs::remove_all(yard);
}

TEST_CASE("what a program printed is read by who owns the directory when it is printed, and by no other user") {
    UploadersSite site{"owners"};
    deploy_rejected(site, "first-words");
    REQUIRE(run({"chown", k_another, site.directory()}).status == 0);
    deploy_rejected(site, "second-words");
    const auto told = [](const std::string& user) { return as_user(user, "baton history --json owners").out; };
    contains(told(k_uploader), "first-words\"");
    CHECK(told(k_uploader).find("\"second-words\"\n") == std::string::npos);
    const auto evidence = [](const std::string& user, int release) {
        return as_user(user, fmt::format("cat /var/lib/baton/owners/evidence/{}", release)).status == 0;
    };
    CHECK(evidence(k_uploader, 2));
    CHECK_FALSE(evidence(k_uploader, 3));
    CHECK_FALSE(evidence(k_another, 2)); // the one before had it in confidence
    CHECK(evidence(k_another, 3));
    for (const int release : {2, 3})
        CHECK_FALSE(evidence("www-data", release));
}

TEST_CASE("who uploads learns from status that a watch.conf was refused, and why; others learn that it was") {
    const UploadersSite site{"refused-conf"};
    site.write_conf(R"({"HttpPort": "secret words", "Ver": "2", "BinName": "test"})");
    CHECK(site.deploy().status == 78);
    const auto warnings = [&](const char* user) {
        return as_user(user, "baton status --json refused-conf | grep -A3 warnings").out;
    };
    wait_until("it is refused",
               [&] { return warnings(k_another).find("the current watch.conf was refused") != std::string::npos; });
    CHECK_MESSAGE(warnings(k_another).find("secret words") == std::string::npos, warnings(k_another));
    CHECK_MESSAGE(warnings(k_uploader).find("secret words") != std::string::npos, warnings(k_uploader));
}

TEST_CASE("an uploader writes no drop-in, unit, state or lock of the site, and reads no snapshot") {
    const UploadersSite site{"no-drop-in"};
    for (const std::string directory :
         {"/usr/local/lib/systemd/system", "/usr/local/lib/systemd/system/no-drop-in@.service.d", "/etc/systemd/system",
          "/etc/systemd/system/no-drop-in.service.d", "/etc/systemd/system/no-drop-in@.service.d",
          "/etc/systemd/system/no-drop-in.socket.d", "/etc/systemd/system.control", "/run/systemd/system",
          "/run/systemd/transient", "/run/baton", "/run/baton/no-drop-in", "/run/no-drop-in", "/var/lib/baton",
          "/var/lib/baton/no-drop-in", "/var/lib/baton/no-drop-in/records", "/var/lib/baton/no-drop-in/evidence"})
        CHECK_MESSAGE(
            as_user(k_uploader, fmt::format("mkdir -p {0} 2>/dev/null; echo x >{0}/x.conf", directory)).status != 0,
            directory);
    for (const std::string file : {"lock", "wish.json", "releases/1/env", "releases/1/tree/watch.conf"})
        CHECK_MESSAGE(as_user(k_uploader, "cat /var/lib/baton/no-drop-in/" + file).status != 0, file);
    // A lock that anybody could take would stop all deploys.
    CHECK(as_user(k_uploader, "flock --nonblock /var/lib/baton/no-drop-in/lock true").status != 0);
}

TEST_SUITE_END();
