// SPDX-License-Identifier: MIT
// Each class of failure, from a server that does only that wrong: reported as that class, with the exact count.
#include "runs.hpp"

#include <doctest/doctest.h>

#include <sys/socket.h>

#include <vector>

namespace baton::load::test {
namespace {

using namespace std::chrono_literals;

/// Answers all requests but lets `spoil` deal with each second one of a connection.
RawServer::Script spoil_second(std::function<void(Peer&)> spoil) {
    return [spoil = std::move(spoil)](Peer& peer) {
        while (peer.read_request()) {
            peer.send(hello("1", "7"));
            if (!peer.read_request()) return;
            return spoil(peer);
        }
    };
}

/// Reads a request, sends `bytes` and closes.
RawServer::Script answer_and_close(std::string bytes) {
    return [bytes = std::move(bytes)](Peer& peer) {
        if (peer.read_request()) peer.send(bytes);
    };
}

TEST_CASE("a port on which nobody listens is refused") {
    const auto port = dead_port();
    for (const auto* mode : {"persistent=1", "fresh=1000", "idle=1:ms=5"}) {
        const auto result = run(config_for(port.target, mode, 5));
        CHECK(result.all.requests == 5);
        CHECK(only(result, Failure::refused, 5));
        CHECK_FALSE(result.ok());
    }
}

TEST_CASE("a unix socket's path that is not there is refused") {
    CHECK(only(run(config_for("/nonexistent/baton.sock", "persistent=2", 6)), Failure::refused, 6));
}

TEST_CASE("a new connection that ends before the reply is reset") {
    const RawServer closes{[](Peer& peer) { (void)peer.read_request(); }};
    CHECK(only(run(closes, "fresh=1000", 7), Failure::reset, 7));
    const RawServer resets{[](Peer& peer) {
        (void)peer.read_request();
        peer.reset();
    }};
    CHECK(only(run(resets, "persistent=1", 7), Failure::reset, 7));
    const RawServer never_reads{[](Peer& peer) { peer.reset(); }};
    CHECK(only(run(never_reads, "fresh=1000", 7), Failure::reset, 7));
}

TEST_CASE("a kept connection that ends after the request is closed on reuse, by EOF and by reset") {
    const RawServer closes{spoil_second([](Peer&) {})};
    const auto by_eof = run(closes, "persistent=1", 10);
    CHECK(only(by_eof, Failure::closed_reused, 5));
    CHECK(by_eof.all.answered == 5);
    CHECK(by_eof.examples.front().answered_by == "1/7");
    const RawServer resets{spoil_second([](Peer& peer) { peer.reset(); })};
    const auto by_reset = run(resets, "idle=1:ms=3", 10);
    CHECK(only(by_reset, Failure::closed_reused, 5));
    CHECK(by_reset.all.answered == 5);
}

TEST_CASE("a reply that begins and does not complete is cut") {
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n";
    const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const auto& bytes :
         {std::string{"H"}, std::string{"HTTP/1.1 200 OK\r\nContent-Le"}, head, head + "{\"ver\":\"1\"", chunked,
          chunked + "a\r\n01234", chunked + "3\r\nabc", chunked + "3\r\nabc\r\n", chunked + "3\r\nabc\r\n0\r\n"}) {
        CAPTURE(bytes);
        const RawServer server{answer_and_close(bytes)};
        CHECK(only(run(server, "fresh=1000", 3), Failure::cut, 3));
        CHECK(only(run(server, "stream=1", 2), Failure::cut, 2));
    }
    const RawServer resets_mid_body{[&](Peer& peer) {
        (void)peer.read_request();
        peer.send(head + "half");
        peer.reset();
    }};
    CHECK(only(run(resets_mid_body, "persistent=1", 3), Failure::cut, 3));
    const RawServer second{spoil_second([&](Peer& peer) { peer.send(head + "half"); })};
    CHECK(only(run(second, "persistent=1", 8), Failure::cut, 4));
}

TEST_CASE("a status that is not 2xx is bad, and the connection is kept") {
    for (const int status : {302, 404, 500, 503}) {
        const RawServer server{[status](Peer& peer) {
            while (peer.read_request())
                peer.send(reply(status, "{}"));
        }};
        CHECK(only(run(server, "persistent=1", 6), Failure::bad_status, 6));
        CHECK(server.connections() == 1);
    }
}

TEST_CASE("a body that is not what was asked for is bad") {
    for (const auto* body : {"", "hello", "[]", "{\"ver\":\"1\"}", R"({"ver":1,"pid":"7"})", R"({"ver":"1","pid":7})",
                             R"({"ver":"1","pid":"7")"}) {
        CAPTURE(body);
        const RawServer server{[body](Peer& peer) {
            while (peer.read_request())
                peer.send(reply(200, body));
        }};
        CHECK(only(run(server, "persistent=1", 4), Failure::bad_body, 4));
    }
}

TEST_CASE("what is not HTTP, or goes on after its end, is a bad body") {
    const RawServer other{answer_and_close("SSH-2.0-OpenSSH_9.2p1 Debian\r\n")};
    CHECK(only(run(other, "fresh=1000", 3), Failure::bad_body, 3));
    const RawServer longer{answer_and_close(hello("1", "7") + "surplus")};
    CHECK(only(run(longer, "persistent=1", 3), Failure::bad_body, 3));
}

TEST_CASE("a request that is never answered is a timeout, and so is one that is answered too slowly") {
    const RawServer silent{[](Peer& peer) { peer.wait_for_end(); }};
    auto config = config_for(silent.target(), "persistent=3", 6);
    config.timeout = 100ms;
    const auto never = run(config);
    CHECK(only(never, Failure::timeout, 6));
    CHECK(never.all.longest_wait >= 100ms);
    const RawServer dribbles{[](Peer& peer) {
        (void)peer.read_request();
        for (const char c : hello("1", "7")) { // 20 ms times more than 100 bytes
            peer.send({&c, 1});
            std::this_thread::sleep_for(20ms);
        }
    }};
    config.target = dribbles.target();
    CHECK(only(run(config), Failure::timeout, 6));
}

TEST_CASE("a listener that never accepts is a timeout, not a refusal") {
    const auto port = dead_port();
    REQUIRE(::listen(port.holder.get(), 16) == 0);
    auto config = config_for(port.target, "fresh=200", 4);
    config.timeout = 100ms;
    CHECK(only(run(config), Failure::timeout, 4));
}

TEST_CASE("no descriptor left is our own failure, not the server's") {
    const RawServer server{[](Peer& peer) { peer.wait_for_end(); }};
    auto config = config_for(server.target(), "persistent=1", 1);
    Generator generator{config}; // has its own descriptors by now
    std::vector<Fd> hoard;
    while (true) {
        Fd fd{::dup(0)};
        if (!fd) break;
        hoard.push_back(std::move(fd));
    }
    const auto result = generator.run();
    hoard.clear();
    CHECK(only(result, Failure::local, 1));
}

} // namespace
} // namespace baton::load::test
