// SPDX-License-Identifier: MIT
// Several addresses of one site: each comes, goes and changes from release to release while the others serve. And an
// administrator's settings for a listener that already listens.
#include "support/files.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/traffic.hpp"
#include "support/wait.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>

using namespace machine;
using namespace std::chrono_literals;

namespace {

bool answers(const std::string& address, const std::string& ver) {
    return get(address).ver == ver;
}

/// watch.conf with this "HttpPort", a list, and Listen.
std::string conf(const std::string& ver, const std::string& http_port, const std::string& listen) {
    return fmt::format(R"({{"HttpPort": {}, "Listen": {}, "Ver": "{}", "BinName": "test", "ProbationSecond": 0}})",
                       http_port, listen, ver);
}

std::string socket_names(const Site& site) {
    const auto pid = site.show(site.unit(site.live()), "MainPID");
    return shell("tr '\\0' '\\n' </proc/" + pid + "/environ | sed -n 's/^LISTEN_FDNAMES=//p'").out;
}

/// As by `systemctl edit UNIT`.
void edit_unit(const std::string& unit, const std::string& settings) {
    const auto directory = "/etc/systemd/system/" + unit + ".d";
    std::filesystem::create_directories(directory);
    write_file(directory + "/override.conf", settings);
    REQUIRE(run({"systemctl", "daemon-reload"}).status == 0);
}

void revert_unit(const std::string& unit) {
    std::filesystem::remove_all("/etc/systemd/system/" + unit + ".d");
    REQUIRE(run({"systemctl", "daemon-reload"}).status == 0);
}

/// The length of the queue that a port's connections wait in.
std::string backlog(const std::string& port) {
    return shell("ss -Hltn 'sport = :" + port + "' | awk '{print $3}'").out;
}

} // namespace

TEST_SUITE_BEGIN("addresses");

TEST_CASE("a site has several addresses and named sockets, and each comes, goes and comes back under load") {
    ServingSite site{"several"};
    const auto port = site.address();
    const auto admin = "127.0.0.1:" + free_port();
    const auto second = free_port();
    const std::string path = "/run/several/http.sock";
    Traffic traffic{port};

    site.write_conf(conf("2", fmt::format(R"(["{}", "{}"])", port, path), fmt::format(R"({{"admin": "{}"}})", admin)));
    site.wait_for_version("2");
    for (const auto& address : {port, path, admin})
        CHECK_MESSAGE(answers(address, "2"), address);
    CHECK(socket_names(site) == "http:http:admin\n");
    const auto told = site.status("/listeners");
    CHECK_MESSAGE(told.find(R"("name":"admin")") != told.npos, told);
    const auto shown = run({"baton", "status", "several"}).out; // each with its unit, where that is not several.socket
    CHECK_MESSAGE(shown.find("listening on " + port + ", " + path + " (several@") != shown.npos, shown);
    CHECK_MESSAGE(shown.find(", admin " + admin + " (several@") != shown.npos, shown);

    site.write_conf(conf("3", fmt::format(R"(["{}", "{}"])", second, port), R"({})")); // another first one
    site.wait_for_version("3");
    for (const auto& address : {port, second})
        CHECK_MESSAGE(answers(address, "3"), address);
    wait_until("those that went are closed", [&] { return refuses(path) && refuses(admin); });
    CHECK(site.status("/address") == second);

    CHECK(run({"baton", "rollback", "several", "2"}).status == 0);
    for (const auto& address : {port, path, admin})
        CHECK_MESSAGE(answers(address, "2"), address);
    wait_until("the one that went is closed", [&] { return refuses(second); });
    traffic.check_none_failed();
    CHECK(run({"systemctl", "restart", "several"}).status == 0);
    for (const auto& address : {port, path, admin})
        CHECK_MESSAGE(answers(address, "2"), address);
    CHECK(run({"systemctl", "stop", "several"}).status == 0);
    for (const auto& address : {port, path, admin})
        CHECK_MESSAGE(refuses(address), address);
}

TEST_CASE("a release that was refused leaves no option on the sockets that keeps clients away") {
    const ServingSite site{"filtered"};
    site.upload(k_misbehave);
    site.edit("2", R"(, "Preflight": false, "Args": ["far-clients-only"])");
    Journal journal{site.name()};
    CHECK(journal.wait_for(Event::release_rejected).message.find("exited with status 9") !=
          std::string::npos); // it is set
    wait_until("clients are heard", [&] { return get(site.address(), "/hello", 500ms).ver == "1"; });
}

TEST_CASE(
    "a program with two servers has each socket where it belongs, and neither fails a request as it is replaced") {
    ServingSite site{"two-servers"};
    const auto port = site.address();
    const auto admin = "127.0.0.1:" + free_port();
    site.upload(k_two_servers);
    const auto with = [&](const std::string& ver) {
        return fmt::format(R"({{"HttpPort": "{}", "Listen": {{"admin": "{}"}}, "Ver": "{}", "BinName": "test",
                               "HealthPath": "/healthz"}})",
                           port, admin, ver);
    };
    site.write_conf(with("2"));
    site.wait_for_version("2");
    const auto tells = [](const std::string& address, const std::string& which) {
        return get(address).body.find("\"message\":\"" + which + "\"") != std::string::npos;
    };
    CHECK(tells(port, "site"));
    wait_until("the other one accepts", [&] { return tells(admin, "admin"); });
    Traffic to_site{port};
    Traffic to_admin{admin};
    for (int ver = 3; ver < 8; ++ver) {
        site.write_conf(with(std::to_string(ver)));
        site.wait_for_version(std::to_string(ver));
        CHECK(tells(admin, "admin"));
        CHECK(answers(admin, std::to_string(ver)));
    }
    to_site.check_none_failed();
    to_admin.check_none_failed();
}

TEST_CASE("one address that is taken puts the whole deploy off, and one that nobody may have is refused by its name") {
    auto other = std::make_unique<ServingSite>("one-taken-by");
    ServingSite site{"one-taken"};
    const auto port = site.address();
    Traffic traffic{port};
    Journal journal{site.name()};
    site.write_conf(conf("2", fmt::format(R"(["{}"])", port), fmt::format(R"({{"admin": "{}"}})", other->http_port)));
    const auto put_off = journal.wait_for(Event::put_off);
    CHECK(put_off.message.find("listening on '" + other->http_port + "': Address already in use") !=
          put_off.message.npos);
    CHECK(answers(port, "1"));
    site.write_conf(conf("3", fmt::format(R"(["{}"])", port), R"({"admin": "81"})"));
    const auto refused = site.deploy();
    CHECK_MESSAGE(refused.status == 78, refused.text());
    CHECK(refused.err.find("listening on '81': root has not allowed it") != refused.err.npos);
    traffic.check_none_failed();
    CHECK(site.live() == 1);
}

TEST_CASE("a named socket's listener that is taken away is there again at the next look, as the first one is") {
    ServingSite site{"named-gone"};
    const auto admin = free_port();
    site.write_conf(conf("2", fmt::format(R"(["{}"])", site.address()), fmt::format(R"({{"admin": "{}"}})", admin)));
    site.wait_for_version("2");
    REQUIRE(run({"systemctl", "stop", "named-gone@" + admin + ".socket", site.unit(site.live())}).status == 0);
    REQUIRE(run({"baton", "look"}).status == 0);
    wait_until("both are there again", [&] { return answers(admin, "2") && answers(site.address(), "2"); });
}

TEST_CASE(
    "what is set for a listener by systemctl edit is in effect at the next reload, without a refused connection") {
    ServingSite site{"tuned"};
    const auto port = site.address();
    Traffic traffic{port};
    edit_unit("tuned.socket", "[Socket]\nBacklog=77\nKeepAlive=yes\nSocketMode=0600\n");
    CHECK(site.status("/warnings").find("of its sockets, have changed since release 1 was started; a reload applies") !=
          std::string::npos);
    CHECK(backlog(port) != "77\n");
    CHECK(site.reload().status == 0);
    CHECK(site.live() == 2);
    CHECK(backlog(port) == "77\n");
    auto warnings = site.status("/warnings");
    CHECK(warnings.find("have changed since") == std::string::npos);
    CHECK_MESSAGE(warnings.find("SocketMode of '/etc/systemd/system/tuned.socket.d/override.conf' is newer than the "
                                "socket on " +
                                port + ", and not in effect") != std::string::npos,
                  warnings);
    edit_unit("tuned.socket", "[Socket]\nListenStream=\nListenStream=" + free_port() + "\nAccept=yes\n");
    CHECK(site.reload().status == 0);
    CHECK(site.live() == 3);
    CHECK(run({"systemctl", "restart", "tuned"}).status == 0);
    warnings = site.status("/warnings");
    CHECK_MESSAGE(warnings.find("ListenStream, Accept of '/etc/systemd/system/tuned.socket.d/override.conf' are not in "
                                "effect; HttpPort and Listen of watch.conf say where a site listens") !=
                      std::string::npos,
                  warnings);
    revert_unit("tuned.socket");
    CHECK(site.reload().status == 0);
    CHECK(site.live() == 4);
    CHECK(backlog(port) == shell("cat /proc/sys/net/core/somaxconn").out);
    CHECK(site.status("/warnings") == "[]");
    traffic.check_none_failed();
}

TEST_SUITE_END();
