// SPDX-License-Identifier: MIT
// A program that knows nothing of libbaton, in a language that every host has. tests/languages has the others, under
// more load.
#include "support/files.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/traffic.hpp"
#include "support/wait.hpp"

using namespace machine;
namespace fs = std::filesystem;

namespace {

/// A registered site with the Python program live as Ver "1".
struct PlainSite : Site {
    explicit PlainSite(const std::string& name, std::string_view more = "", const std::string& unit = "") : Site{name} {
        if (!unit.empty()) set_unit(unit);
        upload(k_plain);
        edit("1", more);
        const auto added = add();
        REQUIRE_MESSAGE(added.status == 0, added.text());
        unwatch();
    }
    void deploy_each(const std::vector<std::string>& versions, std::string_view more = "") const {
        for (const auto& ver : versions) {
            edit(ver, more);
            const auto deployed = deploy();
            REQUIRE_MESSAGE(deployed.status == 0, deployed.text());
            wait_for_version(ver);
        }
    }
};

/// Busy kept connections, new ones, and kept ones that are idle most of the time.
const std::vector<std::string> k_traffic{"persistent=4", "fresh=50", "idle=16:ms=2000"};

/// The Python program, which first does `what`.
void upload_that_first_does(const Site& site, const std::string& what) {
    auto text = read_file(k_plain);
    text.insert(text.find("\nwith open("), "\n" + what + "\n");
    fs::remove(site.directory() / "test");
    write_file(site.directory() / "test", text);
}

struct Refused {
    std::string what;    ///< what the sandbox refuses
    std::string setting; ///< that the error names
};

const std::vector<Refused> k_refused{
    {"os.setuid(os.getuid())", "SystemCallFilter=@setuid"},
    {"os.nice(1)", "SystemCallFilter=@resources"},
    {"open('/tmp/own', 'w'); os.chown('/tmp/own', os.getuid(), os.getgid())", "SystemCallFilter=@chown"},
    {"socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)", "RestrictAddressFamilies=AF_NETLINK"},
    {"os.makedirs('/var/lib/sandboxed/db', exist_ok=True)", "StateDirectory=sandboxed"},
    {"os.makedirs('/var/cache/sandboxed/pages', exist_ok=True)", "CacheDirectory=sandboxed"},
    {"open('/var/log/sandboxed.log' if not os.path.isdir('/var/log/sandboxed') else '/var/log/sandboxed/log', 'w')",
     "LogsDirectory=sandboxed"},
    {"os.makedirs(os.path.expanduser('~/.cache/pages'), exist_ok=True)",
     "CacheDirectory=sandboxed and Environment=HOME=/var/cache/sandboxed"},
};

/// "A=1 and B=2" as the lines of a drop-in.
std::string drop_in_of(std::string setting) {
    if (const auto at = setting.find(" and "); at != setting.npos) setting.replace(at, 5, "\n");
    return "[Service]\n" + setting + "\n";
}

} // namespace

TEST_SUITE_BEGIN("languages");

TEST_CASE("a release that its sandbox refuses something is told the setting that allows it, and with that it is live") {
    const PlainSite site{"sandboxed"};
    int ver = 1;
    for (const auto& [what, setting] : k_refused) {
        CAPTURE(what);
        const auto next = std::to_string(++ver);
        upload_that_first_does(site, what);
        site.edit(next);
        const auto refused = site.deploy();
        CHECK(refused.status == 3);
        CHECK_MESSAGE(refused.err.find("systemctl edit sandboxed@.service, [Service], " + setting) != std::string::npos,
                      refused.text());
        site.set_unit(drop_in_of(setting));
        const auto deployed = run({"baton", "deploy", "--force", site.name()});
        CHECK_MESSAGE(deployed.status == 0, deployed.text());
        site.wait_for_version(next);
        site.set_unit("");
    }
}

TEST_CASE("a Python program on its standard library alone is released without a failed request, deploy after deploy") {
    const PlainSite site{"plain"};
    Traffic traffic{site.address(), k_traffic};
    site.deploy_each({"2", "3", "4", "5", "6"});
    traffic.check_none_failed();
    for (const int release : {1, 2, 3, 4, 5}) {
        CAPTURE(release);
        wait_until("it has gone", [&] { return site.show(site.unit(release), "ActiveState") == "inactive"; });
        CHECK(site.show(site.unit(release), "Result") == "success");
    }
}

TEST_CASE("a program that never says READY=1 is released without a failed request as well, with Type=exec") {
    constexpr auto k_silent = R"(, "Env": {"SILENT": "1"})";
    const PlainSite site{"plain-silent", k_silent, "[Service]\nType=exec\n"};
    Traffic traffic{site.address(), k_traffic};
    site.deploy_each({"2", "3"}, k_silent);
    traffic.check_none_failed();
}

TEST_CASE("a program that takes its socket from standard input, as Java's runtime does, passes its preflight and is "
          "released") {
    constexpr auto k_on_stdin = R"(, "StandardInput": "socket", "Env": {"SOCKET_FD": "0"})";
    const PlainSite site{"plain-stdin", k_on_stdin};
    CHECK(site.status("/releases/0/proof") == "preflight");
    Traffic traffic{site.address(), k_traffic};
    site.deploy_each({"2", "3"}, k_on_stdin);
    traffic.check_none_failed();
    site.edit("4", R"(, "Env": {"SOCKET_FD": "0"})");
    const auto refused = site.deploy();
    CHECK(refused.status == 3);
    site.wait_for_version("3");
}

TEST_CASE("the same program without its drain loses requests: the traffic notices") {
    constexpr auto k_forgets = R"(, "Env": {"FORGETS": "1"})";
    const PlainSite site{"plain-forgets", k_forgets};
    Traffic traffic{site.address(), k_traffic};
    site.deploy_each({"2", "3", "4"}, k_forgets);
    CHECK(traffic.result().all.failed() > 0);
}

TEST_SUITE_END();
