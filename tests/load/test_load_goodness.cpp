// SPDX-License-Identifier: MIT
// What is not a failure, however odd it looks: announced closes, closes between requests, slow but complete replies.
#include "runs.hpp"

#include <doctest/doctest.h>

#include <array>

namespace baton::load::test {
namespace {

using namespace std::chrono_literals;

void answer_all(Peer& peer) {
    while (peer.read_request())
        peer.send(hello("1", "7"));
}

TEST_CASE("good requests over TCP v4, v6 and unix sockets are all counted and none fails") {
    for (const auto family : {Family::v4, Family::v6, Family::unix_path}) {
        const RawServer server{answer_all, family};
        const auto result = run(server, "persistent=4", 400);
        CHECK(result.ok());
        CHECK(result.all.requests == 400);
        CHECK(result.all.answered == 400);
        CHECK(result.connections == 4);
        CHECK(result.all.latency.count() == 400);
        CHECK(result.reason == StopReason::requests);
        CHECK(run(server, "fresh=2000", 50).ok());
        CHECK(server.connections() == 54);
    }
}

TEST_CASE("Connection: close is honoured and no failure") {
    const RawServer server{[](Peer& peer) {
        if (peer.read_request()) peer.send(hello("1", "7", "Connection: close\r\n"));
    }};
    const auto result = run(server, "persistent=2", 20);
    CHECK(result.ok());
    CHECK(result.connections == 20);
    CHECK(result.close_announced == 20);
}

TEST_CASE("HTTP/1.0 without keep-alive and a body until the end of the connection are whole replies") {
    const RawServer server{[](Peer& peer) {
        if (peer.read_request()) peer.send("HTTP/1.0 200 OK\r\n\r\n{\"ver\":\"1\",\"pid\":\"7\"}");
    }};
    CHECK(run(server, "persistent=1", 5).ok());
}

TEST_CASE("a close that arrives with the reply is no failure though nothing announced it") {
    const RawServer server{[](Peer& peer) {
        if (peer.read_request()) peer.send_and_finish(hello("1", "7"));
    }};
    const auto result = run(server, "persistent=1", 20);
    CHECK(result.ok());
    CHECK(result.closed_idle == 20);
}

TEST_CASE("a reply in single bytes is whole") {
    const RawServer server{[](Peer& peer) {
        while (peer.read_request())
            for (const char c : hello("1", "7"))
                peer.send({&c, 1});
    }};
    CHECK(run(server, "persistent=2", 10).ok());
}

TEST_CASE("an interim reply before the real one is skipped") {
    const RawServer server{[](Peer& peer) {
        while (peer.read_request())
            peer.send("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + hello("1", "7"));
    }};
    CHECK(run(server, "persistent=1", 5).ok());
}

TEST_CASE("no request made is not ok") {
    const RawServer server{answer_all};
    auto config = config_for(server.target(), "persistent=1", 1);
    Generator generator{config};
    generator.stop();
    const auto result = generator.run();
    CHECK(result.all.requests == 0);
    CHECK_FALSE(result.ok());
}

TEST_CASE("a full queue of a unix listener is waited for, as a blocking connect(2) would") {
    const RawServer server{answer_all, Family::unix_path};
    auto config = config_for(server.target(), "fresh=20000", 2000); // faster than one thread each is started
    CHECK(run(config).ok());
}

TEST_CASE("a run in its own thread says when every mode has been answered, and stops when told") {
    const RawServer server{answer_all};
    auto config = config_for(server.target(), "persistent=2", 1);
    config.requests.reset();
    config.modes.push_back(parse_mode("fresh=50"));
    Generator generator{config};
    generator.start();
    REQUIRE(generator.wait_ready(10s));
    generator.stop();
    const auto result = generator.wait();
    CHECK(result.ok());
    CHECK(result.reason == StopReason::asked);
    CHECK(result.modes[0].figures.answered > 0);
    CHECK(result.modes[1].figures.answered > 0);
}

TEST_CASE("a run that ends before every mode was answered was never ready") {
    const auto port = dead_port();
    Generator generator{config_for(port.target, "persistent=1", 2)};
    generator.start();
    CHECK_FALSE(generator.wait_ready(10s));
    CHECK(generator.wait().all.failed() == 2);
}

} // namespace
} // namespace baton::load::test
