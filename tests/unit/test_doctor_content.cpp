// SPDX-License-Identifier: MIT
// A site's directory, watch.conf and state, and what is left of a site that is gone.
#include "doctor/checks/content.hpp"
#include "doctor/checks/promises.hpp"

#include "scratch.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

namespace baton::doctor {
namespace {

TEST_CASE("a key that is not known is a finding; if it is near one, the command renames it") {
    const auto* const text = R"({"Ver": "1", "DelaySeconds": 3, "Colour": "red"})";
    CHECK(judge_conf({"/srv/shop/watch.conf", text, "", {}}).empty());
    const auto found =
        judge_conf({"/srv/shop/watch.conf", text, "", {{"DelaySeconds", "DelaySecond"}, {"Colour", ""}}});
    REQUIRE(found.size() == 2);
    CHECK(found[0].what == "'/srv/shop/watch.conf' has the unknown key 'DelaySeconds'; did you mean 'DelaySecond'?");
    CHECK(found[0].type == "sed -i 's/\"DelaySeconds\"/\"DelaySecond\"/' /srv/shop/watch.conf");
    CHECK(found[1].type == "editor /srv/shop/watch.conf");
}

TEST_CASE("a hostile key becomes no command") {
    const auto found = judge_conf({"/srv/shop/watch.conf", R"({"Ver/e;id #": 1})", "", {{"Ver/e;id #", "Ver"}}});
    REQUIRE(found.size() == 1);
    CHECK(found.front().type == "editor /srv/shop/watch.conf");
}

TEST_CASE("a key that no command can rename alone is for an editor") {
    for (const auto* const text : {
             R"({"Vers": "2", "Ver": "1"})",           // is there already
             R"({"Vers": "2", "Env": {"Vers": "1"}})", // of a program's as well
             R"({"Vers": "2", "Vres": "1"})",          // so is the other
             R"({"\u0056ers": "2"})",                  // written otherwise
             "",                                       // behind a link
         }) {
        CAPTURE(text);
        std::vector<site::UnknownKey> keys{{"Vers", "Ver"}};
        if (std::string_view{text}.find("Vres") != std::string_view::npos) keys.push_back({"Vres", "Ver"});
        for (const auto& finding : judge_conf({"/srv/shop/watch.conf", text, "", keys}))
            CHECK(finding.type == "editor /srv/shop/watch.conf");
    }
}

TEST_CASE("a watch.conf that the next deploy refuses is a finding") {
    const auto found = judge_conf({"/srv/shop/watch.conf", "", "reading watch.conf:1:1: the file is empty", {}});
    REQUIRE(found.size() == 1);
    CHECK(found.front().type == "baton check /srv/shop");
}

TEST_CASE("a directory that is gone, on the network, or open to everybody is a finding") {
    CHECK(judge_directory({"shop", "/srv/shop", "", "", {}}).empty());
    CHECK(judge_directory({"shop", "/srv/shop", "it does not exist", "", {}}).size() == 1);
    const auto on_nfs = judge_directory({"shop", "/srv/shop", "", "NFS", {}}).front();
    CHECK(on_nfs.what == "'/srv/shop' is on NFS");
    CHECK(on_nfs.type == "findmnt -T /srv/shop"); // nothing that could lose the site half way
    const auto found = judge_directory({"shop", "/srv/shop", "", "", {"/srv/shop", "/srv/shop/a b"}});
    REQUIRE(found.size() == 2);
    CHECK(found[1].type == "chmod o-w '/srv/shop/a b'");
}

TEST_CASE("a damaged file of the state is a finding with its command alone") {
    CHECK(judge_store({}).empty());
    const auto found =
        judge_store({{{"reading 'wish.json': it is garbage", "rm 'wish.json'; the next deploy makes one"}},
                     {"/var/lib/baton/shop/releases"}});
    REQUIRE(found.size() == 2);
    CHECK(found[0].type == "rm 'wish.json'");
    CHECK(found[1].type == "chmod 0700 /var/lib/baton/shop/releases");
}

TEST_CASE("what is left of sites that are not registered is found in the state and among the units") {
    const test::Scratch scratch;
    const deploy::Paths paths{scratch / "state", scratch / "units", scratch / "templates", scratch / "run",
                              scratch / "etc"};
    HostSubject host{paths, Systemd{[]() -> sd::Manager& { throw Error{"there is no systemd"}; }}};
    CHECK(observe_rests(host).empty());
    scratch.write("state/whole/site.json", "{}");
    scratch.write("units/whole@.service.d/10-baton.conf",
                  "# Written by baton; change nothing here, use `systemctl edit`.\n");
    scratch.write("state/gone-units/site.json", "{}");
    scratch.write("state/gone-units/releases/1/env", "");
    std::filesystem::create_directories(scratch / "etc/multi-user.target.wants");
    std::filesystem::create_symlink("/nowhere", scratch / "etc/multi-user.target.wants/gone-units.service");
    scratch.write("state/whole/releases/1/env", "");
    scratch.write("state/lost+found/x", "");
    scratch.write("state/headless/releases/1/env", "");
    scratch.write("state/.removed-gone/lock", "");
    scratch.write("units/orphan@.service", "");
    scratch.write("units/orphan@.service.d/10-baton.conf",
                  "# Written by baton; change nothing here, use `systemctl edit`.\n");
    scratch.write("units/getty@.service", "");
    const auto rests = observe_rests(host);
    REQUIRE(rests.size() == 3);
    CHECK(rests[0].site == "gone");
    CHECK(rests[1].site == "headless");
    CHECK(rests[2].site == "orphan");
    CHECK(rests[2].has_units);
    CHECK(has_rest(host, "headless"));
    CHECK_FALSE(has_rest(host, "whole"));
    const auto found = judge_rests(rests);
    CHECK(found[0].what == "state of a site 'gone' is left, but it is not registered");
    CHECK(found[2].what == "units of a site 'orphan' are left, but it is not registered");
    CHECK(found[2].type == "baton remove orphan");
}

TEST_CASE("a copy of a site's state is no site, and is moved away, whatever its name") {
    const test::Scratch scratch;
    const deploy::Paths paths{scratch / "state", scratch / "units", scratch / "templates", scratch / "run",
                              scratch / "etc"};
    HostSubject host{paths, Systemd{[]() -> sd::Manager& { throw Error{"there is no systemd"}; }}};
    for (const auto* const name : {"shop.bak", "shop copy"}) {
        scratch.write(std::string{"state/"} + name + "/site.json", "{}");
        scratch.write(std::string{"state/"} + name + "/releases/1/env", "");
    }
    CHECK(site::Store::sites(paths.state) == std::vector<std::string>{"shop.bak"});
    const auto found = judge_rests(observe_rests(host));
    REQUIRE(found.size() == 2);
    for (const auto& finding : found)
        REQUIRE(std::system(finding.type.c_str()) == 0); // NOLINT: as a person would
    CHECK(observe_rests(host).empty());
    CHECK(std::filesystem::exists(scratch / "state-shop copy/site.json"));
}

TEST_CASE("a release that nothing has proven is a finding, of an older baton's nothing is known") {
    const auto* const text = "{\"Preflight\" : false}";
    CHECK(judge_proof({"shop", 0, site::Proof::none, "/srv/shop/watch.conf", text}).empty());
    for (const auto fine : {site::Proof::unknown, site::Proof::held, site::Proof::preflight})
        CHECK(judge_proof({"shop", 7, fine, "/srv/shop/watch.conf", text}).empty());
    const auto found = judge_proof({"shop", 7, site::Proof::none, "/srv/shop/watch.conf", text});
    REQUIRE(found.size() == 1);
    CHECK(found.front().type == R"(sed -i 's/"Preflight" : false/"Preflight": true/' /srv/shop/watch.conf)");
    const auto in_lines =
        judge_proof({"shop", 7, site::Proof::none, "/srv/shop/watch.conf", "{\"Preflight\":\n  false}"});
    CHECK(in_lines.front().type == "editor /srv/shop/watch.conf"); // sed would change nothing
}

TEST_CASE("a last drain that was killed or cut is a finding, and one that cut nothing is none, however it ended") {
    CHECK(judge_last_drain({"shop", 0, "timeout", ""}).empty());
    CHECK(judge_last_drain({"shop", 7, "", ""}).empty());
    CHECK(judge_last_drain({"shop", 7, "", "drained 3 requests, closed 1 idle connections; 0 cut"}).empty());
    CHECK(judge_last_drain({"shop", 7, "core-dump", "3 requests; 0 cut"}).empty());
    CHECK(judge_last_drain({"shop", 7, "", "3 requests; 10 cut"}).size() == 1);
    CHECK(judge_last_drain({"shop", 7, "timeout", ""}).front().what ==
          "release 7 did not end well when it was told to (result 'timeout')");
}

TEST_CASE("systemd that has not answered once is not asked again") {
    int connections = 0;
    Systemd systemd{[&]() -> sd::Manager& {
        ++connections;
        throw Error{"there is no systemd"};
    }};
    for (int i = 0; i < 3; ++i)
        CHECK_THROWS_AS(systemd.ask([](sd::Manager& manager) { return manager.version(); }), Error);
    CHECK(connections == 1);
}

} // namespace
} // namespace baton::doctor
