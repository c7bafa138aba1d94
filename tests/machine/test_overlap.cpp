// SPDX-License-Identifier: MIT
// HttpPort moves from every address of the host to one of them and back, on one port: addresses that both releases
// serve lose nothing; an address of only one release exists exactly from its switch to the next.
#include "support/files.hpp"
#include "support/gate.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/traffic.hpp"
#include "support/wait.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

using namespace machine;
using namespace std::chrono_literals;

namespace {

bool answers(const std::string& address, const std::string& ver) {
    return get(address).ver == ver;
}

/// As by a firewall: nobody answers, nobody refuses.
bool drops(const std::string& address) {
    return get(address, "/hello", 300ms).status == 0;
}

/// Nobody has waited as long as a packet that was dropped makes one wait: a second, RFC 6298.
void check_none_slowed(Traffic& traffic) {
    traffic.check_none_failed();
    CHECK(traffic.result().all.longest_wait < 900ms);
}

std::string bound(const std::string& port) {
    return shell("ss -Hltn 'sport = :" + port + "' | awk '{print $4}' | sort | tr '\\n' ' '").out;
}

void move(Site& site, const std::string& http_port, const std::string& ver) {
    CAPTURE(http_port);
    site.http_port = http_port;
    site.edit(ver);
    const auto moved = site.deploy();
    REQUIRE_MESSAGE(moved.status == 0, moved.text());
}

/// Of the port of `site`, and no other, these answer.
void check_reach(const std::string& port, const std::string& ver, const std::vector<std::string>& reached) {
    for (const auto* const host : {"127.0.0.1", "127.0.0.2", "[::1]"}) {
        const auto address = fmt::format("{}:{}", host, port);
        const bool is_reached = std::find(reached.begin(), reached.end(), host) != reached.end();
        CHECK_MESSAGE((is_reached ? answers(address, ver) : drops(address)), address << ", Ver " << ver);
    }
}

/// What sets the filter.
std::string helper(const Site& site) {
    return "baton-listen@" + site.name() + ".service";
}

void set_helper(const Site& site, const std::string& setting) {
    const auto drop_in = "/run/systemd/system/" + helper(site) + ".d";
    std::filesystem::remove_all(drop_in);
    if (!setting.empty()) {
        std::filesystem::create_directories(drop_in);
        write_file(drop_in + "/override.conf", "[Service]\n" + setting + "\n");
    }
    REQUIRE(run({"systemctl", "daemon-reload"}).status == 0);
}

} // namespace

TEST_SUITE_BEGIN("addresses");

TEST_CASE("HttpPort goes from every address to one, to two, to all of IPv4 and back, and those it keeps lose nothing") {
    ServingSite site{"narrow"};
    site.unwatch();
    const auto port = site.address();
    const auto one = "127.0.0.1:" + port;
    {
        Traffic traffic{one, {"fresh=200", "idle=4:ms=40"}};
        move(site, one, "2");
        check_reach(port, "2", {"127.0.0.1"});
        CHECK(run({"baton", "status", "narrow"})
                  .out.find("listening on " + one + " (on the socket of " + port +
                            ", until the next stop and start)") != std::string::npos);
        CHECK(site.status("/listeners/0/socket") == port);
        CHECK(site.show("narrow", "Wants").find(".socket") == std::string::npos); // it would listen on all
        move(site, one, "3");
        check_reach(port, "3", {"127.0.0.1"});
        move(site, port, "4");
        check_reach(port, "4", {"127.0.0.1", "127.0.0.2", "[::1]"});
        site.write_conf(fmt::format(R"({{"HttpPort": ["{}", "[::1]:{}"], "Ver": "5", "BinName": "test"}})", one, port));
        REQUIRE(site.deploy().status == 0);
        check_reach(port, "5", {"127.0.0.1", "[::1]"});
        move(site, "0.0.0.0:" + port, "6");
        check_reach(port, "6", {"127.0.0.1", "127.0.0.2"});
        move(site, "[::]:" + port, "7");
        check_reach(port, "7", {"127.0.0.1", "127.0.0.2", "[::1]"});
        move(site, one, "8");
        check_none_slowed(traffic);
    }
    move(site, "127.0.0.2:" + port, "9");
    check_reach(port, "9", {"127.0.0.2"});
    CHECK(bound(port) == "*:" + port + " ");
}

TEST_CASE(
    "a site that has gone to one address listens there alone once it is stopped and started, not when restarted") {
    ServingSite site{"narrow-start"};
    site.unwatch();
    const auto port = site.address();
    const auto one = "127.0.0.1:" + port;
    move(site, one, "2");
    REQUIRE(run({"systemctl", "restart", site.name()}, 60s).status == 0);
    check_reach(port, "2", {"127.0.0.1"});
    REQUIRE(run({"systemctl", "restart", site.unit(2)}, 60s).status == 0);
    check_reach(port, "2", {"127.0.0.1"});
    REQUIRE(run({"systemctl", "stop", site.name()}).status == 0);
    CHECK(bound(port).empty());
    REQUIRE(run({"systemctl", "start", site.name()}).status == 0);
    wait_until("it is up", [&] { return answers(one, "2"); });
    CHECK(bound(port) == one + " ");
    CHECK(refuses("127.0.0.2:" + port));
    CHECK(site.status("/listeners/0/socket") == one);
    site.http_port = port;
    site.edit("3");
    const auto refused = site.deploy();
    CHECK_MESSAGE(refused.status == 78, refused.text());
    CHECK(refused.err.find("listening on '" + port + "': it includes '" + one + "', where the live release listens") !=
          refused.err.npos);
    CHECK(run({"baton", "check", site.directory()}).status == 78);
    CHECK(run({"baton", "rollback", site.name(), "1"}).status == 78);
    CHECK(answers(one, "2"));
    move(site, free_port(), "4");
    wait_until("nobody has the port", [&] { return bound(port).empty(); });
    move(site, port, "5");
    check_reach(port, "5", {"127.0.0.1", "127.0.0.2", "[::1]"});
}

TEST_CASE("a release that is rejected on the way to one address, or back, changes nothing of who is heard") {
    ServingSite site{"narrow-reject"};
    site.unwatch();
    const auto port = site.address();
    const auto one = "127.0.0.1:" + port;
    const auto reject = [&](const std::string& http_port, const std::string& ver) {
        site.upload(k_misbehave);
        site.http_port = http_port;
        site.edit(ver, R"(, "Args": ["exit"])");
        const auto rejected = site.deploy();
        CHECK_MESSAGE(rejected.status == 3, rejected.text());
        site.upload(k_shop);
    };
    {
        Traffic outside{"127.0.0.2:" + port, fresh_traffic()};
        reject(one, "2");
        check_none_slowed(outside);
    }
    move(site, one, "3");
    Traffic inside{one, fresh_traffic()};
    reject(port, "4");
    check_reach(port, "3", {"127.0.0.1"});
    Gate gate;
    site.http_port = port;
    site.edit("5", R"(, "Args": ["--wait-at=)" + gate.path() + "\"]");
    Process deploy{{"baton", "deploy", site.name()}};
    gate.wait_for_arrival();
    check_reach(port, "3", {"127.0.0.1"});
    gate.open();
    CHECK(deploy.wait().status == 0);
    check_reach(port, "5", {"127.0.0.1", "127.0.0.2", "[::1]"});
    check_none_slowed(inside);
}

TEST_CASE("a roll back goes back to every address, and so does a release on probation that fails on one of them") {
    ServingSite site{"narrow-back"};
    site.unwatch();
    const auto port = free_port();
    const auto one = "127.0.0.1:" + port;
    move(site, port, "2"); // by a socket unit that is not the site's first
    Traffic traffic{one, fresh_traffic()};
    move(site, one, "3");
    check_reach(port, "3", {"127.0.0.1"});
    CHECK(run({"baton", "rollback", site.name()}).status == 0);
    check_reach(port, "2", {"127.0.0.1", "127.0.0.2", "[::1]"});
    CHECK(run({"baton", "rollback", site.name(), "3"}).status == 0);
    check_reach(port, "3", {"127.0.0.1"});
    CHECK(run({"baton", "rollback", site.name(), "2"}).status == 0);
    check_none_slowed(traffic);
    site.upload(k_misbehave);
    site.http_port = one;
    site.edit("4", R"(, "Preflight": false, "Args": ["crash", "300"])");
    CHECK(site.deploy().status == 0);
    wait_until("it has gone back", [&] { return get(one, "/hello", 500ms).ver == "2"; });
    check_reach(port, "2", {"127.0.0.1", "127.0.0.2", "[::1]"});
}

TEST_CASE("a deploy that is killed after its switch, before the others are kept away, does so at the next look") {
    ServingSite site{"narrow-killed"};
    site.unwatch();
    const auto port = site.address();
    const auto one = "127.0.0.1:" + port;
    Gate gate;
    set_helper(site, "ExecStartPre=/bin/cat " + gate.path());
    Traffic traffic{one, fresh_traffic()};
    site.http_port = one;
    site.edit("2");
    Process deploy{{"baton", "deploy", site.name()}};
    gate.wait_for_arrival();
    CHECK(answers("127.0.0.2:" + port, "2")); // it is live, and not narrow yet
    REQUIRE(run({"systemctl", "stop", "baton-pursue@" + site.name() + ".service"}).status == 0);
    deploy.kill(SIGKILL);
    (void)deploy.wait();
    set_helper(site, "");
    REQUIRE(run({"systemctl", "kill", "--signal=KILL", helper(site)}).status == 0);
    gate.open();
    wait_until("the others are kept away", [&] { return drops("127.0.0.2:" + port); });
    check_reach(port, "2", {"127.0.0.1"});
    check_none_slowed(traffic);
    CHECK(site.live() == 2);
}

TEST_CASE("that the others could not be kept away is told, and done by itself as soon as it can be") {
    ServingSite site{"narrow-again"};
    site.unwatch();
    const auto port = site.address();
    const auto one = "127.0.0.1:" + port;
    set_helper(site, "ExecStartPre=/bin/false");
    Traffic traffic{one, fresh_traffic()};
    Journal journal{site.name()};
    move(site, one, "2");
    CHECK(answers("127.0.0.2:" + port, "2"));
    CHECK(journal.wait_for(Event::warning)
              .message.find("listening on " + one + " alone, by the socket of " + port + ": systemd's job of " +
                            helper(site) + " ended as 'failed'; tried again") != std::string::npos);
    set_helper(site, "");
    wait_until("the others are kept away", [&] { return drops("127.0.0.2:" + port); });
    check_reach(port, "2", {"127.0.0.1"});
    check_none_slowed(traffic);
}

TEST_CASE("a socket that carries one address, and is taken away, is replaced by that address's own") {
    ServingSite site{"narrow-gone"};
    site.unwatch();
    const auto port = site.address();
    const auto one = "127.0.0.1:" + port;
    move(site, one, "2");
    REQUIRE(run({"baton", "look"}).status == 0);
    check_reach(port, "2", {"127.0.0.1"});
    CHECK(bound(port) == "*:" + port + " ");
    REQUIRE(run({"systemctl", "stop", site.name() + ".socket", site.unit(2)}).status == 0);
    REQUIRE(run({"baton", "look"}).status == 0);
    wait_until("it is there again", [&] { return answers(one, "2"); });
    CHECK(bound(port) == one + " ");
}

TEST_CASE("another site gets nothing of a port of which a site keeps one address on the socket of all") {
    ServingSite site{"narrow-mine"};
    site.unwatch();
    const auto port = site.address();
    move(site, "127.0.0.1:" + port, "2");
    ServingSite other{"narrow-others"};
    Journal journal{other.name()};
    other.http_port = "127.0.0.2:" + port;
    other.edit("2");
    CHECK(journal.wait_for(Event::put_off)
              .message.find("listening on '" + other.http_port + "': Address already in use") != std::string::npos);
    CHECK(answers(other.address(), "1"));
    CHECK(answers("127.0.0.1:" + port, "2"));
    move(site, free_port(), "3");
    wait_until("it has the address now", [&] { return answers(other.http_port, "2"); });
}

TEST_CASE("a named socket goes to one address and back as those of HttpPort do, under its name") {
    ServingSite site{"narrow-named"};
    site.unwatch();
    const auto port = free_port();
    const auto deploy = [&](const std::string& admin, const std::string& ver) {
        site.write_conf(fmt::format(R"({{"HttpPort": "{}", "Listen": {{"admin": "{}"}}, "Ver": "{}",
                                       "BinName": "test"}})",
                                    site.address(), admin, ver));
        const auto deployed = site.deploy();
        REQUIRE_MESSAGE(deployed.status == 0, deployed.text());
        const auto pid = site.show(site.unit(site.live()), "MainPID");
        CHECK(shell("tr '\\0' '\\n' </proc/" + pid + "/environ | sed -n 's/^LISTEN_FDNAMES=//p'").out ==
              "http:admin\n");
    };
    deploy(port, "2");
    Traffic traffic{"[::1]:" + port, fresh_traffic()};
    deploy("[::1]:" + port, "3");
    check_reach(port, "3", {"[::1]"});
    deploy(port, "4");
    check_reach(port, "4", {"127.0.0.1", "127.0.0.2", "[::1]"});
    check_none_slowed(traffic);
}

TEST_CASE("two names do not share a socket: what is for one server would be anybody's") {
    ServingSite site{"narrow-names"};
    site.unwatch();
    const auto port = site.address();
    const auto conf = [&](const std::string& http_port) {
        return fmt::format(R"({{"HttpPort": "{}", "Listen": {{"admin": "127.0.0.1:{}"}}, "Ver": "2",
                               "BinName": "test"}})",
                           http_port, port);
    };
    for (const auto& http_port : {free_port(), "127.0.0.2:" + port}) {
        site.write_conf(conf(http_port));
        const auto refused = site.deploy();
        CHECK_MESSAGE(refused.status == 78, refused.text());
        CHECK(refused.err.find("is one socket until the site has been stopped and started") != refused.err.npos);
        CHECK(run({"baton", "check", site.directory()}).status == 78);
    }
    CHECK(answers("127.0.0.2:" + port, "1"));
}

TEST_SUITE_END();
