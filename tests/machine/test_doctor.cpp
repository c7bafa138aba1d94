// SPDX-License-Identifier: MIT
// baton doctor: each fault is made for real, named, and mended by exactly what the doctor says to type; then nothing is
// wrong.
#include "base/lock.hpp"
#include "support/files.hpp"
#include "support/gate.hpp"
#include "support/hostile.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/small_state.hpp"
#include "support/wait.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <vector>

using namespace machine;
namespace fs = std::filesystem;
using Json = nlohmann::json;

namespace {

constexpr auto k_units = "/usr/local/lib/systemd/system/";

/// What the doctor says, as programs read it; the exit status must agree.
Json examined(const std::string& site = "") {
    auto command = std::vector<std::string>{"baton", "doctor", "--json"};
    if (!site.empty()) command.push_back(site);
    const auto told = run(command, 120s);
    auto json = Json::parse(told.out);
    const bool is_well = json.at("findings").empty() && json.at("not_made").empty();
    CHECK_MESSAGE(told.status == (is_well ? 0 : 1), told.text());
    return json;
}

bool is_well(const std::string& site = "") {
    const auto json = examined(site);
    return json.at("findings").empty() && json.at("not_made").empty();
}

/// Deploys of the last command may still run.
void check_well(const std::string& site = "") {
    Json last;
    wait_until("nothing is wrong", [&] {
        last = examined(site);
        if (last.at("findings").empty() && last.at("not_made").empty()) return true;
        INFO(last.dump(2));
        return false;
    });
}

/// The findings of that check.
std::vector<Json> of_check(const Json& json, const std::string& check) {
    std::vector<Json> found;
    for (const auto& finding : json.at("findings"))
        if (finding.at("check") == check) found.push_back(finding);
    return found;
}

/// A fault: how it is made, the check that finds it, and a part of what that says.
struct Fault {
    std::string make;
    std::string check;
    std::string what;
};

/// Makes it, and examines the site.
Json examined_with(const std::string& site, const Fault& fault) {
    const auto made = shell(fault.make);
    REQUIRE_MESSAGE(made.status == 0, made.text());
    return examined(site);
}

/// The same while no process of baton's can act on the site: the look after a daemon-reload would mend its units first.
Json examined_undisturbed(const std::string& site, const Fault& fault) {
    const auto lock = baton::Lock::take("/var/lib/baton/" + site + "/lock");
    return examined_with(site, fault);
}

/// Makes it, sees it named, types what the doctor says, and sees that nothing is wrong.
void try_fault(const std::string& site, const Fault& fault, decltype(examined_with)& examine = examined_with) {
    CAPTURE(fault.make);
    const auto json = examine(site, fault);
    const auto found = of_check(json, fault.check);
    REQUIRE_MESSAGE(!found.empty(), json.dump(2));
    CHECK_MESSAGE(found.front().at("what").get<std::string>().find(fault.what) != std::string::npos, json.dump(2));
    for (const auto& finding : json.at("findings")) {
        CHECK_FALSE(finding.at("why").get<std::string>().empty());
        const auto typed = shell(finding.at("type"), 120s);
        CHECK_MESSAGE(typed.status == 0, finding.dump(2) << typed.text());
    }
    check_well(site);
}

/// Whoever looks at the site after its start would mend the fault first.
void wait_until_nobody_looks(const std::string& site) {
    wait_until("nobody looks at the site", [&] {
        return shell("systemctl list-units --plain --no-legend --state=activating,reloading '*" + site + "*'")
            .out.empty();
    });
}

/// As `systemctl edit` writes them.
std::string drop_in(const std::string& unit, const std::string& settings) {
    return fmt::format("mkdir -p /etc/systemd/system/{0}.d && printf '{1}' >/etc/systemd/system/{0}.d/override.conf && "
                       "systemctl daemon-reload",
                       unit, settings);
}

/// Removes everything that a test has set for a unit.
struct Unset {
    std::string unit;
    ~Unset() { (void)shell(fmt::format("rm -rf /etc/systemd/system/{0}.d; systemctl daemon-reload", unit)); }
};

} // namespace

TEST_SUITE_BEGIN("doctor");

TEST_CASE("nothing is wrong with a site that serves, and the doctor changes nothing") {
    const ServingSite site{"well"};
    const auto before =
        shell("find /var/lib/baton /etc/systemd /usr/local/lib/systemd /run/baton -printf '%p %T@\\n' | sort");
    const auto told = run({"baton", "doctor"});
    CHECK_MESSAGE(told.status == 0, told.text());
    CHECK(told.out == "nothing is wrong\n");
    CHECK(examined(site.name()) == Json{{"version", 1}, {"findings", Json::array()}, {"not_made", Json::array()}});
    CHECK(shell("find /var/lib/baton /etc/systemd /usr/local/lib/systemd /run/baton -printf '%p %T@\\n' | sort").out ==
          before.out);
}

TEST_CASE("of a site that does not exist the doctor says so, as every command does") {
    const ServingSite site{"known"};
    const auto told = run({"baton", "doctor", "knwon"});
    CHECK(told.status == 2);
    CHECK(told.err.find("did you mean 'known'?") != std::string::npos);
    CHECK(run({"baton", "doctor", "../etc"}).status == 2);
}

TEST_CASE("what is down, not enabled or masked is named, and mended by what the doctor says to type") {
    const ServingSite site{"down"};
    for (const auto& fault : std::vector<Fault>{
             {"systemctl stop down.path", "watch", "down.path is inactive"},
             {"systemctl stop down", "handle", "the site is inactive"},
             {"systemctl disable down", "boot", "down.service is disabled"},
             {"systemctl mask down.path", "masked", "down.path is masked"},
             {"systemctl mask --now down", "masked", "down.service is masked"},
             {"systemctl mask --runtime 'down@.service'", "masked", "down@.service is masked"},
             {"systemctl mask 'baton-reload@.service'", "helpers", "baton-reload@.service is masked"},
             {"systemctl stop baton-look.timer", "helpers", "baton-look.timer is inactive"},
             {"systemctl stop baton-look.path", "helpers", "baton-look.path is inactive"},
             {"mkdir -p /etc/systemd/system-generators && ln -s /dev/null "
              "/etc/systemd/system-generators/baton-generator",
              "generator", "/etc/systemd/system-generators/baton-generator"},
         })
        try_fault(site.name(), fault);
}

TEST_CASE("status warns in the same words of what costs little to see") {
    const ServingSite site{"same-words"};
    site.unwatch();
    const auto finding = of_check(examined(site.name()), "watch").at(0);
    const auto line = fmt::format("{}; {}: {}", finding.at("what").get<std::string>(),
                                  finding.at("why").get<std::string>(), finding.at("type").get<std::string>());
    CHECK(site.status("/warnings/0") == line);
    CHECK(run({"baton", "status", site.name()}).out.find("warning: " + line + "\n") != std::string::npos);
    const auto told = run({"baton", "doctor", site.name()});
    CHECK(told.out == fmt::format("same-words: {} [watch]\n  why:  {}\n  type: {}\n1 thing is wrong\n",
                                  finding.at("what").get<std::string>(), finding.at("why").get<std::string>(),
                                  finding.at("type").get<std::string>()));
}

TEST_CASE("unit files that are not this baton's, or that systemd has not read, are named") {
    const ServingSite site{"files"};
    const std::string units = k_units;
    for (const auto& fault : std::vector<Fault>{
             {"echo '# from an older baton' >>" + units + "files.service", "unit-files", "not those of this version"},
             {"echo '# from an older baton' >>" + units + "files@.service && systemctl daemon-reload", "unit-files",
              "not those of this version"},
             {"touch --date=tomorrow " + units + "files.socket", "loaded", "files.socket have changed"},
             {"cp " + units + "files.service /etc/systemd/system/files.service && systemctl daemon-reload", "loaded",
              "files.service is read from '/etc/systemd/system/files.service'"},
         })
        try_fault(site.name(), fault, examined_undisturbed);
}

TEST_CASE("a drop-in that takes away the sandbox, the drain or the way back is named, setting by setting") {
    const ServingSite site{"dropped"};
    const Unset unset{"dropped@.service"};
    const std::vector<std::string> settings{
        "NoNewPrivileges=no", "ProtectSystem=no",  "ProtectHome=no",      "CapabilityBoundingSet=CAP_SYS_ADMIN",
        "PrivateTmp=no",      "SystemCallFilter=", "KillMode=process",    "KillSignal=SIGINT",
        "SendSIGHUP=yes",     "SendSIGKILL=no",    "TimeoutStopSec=2",    "Restart=always",
        "StartLimitBurst=3",  "RuntimeMaxSec=1h",  "RestrictSUIDSGID=no", "PrivateDevices=no",
    };
    std::string text = "[Service]\\n";
    for (const auto& setting : settings)
        text += setting + "\\n";
    REQUIRE(shell(drop_in("dropped@.service", text)).status == 0);
    auto json = examined(site.name());
    for (const auto& setting : settings) {
        const auto is_named = [&](const Json& finding) {
            return finding.at("what") == setting + " of '/etc/systemd/system/dropped@.service.d/override.conf'";
        };
        CHECK_MESSAGE(std::any_of(json.at("findings").begin(), json.at("findings").end(), is_named),
                      setting << json.dump(2));
    }
    for (const auto& finding : json.at("findings")) {
        const auto typed = shell(finding.at("type"), 120s);
        CHECK_MESSAGE(typed.status == 0, typed.text());
    }
    check_well(site.name());
    CHECK(get(site.address()).ver == "1");
}

TEST_CASE("drop-ins of the handle, the watch and the socket are named as well") {
    const ServingSite site{"others"};
    const std::vector<Unset> unset{{"others.service"}, {"others@.service"}, {"others.path"}, {"others.socket"}};
    for (const auto& fault : std::vector<Fault>{
             {drop_in("others.service", "[Service]\\nTimeoutStartSec=5min\\n"), "handle-unit", "TimeoutStartSec=5min"},
             {drop_in("others.service", "[Service]\\nTimeoutStopSec=10s\\n"), "handle-unit", "TimeoutStopSec=10s"},
             {drop_in("others.service", "[Service]\\nReadWritePaths=\\n") + " && ! systemctl reload others",
              "handle-unit", "ReadWritePaths="},
             {drop_in("others.service", "[Service]\\nReadOnlyPaths=/var/lib/baton\\n") +
                  " && ! systemctl reload others",
              "handle-unit", "ReadOnlyPaths=/var/lib/baton"},
             {drop_in("others.path", "[Path]\\nTriggerLimitIntervalSec=2s\\nTriggerLimitBurst=5\\n"), "watch-unit",
              "TriggerLimitIntervalSec=2s"},
             {drop_in("others.socket", "[Socket]\\nReusePort=yes\\n") +
                  " && systemctl stop others && systemctl start others",
              "socket-unit", "ReusePort=yes"},
             {drop_in("others.socket", "[Socket]\\nFlushPending=yes\\n"), "socket-unit", "FlushPending=yes"},
             {drop_in("others@.service", "[Service]\\nTimeoutStopSec=infinity\\n"), "handle-unit",
              "TimeoutStopSec=15min of others.service"},
         })
        try_fault(site.name(), fault);
    CHECK(get(site.address()).ver == "1");
}

TEST_CASE("a drop-in that is long, a directory, or leads nowhere keeps no deploy back; those that are no files go") {
    const ServingSite site{"odd-drop-ins"};
    const Unset unset{"odd-drop-ins@.service"};
    const std::string directory = "/etc/systemd/system/odd-drop-ins@.service.d/";
    REQUIRE(shell("mkdir -p " + directory + " && yes '# long' | head -c 1M >" + directory +
                  "z.conf && systemctl daemon-reload && systemctl reload odd-drop-ins")
                .status == 0);
    check_well(site.name());
    for (const auto& make : {"mkdir " + directory + "x.conf", "ln -s /nowhere " + directory + "y.conf"}) {
        REQUIRE(shell(make + " && systemctl daemon-reload").status == 0);
        const auto deployed = run({"baton", "deploy", "--force", site.name()});
        CHECK_MESSAGE(deployed.status == 0, deployed.text());
        try_fault(site.name(), {"true", "loaded", "is neither a file nor leads to one"});
    }
}

TEST_CASE("a section of a drop-in that systemd ignores is named, and what is typed corrects it") {
    const ServingSite site{"sections"};
    const Unset unset{"sections@.service"};
    REQUIRE(shell(drop_in("sections@.service", "# a=b\\n[Servce]\\nMemoryMax=1G\\n")).status == 0);
    REQUIRE(site.reload().status == 0); // other settings than the live release's are a finding too
    const auto found = of_check(examined("sections"), "loaded");
    REQUIRE(found.size() == 1);
    CHECK(found[0].at("what").get<std::string>().find("has a section [Servce], which sections@") != std::string::npos);
    REQUIRE(shell(found[0].at("type")).status == 0);
    CHECK(site.show(site.unit(site.live()), "MemoryMax") == "1073741824");
    REQUIRE(site.reload().status == 0);
    check_well("sections");
}

TEST_CASE("a unit that a drop-in requires, and that is not there, is named before the next start fails") {
    const ServingSite site{"lacking"};
    const std::vector<Unset> unset{{"lacking.service"}, {"lacking@.service"}};
    for (const auto* const requiring : {"Requires", "Requisite"}) // BindsTo= stops the site at once
        try_fault(site.name(), {drop_in("lacking.service", fmt::format("[Unit]\\n{}=nonexist.service\\n", requiring)) +
                                    " && ! systemctl restart lacking",
                                "loaded", "lacking.service requires nonexist.service"});
    const auto json = examined_with(
        site.name(), {drop_in("lacking@.service", "[Unit]\\nRequires=nonexist.service\\n"), "loaded", ""});
    const auto found = of_check(json, "loaded");
    REQUIRE_MESSAGE(found.size() == 1, json.dump(2));
    CHECK(found[0].at("what").get<std::string>().find("requires nonexist.service, which") != std::string::npos);
    CHECK(shell(found[0].at("type")).status == 0);
    CHECK(site.reload().status == 0); // the drop-in is there, though empty
    check_well(site.name());
    CHECK(get(site.address()).ver == "1");
}

TEST_CASE("a unit that systemd cannot load is one finding, and once its text is good, what is typed loads it") {
    const ServingSite site{"unloadable"};
    const Unset unset{"unloadable@.service"};
    const auto json =
        examined_with(site.name(), {drop_in("unloadable@.service", "[Service]\\nExecStart=\\n"), "loaded", ""});
    const auto found = of_check(json, "loaded");
    REQUIRE_MESSAGE(found.size() == 1, json.dump(2));
    CHECK(found[0].at("what").get<std::string>().find("systemd cannot load unloadable@1.service") == 0);
    REQUIRE(shell("rm /etc/systemd/system/unloadable@.service.d/override.conf").status == 0);
    const auto typed = shell(found[0].at("type"), 120s);
    CHECK_MESSAGE(typed.status == 0, typed.text());
    check_well(site.name());
}

TEST_CASE("a check whose finding is meant can be left out, by its name") {
    const ServingSite site{"meant"};
    const Unset unset{"meant@.service"};
    REQUIRE(shell(drop_in("meant@.service", "[Service]\\nProtectHome=no\\n")).status == 0);
    REQUIRE(site.reload().status == 0);
    CHECK(run({"baton", "doctor", "meant"}).status == 1);
    const auto without = run({"baton", "doctor", "--except=sandbox", "--except", "clock", "meant"});
    CHECK_MESSAGE(without.status == 0, without.text());
    const auto misspelt = run({"baton", "doctor", "--except=sandbx"});
    CHECK(misspelt.status == 2);
    CHECK(misspelt.err.find("there is no such check; did you mean 'sandbox'?") != std::string::npos);
}

TEST_CASE("a drop-in for all services of the host is for an editor, and the handle's user is seen") {
    const ServingSite site{"host-wide"};
    const Unset unset{"service"};
    REQUIRE(shell(drop_in("service", "[Service]\\nUser=nobody\\nSystemCallFilter=\\n")).status == 0);
    const auto json = examined(site.name());
    for (const auto* const check : {"handle-unit", "sandbox"}) {
        const auto found = of_check(json, check);
        REQUIRE_MESSAGE(!found.empty(), json.dump(2));
        for (const auto& finding : found)
            CHECK(finding.at("type").get<std::string>().starts_with(
                "editor /etc/systemd/system/service.d/override.conf && systemctl daemon-reload"));
    }
}

TEST_CASE("a default of the host that cuts drains is overridden for the site") {
    const ServingSite site{"default"};
    const Unset unset{"default@.service"};
    try_fault(site.name(),
              {"mkdir -p /etc/systemd/system.conf.d && "
               "printf '[Manager]\\nDefaultTimeoutStopSec=5s\\n' >/etc/systemd/system.conf.d/short.conf && "
               "systemctl daemon-reload",
               "drain", "TimeoutStopSec= of default@1.service is not baton's"});
    CHECK(shell("rm /etc/systemd/system.conf.d/short.conf && systemctl daemon-reload").status == 0);
}

TEST_CASE("net.core.somaxconn below Backlog= is named, and what is typed makes the socket's queue longer") {
    const ServingSite site{"queue"};
    const Unset unset{"queue.socket"};
    const auto queue_of = [&] {
        return shell("ss -Hlnt 'sport = :" + site.address() + "' | awk '{print $3}' | sort -n | tail -1").out;
    };
    try_fault(site.name(), {drop_in("queue.socket", "[Socket]\\nBacklog=6000\\n") + " && systemctl reload queue",
                            "queue", "net.core.somaxconn is 4096, below Backlog=6000 of queue.socket"});
    CHECK(queue_of() == "6000\n");
    try_fault(site.name(), {"rm /etc/systemd/system/queue.socket.d/override.conf && systemctl daemon-reload && "
                            "systemctl reload queue && sysctl -q -w net.core.somaxconn=100",
                            "queue", "net.core.somaxconn is 100, below the usual 4096 of queue.socket"});
    CHECK(queue_of() == "4096\n");
    CHECK(shell("rm /etc/sysctl.d/90-baton-*").status == 0);
}

TEST_CASE("a state that is full, in bytes or files, read-only or noexec, is named; status warns too") {
    const SmallState disk{"32M,nr_inodes=2k"};
    const ServingSite site{"full-state"};
    CHECK(is_well(site.name()));
    disk.fill();
    auto found = of_check(examined(site.name()), "room");
    REQUIRE(found.size() == 1);
    CHECK(found[0].at("what").get<std::string>().starts_with("'/var/lib/baton' has 0 B left"));
    CHECK(shell(found[0].at("type")).out.find("/var/lib/baton") != std::string::npos);
    CHECK(run({"baton", "status"}).out.find("warning: '/var/lib/baton' has 0 B left") != std::string::npos);
    REQUIRE(
        shell(
            "rm /var/lib/baton/filler*; mkdir /var/lib/baton/many && cd /var/lib/baton/many && seq 1500 | xargs touch")
            .status == 0);
    found = of_check(examined(site.name()), "room");
    REQUIRE(found.size() == 1);
    CHECK(found[0].at("what").get<std::string>().find("(inodes)") != std::string::npos);
    REQUIRE(shell("rm -r /var/lib/baton/many").status == 0);
    for (const auto& fault : std::vector<Fault>{{"mount -o remount,ro /var/lib/baton", "mounts", "mounted read-only"},
                                                {"mount -o remount,noexec /var/lib/baton", "mounts", "mounted noexec"}})
        try_fault(site.name(), fault);
    site.edit("2");
    site.wait_for_version("2");
}

TEST_CASE("when inotify instances run out is told before, and what is typed sets the shipped limit") {
    const ServingSite site{"instances"};
    const auto limit = "/proc/sys/fs/inotify/max_user_instances";
    write_file("/run/instances", "20\n"); // the kernel's own is shared with the host
    REQUIRE(run({"mount", "--bind", "/run/instances", limit}).status == 0);
    try_fault(site.name(), {"true", "inotify", "of 20 of root are in use (fs.inotify.max_user_instances)"});
    CHECK(read_file(limit) == "8192\n");
    CHECK(run({"umount", limit}).status == 0);
    CHECK(shell("rm /etc/sysctl.d/90-baton-*").status == 0);
}

TEST_CASE("rights that let others become root, or read secrets, are named") {
    const ServingSite site{"rights"};
    for (const auto& fault : std::vector<Fault>{
             {"chmod 0777 /var/lib/baton", "state", "others than root may write '/var/lib/baton'"},
             {"chmod 0755 /var/lib/baton/rights/releases", "store", "others than root may enter"},
             {"chmod o+w /srv/rights", "directory", "everybody may write '/srv/rights'"},
             {"chmod o+w /srv/rights/test", "directory", "everybody may write '/srv/rights/test'"},
         })
        try_fault(site.name(), fault);
}

TEST_CASE("a directory that everybody may write is named wherever it leads to a site's files") {
    const ServingSite site{"leads"};
    const auto status =
        shell("systemctl stop leads && mkdir -m 0777 /srv/open && mv /srv/leads /srv/open && "
              "ln -s open/leads /srv/leads && mkdir /srv/leads/bin && mv /srv/leads/test /srv/leads/bin && "
              "sed -i 's,\"test\",\"bin/test\",' /srv/leads/watch.conf && systemctl start leads");
    REQUIRE_MESSAGE(status.status == 0, status.text());
    try_fault(site.name(), {"true", "directory", "everybody may write '/srv/open'"});
    try_fault(site.name(), {"chmod 0777 /srv/leads/bin", "directory", "everybody may write '/srv/open/leads/bin'"});
    CHECK(shell("chmod 1777 /srv/open").status == 0); // as /tmp: nobody can replace another's files
    CHECK(is_well(site.name()));
}

TEST_CASE("a listener that exists in name only is named, and a deploy makes it listen again") {
    Site site{"in-name"};
    site.http_port = "/run/in-name/http.sock";
    site.upload(k_shop);
    site.edit("1");
    REQUIRE(site.add().status == 0);
    wait_until_nobody_looks(site.name());
    try_fault(site.name(), {"rm /run/in-name/http.sock", "deaf", "in-name.socket is active, but nobody listens"});
    CHECK(get("/run/in-name/http.sock").ver == "1");
}

TEST_CASE("an unknown key of watch.conf is named, also by status, and the command renames it") {
    const ServingSite site{"misspelt"};
    Journal journal{site.name()};
    site.edit("2", R"(, "KeepRelease": 3)");
    site.wait_for_version("2");
    (void)journal.wait_for(Event::release_live);
    const auto warning = site.status("/warnings/0");
    CHECK_MESSAGE(warning.find("KeepReleases") != warning.npos, warning);
    try_fault(site.name(), {"true", "watch.conf", "'KeepRelease'"});
    CHECK(site.conf("") != read_file(site.conf_path()));
    CHECK(read_file(site.conf_path()).find("\"KeepReleases\": 3") != std::string::npos);
}

TEST_CASE("what is typed for an unknown key keeps the other keys, and a linked watch.conf a link") {
    const ServingSite site{"keys"};
    const auto typed = [&](const std::string& more) {
        site.edit("2", more);
        site.wait_for_version("2");
        return of_check(examined(site.name()), "watch.conf").at(0).at("type").get<std::string>();
    };
    CHECK(typed(R"(, "Vers": "1")") == "editor /srv/keys/watch.conf");
    CHECK(typed(R"(, "Env": {"KeepRelease": "1"}, "KeepRelease": 3)") == "editor /srv/keys/watch.conf");
    REQUIRE(shell("cd /srv/keys && mv watch.conf real.conf && ln -s real.conf watch.conf").status == 0);
    CHECK(of_check(examined(site.name()), "watch.conf").at(0).at("type") == "editor /srv/keys/watch.conf");
}

TEST_CASE("a program that nothing has proven is named, and its preflight mends it") {
    Site site{"unproven"};
    site.upload(k_plain);
    site.edit("1", R"(, "Preflight": false)");
    site.set_unit("[Service]\nNotifyAccess=all\n");
    REQUIRE(site.add().status == 0);
    const auto found = of_check(examined(site.name()), "proof");
    REQUIRE(found.size() == 1);
    try_fault(site.name(), {"true", "proof", "nothing has proven that release 1 serves"});
    CHECK(site.status("/releases/0/proof") == "preflight");
}

TEST_CASE("a drain that was killed is named, until a release has drained well") {
    Site site{"killed-drain"};
    const Unset unset{"killed-drain@.service"};
    site.upload(k_misbehave);
    site.edit("1", R"(, "Args": ["deaf"], "Preflight": false)");
    site.set_unit("[Service]\nTimeoutStopSec=1\n");
    REQUIRE(site.add().status == 0);
    site.upload(k_shop);
    site.edit("2");
    site.wait_for_version("2");
    wait_until("release 1 has been killed", [&] { return !of_check(examined(site.name()), "last-drain").empty(); });
    try_fault(site.name(), {"true", "last-drain", "release 1 did not end well when it was told to (result 'timeout')"});
}

TEST_CASE("content that was rejected or rolled back is named, until other content is live") {
    const ServingSite site{"bad-content"};
    site.upload(k_misbehave);
    site.edit("2", R"(, "Args": ["exit"])");
    CHECK(site.deploy().status == 3);
    auto found = of_check(examined(site.name()), "edit");
    REQUIRE(found.size() == 1);
    CHECK(found[0].at("what").get<std::string>().starts_with("the current watch.conf was rejected: "));
    CHECK(found[0].at("type") == "baton logs bad-content 2");
    site.edit("2", R"(, "Args": ["exit"])");
    CHECK(site.deploy().status == 3); // release 2 had exactly this content
    CHECK(of_check(examined(site.name()), "edit").at(0).at("type") == "baton logs bad-content 2");
    let_upload_end();
    site.upload(k_shop);
    site.edit("3", R"(, "Args": ["--crash-after=1000"])");
    wait_until("it is rolled back",
               [&] { return site.status("/warnings").find("was rolled back: ") != std::string::npos; });
    found = of_check(examined(site.name()), "edit");
    REQUIRE(found.size() == 1);
    CHECK(found[0].at("type") == "baton logs bad-content 3");
    site.edit("4");
    site.wait_for_version("4");
    check_well(site.name());
}

TEST_CASE("a live release whose program is gone from its snapshot is named before it is missed, and made anew") {
    const ServingSite site{"programless"};
    try_fault(site.name(), {"rm /var/lib/baton/programless/releases/1/tree/test", "tries",
                            "the snapshot of the live release lacks its program"});
    CHECK(get(site.address()).ver == "1");
}

TEST_CASE("a site that is half removed, or whose record is damaged, hides no other, and is cleared up") {
    const ServingSite other{"whole"};
    {
        const ServingSite site{"half"};
        for (const auto& fault :
             std::vector<Fault>{{"echo garbage >/var/lib/baton/half/wish.json", "store", "wish.json"},
                                {"echo garbage >/var/lib/baton/half/site.json", "record", "site.json"}})
            try_fault("", fault);
        CHECK_FALSE(fs::exists(site.state()));
    }
    const ServingSite site{"rest"};
    REQUIRE(shell("rm /var/lib/baton/rest/site.json").status == 0);
    CHECK(run({"baton", "doctor", "rest"}).status == 1);
    try_fault("", {"true", "rests", "state and units of a site 'rest' are left"});
    CHECK_FALSE(fs::exists(site.state()));
    CHECK(get(other.address()).ver == "1");
    REQUIRE(shell("mkdir -p /var/lib/baton/.removed-gone/releases").status == 0);
    try_fault("", {"true", "rests", "state of a site 'gone' is left"});
}

TEST_CASE("the unit files of a stopped site are restored, by the look and by what the doctor says to type") {
    const ServingSite site{"unitless"};
    const std::string removed = "systemctl stop unitless && rm -r /usr/local/lib/systemd/system/unitless.* "
                                "/usr/local/lib/systemd/system/unitless@* && systemctl daemon-reload";
    std::string type;
    {
        const auto lock = baton::Lock::take("/var/lib/baton/unitless/lock"); // keeps the look away
        REQUIRE(shell(removed).status == 0);
        const auto found = of_check(examined(site.name()), "handle");
        REQUIRE(found.size() == 1);
        CHECK(found[0].at("what") == "the site is inactive, and its unit files are gone");
        type = found[0].at("type");
    }
    const auto typed = shell(type);
    CHECK_MESSAGE(typed.status == 0, type << typed.text());
    check_well(site.name());
    CHECK(get(site.address()).ver == "1");
    REQUIRE(shell(removed).status == 0);
    wait_until("a look restores them", [&] { return fs::exists(std::string{k_units} + "unitless.service"); });
    wait_until("the site starts", [&] { return shell("systemctl start unitless").status == 0; });
    check_well(site.name());
}

TEST_CASE("a copy of a site's state is no site, and harms no other") {
    const ServingSite site{"copied"};
    REQUIRE(shell("cd /var/lib/baton && cp -a copied copied.bak && cp -a copied 'copied copy'").status == 0);
    CHECK(run({"baton", "status"}).status == 0);
    try_fault("", {"true", "rests", "is no site's state"});
    CHECK(get(site.address()).ver == "1");
    CHECK(shell("rm -r /var/lib/baton-copied*").status == 0);
}

TEST_CASE("a user without rights is told what could not be looked at, and is not told that all is well") {
    const ServingSite site{"nobodys"};
    const auto told = as_user("nobody", "baton doctor");
    CHECK(told.status == 1);
    CHECK_MESSAGE(told.out.find("not looked at (inotify): ") != std::string::npos, told.text());
    CHECK(told.out.find("hint: run it with sudo to look at all\n") != std::string::npos);
    CHECK_MESSAGE(told.out.ends_with("nothing wrong was found, but not all was looked at\n"), told.text());
    site.unwatch();
    CHECK(as_user("nobody", "baton doctor").out.find("nobodys.path is inactive") != std::string::npos);
}

TEST_CASE("the doctor waits for a systemd that is slow, and does without one that is not there") {
    const ServingSite site{"slow"};
    fs::create_directories("/run/systemd/system-generators");
    write_file("/run/systemd/system-generators/slow", "#!/bin/sh\nsleep 8\n");
    fs::permissions("/run/systemd/system-generators/slow", fs::perms{0755});
    Process reload{{"systemctl", "daemon-reload"}};
    std::this_thread::sleep_for(500ms);
    const auto begin = std::chrono::steady_clock::now();
    CHECK(is_well(site.name()));
    CHECK(std::chrono::steady_clock::now() - begin > 3s); // it was slow indeed
    CHECK(reload.wait().status == 0);
    fs::remove("/run/systemd/system-generators/slow");

    const auto told =
        shell("unshare --mount sh -c 'mount -t tmpfs tmpfs /run/dbus && mount --bind /dev/null /run/systemd/private && "
              "chmod o+w /srv/slow && baton doctor --json'");
    CHECK(told.status == 1);
    const auto json = Json::parse(told.out);
    CHECK(of_check(json, "systemd").size() == 1);
    CHECK(of_check(json, "directory").size() == 1); // what needs no systemd is looked at all the same
    CHECK_FALSE(json.at("not_made").empty());
}

TEST_CASE("the doctor bears a systemd that hangs") {
    const ServingSite site{"hangs"};
    fs::create_directories("/run/systemd/system-generators");
    write_file("/run/systemd/system-generators/hangs", "#!/bin/sh\nsleep 75\n");
    fs::permissions("/run/systemd/system-generators/hangs", fs::perms{0755});
    Process reload{{"systemctl", "daemon-reload"}};
    std::this_thread::sleep_for(500ms);
    const auto begin = std::chrono::steady_clock::now();
    const auto json = examined(site.name());
    CHECK(std::chrono::steady_clock::now() - begin < 45s);
    CHECK(of_check(json, "systemd").size() == 1);
    fs::remove("/run/systemd/system-generators/hangs");
    CHECK(run({"pkill", "--full", "^sleep 75$"}).status == 0);
    CHECK(reload.wait(120s).status == 0);
    check_well(site.name());
}

TEST_SUITE_END();
