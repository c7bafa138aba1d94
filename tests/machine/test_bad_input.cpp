// SPDX-License-Identifier: MIT
// Input that baton cannot use: it says where, what it found and what it expected, and nothing changes.
#include "support/files.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/traffic.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <functional>

using namespace machine;
namespace fs = std::filesystem;

namespace {

constexpr int k_config = 78; // EX_CONFIG, sysexits.h(3head)

struct BadConf {
    std::string what;
    std::string text;
    std::string place; ///< ":line:column" after the file's name
    std::string found;
};

/// `{"HttpPort": "8101", ...}` on a line of its own after the first, with one value replaced.
std::string lines(const std::string& http_port, const std::string& ver, const std::string& delay,
                  const std::string& bin_name) {
    return fmt::format("{{\n  \"HttpPort\": {},\n  \"Ver\": {},\n  \"DelaySecond\": {},\n  \"BinName\": {}\n}}\n",
                       http_port, ver, delay, bin_name);
}

std::vector<BadConf> bad_confs(const Site& site) {
    const auto port = '"' + site.http_port + '"';
    const auto with_port = [&](const std::string& value) { return lines(value, "\"2\"", "0", "\"test\""); };
    const auto with_ver = [&](const std::string& value) { return lines(port, value, "0", "\"test\""); };
    const auto with_delay = [&](const std::string& value) { return lines(port, "\"2\"", value, "\"test\""); };
    const auto with_bin = [&](const std::string& value) { return lines(port, "\"2\"", "0", value); };
    return {
        {"empty", "", ":1:1", "the file is empty, expected an object {...}"},
        {"white space", " \n\n", ":1:1", "the file is empty, expected an object {...}"},
        {"not JSON", "HttpPort = 8080\n", ":1:1", "expected"},
        {"a list", "[]\n", ":1:1", "expected an object"},
        {"cut", "{\"HttpPort\": \"80", ":1:17", "missing closing quote"},
        {"a comma too many", "{\n  \"Ver\": \"2\",\n}\n", ":3:1", "expected string literal"},
        {"HttpPort is an empty list", with_port("[]"), ":2:15", "found an empty list, expected at least one address"},
        {"HttpPort is null", with_port("null"), ":2:15", "found null, expected a port such as"},
        {"HttpPort is 0", with_port("\"0\""), ":2:15", "found '0' (ports go from 1 to 65535), expected a port"},
        {"HttpPort is the number 0", with_port("0"), ":2:15", "found '0' (ports go from 1 to 65535)"},
        {"HttpPort is 65536", with_port("\"65536\""), ":2:15", "found '65536' (ports go from 1 to 65535)"},
        {"HttpPort is a word", with_port("\"http\""), ":2:15", "found 'http' (not a port number), expected a port"},
        {"Ver is a number", with_ver("2"), ":3:10", "found the number 2, expected a string such as \"1\""},
        {"Ver is empty", with_ver("\"\""), ":3:10", "found an empty string, expected a string"},
        {"DelaySecond is negative", with_delay("-1"), ":4:18", "found the number -1, expected a number of seconds"},
        {"DelaySecond is huge", with_delay("1e300"), ":4:18", "expected a number of seconds from 0 to 86400"},
        {"DelaySecond is a day and a second", with_delay("86401"), ":4:18", "expected a number of seconds"},
        {"DelaySecond is a string", with_delay("\"5\""), ":4:18", "found the string '5', expected a number"},
        {"BinName is a number", with_bin("7"), ":5:14", "found the number 7, expected a file name"},
        {"BinName is absolute", with_bin("\"/bin/sh\""), ":5:14", "an absolute path"},
        {"BinName goes up", with_bin("\"../test\""), ":5:14", "leaves the directory"},
        {"BinName goes up and down", with_bin("\"a/../../test\""), ":5:14", "leaves the directory"},
        {"a key twice", "{\"Ver\": \"1\",\n \"Ver\": \"2\"}\n", ":2:2", "found the key 'Ver' a second time"},
        {"a key is missing", "{\"HttpPort\": \"8080\", \"Ver\": \"2\"}\n", ":1:1", "the key 'BinName' is missing"},
        {"a key is misspelt", "{\"HttpPort\": \"8080\", \"Version\": \"2\", \"BinName\": \"test\"}\n", ":1:1",
         "the key 'Ver' is missing"},
    };
}

/// Files instead of the program, or of watch.conf.
struct BadFile {
    std::string what;
    std::function<void(const fs::path&)> make;
    std::string found;
};

std::vector<BadFile> bad_files() {
    return {
        {"missing", [](const fs::path&) {}, "No such file or directory"},
        {"a directory", [](const fs::path& at) { fs::create_directory(at); },
         "found a directory, expected a regular file"},
        {"a FIFO", [](const fs::path& at) { REQUIRE(::mkfifo(at.c_str(), 0600) == 0); }, "found a FIFO, expected"},
        {"a device", [](const fs::path& at) { REQUIRE(::mknod(at.c_str(), S_IFCHR | 0600, ::makedev(1, 3)) == 0); },
         "found a device, expected a regular file"},
        {"a symlink out of the directory", [](const fs::path& at) { fs::create_symlink("../../bin/true", at); },
         "leads out of the site's directory"},
        {"an absolute symlink", [](const fs::path& at) { fs::create_symlink("/bin/true", at); },
         "out of the site's directory"},
        {"a symlink to nothing", [](const fs::path& at) { fs::create_symlink("gone", at); },
         "No such file or directory"},
    };
}

void contains(const std::string& text, const std::string& part) {
    CHECK_MESSAGE(text.find(part) != text.npos, part << "\n... is not in:\n" << text);
}

/// `baton deploy` and the journal say so; release 1 serves, and there is no other.
void check_refused(const Site& site, Journal& journal, const std::vector<std::string>& parts) {
    const auto before = journal.count(Event::conf_refused);
    const auto refused = site.deploy();
    CHECK_MESSAGE(refused.status == k_config, refused.text());
    const auto& told = journal.entries();
    CHECK(journal.count(Event::conf_refused) == before + 1);
    for (const auto& part : parts) {
        contains(refused.err, part);
        contains(told.back().message, part);
    }
    contains(refused.err, "release 1 (Ver 1) is still serving");
    CHECK(site.status("/releases/0/release") == "1");
    CHECK(get(site.address()).ver == "1");
}

/// A site whose edits nobody sees: each test asks for its deploys itself.
struct UnwatchedSite : ServingSite {
    explicit UnwatchedSite(const std::string& name) : ServingSite{name} { unwatch(); }
};

} // namespace

TEST_SUITE_BEGIN("bad input");

TEST_CASE("a watch.conf that is malformed is refused with file, line, column, what was found and what was expected") {
    UnwatchedSite site{"bad-conf"};
    Traffic traffic{site.address()};
    Journal journal{site.name()};
    for (const auto& bad : bad_confs(site)) {
        CAPTURE(bad.what);
        site.write_conf(bad.text);
        const auto checked = run({"baton", "check", site.directory()});
        CHECK_MESSAGE(checked.status == k_config, checked.text());
        contains(checked.err, site.conf_path().native() + bad.place + ": ");
        contains(checked.err, bad.found);
        check_refused(site, journal, {site.conf_path().native() + bad.place + ": ", bad.found});
    }
    traffic.check_none_failed();
}

TEST_CASE("a watch.conf that is cut anywhere is refused") {
    UnwatchedSite site{"cut-conf"};
    Traffic traffic{site.address()};
    Journal journal{site.name()};
    const auto whole = site.conf("2", R"(, "Args": ["a"])");
    const auto place = site.conf_path().native() + ":1:";
    for (std::size_t length = 0; length + 1 < whole.size();
         ++length) { // without its last byte, a line end, it is whole
        CAPTURE(length);
        site.write_conf(whole.substr(0, length));
        const auto checked = run({"baton", "check", site.directory()});
        CHECK_MESSAGE(checked.status == k_config, checked.text());
        contains(checked.err, place);
        if (length % 20 == 0) check_refused(site, journal, {place});
    }
    traffic.check_none_failed();
}

TEST_CASE("a program that is no regular file in the site's directory is refused") {
    UnwatchedSite site{"bad-bin"};
    Traffic traffic{site.address()};
    Journal journal{site.name()};
    site.edit("2");
    for (const auto& bad : bad_files()) {
        CAPTURE(bad.what);
        fs::remove_all(site.directory() / "test");
        bad.make(site.directory() / "test");
        const auto checked = run({"baton", "check", site.directory()});
        CHECK_MESSAGE(checked.status == k_config, checked.text());
        contains(checked.err, "'test'");
        contains(checked.err, bad.found);
        check_refused(site, journal, {"'test'", bad.found});
    }
    traffic.check_none_failed();
}

TEST_CASE("a watch.conf that is no regular file in the site's directory is refused") {
    UnwatchedSite site{"odd-conf"};
    Traffic traffic{site.address()};
    Journal journal{site.name()};
    for (const auto& bad : bad_files()) {
        CAPTURE(bad.what);
        fs::remove_all(site.conf_path());
        bad.make(site.conf_path());
        check_refused(site, journal, {"watch.conf", bad.found});
    }
    traffic.check_none_failed();
}

TEST_CASE("a watch.conf that is refused is told in the journal when only the watch has seen it") {
    ServingSite site{"seen-conf"};
    Journal journal{site.name()};
    site.write_conf("{\n\"Ver\": 2}");
    contains(journal.wait_for(Event::conf_refused).message,
             site.conf_path().native() + ":2:8: Ver: found the number 2");
    site.edit("2");
    site.wait_for_version("2");
}

TEST_CASE("an HttpPort that another program has is refused before anything of the site is made") {
    ServingSite other{"port-owner"};
    Site site{"port-taken"};
    site.upload(k_shop);
    site.http_port = other.http_port;
    site.edit("1");
    const auto refused = site.add();
    CHECK_MESSAGE(refused.status == 1, refused.text());
    contains(refused.err, "listening on '" + other.http_port + "': Address already in use");
    contains(refused.err, "ss -lntp");
    CHECK_FALSE(fs::exists(site.state()));
    CHECK(run({"systemctl", "cat", site.name()}).status != 0);
    CHECK(get(other.address()).ver == "1");
}

TEST_CASE("a name that a unit of the host has is no name for a site") {
    Site site{"systemd-journald"};
    site.upload(k_shop);
    site.edit("1");
    const auto refused = site.add();
    CHECK_MESSAGE(refused.status == 2, refused.text());
    const auto path = site.show("systemd-journald", "FragmentPath"); // below /lib on 252, below /usr/lib on 257
    CHECK(path.ends_with("/lib/systemd/system/systemd-journald.service"));
    contains(refused.err, "a unit 'systemd-journald.service' exists already (" + path + ")");
    CHECK_FALSE(fs::exists(site.state()));
    CHECK(site.show("systemd-journald", "ActiveState") == "active");
}

TEST_CASE("a name that a site has is no name for another one") {
    ServingSite site{"twice"};
    const auto refused = site.add();
    CHECK_MESSAGE(refused.status == 2, refused.text());
    contains(refused.err, "a site of this name is registered, for '/srv/twice'");
    CHECK(get(site.address()).ver == "1");
}

TEST_CASE("a site's name is letters, digits, '.', '_' and '-', and nothing else") {
    ServingSite site{"named"};
    for (const std::string name : {"", "-a", ".a", "a/b", "../a", "A", "a b", "a@1", "a%n", "a\nb", "\xff"}) {
        CAPTURE(name);
        const auto refused = run({"baton", "add", "--", name, site.directory()});
        CHECK_MESSAGE(refused.status == 2, refused.text());
        contains(refused.err, "reading the site's name: found '");
        contains(refused.err, "expected 1 to 64 of a-z, 0-9, '.', '_' and '-'");
    }
    CHECK(run({"baton", "add", std::string(65, 'a'), site.directory()}).status == 2);
}

TEST_CASE("a site that is not registered is a usage error of every command") {
    for (const std::string command : {"deploy", "status", "rollback", "remove"}) {
        const auto refused = run({"baton", command, "nobody"});
        CHECK_MESSAGE(refused.status == 2, refused.text());
        contains(refused.err, "'nobody'");
    }
}

TEST_SUITE_END();
