// SPDX-License-Identifier: MIT
// HttpPort changes while the site serves: the new address is bound first, and the old one serves until then.
#include "support/gate.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/traffic.hpp"

#include <sys/stat.h>

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
    CHECK(put_off.message.find("it is tried again by itself") != put_off.message.npos);
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

TEST_SUITE_END();
