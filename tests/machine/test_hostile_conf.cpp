// SPDX-License-Identifier: MIT
// Every key of watch.conf with hostile values: refused in safe words, or passed unchanged to the program and to nobody
// else.
#include "support/files.hpp"
#include "support/hostile.hpp"

#include <fmt/format.h>

using namespace machine;

namespace {

/// watch.conf that is good but for this member, which comes instead of the good one of its name.
std::string conf_with(const Site& site, const std::string& key, const std::string& value) {
    std::string text = "{";
    const std::vector<std::pair<std::string, std::string>> good{
        {"HttpPort", "\"" + site.http_port + "\""}, {"Ver", "\"bad\""}, {"BinName", "\"test\""}};
    for (const auto& [name, its] : good)
        if (name != key) text += fmt::format("\"{}\": {}, ", name, its);
    return text + fmt::format("\"{}\": {}}}\n", key, value);
}

const std::vector<std::pair<std::string, std::vector<std::string>>> k_refused{
    {"HttpPort",
     {R"("8080\n")",
      R"("8080 ")",
      R"(" 8080")",
      R"("-1")",
      "-1",
      "0",
      "65536",
      "8080.5",
      "1e999",
      "1e400",
      "null",
      "[]",
      R"("%i")",
      R"("@abstract")",
      R"("*:8080")",
      R"("localhost:8080")",
      R"("[::1%lo]:8080")",
      R"("8080\u0000")",
      R"("/run/values/a\nListenStream=22")",
      R"("/run/values/a b")",
      R"("/run/values/\u0000x")",
      R"("/run/values/../x")",
      R"("/run/values/a/b")",
      R"("/run/values/x\\")",
      R"("/run/systemd/private")",
      R"("/run/values")",
      R"("/")",
      R"(["61001", "22"])",
      R"(["61001", "61001"])",
      R"([["61001"]])",
      R"(["61001", "/run/systemd/private"])",
      R"(["127.0.0.1:61001", "61001"])",
      "[1025,1026,1027,1028,1029,1030,1031,1032,1033,1034,1035,1036,1037,1038,1039,1040,1041]",
      "99999999999999999999"}},
    {"Listen",
     {R"({"a": "22"})", R"({"a": "/run/systemd/private"})", R"({"a": "127.0.0.1:22"})",
      R"({"a\nListenStream=22": "61001"})", R"({"a b": "61001"})", R"({"a:b": "61001"})", R"({"": "61001"})",
      R"({"http": "61001"})", R"({"%i": "61001"})", R"({"a": ["61001"]})", R"({"a": null})", R"(["61001"])",
      R"("61001")", "null", "{\"" + std::string(65, 'a') + "\": \"61001\"}"}},
    {"Ver",
     {R"("")", R"("a\nb")", R"("\u001b[2J")", R"("\u009b")", R"("\u007f")", R"("a\u0000b")", "7", "null",
      "\"" + std::string(129, 'v') + "\""}},
    {"DelaySecond", {"-1", "-0.001", "86401", "1e999", "-1e999", R"("5")", "null", "99999999999999999999"}},
    {"BinName",
     {R"("../x")", R"("/bin/sh")", R"("a/../../x")", R"("..")", R"(".")", R"("x/")", R"("")", R"("test\n")",
      R"("test\u0000")", "\"" + std::string(256, 'b') + "\"", R"("no-such-program")", R"("out")"}},
    {"Args", {R"("-v")", "[1]", R"(["a\u0000b"])", "[[]]", R"(["x", null])"}},
    {"Env",
     {R"({"LD_PRELOAD": "/srv/values/x.so"})",
      R"({"LD_AUDIT": "x"})",
      R"({"GLIBC_TUNABLES": "x"})",
      R"({"LISTEN_FDS": "3"})",
      R"({"LISTEN_PID": "1"})",
      R"({"NOTIFY_SOCKET": "/x"})",
      R"({"WATCHDOG_USEC": "1"})",
      R"({"BATON_HOLD": "1"})",
      R"({"BATON_ARGV": "/bin/sh"})",
      R"({"BATON_PRIVATE_SOCKET": "/x"})",
      R"({"MAINPID": "1"})",
      R"({"CREDENTIALS_DIRECTORY": "/x"})",
      R"({"SYSTEMD_LOG_LEVEL": "debug"})",
      R"({"A=B": "x"})",
      R"({"": "x"})",
      R"({"A\nB": "x"})",
      R"({"A": "b\u0000c"})",
      R"({"A": 1})",
      "[]",
      R"({"A": "1", "A": "2"})"}},
    {"Exclude", {R"(["a\nb"])", R"(["../x"])", R"([""])", R"(["/"])", R"("x")"}},
    {"Sha256", {R"("x")", "\"" + std::string(64, 'g') + "\"", "7"}},
    {"HealthPath",
     {R"("/a\r\nHost: other")", R"("healthz")", R"("http://127.0.0.1:22/")", R"("/a b")", R"("")", R"("/\u0000")",
      "\"/" + std::string(1024, 'h') + "\""}},
    {"HealthHost",
     {R"("a\r\nX: y")", R"("a b")", R"("a/b")", R"("\u0000")", R"("")", "7", "\"" + std::string(256, 'h') + "\""}},
    {"ProbationSecond", {"-1", "86401", "1e999", R"("60")", "null"}},
    {"KeepReleases", {"0", "1", "-1", "1001", "2.5", "1e999", "4294967298", "99999999999999999999", R"("5")"}},
};

} // namespace

TEST_SUITE_BEGIN("hostile");

TEST_CASE("no key of watch.conf takes a value that means ill: each is refused, in words that are safe to print") {
    UploadersSite site{"values"};
    site.by_uploader("ln -s /bin/sh out");
    for (const auto& [key, values] : k_refused)
        for (const auto& value : values) {
            CAPTURE(key);
            CAPTURE(value);
            site.write_conf(conf_with(site, key, value));
            const auto refused = site.deploy();
            CHECK_MESSAGE(refused.status == k_config, refused.text());
            CHECK_MESSAGE(!has_control(refused.err), refused.err);
            const auto checked = run({"baton", "check", site.directory()});
            CHECK_MESSAGE(checked.status == k_config, checked.text());
            CHECK_MESSAGE(!has_control(checked.err), checked.err);
        }
    CHECK(site.live() == 1);
    check_next_good_one_works(site, "2");
}

TEST_CASE(
    "specifiers, variables, quotes and newlines in Ver, Args and Env reach the program as they are, and nobody else") {
    UploadersSite site{"literal"};
    site.upload_script("#!/bin/sh\nfor a; do printf '<%s>\\n' \"$a\"; done >&2\n"
                       "printf 'ver <%s> env <%s> evil <%s>\\n' \"$BATON_VER\" \"$E\" \"$EVIL\" >&2\nexit 7\n");
    const std::string odd = R"(%n %i %% $HOME ${PATH} `id` \"x\" \\ ; #)";
    const std::string seen = R"(%n %i %% $HOME ${PATH} `id` "x" \ ; #)";
    site.write_conf(fmt::format(R"({{"HttpPort": "{}", "Ver": "{}", "BinName": "test", "Args": ["{}", "", "a\nEVIL=1"],
                                  "Env": {{"E": "{}\nEVIL=1"}}}})",
                                site.http_port, odd, odd, odd));
    const auto rejected = site.deploy();
    CHECK_MESSAGE(rejected.status == k_rejected, rejected.text());
    contains(rejected.err, "<" + seen + ">");
    contains(rejected.err, "<>");
    contains(rejected.err, "ver <" + seen + "> env <" + seen);
    contains(rejected.err, "evil <>");
    for (const auto* const what : {"status", "history"})
        for (const auto& out : {run({"baton", what, site.name()}).out, run({"baton", what, "--json", site.name()}).out})
            CHECK_MESSAGE(!has_control(out), out);
}

TEST_CASE("the values of Env are root's and the program's to read, and survive a roll back") {
    UploadersSite site{"env-secret"};
    site.by_uploader("chmod 0600 watch.conf");
    site.upload_script("#!/bin/sh\n[ \"$PASSWORD\" = hunter2 ] || exit 7\nexec ./shop\n");
    site.edit("2", R"(, "Env": {"PASSWORD": "hunter2"})");
    CHECK(site.deploy().status == 0);
    site.edit("3", R"(, "Env": {"PASSWORD": "hunter2", "MORE": "x"})");
    CHECK(site.deploy().status == 0);
    CHECK(run({"baton", "rollback", site.name()}).status == 0);
    CHECK(get(site.address()).ver == "2");
    const auto release = site.unit(site.live());
    const auto seen = as_user(
        k_another, "baton history --json env-secret; baton status --json env-secret; systemctl show " + release +
                       " env-secret; journalctl --quiet --no-pager -u 'env-secret*' || true;"
                       " grep -rs hunter2 /var/lib/baton /run/baton /etc/systemd || true");
    CHECK(seen.status == 0);
    contains_not(seen.text(), "hunter2");
    contains(run({"baton", "history", "--json", "env-secret"}).out, "hunter2");
}

TEST_CASE("what a terminal obeys is in no output, not of the arguments either") {
    UploadersSite site{"obeyed"};
    site.edit(
        "2",
        R"(, "\u001b[2J\u009b31m": 1, "Args": ["\u001b[2J", "\u009b31m", "\u007f"], "Env": {"E": "\u009b31m\u001b]0;x\u0007"})");
    CHECK(site.deploy().status == 0);
    for (const std::vector<std::string>& command : {std::vector<std::string>{"history", "obeyed"},
                                                    {"history", "--json", "obeyed"},
                                                    {"status", "--json", "obeyed"},
                                                    {"check", "/srv/obeyed"},
                                                    {"check", "--json", "/srv/obeyed"}}) {
        std::vector<std::string> argv{"baton"};
        argv.insert(argv.end(), command.begin(), command.end());
        const auto told = run(argv);
        CHECK(told.status == 0);
        CHECK_MESSAGE(!has_control(told.out + told.err), told.text());
    }
    std::filesystem::remove(site.directory() / "test");
    write_file(site.directory() / "test", "#!/no/such\x1b[2J\xc2\x9b"
                                          "31m\nx\n");
    site.edit("3");
    check_refused(site, k_rejected, {"/no/such\\x1b[2J"});
}

TEST_SUITE_END();
