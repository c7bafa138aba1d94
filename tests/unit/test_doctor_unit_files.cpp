// SPDX-License-Identifier: MIT
// Unit files: this baton's, read by systemd, not masked, enabled, and with programs that are there.
#include "doctor/checks/unit_files.hpp"

#include <doctest/doctest.h>

namespace baton::doctor {
namespace {

LoadedSeen loaded(const std::string& unit) {
    return {unit, "loaded", "/units/" + unit, "/units/" + unit, false};
}

TEST_CASE("unit files that this baton would write otherwise are a finding") {
    CHECK(judge_files({"shop", false}).empty());
    CHECK(judge_files({"shop", true}).front().type == "systemctl reload shop");
}

TEST_CASE("units that systemd has read are fine; one reload is told for all that it has not") {
    CHECK(judge_loaded({loaded("shop.service"), loaded("shop.path")}).empty());
    auto one = loaded("shop.service");
    auto other = loaded("shop.path");
    one.needs_reload = other.needs_reload = true;
    const auto found = judge_loaded({one, loaded("shop.socket"), other});
    REQUIRE(found.size() == 1);
    CHECK(found.front().what == "the files of shop.service, shop.path have changed since systemd read them");
}

TEST_CASE("a drop-in that is a directory, or leads nowhere, is removed: no reload helps") {
    auto unit = loaded("shop.service");
    unit.needs_reload = true;
    unit.no_files = {"/etc/systemd/system/shop.service.d/y.conf"};
    const auto found = judge_loaded({unit});
    REQUIRE(found.size() == 1);
    CHECK(found.front().type == "rm -d /etc/systemd/system/shop.service.d/y.conf && systemctl daemon-reload");
}

TEST_CASE("a section that systemd ignores is a finding, once for all units that the drop-in is for") {
    SeenUnit unit{.name = "shop.socket", .values = {}, .drop_ins = {}};
    const auto with = [&](const std::string& text) {
        unit.drop_ins = {{"/etc/systemd/system/shop.socket.d/x.conf", deploy::parse_settings(text)}};
        return ignored_sections(unit);
    };
    CHECK(with("[Unit]\nAfter=a\n[Socket]\nBacklog=9\n[X-Ours]\nA=1\n[Install]\nWantedBy=b\n").empty());
    CHECK(with("[Service]\nUser=a\n[Socket]\nMark=1\n").front().section == "Service");
    CHECK(with("Backlog=9\n").front().section.empty());
    auto one = loaded("shop.socket");
    one.ignored = with("[Scoket]\nBacklog=9\nMark=1\n[scoket]\n");
    REQUIRE(one.ignored.size() == 1);
    const auto found = judge_loaded({one, one});
    REQUIRE(found.size() == 1);
    CHECK(found.front().what == "'/etc/systemd/system/shop.socket.d/x.conf' has a section [Scoket], which shop.socket "
                                "cannot have");
    one.ignored = with("Backlog=9\n");
    CHECK(judge_loaded({one}).front().what ==
          "'/etc/systemd/system/shop.socket.d/x.conf' has settings before its first section");
}

TEST_CASE("a unit that is required and cannot be loaded is a finding, and is no longer required") {
    auto lacking = loaded("shop.service");
    lacking.lacked = {{"db.service", "not-found", "typed"}};
    const auto found = judge_loaded({lacking, loaded("shop.path")});
    REQUIRE(found.size() == 1);
    CHECK(found.front().line() ==
          "shop.service requires db.service, which systemd cannot load (not-found); its next start fails: typed");

    const std::string path = "/etc/systemd/system/shop.service.d/x.conf";
    SeenUnit unit{.name = "shop.service", .values = {}, .drop_ins = {}};
    const auto typed = [&](const std::string& text, std::string_view load_state = "not-found") {
        unit.drop_ins = {{path, deploy::parse_settings(text)}};
        return without_lack(unit, "db.service", load_state);
    };
    for (const std::string setting : {"Requires", "BindsTo", "Requisite"})
        CHECK(typed("[Unit]\n" + setting + "=db.service\nAfter=db.service b.service\n") ==
              "sed -i --follow-symlinks '/^[[:blank:]]*" + setting + "[[:blank:]]*=/d' " + path +
                  " && systemctl daemon-reload");
    for (const auto* const text :
         {"Requires=a.service db.service\n", "Requires=a.service\nRequires=db.service\n", "Requires=%p-db.service\n"})
        CHECK(typed(text) == "editor " + path + " && systemctl daemon-reload");
    CHECK(typed("[Unit]\nAfter=db.service\n") == "systemctl list-dependencies shop.service");
    CHECK(typed("Requires=db.service\n", "masked") ==
          "systemctl unmask db.service && systemctl unmask --runtime db.service");
    CHECK(typed("Requires=db.service\n", "bad-setting") == "systemd-analyze verify db.service");
}

TEST_CASE("a unit file that hides baton's own, and one that systemd cannot load, are a finding each") {
    auto hidden = loaded("shop.service");
    hidden.fragment = "/etc/systemd/system/shop.service";
    REQUIRE(judge_loaded({hidden}).size() == 1);
    CHECK(judge_loaded({hidden}).front().type == "rm /etc/systemd/system/shop.service && systemctl daemon-reload");
    auto bad = loaded("shop.service");
    bad.load_state = "bad-setting";
    CHECK(judge_loaded({bad}).size() == 1);
    bad.needs_reload = true; // after each daemon-reload too
    CHECK(judge_loaded({bad}).size() == 1);
    bad.needs_reload = false;
    bad.load_state = "masked"; // the check of masked units says so
    CHECK(judge_loaded({bad}).empty());
}

TEST_CASE("masked units are found among all, and unmasked as they were masked") {
    const auto masked = masked_among({{"shop.path", "masked"},
                                      {"shop.socket", "masked-runtime"},
                                      {"shop.service", "enabled"},
                                      {"other.path", "masked"}},
                                     [](const std::string& unit) { return unit.starts_with("shop."); });
    const auto found = judge_masked(masked);
    REQUIRE(found.size() == 2);
    CHECK(found[0].type == "systemctl unmask shop.path");
    CHECK(found[1].type == "systemctl unmask --runtime shop.socket");
}

TEST_CASE("a site that is not enabled is down after the next boot") {
    CHECK(judge_boot({"shop", "shop.service", "enabled"}).empty());
    CHECK(judge_boot({"shop", "shop.service", "masked"}).empty()); // another check says so
    CHECK(judge_boot({"shop", "shop.service", "disabled"}).front().type == "systemctl enable shop.service");
    CHECK(judge_boot({"shop", "shop.service", "enabled-runtime"}).size() == 1);
}

TEST_CASE("a program that a unit cannot run is a finding") {
    CHECK(judge_programs({{"/usr/bin/baton", true}}).empty());
    CHECK(judge_programs({{"/usr/bin/baton", true}, {"/usr/libexec/baton/baton-exec", false}}).size() == 1);
}

} // namespace
} // namespace baton::doctor
