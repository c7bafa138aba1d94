// SPDX-License-Identifier: MIT
// A site of a person's own service manager: `baton --user`, without root.
#include "support/files.hpp"
#include "support/http.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/traffic.hpp"
#include "support/user.hpp"
#include "support/wait.hpp"

#include <fmt/format.h>

using namespace machine;
namespace fs = std::filesystem;

namespace {

void check_contains(const std::string& text, const std::string& part) {
    CHECK_MESSAGE(text.find(part) != text.npos, part << "\n... is not in:\n" << text);
}

/// A registered site of a user who is made for it.
struct Served {
    User user;
    UsersSite site;

    explicit Served(const std::string& name, Linger linger = Linger::yes) : user{name, linger}, site{user, "shop"} {
        const auto added = site.add();
        REQUIRE_MESSAGE(added.status == 0, added.text());
        REQUIRE(get(site.address()).ver == "1");
    }
};

/// All files of the host that a site could be in.
std::string files_of_host() {
    return shell("find /etc/systemd /usr/local/lib/systemd /var/lib/baton /run/baton 2>&1 | sort").out;
}

/// What a release sees of the host.
std::string opened(const UsersSite& site, const std::string& path, bool write) {
    return get(site.address(), fmt::format("/open?path={}{}", path, write ? "&write=1" : "")).body;
}

} // namespace

TEST_SUITE_BEGIN("user");

TEST_CASE("an edit is a deploy, under load, without root and with nothing in the host's directories") {
    const auto before = files_of_host();
    const Served served{"ann"};
    const auto& [user, site] = served;
    Traffic traffic{site.address()};
    for (const auto* const ver : {"2", "3"}) {
        site.edit(ver);
        site.wait_for_version(ver);
        site.wait_for_status("/releases/0/state", "on probation");
    }
    CHECK(user.types("systemctl --user reload shop").status == 0);
    traffic.check_none_failed();
    CHECK(get(site.address(), "/user").body == std::to_string(user.uid()));
    CHECK(files_of_host() == before);
    CHECK(fs::exists(site.state() / "live"));
    CHECK(fs::exists(user.runtime() / "baton/shop/3/http.sock"));
    CHECK(site.status("/warnings") == "[]");
    const auto examined = user.types("baton --user doctor");
    CHECK_MESSAGE(examined.out == "nothing is wrong\n", examined.text());
    CHECK(user.types("systemctl --user stop shop.path").status == 0);
    CHECK(user.types("baton --user doctor").out.find("type: systemctl --user restart shop.path\n") !=
          std::string::npos);
    CHECK(user.types("systemctl --user restart shop.path").status == 0);
    const auto units = "shop.service shop.path shop.socket shop@3.service baton-reload@shop.service baton-look.service";
    const auto verified =
        user.types(fmt::format("systemd-analyze --user verify --man=no --recursive-errors=no {}", units));
    CHECK_MESSAGE(verified.text().find("baton") == std::string::npos, verified.text());
}

TEST_CASE("a release sees its snapshot, read-only, at the site's own path, and the rest of the home read-only") {
    const Served served{"ann"};
    const auto& [user, site] = served;
    user.done("echo secret >.pgpass && echo new >shop/uploaded-since && ln -s /bin/sh shop/link");
    const auto directory = site.directory().native();
    CHECK(opened(site, directory + "/test", false) == "ok");
    CHECK(opened(site, directory + "/uploaded-since", false) == "No such file or directory");
    CHECK(opened(site, directory + "/x", true) == "Read-only file system");
    CHECK(opened(site, user.home() / ".pgpass", false) == "ok");
    CHECK(opened(site, user.home() / "x", true) == "Read-only file system");
    CHECK(opened(site, "/tmp/x", true) == "ok");
    CHECK_FALSE(fs::exists("/tmp/x"));
}

TEST_CASE("a bad release is rejected, one that crashes on probation goes back, and a roll back by hand is one") {
    const Served served{"ann"};
    const auto& [user, site] = served;
    site.upload(k_misbehave);
    site.edit("bad", R"(, "Preflight": false, "Args": ["exit"])");
    const auto refused = user.types("baton --user deploy shop");
    CHECK(refused.status == 3);
    check_contains(refused.err, "the program exited with status 7");
    check_contains(refused.err, "  | ");
    check_contains(refused.err, "journalctl --user -u shop@");
    CHECK(get(site.address()).ver == "1");
    CHECK(user.types("systemctl --user reload shop").status != 0);

    site.upload(k_shop);
    site.edit("crashes", R"(, "Args": ["--crash-after=300"])");
    site.wait_for_status("/releases/1/state", "rolled back");
    site.wait_for_version("1");

    site.edit("2");
    site.wait_for_version("2");
    CHECK(user.types("baton --user rollback shop").status == 0);
    CHECK(get(site.address()).ver == "1");
    check_contains(user.done("baton --user history shop"), "rolled back");
    const auto told = user.done("baton --user logs shop");
    check_contains(told, "killed by SIGABRT");
    check_contains(told, "Site shop");
    const auto live = site.status("/live");
    check_contains(user.done("baton --user logs shop " + live), "is live");
}

TEST_CASE("stop, start and restart are those of the user's manager, and a restart keeps the socket") {
    const Served served{"ann"};
    const auto& [user, site] = served;
    user.done("systemctl --user stop shop");
    CHECK(refuses(site.address()));
    CHECK(site.show(site.unit(1), "ActiveState") == "inactive");
    check_contains(user.done("baton --user status shop"), "systemctl --user start shop");
    site.edit("2");
    user.done("systemctl --user start shop");
    site.wait_for_version("2");
    Traffic traffic{site.address(), fresh_traffic()};
    user.done("systemctl --user restart shop");
    site.wait_for_version("2");
    traffic.check_none_refused();
    for (int i = 0; i < 6; ++i) // more than DefaultStartLimitBurst=: the look comes and goes with the only site
        user.done("systemctl --user stop shop && systemctl --user start shop");
    CHECK(user.done("systemctl --user is-active baton-look.path baton-look.timer") == "active\nactive");
}

TEST_CASE("a site is up again when its manager is, and an edit that was made meanwhile is deployed") {
    const Served served{"ann"};
    const auto& [user, site] = served;
    site.edit("2");
    site.wait_for_version("2");
    REQUIRE(run({"systemctl", "stop", user.manager()}, 180s).status == 0);
    CHECK(refuses(site.address()));
    site.edit("3");
    REQUIRE(run({"systemctl", "start", user.manager()}).status == 0);
    site.wait_for_version("3");
    CHECK(site.show("shop.service", "UnitFileState") == "enabled");
}

TEST_CASE("an edit beside a daemon-reload of the user's manager is not lost") {
    const Served served{"ann"};
    const auto& [user, site] = served;
    for (int ver = 2; ver < 7; ++ver) {
        Process reload{{"setpriv", "--reuid", user.name(), "--regid", user.name(), "--init-groups", "env",
                        "XDG_RUNTIME_DIR=" + user.runtime().native(), "systemctl", "--user", "daemon-reload"}};
        site.edit(std::to_string(ver));
        CHECK(reload.wait().status == 0);
        wait_until(
            "it is live", [&] { return get(site.address()).ver == std::to_string(ver); }, 5s);
    }
}

TEST_CASE("systemctl --user edit, mask and revert work on a site, and remove leaves nothing of it") {
    const Served served{"ann"};
    const auto& [user, site] = served;
    user.done("mkdir -p .config/systemd/user/shop@.service.d && "
              "printf \"[Service]\\nStateDirectory=shop\\n\" >.config/systemd/user/shop@.service.d/override.conf && "
              "systemctl --user daemon-reload");
    check_contains(site.status("/warnings"), "a reload applies them: systemctl --user reload shop");
    user.done("systemctl --user reload shop");
    const auto state = site.show(site.unit(2), "StateDirectory");
    CHECK(state == "shop");
    CHECK((opened(site, user.home() / ".config/shop/x", true) == "ok" ||
           opened(site, user.home() / ".local/state/shop/x", true) == "ok")); // 252, and 254
    user.done("systemctl --user revert shop@.service");
    user.done("systemctl --user mask shop.service && systemctl --user unmask shop.service");
    user.done("systemctl --user is-enabled shop");
    user.done("baton --user remove shop");
    CHECK(refuses(site.address()));
    CHECK_FALSE(fs::exists(site.state()));
    CHECK_FALSE(fs::exists(user.runtime() / "baton/shop"));
    CHECK(
        user.done("find .config .local -name \"*shop*\" -not -path \".config/shop*\" -not -path \".local/state/shop*\"")
            .empty());
    CHECK(fs::exists(site.directory() / "watch.conf"));
    wait_until("no unit of baton is loaded", [&] {
        return user
            .done("systemctl --user list-units --all --plain --no-legend \"shop*\" \"baton*\" | grep -v slice || :")
            .empty();
    });
}

TEST_CASE("two users and the host have sites of the same name, and none touches another's") {
    ServingSite hosts{"shop"};
    const Served anns{"ann"};
    const Served bens{"ben"};
    anns.site.edit("ann-2");
    anns.site.wait_for_version("ann-2");
    CHECK(get(bens.site.address()).ver == "1");
    CHECK(get(hosts.address()).ver == "1");
    CHECK(anns.user.done("baton status --json").find(hosts.address()) != std::string::npos); // as any user
    CHECK(anns.user.types("ls " + bens.site.state().native()).status != 0);                  // Args may have secrets
    bens.user.done("baton --user remove shop");
    hosts.edit("host-2");
    hosts.wait_for_version("host-2");
    CHECK(get(anns.site.address()).ver == "ann-2");
    const auto logs = anns.user.done("baton --user logs shop");
    CHECK_MESSAGE(logs.find("host-2") == logs.npos, logs);
}

TEST_CASE("without a manager of one's own, as root or after su, baton --user says what to type") {
    const User user{"ann"};
    const auto as_root = shell("env --unset=XDG_RUNTIME_DIR baton --user status");
    CHECK(as_root.status == 2);
    check_contains(as_root.err, "XDG_RUNTIME_DIR is not set");
    check_contains(as_root.err, "XDG_RUNTIME_DIR=/run/user/$(id -u ann) baton --user");
    const auto of_anothers = shell(fmt::format("XDG_RUNTIME_DIR={} baton --user status", user.runtime().native()));
    CHECK(of_anothers.status == 2);
    check_contains(of_anothers.err, "type it as that user, without sudo");
    const auto after_su = user.types("unset XDG_RUNTIME_DIR; baton --user status");
    CHECK(after_su.status == 2);
    check_contains(after_su.err, fmt::format("export XDG_RUNTIME_DIR=/run/user/{}", user.uid()));
    const auto elsewhere =
        user.types("baton --user status x", "XDG_STATE_HOME=" + (user.home() / "elsewhere").native());
    check_contains(elsewhere.err, "environment.d");
    const auto of_host = user.types("baton add shop shop");
    CHECK(of_host.status != 0);
}

TEST_CASE("a user without lingering is told that the site ends at logout, and one with it is not") {
    const User ann{"ann", Linger::no};
    const UsersSite anns{ann, "shop"};
    const auto told = anns.add();
    CHECK(told.status == 0);
    check_contains(told.err, "loginctl enable-linger ann");
    check_contains(ann.types("baton --user doctor").out, "type: loginctl enable-linger ann\n");
    const User ben{"ben"};
    const UsersSite bens{ben, "shop"};
    CHECK(bens.add().err.empty());
}

TEST_CASE("baton --user doctor names what is masked or down among its own helpers, and bears a manager that hangs") {
    const User user{"ann"};
    const UsersSite site{user, "shop"};
    REQUIRE(site.add().status == 0);
    user.done("systemctl --user mask baton-reload@.service && systemctl --user stop baton-look.timer");
    const auto told = user.types("baton --user doctor");
    check_contains(told.out, "type: systemctl --user unmask baton-reload@.service\n");
    check_contains(told.out, "type: systemctl --user start baton-look.timer\n");
    user.done("systemctl --user unmask baton-reload@.service && systemctl --user start baton-look.timer");
    CHECK(user.types("baton --user doctor").out == "nothing is wrong\n");
    user.done("systemctl --user stop shop"); // the looks stop with the last site
    CHECK(user.types("baton --user doctor").out.find("baton-look") == std::string::npos);

    const auto manager = "$(systemctl show -P MainPID " + user.manager() + ")";
    REQUIRE(shell("kill -STOP " + manager).status == 0);
    const auto begin = std::chrono::steady_clock::now();
    const auto hung = user.types("baton --user doctor --json");
    CHECK(std::chrono::steady_clock::now() - begin < 45s);
    check_contains(hung.out, "\"findings\"");
    REQUIRE(shell("kill -CONT " + manager).status == 0);
}

TEST_CASE("a port below 1024 is refused with what root could type, and a unix socket may be anywhere of the user's") {
    const User user{"ann"};
    UsersSite site{user, "shop"};
    const auto port = site.http_port;
    site.http_port = "80";
    site.edit("1");
    const auto refused = site.add();
    CHECK(refused.status == 78);
    check_contains(refused.err, "sysctl --write net.ipv4.ip_unprivileged_port_start=80");
    CHECK_FALSE(fs::exists(site.state()));
    CHECK(user.types("baton --user add shop shop --listen 80").status == 2);
    site.http_port = user.runtime() / "shop/http.sock";
    site.edit("1");
    const auto added = site.add();
    REQUIRE_MESSAGE(added.status == 0, added.text());
    CHECK(get(site.http_port).ver == "1");
    site.http_port = port;
    site.edit("2");
    site.wait_for_version("2");
    user.done("baton --user remove shop");
    CHECK_FALSE(fs::exists(user.runtime() / "shop"));
}

TEST_CASE("where the kernel gives users no namespaces, a release runs in its snapshot, without those of the sandbox") {
    const User user{"ann"};
    const fs::path drop_in = fmt::format("/run/systemd/system/{}.d", user.manager());
    fs::create_directories(drop_in);
    write_file(drop_in / "50-test.conf", "[Service]\nRestrictNamespaces=yes\n");
    REQUIRE(shell("systemctl daemon-reload && systemctl restart " + user.manager(), 180s).status == 0);
    UsersSite site{user, "shop"};
    // Such a host would refuse it to the person who types as well.
    const auto added =
        shell(fmt::format("systemd-run --quiet --pipe --wait --property=RestrictNamespaces=yes --uid=ann "
                          "--setenv=XDG_RUNTIME_DIR={} --setenv=HOME=/home/ann --working-directory=/home/ann "
                          "baton --user add shop shop",
                          user.runtime().native()));
    REQUIRE_MESSAGE(added.status == 0, added.text());
    site.edit("2");
    site.wait_for_version("2");
    const auto snapshot = site.state() / "releases/2/tree";
    CHECK(shell(fmt::format("readlink /proc/{}/cwd", get(site.address()).pid)).out == snapshot.native() + "\n");
    CHECK(shell(fmt::format("readlink /proc/{}/exe", get(site.address()).pid)).out ==
          (snapshot / "test").native() + "\n");
    fs::remove_all(drop_in);
    REQUIRE(run({"systemctl", "daemon-reload"}).status == 0);
}
