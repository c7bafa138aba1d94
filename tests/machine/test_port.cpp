// SPDX-License-Identifier: MIT
// HttpPort changes while the site serves: the new address is bound first, and the old one serves until then.
#include "support/files.hpp"
#include "support/gate.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/traffic.hpp"

#include <sys/stat.h>

#include <csignal>

using namespace machine;

namespace {

bool answers(const std::string& address, const std::string& ver) {
    return get(address).ver == ver;
}

/// Moves the site to `to`, under load on the address it has. The new release is held at a gate before READY=1, while
/// the old address serves; from its switch on the new address answers and the old one refuses.
void check_move(Site& site, const std::string& from, const std::string& to, const std::string& ver) {
    CAPTURE(from);
    CAPTURE(to);
    Gate gate;
    site.http_port = to;
    site.edit(ver, R"(, "Args": ["--wait-at=)" + gate.path() + "\"]");
    {
        Traffic old_address{from};
        gate.wait_for_arrival();
        old_address.check_none_failed(); // it ends here; the old address is about to go
    }
    gate.open();
    wait_until("the site answers on " + to, [&] { return answers(to, ver); });
    wait_until("nobody answers on " + from, [&] { return refuses(from); });
    CHECK(site.status("/address") == to);
    wait_until("the reload has ended", [&] { return site.show(site.name(), "ActiveState") == "active"; });
}

std::string units_dir() {
    return "/usr/local/lib/systemd/system/";
}

/// What differs from release to release, and so is in a drop-in of one.
std::string own_drop_in(const Site& site, int release) {
    return units_dir() + site.unit(release) + ".d/10-baton.conf";
}

void reload_units() {
    REQUIRE(run({"systemctl", "daemon-reload"}).status == 0);
}

} // namespace

TEST_SUITE_BEGIN("port");

TEST_CASE("HttpPort moves from port to port, to a unix socket, and back to a port used before") {
    ServingSite site{"moves"};
    const auto first = site.address();
    const auto second = free_port();
    const std::string path = "/run/moves/http.sock";
    check_move(site, first, second, "2");
    check_move(site, second, path, "3");
    check_move(site, path, second, "4");
    CHECK_FALSE(std::filesystem::exists(path));
    check_move(site, second, first, "5");
    REQUIRE(run({"baton", "remove", site.name()}).status == 0);
    CHECK_FALSE(std::filesystem::exists("/run/moves"));
}

TEST_CASE("a site that has moved does not listen at its first address again, also not at a start or for a moment") {
    ServingSite site{"moves-start"};
    const auto first = site.address();
    const auto second = free_port();
    check_move(site, first, second, "2");
    wait_until("the handle does not want it",
               [&] { return site.show(site.name(), "Wants").find(".socket") == std::string::npos; });
    const auto last_start = [&] { return site.show(site.name() + ".socket", "InactiveExitTimestampMonotonic"); };
    const auto before = last_start();
    for (const auto* const verb : {"restart", "stop", "start"}) {
        REQUIRE(run({"systemctl", verb, site.name()}).status == 0);
        const auto after = last_start();
        CHECK((after == before || after == "0")); // unloaded meanwhile
        CHECK(site.show(site.name() + ".socket", "ActiveState") == "inactive");
    }
    CHECK(answers(second, "2"));
    CHECK(run({"baton", "doctor", site.name()}).text().find("unit files") == std::string::npos);
}

TEST_CASE("a request in flight on the old address gets its reply after the move") {
    ServingSite site{"in-flight"};
    HeldRequest held{site.address()};
    const auto old = site.address();
    site.http_port = free_port();
    site.edit("2");
    wait_until("the site answers on its new port", [&] { return answers(site.http_port, "2"); });
    CHECK_FALSE(held.answered());
    CHECK(held.let_go().body == "let go by 1");
    CHECK(refuses(old));
}

TEST_CASE("a new address that is taken puts the deploy off until it is free, and the old one never blinks") {
    auto other = std::make_unique<ServingSite>("taken-by");
    ServingSite site{"taken"};
    const auto address = site.address();
    Traffic traffic{address};
    Journal journal{site.name()};
    site.http_port = other->http_port;
    site.edit("2");
    const auto put_off = journal.wait_for(Event::put_off);
    CHECK(put_off.message.find("listening on '" + other->http_port + "': Address already in use") !=
          put_off.message.npos);
    CHECK(put_off.message.find("it is tried again automatically") != put_off.message.npos);
    CHECK(answers(address, "1"));
    CHECK(answers(other->address(), "1"));
    traffic.check_none_failed();
    CHECK(site.status("/address") == address);
    other.reset();
    wait_until("it listens on the address that is free now", [&] { return answers(site.http_port, "2"); });
    CHECK(journal.count(Event::release_rejected) == 0);
    const auto from = site.http_port;
    check_move(site, from, free_port(), "3");
}

TEST_CASE("a release that is rejected on a new address leaves the old one alone and gives the new one up") {
    ServingSite site{"bad-move"};
    const auto address = site.address();
    Traffic traffic{address};
    site.http_port = free_port();
    site.upload(k_misbehave);
    site.edit("2", R"(, "Args": ["exit"])");
    Journal journal{site.name()};
    wait_until("the release is rejected", [&] { return site.status("/releases/0/state") == "rejected"; });
    CHECK(answers(address, "1"));
    wait_until("nobody listens on the new address", [&] { return refuses(site.http_port); });
    traffic.check_none_failed();
    site.upload(k_shop);
    check_move(site, address, site.http_port, "3");
}

TEST_CASE(
    "a release that falls while another port is tried comes up on its own, though systemd has read all units anew") {
    ServingSite site{"own-port", R"(, "ProbationSecond": 0)"};
    const auto before = get(site.address()).pid;
    Gate gate;
    site.http_port = free_port();
    site.edit("2", R"(, "Args": ["--wait-at=)" + gate.path() + "\"]");
    gate.wait_for_arrival();
    reload_units(); // of somebody else's
    REQUIRE(run({"systemctl", "kill", "--signal=KILL", site.unit(1)}).status == 0);
    wait_until("it answers on its port", [&] {
        const auto reply = get(site.address());
        return reply.ver == "1" && reply.pid != before;
    });
    CHECK(refuses(site.http_port) == false); // the new one waits at its gate
    gate.open();
    wait_until("the site answers on its new port", [&] { return answers(site.http_port, "2"); });
    CHECK(refuses(site.address()));
}

TEST_CASE("what is written for one release alone is there again when somebody deletes it, and goes with the release") {
    ServingSite site{"own-file"};
    const auto first = site.address();
    const auto second = free_port();
    check_move(site, first, second, "2");
    for (int i = 0; i < 2; ++i) {
        std::filesystem::remove_all(std::filesystem::path{own_drop_in(site, 2)}.parent_path());
        if (i > 0) reload_units();
        REQUIRE(run({"systemctl", "start", "baton-look.service"}).status == 0);
        wait_until("it is there again", [&] { return std::filesystem::exists(own_drop_in(site, 2)); });
        REQUIRE(run({"systemctl", "restart", site.name()}, 120s).status == 0);
        CHECK(answers(second, "2"));
        CHECK(refuses(first));
    }
    check_move(site, second, first, "3");
    for (const auto* const ver : {"4", "5", "6", "7", "8"}) { // more than KeepReleases
        site.edit(ver);
        site.wait_for_version(ver);
    }
    wait_until("nothing of it is left",
               [&] { return shell("ls -d " + units_dir() + site.name() + "@[0-9]*.service.d").out.empty(); });
    CHECK(site.status("/warnings") == "[]");
}

TEST_CASE("a site that an older baton has moved, with one drop-in for all releases, is taken over by the next look") {
    ServingSite site{"old-move"};
    const auto first = site.address();
    const auto second = free_port();
    check_move(site, first, second, "2");
    const auto of_all = units_dir() + site.name() + "@.service.d/10-baton.conf";
    std::filesystem::copy_file(own_drop_in(site, 2), of_all, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::remove_all(std::filesystem::path{own_drop_in(site, 2)}.parent_path());
    Traffic traffic{second};
    reload_units(); // as the installation of a newer baton does
    wait_until("it has its own", [&] { return std::filesystem::exists(own_drop_in(site, 2)); });
    wait_until("that of all is as it was at first",
               [&] { return shell("grep -c 'Sockets=" + site.name() + ".socket' " + of_all).out == "1\n"; });
    REQUIRE(run({"systemctl", "restart", site.name()}, 120s).status == 0);
    CHECK(answers(second, "2"));
    traffic.check_none_refused();
    check_move(site, second, first, "3");
}

TEST_CASE("a listener that no release needs is closed by the next look") {
    ServingSite site{"in-vain"};
    const auto first = site.address();
    const auto second = free_port();
    check_move(site, first, second, "2");
    wait_until("nobody else looks at the site", [] {
        return shell("systemctl list-units --plain --no-legend --state=activating,active 'baton-*@in-vain*' | "
                     "grep -v ^baton-activate")
            .out.empty();
    });
    REQUIRE(run({"systemctl", "start", "baton-listen@" + site.name() + ".service"}).status == 0);
    CHECK_FALSE(refuses(first));
    REQUIRE(run({"systemctl", "start", "baton-look.service"}).status == 0);
    wait_until("nobody listens there", [&] { return refuses(first); });
    CHECK(answers(second, "2"));
}

TEST_CASE("HttpPort may be an IPv4 address with a port, and only that one listens") {
    Site site{"ipv4"};
    const auto port = free_port();
    site.http_port = "127.0.0.1:" + port;
    site.upload(k_shop);
    site.edit("1");
    REQUIRE(site.add().status == 0);
    CHECK(answers("127.0.0.1:" + port, "1"));
    CHECK(refuses("127.0.0.2:" + port));
    CHECK(refuses("[::1]:" + port));
}

TEST_CASE("HttpPort may be an IPv6 address with a port, and only that one listens") {
    Site site{"ipv6"};
    const auto port = free_port();
    site.http_port = "[::1]:" + port;
    site.upload(k_shop);
    site.edit("1");
    REQUIRE(site.add().status == 0);
    CHECK(answers("[::1]:" + port, "1"));
    CHECK(refuses("127.0.0.1:" + port));
}

TEST_CASE("HttpPort that is a port alone listens on all addresses, by IPv4 and IPv6") {
    ServingSite site{"anywhere"};
    CHECK(answers("127.0.0.1:" + site.http_port, "1"));
    CHECK(answers("127.0.0.2:" + site.http_port, "1"));
    CHECK(answers("[::1]:" + site.http_port, "1"));
}

TEST_CASE("a roll back goes back to the address of the release it goes back to") {
    ServingSite site{"back-port"};
    const auto first = site.address();
    const auto second = free_port();
    check_move(site, first, second, "2");
    const auto back = run({"baton", "rollback", site.name()});
    CHECK_MESSAGE(back.status == 0, back.text());
    CHECK(answers(first, "1"));
    CHECK(refuses(second));
}

TEST_CASE("one drop-in, for SITE.socket, holds wherever the site listens; status names the unit, and what is in vain") {
    ServingSite site{"oneplace"};
    const std::string etc = "/etc/systemd/system/";
    const auto socket = "/run/" + site.name() + "/http.sock";
    for (const auto* const unit : {"oneplace.socket", "oneplace@9.socket"})
        std::filesystem::create_directories(etc + unit + ".d");
    write_file(etc + "oneplace.socket.d/override.conf", "[Socket]\nSocketMode=0660\nSocketGroup=daemon\n");
    write_file(etc + "oneplace@9.socket.d/override.conf", "[Socket]\nSocketMode=0600\n");
    reload_units();
    const auto head = [&] { return shell("baton status oneplace | head -n 1").out; };
    CHECK_MESSAGE(head().find("listening on " + site.address() + "  ") != std::string::npos, head());
    site.http_port = socket;
    site.edit("2");
    wait_until("it has moved", [&] { return get(socket).ver == "2"; });
    CHECK(shell("stat -c '%a %G' " + socket).out == "660 daemon\n");
    CHECK_MESSAGE(head().find(socket + " (oneplace@-run-oneplace-http.sock.socket)  ") != std::string::npos, head());
    const auto warnings = site.status("/warnings");
    CHECK_MESSAGE(
        warnings.find("'/etc/systemd/system/oneplace@9.socket.d/override.conf' is not in effect; the site does "
                      "not listen there; settings in oneplace.socket.d hold wherever it listens") != std::string::npos,
        warnings);
    CHECK_MESSAGE(warnings.find("oneplace.socket.d/override.conf") == std::string::npos, warnings);

    // A change is told of until it is in effect: systemd applies it when it makes the socket.
    write_file(etc + "oneplace.socket.d/override.conf", "[Socket]\nSocketMode=0600\n");
    reload_units();
    CHECK(site.status("/warnings").find("and not in effect; a stop and a start replace the socket") !=
          std::string::npos);
    REQUIRE(run({"systemctl", "stop", site.name()}).status == 0);
    REQUIRE(run({"systemctl", "start", site.name()}).status == 0);
    CHECK(shell("stat -c '%a %G' " + socket).out == "600 root\n");
    CHECK(site.status("/warnings").find("and not in effect") == std::string::npos);
    for (const auto* const unit : {"oneplace.socket", "oneplace@9.socket"})
        std::filesystem::remove_all(etc + unit + ".d");
    reload_units();
}

TEST_CASE(
    "settings of SITE.socket that come while the site is stopped hold from its next start, whoever reloads systemd") {
    ServingSite site{"stopped-edit"};
    const std::string path = "/run/stopped-edit/http.sock";
    site.write_conf(fmt::format(R"({{"HttpPort": "{}", "Ver": "2", "BinName": "test", "DelaySecond": 0}})", path));
    wait_until("it has moved", [&] { return answers(path, "2"); });
    REQUIRE(run({"baton", "remove", site.name()}).status == 0);
    REQUIRE(site.add().status == 0); // its first address is a socket's
    CHECK(shell("stat -c %a " + path).out == "666\n");
    REQUIRE(run({"systemctl", "stop", site.name()}).status == 0);
    std::filesystem::create_directories("/run/systemd/system/stopped-edit.socket.d");
    write_file("/run/systemd/system/stopped-edit.socket.d/x.conf", "[Socket]\nSocketMode=0600\n");
    REQUIRE(run({"systemctl", "start", site.name()}).status == 0);
    CHECK(shell("stat -c %a " + path).out == "600\n");
    CHECK(answers(path, "2"));
    std::filesystem::remove_all("/run/systemd/system/stopped-edit.socket.d");
}

TEST_CASE(
    "a listener that failed while another had its port is no finding any more, and no failed unit, once all is well") {
    ServingSite site{"thief"};
    const auto first = site.address();
    REQUIRE(run({"systemctl", "stop", site.name()}).status == 0);
    Process thief{
        {"perl", "-MIO::Socket::INET", "-e",
         "$s = IO::Socket::INET->new(LocalPort => " + first + ", Listen => 9, ReuseAddr => 1) or die; sleep 1000"}};
    wait_until("the port is taken", [&] { return !refuses(first); });
    (void)run({"systemctl", "start", site.name()});
    site.http_port = free_port();
    site.edit("2");
    wait_until("it serves elsewhere", [&] { return answers(site.http_port, "2"); });
    thief.kill(SIGTERM);
    (void)thief.wait();
    wait_until("it has settled", [&] { return site.show(site.name(), "ActiveState") == "active"; });
    REQUIRE(run({"baton", "look"}).status == 0);
    wait_until("its socket unit is not failed", [&] { return site.show("thief.socket", "ActiveState") == "inactive"; });
    wait_until("nothing is wrong", [&] {
        return run({"baton", "doctor", site.name()}).text().find("nobody listens") == std::string::npos;
    });
}

TEST_CASE("anybody on the host may connect to a unix socket, unless somebody says otherwise") {
    ServingSite site{"anybody"};
    site.http_port = "/run/anybody/http.sock";
    site.edit("2");
    wait_until("it has moved", [&] { return get(site.http_port).ver == "2"; });
    CHECK(shell("stat -c '%a %U %G' /run/anybody/http.sock").out == "666 root root\n"); // as the manual says
    CHECK(shell("stat -c '%a %U' /run/anybody").out == "755 root\n");
}

TEST_SUITE_END();
