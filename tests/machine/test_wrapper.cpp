// SPDX-License-Identifier: MIT
// Scripts that start a server without exec: systemd knows the script's process, but another process gets the requests.
#include "support/files.hpp"
#include "support/gate.hpp"
#include "support/hostile.hpp"
#include "support/programs.hpp"
#include "support/traffic.hpp"

using namespace machine;
namespace fs = std::filesystem;

namespace {

/// As a server that takes the socket without a look at LISTEN_PID=; the script goes on after it, so no shell execs it.
constexpr auto k_start = "sh -c 'LISTEN_PID=$$ exec ./shop'";

void upload_script(const Site& site, const std::string& text) {
    site.upload(k_shop, "shop");
    fs::remove(site.directory() / "test");
    write_file(site.directory() / "test", text);
}

/// A site whose releases are such scripts, and may say READY=1 from any process.
struct WrappedSite : Site {
    WrappedSite(const std::string& name, const std::string& script, std::string_view more = "") : Site{name} {
        set_unit("[Service]\nNotifyAccess=all\nTimeoutStartSec=5s\nTimeoutStopSec=20s\n");
        upload_script(*this, script);
        edit("1", more);
        const auto added = add();
        REQUIRE_MESSAGE(added.status == 0, added.text());
        unwatch();
    }
};

} // namespace

TEST_SUITE_BEGIN("wrapper");

TEST_CASE("a server that a script has started without exec finishes its requests, deploy after deploy") {
    for (const std::string& script :
         {std::string{"#!/bin/sh\n"} + k_start + "\nexit $?\n",
          std::string{"#!/bin/bash\n"} + k_start + " | cat\nexit 0\n",
          std::string{"#!/bin/sh\nsh -c \""} + "sh -c 'LISTEN_PID=\\$\\$ exec ./shop'; true\"\ntrue\n"}) {
        CAPTURE(script);
        const WrappedSite site{"wrapped", script};
        Traffic traffic{site.address()};
        for (const std::string ver : {"2", "3"}) {
            HeldRequest held{site.address()};
            site.edit(ver);
            const auto deployed = site.deploy();
            REQUIRE_MESSAGE(deployed.status == 0, deployed.text());
            site.wait_for_version(ver);
            CHECK_FALSE(held.answered());
            CHECK(held.let_go().status == 200);
        }
        traffic.check_none_failed();
        wait_until("the one before has gone", [&] { return site.show(site.unit(2), "ActiveState") == "inactive"; });
        CHECK(site.show(site.unit(2), "Result") == "success");
    }
}

TEST_CASE("a script that is stopped with its site, or by PID 1 alone, lets its server finish as well") {
    const WrappedSite site{"wrapped-stop", std::string{"#!/bin/sh\n"} + k_start + "\nexit $?\n"};
    for (const auto& unit : {site.unit(1), site.name()}) {
        HeldRequest held{site.address()};
        REQUIRE(run({"systemctl", "stop", "--no-block", unit}).status == 0);
        wait_until("it is told", [&] { return site.show(site.unit(1), "ActiveState") == "deactivating"; });
        CHECK(held.let_go().status == 200);
        wait_until("it has gone", [&] { return site.show(site.unit(1), "ActiveState") == "inactive"; });
        REQUIRE(run({"systemctl", "start", site.name()}).status == 0);
        site.wait_for_version("1");
    }
}

TEST_CASE("a script that sees to SIGTERM itself, or that does exec, is told by systemd as ever") {
    for (const std::string& script :
         {std::string{"#!/bin/sh\ntrap 'echo trapped >&2; kill -TERM $child; wait $child; exit 0' TERM\n"} + k_start +
              " &\nchild=$!\nwait $child\n",
          std::string{"#!/bin/sh\nexec ./shop\n"}}) {
        CAPTURE(script);
        const WrappedSite site{"traps", script};
        HeldRequest held{site.address()};
        site.edit("2");
        REQUIRE(site.deploy().status == 0);
        CHECK(held.let_go().status == 200);
        wait_until("it has gone", [&] { return site.show(site.unit(1), "ActiveState") == "inactive"; });
        if (script.find("trapped") != script.npos) contains(journal_of(site.unit(1)), "trapped");
    }
}

TEST_CASE("a script whose server says nothing to SIGTERM ends with it, not when TimeoutStopSec= is over") {
    const WrappedSite site{"mute", "#!/bin/sh\nsystemd-notify --ready\nsleep 1000\nexit 0\n",
                           R"(, "Preflight": false)"};
    const auto begin = std::chrono::steady_clock::now();
    REQUIRE(run({"systemctl", "stop", site.unit(1)}).status == 0);
    CHECK(std::chrono::steady_clock::now() - begin < 15s);
}

TEST_CASE("a script's server with HealthPath is asked itself, and takes over") {
    const WrappedSite site{"wrapped-health", std::string{"#!/bin/sh\n"} + k_start + "\nexit $?\n"};
    site.edit("2", R"(, "HealthPath": "/healthz")");
    const auto deployed = site.deploy();
    CHECK_MESSAGE(deployed.status == 0, deployed.text());
    site.wait_for_version("2");
}

TEST_CASE("READY=1 from a child, and a child that looks at LISTEN_PID=, are named where the release is rejected") {
    ServingSite site{"child"};
    site.unwatch();
    site.set_unit("[Service]\nTimeoutStartSec=2s\nTimeoutStopSec=2s\n");
    upload_script(site, std::string{"#!/bin/sh\n"} + k_start + "\nexit $?\n");
    site.edit("2");
    auto refused = site.deploy();
    CHECK(refused.status == k_rejected);
    contains(refused.err, "did not say READY=1 within 2.0 s");
    contains(refused.err, "a child of the program said READY=1");
    contains(refused.err, "NotifyAccess=all");

    upload_script(site, "#!/bin/sh\n./shop\nexit $?\n");
    site.edit("3");
    refused = site.deploy();
    CHECK(refused.status == k_rejected);
    contains(refused.err, "LISTEN_PID= and READY=1 are for the script's own process only; write exec");
    contains(site.status("/releases/0/reason"), "write exec before the program");
    CHECK(get(site.address()).ver == "1");
}

TEST_CASE("a script with a carriage return names its interpreter with it") {
    ServingSite site{"returns"};
    site.unwatch();
    for (const auto& [text, name] : std::vector<std::pair<std::string, std::string>>{
             {"#!/bin/sh\r\necho\r\n", "'/bin/sh\\r'"},
             {"#!/usr/bin/env python3\r\nprint()\r\n", "'/usr/bin/env python3\\r'"}}) {
        upload_script(site, text);
        site.edit(std::to_string(name.size()));
        const auto refused = site.deploy();
        CHECK(refused.status == k_rejected);
        contains(refused.err, name + ", with a carriage return at its end");
    }
}

TEST_SUITE_END();
