// SPDX-License-Identifier: MIT
// The settings that a site needs: each one broken alone is one finding, and baton's own unit breaks none.
#include "doctor/checks/rules.hpp"

#include "scratch.hpp"
#include "site/directory/site_name.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>

namespace baton::doctor {
namespace {

constexpr std::uint64_t k_infinity = ~std::uint64_t{0};

/// shop@7.service as systemd loads baton's own.
UnitSeen good_release() {
    UnitSeen seen{.site = "shop", .unit = {"shop@7.service", {}, {}}, .template_unit = "shop@.service"};
    auto& values = seen.unit.values;
    values.texts = {{"LoadState", "loaded"},
                    {"User", site::user_name("shop")},
                    {"ProtectSystem", "strict"},
                    {"ProtectHome", "tmpfs"},
                    {"ProtectProc", "invisible"},
                    {"KillMode", "mixed"},
                    {"Restart", "no"},
                    {"Type", "notify"},
                    {"NotifyAccess", "main"},
                    {"Slice", "system-baton-shop.slice"},
                    {"FailureAction", "none"},
                    {"SuccessAction", "none"}};
    values.numbers = {{"NoNewPrivileges", 1},
                      {"DynamicUser", 1},
                      {"CapabilityBoundingSet", 0},
                      {"AmbientCapabilities", 0},
                      {"RestrictSUIDSGID", 1},
                      {"RestrictNamespaces", 0},
                      {"PrivateTmp", 1},
                      {"PrivateDevices", 1},
                      {"ProtectKernelTunables", 1},
                      {"ProtectKernelModules", 1},
                      {"ProtectKernelLogs", 1},
                      {"ProtectControlGroups", 1},
                      {"ProtectClock", 1},
                      {"ProtectHostname", 1},
                      {"RestrictRealtime", 1},
                      {"LockPersonality", 1},
                      {"KillSignal", SIGTERM},
                      {"SendSIGHUP", 0},
                      {"SendSIGKILL", 1},
                      {"FinalKillSignal", SIGKILL},
                      {"TimeoutStopUSec", 90'000'000},
                      {"RuntimeMaxUSec", k_infinity}};
    values.lists = {{"OnFailure", {"baton-rollback@shop@7.service"}}, {"OnSuccess", {"baton-ended@shop@7.service"}}};
    return seen;
}

Findings all_of(const UnitSeen& seen) {
    Findings found;
    for (const auto judge : {judge_sandbox, judge_drain, judge_release})
        for (auto& one : judge(seen))
            found.push_back(std::move(one));
    return found;
}

/// With a drop-in of root's that sets it.
UnitSeen with(const std::string& setting, const std::string& value, UnitSeen seen = good_release()) {
    seen.unit.drop_ins = {{"/etc/systemd/system/shop@.service.d/override.conf", {{"Service", setting, value}}}};
    return seen;
}

TEST_CASE("baton's own unit is as it must be") {
    CHECK(all_of(good_release()).empty());
    auto seen = good_release();
    seen.unit.values.texts["Slice"] = "system-shop.slice"; // an older baton's
    CHECK(all_of(seen).empty());
}

TEST_CASE("a unit that is not loaded is no matter of these checks") {
    auto seen = good_release();
    seen.unit.values.texts["LoadState"] = "masked";
    seen.unit.values.texts["KillMode"] = "none";
    CHECK(all_of(seen).empty());
}

TEST_CASE("each number of the sandbox and of the drain, set otherwise, is one finding that names its drop-in") {
    for (const auto& [property, good] : good_release().unit.values.numbers) {
        CAPTURE(property);
        auto setting = property;
        if (setting.ends_with("USec")) setting = setting.substr(0, setting.size() - 4) + "Sec";
        auto seen = with(setting, "x");
        seen.unit.values.numbers[property] = good == 0 ? 1 : good == 1 ? 0 : 2;
        const auto found = all_of(seen);
        REQUIRE(found.size() == 1);
        CHECK(found.front().what == setting + "=x of '/etc/systemd/system/shop@.service.d/override.conf'");
        CHECK(found.front().type == "sed -i --follow-symlinks '/^[[:blank:]]*" + setting +
                                        "[[:blank:]]*=/d' /etc/systemd/system/shop@.service.d/override.conf && "
                                        "systemctl daemon-reload && systemctl reload shop");
        CHECK_FALSE(found.front().why.empty());
    }
}

TEST_CASE("each word of the sandbox and of the drain, set otherwise, is one finding") {
    for (const auto& [property, good] : good_release().unit.values.texts) {
        if (property == "LoadState") continue;
        CAPTURE(property);
        auto seen = with(property, "other");
        seen.unit.values.texts[property] = "other";
        CHECK(all_of(seen).size() == 1);
    }
}

TEST_CASE("what DynamicUser= keeps on, though a drop-in sets it to no, is a finding all the same") {
    for (const auto* setting : {"NoNewPrivileges", "ProtectSystem", "PrivateTmp", "RestrictSUIDSGID"}) {
        CAPTURE(setting);
        CHECK(all_of(with(setting, "no")).size() == 1);
        CHECK(all_of(with(setting, "yes")).empty());
    }
}

TEST_CASE("what the README allows is no finding") {
    for (const auto& [setting, value] : {std::pair{"SystemCallFilter", "@resources"},
                                         {"StateDirectory", "shop"},
                                         {"Environment", "A=1"},
                                         {"MemoryMax", "1G"},
                                         {"ReadWritePaths", "/srv/data"}})
        CHECK(all_of(with(setting, value)).empty());
    auto seen = with("Type", "exec");
    seen.unit.values.texts["Type"] = "exec";
    CHECK(all_of(seen).empty());
    seen = with("NotifyAccess", "all");
    seen.unit.values.texts["NotifyAccess"] = "all";
    CHECK(all_of(seen).empty());
    seen = with("TimeoutStopSec", "1h");
    seen.unit.values.numbers["TimeoutStopUSec"] = 3'600'000'000;
    CHECK(all_of(seen).empty());
}

TEST_CASE("a list that is emptied is a finding, and one that is added to is none") {
    CHECK(all_of(with("SystemCallFilter", "")).size() == 1);
    CHECK(all_of(with("EnvironmentFile", "")).size() == 1);
    CHECK(all_of(with("EnvironmentFile", "/etc/shop.env")).empty());
}

TEST_CASE("of a list that is emptied and filled anew, only the emptying is deleted") {
    auto seen = with("SystemCallFilter", "");
    seen.unit.drop_ins.front().settings.push_back({"Service", "SystemCallFilter", "@system-service @setuid"});
    const auto found = all_of(seen);
    REQUIRE(found.size() == 1);
    CHECK(found.front().what == "SystemCallFilter= of '/etc/systemd/system/shop@.service.d/override.conf'");
    CHECK(found.front().type ==
          "sed -i --follow-symlinks '/^[[:blank:]]*SystemCallFilter[[:blank:]]*=[[:blank:]]*$/d' "
          "/etc/systemd/system/shop@.service.d/override.conf && systemctl daemon-reload && systemctl reload shop");
}

TEST_CASE("what a drop-in for all services has taken away, or set without a value of baton's, is for an editor") {
    for (const auto& [setting, value] : {std::pair{"SystemCallFilter", ""}, {"User", "nobody"}}) {
        auto seen = good_release();
        seen.unit.drop_ins = {{"/etc/systemd/system/service.d/x.conf", {{"Service", setting, value}}}};
        seen.unit.values.texts[setting] = value;
        const auto found = judge_sandbox(seen);
        REQUIRE(found.size() == 1);
        CHECK(found.front().type ==
              "editor /etc/systemd/system/service.d/x.conf && systemctl daemon-reload && systemctl reload shop");
    }
}

TEST_CASE("Restart= is a finding though baton's last drop-in overrules it") {
    const auto found = judge_release(with("Restart", "always"));
    REQUIRE(found.size() == 1);
    CHECK(found.front().what.starts_with("Restart=always of "));
}

TEST_CASE("a release without baton's helpers is a finding") {
    auto seen = with("OnFailure", "");
    seen.unit.values.lists["OnFailure"] = {"alert@shop.service"};
    CHECK(judge_release(seen).size() == 1);
    seen.unit.values.lists["OnFailure"] = {"alert@shop.service", "baton-rollback@shop@7.service"};
    CHECK(judge_release(seen).empty());
}

TEST_CASE("a setting of the whole host is overridden for the site alone") {
    auto seen = good_release();
    seen.unit.values.numbers["TimeoutStopUSec"] = 5'000'000; // DefaultTimeoutStopSec=
    auto found = judge_drain(seen);
    REQUIRE(found.size() == 1);
    CHECK(found.front().what == "TimeoutStopSec= of shop@7.service is not baton's, by a default of this host");
    CHECK(found.front().type ==
          "mkdir -p /etc/systemd/system/shop@.service.d && printf '%s\\n' '[Service]' 'TimeoutStopSec=90s' "
          ">/etc/systemd/system/shop@.service.d/zz-doctor-TimeoutStopSec.conf && systemctl daemon-reload && "
          "systemctl reload shop");
    seen.unit.drop_ins = {{"/etc/systemd/system/service.d/all.conf", {{"Service", "TimeoutStopSec", "5s"}}}};
    found = judge_drain(seen);
    REQUIRE(found.size() == 1);
    CHECK(found.front().what == "TimeoutStopSec=5s of '/etc/systemd/system/service.d/all.conf'");
    CHECK(found.front().type.starts_with("mkdir -p /etc/systemd/system/shop@.service.d"));
}

TEST_CASE("a property that this systemd does not have is no finding") {
    auto seen = good_release();
    seen.unit.values.numbers.erase("RestrictSUIDSGID");
    seen.unit.values.texts.erase("ProtectProc");
    CHECK(all_of(seen).empty());
}

TEST_CASE("the access log above journald's limit loses lines, unless somebody has set a limit") {
    auto seen = with("Environment", "BATON_ACCESS_LOG=1");
    seen.unit.values.lists["Environment"] = {"A=1", "BATON_ACCESS_LOG=1"};
    REQUIRE(judge_release(seen).size() == 1);
    CHECK(judge_release(seen).front().type.find("'LogRateLimitIntervalSec=1ms'") != std::string::npos);
    seen.unit.values.numbers["LogRateLimitIntervalUSec"] = 1000;
    CHECK(judge_release(seen).empty());
}

UnitSeen good_socket() {
    UnitSeen seen{.site = "shop", .unit = {"shop.socket", {}, {}}, .template_unit = "shop.socket"};
    seen.unit.values.texts = {{"LoadState", "loaded"}};
    seen.unit.values.numbers = {{"ReusePort", 0},
                                {"Accept", 0},
                                {"FlushPending", 0},
                                {"TriggerLimitIntervalUSec", 0},
                                {"StartLimitIntervalUSec", 0}};
    return seen;
}

TEST_CASE("ReusePort= of a socket is a finding, and only a stop and a start of the site end it") {
    CHECK(judge_socket_units({good_socket(), good_socket()}).empty());
    auto seen = good_socket();
    seen.unit.values.numbers["ReusePort"] = 1;
    seen.unit.drop_ins = {{"/etc/systemd/system/shop.socket.d/x.conf", {{"Socket", "ReusePort", "yes"}}}};
    const auto found = judge_socket_units({good_socket(), seen});
    REQUIRE(found.size() == 1);
    CHECK(found.front().type.ends_with("systemctl daemon-reload && systemctl stop shop && systemctl start shop"));
}

UnitSeen good_handle() {
    UnitSeen seen{.site = "shop", .unit = {"shop.service", {}, {}}, .template_unit = "shop.service"};
    seen.unit.values.texts = {{"LoadState", "loaded"},
                              {"Type", "oneshot"},
                              {"Restart", "no"},
                              {"ProtectSystem", "strict"},
                              {"ProtectHome", "read-only"}};
    seen.unit.values.numbers = {{"RemainAfterExit", 1},
                                {"TimeoutStartUSec", k_infinity},
                                {"TimeoutStopUSec", 900'000'000},
                                {"NoNewPrivileges", 1}};
    seen.unit.values.lists["ReadWritePaths"] = {"/var/lib/baton", "/etc/systemd/system", "-/run/baton"};
    seen.longest_stop = std::chrono::minutes{15};
    seen.written = {"/var/lib/baton/shop", "/etc/systemd/system", "/run/baton"};
    return seen;
}

TEST_CASE("a handle that is hurried, or no longer root, is a finding") {
    CHECK(judge_handle_unit(good_handle()).empty());
    auto seen = good_handle();
    seen.unit.values.texts["User"] = "nobody"; // wherever it is from
    seen.unit.drop_ins = {{"/etc/systemd/system/service.d/x.conf", {{"Service", "User", "nobody"}}}};
    REQUIRE(judge_handle_unit(seen).size() == 1);
    CHECK(judge_handle_unit(seen).front().type ==
          "editor /etc/systemd/system/service.d/x.conf && systemctl daemon-reload");
    seen.unit.values.texts["User"] = "";
    seen.unit.values.numbers["TimeoutStartUSec"] = 1'000'000;
    CHECK(judge_handle_unit(seen).size() == 1);
}

TEST_CASE("a handle that stops sooner than its releases may gets as long as they have") {
    const auto set = [](const std::string& value) {
        return "mkdir -p /etc/systemd/system/shop.service.d && printf '%s\\n' '[Service]' 'TimeoutStopSec=" + value +
               "' >/etc/systemd/system/shop.service.d/zz-doctor-TimeoutStopSec.conf && systemctl daemon-reload";
    };
    auto seen = good_handle();
    seen.longest_stop = std::chrono::hours{1};
    auto found = judge_handle_unit(seen);
    REQUIRE(found.size() == 1);
    CHECK(found.front().what == "TimeoutStopSec=15min of shop.service");
    CHECK(found.front().why ==
          "it is shorter than that of the releases (60min), which are killed before they have drained");
    CHECK(found.front().type == set("60min"));
    seen.unit.values.numbers["TimeoutStopUSec"] = 3'600'000'000; // as it says
    CHECK(judge_handle_unit(seen).empty());

    seen.longest_stop = std::chrono::microseconds::max();
    REQUIRE(judge_handle_unit(seen).size() == 1);
    CHECK(judge_handle_unit(seen).front().type == set("infinity"));
    seen.unit.values.numbers["TimeoutStopUSec"] = k_infinity;
    CHECK(judge_handle_unit(seen).empty());
}

TEST_CASE("a drop-in that hurries the handle is taken back, and is not enough where baton's own value is too short") {
    auto seen = good_handle();
    seen.unit.values.numbers["TimeoutStopUSec"] = 10'000'000;
    seen.unit.drop_ins = {{"/etc/systemd/system/shop.service.d/x.conf", {{"Service", "TimeoutStopSec", "10"}}}};
    seen.longest_stop = std::chrono::seconds{90};
    auto found = judge_handle_unit(seen);
    REQUIRE(found.size() == 1);
    CHECK(found.front().what == "TimeoutStopSec=10 of '/etc/systemd/system/shop.service.d/x.conf'");
    const std::string taken_back = "sed -i --follow-symlinks '/^[[:blank:]]*TimeoutStopSec[[:blank:]]*=/d' "
                                   "/etc/systemd/system/shop.service.d/x.conf && ";
    CHECK(found.front().type == taken_back + "systemctl daemon-reload");
    seen.longest_stop = std::chrono::hours{1};
    CHECK(judge_handle_unit(seen).front().type.starts_with(taken_back + "mkdir -p "));
    seen.unit.drop_ins.front().path = "/etc/systemd/system/service.d/x.conf"; // of all services
    seen.longest_stop = std::chrono::seconds{90};
    CHECK(judge_handle_unit(seen).front().type.find("'TimeoutStopSec=15min'") != std::string::npos);
}

TEST_CASE("a handle that may not write what a deploy writes is a finding, whichever setting forbids it") {
    const std::string drop_in = "/etc/systemd/system/shop.service.d/x.conf";
    const auto with_paths = [&](const std::string& setting, const std::vector<std::string>& now) {
        auto seen = good_handle();
        seen.unit.values.lists[setting] = now;
        seen.unit.drop_ins = {{drop_in, {{"Service", setting, setting == "ReadWritePaths" ? "" : now.front()}}}};
        return judge_handle_unit(seen);
    };
    const auto found = with_paths("ReadWritePaths", {"/etc/systemd/system", "-/run/baton"});
    REQUIRE(found.size() == 1);
    CHECK(found.front().what == "ReadWritePaths= of '" + drop_in + "'");
    CHECK(found.front().type == "sed -i --follow-symlinks '/^[[:blank:]]*ReadWritePaths[[:blank:]]*=[[:blank:]]*$/d' " +
                                    drop_in + " && systemctl daemon-reload");
    CHECK(with_paths("ReadWritePaths", {"/var/lib/baton/other", "/etc", "/run"}).size() == 1);
    CHECK(with_paths("ReadWritePaths", {"/var/lib/bat", "/etc", "/run"}).size() == 1);
    CHECK(with_paths("ReadWritePaths", {"/var", "+/etc", "/run"}).empty());
    CHECK(with_paths("ReadWritePaths", {"/"}).empty());
    for (const auto* const setting : {"ReadOnlyPaths", "InaccessiblePaths"}) {
        CAPTURE(setting);
        CHECK(with_paths(setting, {"/var/lib/baton"}).size() == 1);
        CHECK(with_paths(setting, {"-/var/lib/baton/shop"}).size() == 1);
        CHECK(with_paths(setting, {"/var"}).empty()); // the longer path counts
        CHECK(with_paths(setting, {"/srv", "/var/lib/baton/other"}).empty());
    }
}

TEST_CASE("a watch that watches nothing, or starts something else, is a finding") {
    UnitSeen seen{.site = "shop", .unit = {"shop.path", {}, {}}, .template_unit = "shop.path"};
    seen.unit.values.texts = {{"LoadState", "loaded"}};
    CHECK(judge_watch_unit(seen).empty());
    for (const auto& [setting, value] : {std::pair{"PathChanged", ""}, {"Unit", "other.service"}}) {
        seen.unit.drop_ins = {{"/etc/systemd/system/shop.path.d/x.conf", {{"Path", setting, value}}}};
        const auto found = judge_watch_unit(seen);
        REQUIRE(found.size() == 1);
        CHECK(found.front().type.ends_with("systemctl restart shop.path"));
    }
    seen.unit.drop_ins = {{"/etc/systemd/system/shop.path.d/x.conf", {{"Path", "PathChanged", "/srv/also"}}}};
    CHECK(judge_watch_unit(seen).empty());
}

} // namespace
} // namespace baton::doctor
