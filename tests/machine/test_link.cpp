// SPDX-License-Identifier: MIT
// A site registered by a symlink, such as Capistrano's `current`: a switch of the link is a deploy. And where a link
// that an uploader can write may lead.
#include "support/files.hpp"
#include "support/hostile.hpp"
#include "support/programs.hpp"
#include "support/traffic.hpp"

#include <fmt/format.h>

#include <sys/stat.h>

using namespace machine;
namespace fs = std::filesystem;

namespace {

/// /srv/NAME/releases/N, and the link /srv/NAME/current to one of them.
struct LinkedSite : Site {
    explicit LinkedSite(const std::string& name, const std::string& first = "releases/1") : Site{name} {
        build("1");
        fs::create_symlink(first, current());
    }
    void register_it() const {
        const auto added = run({"baton", "add", name(), current()});
        REQUIRE_MESSAGE(added.status == 0, added.text());
    }
    [[nodiscard]] fs::path current() const { return directory() / "current"; }
    [[nodiscard]] fs::path built(const std::string& ver) const { return directory() / "releases" / ver; }
    void build(const std::string& ver, const fs::path& program = k_shop) const {
        fs::create_directories(built(ver));
        REQUIRE(run({"cp", program, built(ver) / "test"}).status == 0);
        write_file(built(ver) / ("only-in-" + ver), ver);
        write_file(built(ver) / "watch.conf", conf(ver));
    }
    /// As Capistrano does: a link beside it, renamed over.
    void switch_to(const fs::path& target) const {
        fs::create_symlink(target, directory() / "releases/current");
        fs::rename(directory() / "releases/current", current());
    }
    /// What the program finds at a path in it.
    [[nodiscard]] std::string sees(const std::string& path) const {
        return get(address(), "/open?path=" + (current() / path).native()).body;
    }
};

/// A link of the uploader's in a directory of theirs, registered by root.
struct UploadersLink {
    UploadersLink() {
        REQUIRE(run({"chown", "-R", k_uploader, site.directory()}).status == 0);
        site.register_it();
        site.unwatch();
    }
    void by_uploader(const std::string& command) const {
        const auto done = as_user(k_uploader, command, site.directory());
        REQUIRE_MESSAGE(done.status == 0, done.text());
    }
    LinkedSite site{"uploaders-link"};
};

/// What root keeps: a directory that looks like a site, with a watch.conf of its own, below one that is closed.
struct Kept {
    explicit Kept(const fs::path& at, mode_t mode, mode_t files) : top{at} {
        fs::create_directories(at / "site");
        REQUIRE(run({"cp", k_shop, at / "site/test"}).status == 0);
        for (const auto& [name, text] : std::vector<std::pair<std::string, std::string>>{
                 {"watch.conf", std::string{"{\"Ver\": \""} + k_secret + "\"}"}, {"password", k_secret}}) {
            write_file(at / "site" / name, text);
            REQUIRE(::chmod((at / "site" / name).c_str(), files) == 0);
        }
        REQUIRE(::chmod(at.c_str(), mode) == 0);
    }
    ~Kept() {
        std::error_code ignored;
        fs::remove_all(top, ignored);
    }
    Kept(const Kept&) = delete;
    Kept& operator=(const Kept&) = delete;
    fs::path top;
};

} // namespace

TEST_SUITE_BEGIN("link");

TEST_CASE("switching the link that a site was registered by is a deploy: relative, absolute, by another link") {
    const LinkedSite site{"cap"};
    site.register_it();
    CHECK(site.status("/directory") == site.current().native());
    site.build("2");
    site.build("3");
    site.build("4");
    Traffic traffic{site.address()};
    site.switch_to("releases/2");
    site.wait_for_version("2");
    site.switch_to(site.built("3")); // absolute
    site.wait_for_version("3");
    fs::create_symlink("releases/4", site.directory() / "next");
    site.switch_to("next");
    site.wait_for_version("4");
    fs::create_symlink("releases/2", site.directory() / "next.new");
    fs::rename(site.directory() / "next.new", site.directory() / "next"); // further on the way
    site.wait_for_version("2");
    CHECK(run({"ln", "-sfn", "releases/3", site.current()}).status == 0);
    site.wait_for_version("3");
    traffic.check_none_failed();
}

TEST_CASE("what a switched link leads to is watched: an edit of its watch.conf in place is a deploy") {
    const LinkedSite site{"cap-edit"};
    site.register_it();
    site.build("2");
    site.switch_to("releases/2");
    site.wait_for_version("2");
    const auto reloads = [] {
        return run({"busctl", "get-property", "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                    "org.freedesktop.systemd1.Manager", "UnitsLoadFinishTimestampMonotonic"})
            .out;
    };
    const auto before = reloads();
    write_file(site.built("2") / "watch.conf", site.conf("2b"));
    site.wait_for_version("2b");
    write_file(site.built("2") / "watch.conf", site.conf("2c"));
    site.wait_for_version("2c");
    site.switch_to("releases/1");
    site.wait_for_version("1");
    write_file(site.built("1") / "watch.conf", site.conf("1b"));
    site.wait_for_version("1b");
    CHECK(reloads() == before); // PID 1 has read no unit file for it
}

TEST_CASE("a link switched to the very files of before, as rsync --link-dest makes them, is looked at") {
    const LinkedSite site{"cap-linked"};
    site.register_it();
    REQUIRE(run({"cp", "-al", site.built("1"), site.built("2")}).status == 0);
    write_file(site.built("2") / "more", "more");
    site.switch_to("releases/2");
    wait_until("release 2 is live", [&] { return site.live() == 2; });
    CHECK(site.sees("more") == "ok");
}

TEST_CASE("a target that is deleted, before or after the switch, harms nothing") {
    const LinkedSite site{"cap-gone"};
    site.register_it();
    site.build("2");
    site.switch_to("releases/2");
    site.wait_for_version("2");
    fs::remove_all(site.built("1"));
    REQUIRE(run({"baton", "rollback", site.name()}).status == 0);
    CHECK(get(site.address()).ver == "1");
    CHECK(site.sees("only-in-1") == "ok");
    fs::remove_all(site.built("2")); // the link dangles now
    REQUIRE(run({"systemctl", "restart", site.name()}).status == 0);
    site.wait_for_version("1");
    CHECK(site.sees("only-in-1") == "ok");
    CHECK_FALSE(fs::exists(site.built("1"))); // nobody has made it anew
    CHECK_FALSE(fs::exists(site.built("2")));
    site.build("3");
    site.switch_to("releases/3");
    site.wait_for_version("3");
}

TEST_CASE("a release sees its snapshot by the link, wherever that leads meanwhile; and what is beside the link") {
    const LinkedSite site{"cap-sees"};
    fs::create_directory(site.directory() / "shared");
    write_file(site.directory() / "shared/database.yml", "x");
    site.register_it();
    const auto shared = [&] {
        return get(site.address(), "/open?path=" + (site.directory() / "shared/database.yml").native()).body;
    };
    CHECK(site.sees("only-in-1") == "ok");
    CHECK(shared() == "ok");
    Journal journal{site.name()};
    site.build("2", k_misbehave);
    site.switch_to("releases/2");
    (void)journal.wait_for(Event::release_rejected);
    CHECK(get(site.address()).ver == "1");
    CHECK(site.sees("only-in-1") == "ok");
    CHECK(site.sees("only-in-2") == "No such file or directory");
    CHECK(shared() == "ok");
}

TEST_CASE("a site below a link that the host itself has is followed: /data to a disk") {
    const LinkedSite site{"cap-disk"};
    fs::create_symlink("srv/cap-disk/releases", "/disk-of-the-host");
    const auto added = run({"baton", "add", site.name(), "/disk-of-the-host/1"});
    REQUIRE_MESSAGE(added.status == 0, added.text());
    CHECK(site.status("/directory") == "/disk-of-the-host/1");
    CHECK(get(site.address(), "/open?path=/disk-of-the-host/1/only-in-1").body == "ok");
    write_file(site.built("1") / "watch.conf", site.conf("1b"));
    site.wait_for_version("1b");
    fs::create_symlink("srv/cap-disk/more", "/disk-of-the-host.new");
    fs::create_directory(site.directory() / "more");
    fs::rename(site.built("1"), site.directory() / "more/1");
    write_file(site.directory() / "more/1/watch.conf", site.conf("1c"));
    fs::rename("/disk-of-the-host.new", "/disk-of-the-host");
    site.wait_for_version("1c");
    fs::remove("/disk-of-the-host");
}

TEST_CASE("switching a watch.conf that is a link within the directory is a deploy") {
    const ServingSite site{"conf-link"};
    fs::create_directory(site.directory() / "conf");
    for (const auto* const ver : {"2", "3", "4"})
        write_file(site.directory() / "conf" / ver, site.conf(ver));
    const auto switch_to = [&](const std::string& ver) {
        fs::create_symlink("conf/" + ver, site.directory() / "new");
        fs::rename(site.directory() / "new", site.conf_path());
    };
    for (const auto* const ver : {"2", "3", "4", "2"}) {
        switch_to(ver);
        site.wait_for_version(ver);
    }
    write_file(site.directory() / "conf/2", site.conf("2b"));
    site.wait_for_version("2b");
}

TEST_CASE("baton check knows a site by its link and by what that leads to") {
    LinkedSite site{"cap-check"};
    site.http_port = "81";
    site.build("1");
    REQUIRE(run({"baton", "add", site.name(), site.current(), "--listen", "81"}).status == 0);
    for (const auto& path : {site.current(), site.built("1")})
        CHECK_MESSAGE(run({"baton", "check", path}).status == 0, path);
}

TEST_CASE("an uploader's link makes root read nothing that the uploader could not, nor add it") {
    const UploadersLink link;
    const Kept closed{"/srv/closed-of-root", 0700, 0644};
    const Kept files{"/srv/files-of-root", 0755, 0600};
    for (const auto& kept : {closed.top / "site", files.top / "site", fs::path{"/root"}, fs::path{"/etc"}}) {
        CAPTURE(kept);
        link.by_uploader("ln -sfn " + kept.native() + " current");
        const auto refused = link.site.deploy();
        CHECK_MESSAGE(refused.status == k_config, refused.text());
        contains_not(refused.text(), k_secret);
        CHECK_FALSE(state_has_secret(link.site));
        CHECK(get(link.site.address()).ver == "1");
        const auto added = run({"baton", "add", "another", link.site.current()});
        CHECK_MESSAGE(added.status != 0, added.text());
        contains_not(added.text(), k_secret);
        CHECK_FALSE(fs::exists("/var/lib/baton/another"));
        const auto checked = run({"baton", "check", link.site.current()});
        CHECK_MESSAGE(checked.status == k_config, checked.text());
        contains_not(checked.text(), k_secret);
    }
    contains_not(journal_of(link.site.name()), k_secret);
    link.site.build("2");
    REQUIRE(run({"chown", "-R", k_uploader, link.site.directory()}).status == 0);
    link.by_uploader("ln -sfn releases/2 current");
    CHECK(link.site.deploy().status == 0);
    CHECK(get(link.site.address()).ver == "2");
}

TEST_CASE("a link of root's that an uploader moves into place counts as the uploader's") {
    const UploadersLink link;
    const Kept closed{"/srv/closed-of-root", 0700, 0644};
    fs::create_symlink(closed.top / "site", link.site.directory() / "roots");
    link.by_uploader("mv -T roots current");
    const auto refused = link.site.deploy();
    CHECK_MESSAGE(refused.status == k_config, refused.text());
    CHECK_FALSE(state_has_secret(link.site));
    CHECK(get(link.site.address()).ver == "1");
}

TEST_CASE("an uploader's link makes PID 1 create nothing and mount nothing elsewhere, and no line of a unit") {
    const UploadersLink link;
    link.by_uploader("d=$(printf 'x\\nUnit=evil.service\\n'); mkdir \"$d\" && cp -r releases/1 \"$d/1\" && "
                     "ln -s 1 \"$d/l\" && ln -sfn \"$d/l\" current");
    CHECK(link.site.deploy().status == 0);
    contains_not(run({"systemctl", "cat", link.site.name() + ".path"}).out, "evil");
    link.by_uploader("ln -sfn /etc/made-by-pid-1 current");
    REQUIRE(run({"systemctl", "restart", link.site.name()}).status == 0);
    link.site.wait_for_version("1");
    CHECK_FALSE(fs::exists("/etc/made-by-pid-1"));
    CHECK(link.site.sees("only-in-1") == "ok");
}

TEST_SUITE_END();
