// SPDX-License-Identifier: MIT
// Where a site may listen, under which names, and who may reload it: root must allow each by a command.
#include "support/files.hpp"
#include "support/hostile.hpp"
#include "support/programs.hpp"

#include <fmt/format.h>

#include <sys/stat.h>

using namespace machine;
namespace fs = std::filesystem;

namespace {

constexpr int k_usage = 2;

bool is_socket(const fs::path& path) {
    std::error_code error;
    return fs::is_socket(path, error);
}

/// A site that is not registered, whose watch.conf says this address.
struct UploadedSite : Site {
    UploadedSite(const std::string& name, const std::string& address) : Site{name} {
        upload(k_shop);
        http_port = address;
        edit("1");
    }
};

/// The rule of docs/SECURITY.md, for this site and user.
std::string polkit_rule(const std::string& site, const std::string& user) {
    const auto page = read_file(BATON_SECURITY_MD);
    const auto begin = page.find("polkit.addRule");
    auto rule = page.substr(begin, page.find("```", begin) - begin);
    for (const auto& [from, to] : {std::pair<std::string, std::string>{"shop.service", site + ".service"},
                                   {"subject.user == \"ann\"", "subject.user == \"" + user + "\""}}) {
        REQUIRE_MESSAGE(rule.find(from) != rule.npos, rule);
        rule.replace(rule.find(from), from.size(), to);
    }
    return rule;
}

} // namespace

TEST_SUITE_BEGIN("hostile");

TEST_CASE("baton add of a site on port 80 is refused without --listen, which it names, and done with it") {
    UploadedSite site{"privileged", "80"};
    const auto refused = site.add();
    CHECK_MESSAGE(refused.status == k_config, refused.text());
    contains(refused.err, "listening on '80': root has not allowed it");
    contains(refused.err, "baton add privileged DIR --listen");
    CHECK_FALSE(fs::exists(site.state()));
    CHECK(refuses("80"));
    const auto added = run({"baton", "add", site.name(), site.directory(), "--listen", "80"});
    CHECK_MESSAGE(added.status == 0, added.text());
    CHECK(get("80").ver == "1");
}

TEST_CASE("baton add --listen of a registered site replaces what root named before") {
    UploadersSite site{"relisted"};
    const auto listen = [&](const std::vector<std::string>& addresses) {
        std::vector<std::string> argv{"baton", "add", site.name()};
        for (const auto& address : addresses)
            argv.insert(argv.end(), {"--listen", address});
        const auto told = run(argv);
        CHECK_MESSAGE(told.status == 0, told.text());
    };
    const auto deploy_on = [&](const std::string& port, const std::string& ver) {
        site.http_port = port;
        site.edit(ver);
        return site.deploy().status;
    };
    listen({"82", "83"});
    CHECK(deploy_on("82", "2") == 0);
    CHECK(deploy_on("83", "3") == 0);
    listen({"84"});
    CHECK(deploy_on("82", "4") == k_config);
    CHECK(get("83").ver == "3"); // what serves goes on
    CHECK(deploy_on("84", "5") == 0);
    CHECK(run({"baton", "rollback", site.name(), "2"}).status == k_config); // of port 82, which is no longer named
    CHECK(get("84").ver == "5");
}

TEST_CASE(
    "baton check of a registered site's watch.conf refuses what it may not listen on, and names what root types") {
    UploadersSite site{"checked"};
    for (const std::string address : {"22", "/etc/victim", "/run/other/http.sock", "/run/systemd/x"}) {
        site.http_port = address;
        site.edit("2");
        const auto checked = run({"baton", "check", site.directory()});
        CHECK_MESSAGE(checked.status == k_config, checked.text());
        contains(checked.err, "listening on '" + address + "': root has not allowed it");
        contains(checked.err, "baton add --listen '" + address + "' checked, as root, allows it");
    }
    site.http_port = "/run/checked/http.sock";
    site.edit("2");
    CHECK(run({"baton", "check", site.directory()}).status == 0);
}

TEST_CASE("a unix socket in /run/SITE needs no word of root's, goes when the site stops, and comes with it") {
    UploadedSite site{"on-path", "/run/on-path/http.sock"};
    const auto added = site.add();
    CHECK_MESSAGE(added.status == 0, added.text());
    CHECK(get(site.http_port).ver == "1");
    site.http_port = "/run/on-path/other.sock";
    site.edit("2");
    wait_until("it has moved", [&] { return get(site.http_port).ver == "2"; });
    CHECK_FALSE(is_socket("/run/on-path/http.sock")); // RemoveOnStop= of the listener it has left
    REQUIRE(run({"systemctl", "stop", site.name()}).status == 0);
    CHECK_FALSE(is_socket(site.http_port));
    REQUIRE(run({"systemctl", "start", site.name()}).status == 0);
    CHECK(get(site.http_port).ver == "2");
    REQUIRE(run({"baton", "remove", site.name()}).status == 0);
    CHECK_FALSE(fs::exists("/run/on-path"));
    CHECK(site.add().status == 0);
}

TEST_CASE("a path too long for the name of a unit is refused, and not tried for ever") {
    UploadersSite site{"long-path"};
    std::string path = "/run/long-path/";
    while (path.size() + 2 <= 107) // unix(7)
        path += "\xC3\xA4";
    site.http_port = path;
    site.edit("2");
    check_refused(site, k_config, {"too long for the name of its socket unit"});
    check_refused(site, k_config, {"too long for the name of its socket unit"});
    site.http_port = site.address();
    check_next_good_one_works(site, "3");
}

TEST_CASE("an address that no socket can have is refused, and not tried for ever") {
    UploadersSite site{"no-address"};
    for (const std::string address : {"[::ffff:127.0.0.1]:8300", "[fe80::1]:8300"}) {
        site.http_port = address;
        site.edit("2");
        check_refused(site, k_config, {"no socket can have this address"});
    }
    site.http_port = site.address();
    check_next_good_one_works(site, "3");
}

TEST_CASE("a name that is another's is refused to a new site: the system's, a unit's, a directory's below /run") {
    UploadedSite upload{"upload", "8099"};
    write_file("/etc/systemd/system/tick.timer", "[Timer]\nOnCalendar=hourly\nUnit=other.service\n");
    fs::create_directory("/run/cups-like");
    write_file("/run/cups-like/certs", "");
    const auto units = run({"ls", "/etc/systemd/system", "/usr/local/lib/systemd/system"}).out;
    for (const std::string name : {"systemd", "dbus", "lock", "user", "udev", "baton", "baton-reload", "baton-look",
                                   "systemd-journald", "tick", "cups-like", "getty", "baton-machine"}) {
        const auto refused = run({"baton", "add", name, upload.directory()});
        CHECK_MESSAGE(refused.status == k_usage, name << ": " << refused.text());
        contains(refused.err, "hint: choose another name");
    }
    CHECK(run({"ls", "/etc/systemd/system", "/usr/local/lib/systemd/system"}).out == units);
    fs::remove("/etc/systemd/system/tick.timer");
    fs::remove_all("/run/cups-like");
}

TEST_CASE("whom root named to polkit may reload that site, and do nothing else") {
    if (!fs::exists("/usr/lib/systemd/system/polkit.service")) {
        MESSAGE("skipped: polkit is not installed here; apt-get install polkitd");
        return;
    }
    UploadersSite site{"reloaded"};
    const UploadersSite other{"not-reloaded"};
    const auto reload = [](const std::string& user, const std::string& name) {
        return as_user(user, "systemctl --no-ask-password reload " + name).status;
    };
    CHECK(reload(k_uploader, site.name()) != 0);
    fs::create_directories("/etc/polkit-1/rules.d");
    write_file("/etc/polkit-1/rules.d/50-baton-test.rules", polkit_rule(site.name(), k_uploader));
    REQUIRE(run({"systemctl", "restart", "polkit"}).status == 0);
    site.edit("2");
    CHECK(reload(k_uploader, site.name()) == 0);
    CHECK(get(site.address()).ver == "2");
    CHECK(reload(k_another, site.name()) != 0);
    CHECK(reload(k_uploader, other.name()) != 0);
    for (const std::string what : {"stop", "restart", "start", "kill"})
        CHECK_MESSAGE(as_user(k_uploader, "systemctl --no-ask-password " + what + " reloaded").status != 0, what);
    CHECK(get(site.address()).ver == "2");
    fs::remove("/etc/polkit-1/rules.d/50-baton-test.rules");
}

TEST_SUITE_END();
