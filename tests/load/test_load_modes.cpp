// SPDX-License-Identifier: MIT
// Pipelined, slow, upload and stream: what each mode sends, and that it notices a reply with a single fault.
#include "runs.hpp"

#include "base/digest.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <set>

namespace baton::load::test {
namespace {

using namespace std::chrono_literals;

std::string upload_reply(std::string_view body, std::string_view digest) {
    return reply(200, fmt::format(R"({{"length":{},"sha256":"{}"}})", body.size(), digest));
}

TEST_CASE("pipelined requests arrive in one piece and are all counted") {
    const RawServer server{[](Peer& peer) {
        while (peer.read_request())
            peer.send(hello("1", "7"));
    }};
    const auto result = run(server, "pipelined=2:depth=8", 80);
    CHECK(result.ok());
    CHECK(result.all.answered == 80);
    CHECK(result.connections == 2);
}

TEST_CASE("of pipelined requests the answered ones are good, the others closed on reuse") {
    const RawServer server{[](Peer& peer) {
        for (int i = 0; i < 3 && peer.read_request(); ++i)
            peer.send(hello("1", "7"));
    }};
    const auto result = run(server, "pipelined=1:depth=4", 16);
    CHECK(result.all.answered == 12);
    CHECK(only(result, Failure::closed_reused, 4));
}

TEST_CASE("pipelined requests behind a reply that announces the close are lost: closed on reuse") {
    const RawServer server{[](Peer& peer) {
        if (peer.read_request()) peer.send(hello("1", "7", "Connection: close\r\n"));
    }};
    const auto result = run(server, "pipelined=1:depth=4", 8);
    CHECK(result.all.answered == 2);
    CHECK(only(result, Failure::closed_reused, 6));
}

TEST_CASE("of pipelined requests one is cut, those behind it are closed on reuse") {
    const RawServer server{[](Peer& peer) {
        if (!peer.read_request()) return;
        peer.send(hello("1", "7") + hello("1", "7").substr(0, 20));
    }};
    const auto result = run(server, "pipelined=1:depth=4", 8);
    CHECK(result.all.answered == 2);
    CHECK(result.all.failures[Failure::cut] == 2);
    CHECK(result.all.failures[Failure::closed_reused] == 4);
    CHECK(result.all.failed() == 6);
}

TEST_CASE("an upload is good when length and digest are right, sized or chunked, whole or in pieces") {
    std::mutex mutex;
    std::set<std::string> digests;
    const RawServer server{[&](Peer& peer) {
        while (peer.read_request()) {
            const auto digest = sha256_hex(peer.body());
            {
                const std::lock_guard lock{mutex};
                digests.insert(digest);
            }
            peer.send(upload_reply(peer.body(), digest));
        }
    }};
    CHECK(run(server, "upload=2:bytes=300K:ms=30:pieces=7", 6).ok());
    CHECK(run(server, "upload=2:bytes=300K:ms=30:pieces=7:chunked", 6).ok());
    CHECK(run(server, "upload=1:bytes=4M:ms=0:pieces=1", 3).ok());
    CHECK(digests.size() == 6 + 3); // each upload of a run is another one, the same in the next run
    CHECK(run(server, "upload=1:bytes=5:ms=4:pieces=16", 3).ok());
    CHECK(run(server, "upload=1:bytes=0", 3).ok());
    CHECK(run(server, "upload=1:bytes=0:chunked", 3).ok());
}

TEST_CASE("an upload whose reply names another length or digest, or none, is a bad body") {
    const std::array<std::function<std::string(const std::string&)>, 5> wrong{
        [](const std::string& body) { return upload_reply(body.substr(1), sha256_hex(body)); },
        [](const std::string& body) { return upload_reply(body, sha256_hex(body.substr(1))); },
        [](const std::string& body) { return reply(200, fmt::format(R"({{"length":{}}})", body.size())); },
        [](const std::string& body) { return reply(200, fmt::format(R"({{"sha256":"{}"}})", sha256_hex(body))); },
        [](const std::string&) { return reply(200, "ok"); }};
    for (const auto& answer : wrong) {
        const RawServer server{[&answer](Peer& peer) {
            while (peer.read_request())
                peer.send(answer(peer.body()));
        }};
        CHECK(only(run(server, "upload=1:bytes=1000:ms=2:pieces=2", 3), Failure::bad_body, 3));
    }
}

TEST_CASE("an upload that is refused half way is a bad status, and the connection is not used again") {
    const RawServer server{[](Peer& peer) {
        peer.send(reply(413, "{}"));
        peer.wait_for_end();
    }};
    const auto result = run(server, "upload=1:bytes=1M:ms=300:pieces=10", 3);
    CHECK(only(result, Failure::bad_status, 3));
    CHECK(result.connections == 3);
}

TEST_CASE("an upload that is cut off half way is a reset on a new connection") {
    const RawServer server{[](Peer& peer) { peer.reset(); }};
    CHECK(only(run(server, "upload=1:bytes=1M:ms=100:pieces=10", 3), Failure::reset, 3));
}

TEST_CASE("a stream must be chunked, have something in it and end with the last chunk") {
    const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    const auto served = [](std::string bytes) {
        return [bytes = std::move(bytes)](Peer& peer) {
            while (peer.read_request())
                peer.send(bytes);
        };
    };
    const RawServer good{served(head + "5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n")};
    CHECK(run(good, "stream=2:n=2:ms=1", 6).ok());
    const RawServer empty{served(head + "0\r\n\r\n")};
    CHECK(only(run(empty, "stream=1", 2), Failure::bad_body, 2));
    const RawServer sized{served(reply(200, "hello"))};
    CHECK(only(run(sized, "stream=1", 2), Failure::bad_body, 2));
    const RawServer no_size{served(head + "hello\r\n")};
    CHECK(only(run(no_size, "stream=1", 2), Failure::bad_body, 2));
}

TEST_CASE("slow and stream ask for what their modes say") {
    std::mutex mutex;
    std::set<std::string> lines;
    const RawServer server{[&](Peer& peer) {
        while (peer.read_request()) {
            const std::lock_guard lock{mutex};
            lines.insert(peer.head().substr(0, peer.head().find("\r\n")));
            peer.send(reply(200, "x", "X: y\r\n"));
        }
    }};
    CHECK(run(server, "slow=2:ms=1500", 4).ok());
    CHECK_FALSE(run(server, "stream=1:n=3:ms=20", 1).ok());
    CHECK(lines == std::set<std::string>{"GET /slow?ms=1500 HTTP/1.1", "GET /stream?n=3&ms=20 HTTP/1.1"});
}

TEST_CASE("a fresh request's latency counts from when it was due") {
    std::mutex stall;
    const RawServer server{[&](Peer& peer) {
        if (!peer.read_request()) return;
        const std::lock_guard lock{stall};
        peer.send(hello("1", "7", "Connection: close\r\n"));
    }};
    Generator generator{config_for(server.target(), "fresh=100", 30)};
    stall.lock();
    generator.start();
    std::this_thread::sleep_for(150ms); // the stall that is to be seen
    stall.unlock();
    const auto result = generator.wait();
    CHECK(result.ok());
    CHECK(result.all.latency.max() >= 140ms);
    CHECK(result.all.latency.quantile(0.75) >= 20ms); // about half of them waited for part of it
    CHECK(result.all.longest_gap >= 140ms);
    CHECK(result.all.longest_gap <= result.all.longest_wait + 50ms);
}

TEST_CASE("a fresh request that we ourselves begin late counts from when it was due") {
    const RawServer server{[](Peer& peer) {
        if (peer.read_request()) peer.send(hello("1", "7"));
    }};
    auto config = config_for(server.target(), "fresh=100", 30);
    config.on_ready = [] { std::this_thread::sleep_for(150ms); }; // the generator's own thread stalls
    const auto result = run(config);
    CHECK(result.ok());
    CHECK(result.all.latency.max() >= 120ms);
}

TEST_CASE("modes run side by side and are counted apart") {
    const RawServer server{[](Peer& peer) {
        while (peer.read_request())
            peer.send(peer.head().starts_with("GET /hello") ? hello("1", "7") : reply(500, "x"));
    }};
    auto config = config_for(server.target(), "persistent=2", 200);
    config.modes.push_back(parse_mode("slow=1:ms=1"));
    config.modes.push_back(parse_mode("pipelined=1:depth=2"));
    const auto result = run(config);
    CHECK(result.modes[0].figures.failed() == 0);
    CHECK(result.modes[1].figures.failures[Failure::bad_status] == result.modes[1].figures.requests);
    CHECK(result.modes[1].figures.requests > 0);
    CHECK(result.modes[2].figures.failed() == 0);
    CHECK(result.modes[0].figures.requests + result.modes[1].figures.requests + result.modes[2].figures.requests ==
          result.all.requests);
}

} // namespace
} // namespace baton::load::test
