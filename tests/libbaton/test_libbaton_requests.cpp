// SPDX-License-Identifier: MIT
// Requests at the edges of what HTTP/1.1 allows; docs/HTTP.md lists the requirements.
#include "running_server.hpp"

#include <doctest/doctest.h>

using namespace test;

TEST_CASE("empty lines before a request are skipped") {
    const RunningServer server;
    auto client = server.connect();
    client.send("\r\n\r\n" + get_request("/hello"));
    CHECK(client.read_reply()->status == 200);
    client.send("\r\n");
    CHECK(client.stays_silent(50ms));
    CHECK(client.get("/hello")->status == 200);
}

TEST_CASE("a POST without a length has no body") {
    const RunningServer server;
    auto client = server.connect();
    client.send("POST /echo HTTP/1.1\r\nHost: t\r\n\r\n" + get_request("/hello"));
    CHECK(client.read_reply()->body.empty());
    CHECK(client.read_reply()->body == "hello\n");
}

TEST_CASE("a body that nobody reads is not the next request") {
    const RunningServer server;
    const std::string hidden = get_request("/nowhere");
    for (const std::string method : {"GET", "OPTIONS", "HEAD"}) {
        auto client = server.connect();
        client.send(method + " /hello HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(hidden.size()) +
                    "\r\n\r\n" + hidden + get_request("/hello"));
        REQUIRE(client.read_reply(method == "HEAD" ? Body::none : Body::expected));
        CHECK(client.read_reply()->body == "hello\n");
    }
    auto client = server.connect();
    client.send("GET /hello HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" +
                get_request("/hello"));
    CHECK(client.read_reply()->body == "hello\n");
    CHECK(client.read_reply()->body == "hello\n");
}

TEST_CASE("the forms of a target") {
    const RunningServer server{[](baton::Server& it) {
        it.Options(R"(\*)", [](const auto&, auto& response) { response.set_content("all", "text/plain"); });
    }};
    const auto status_of = [&](const std::string& line) {
        auto client = server.connect();
        client.send(line + " HTTP/1.1\r\nHost: t\r\n\r\n");
        return client.read_reply()->status;
    };
    CHECK(status_of("OPTIONS *") == 200);
    CHECK(status_of("GET *") == 400);
    CHECK(status_of("CONNECT t:80") == 501);
    CHECK(status_of("GET http://t/hello") == 200);
    CHECK(status_of("GET http://user@t/hello") == 400);
    CHECK(status_of("GET http:///hello") == 400);
    CHECK(status_of("GET /hello#part") == 400);
    CHECK(status_of("GET /hello?a?b") == 200);
    CHECK(status_of("GET /hell%6f") == 200);
}

TEST_CASE("an upgrade is not taken up") {
    const RunningServer server;
    auto client = server.connect();
    CHECK(client.get("/hello", "Connection: upgrade\r\nUpgrade: websocket\r\n")->status == 200);
    CHECK(
        client.get("/hello", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n")->status ==
        200);
}

TEST_CASE("a client that has finished sending still gets its reply") {
    RunningServer server;
    auto client = server.connect();
    client.send(get_request("/gated") + get_request("/hello"));
    client.finish_sending();
    REQUIRE(server.gate.wait_for(1));
    server.gate.open();
    CHECK(client.read_reply()->body == "passed\n");
    CHECK(client.read_reply()->body == "hello\n");
    CHECK(client.wait_for_end() == Ending::closed);
}

TEST_CASE("a connection that is closed by its client is gone, whatever it did before") {
    RunningServer server;
    {
        auto idle = server.connect();
        REQUIRE(idle.get("/hello"));
        auto half = server.connect();
        half.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc");
        auto quick = server.connect();
        quick.send(get_request("/hello"));
    }
    server.begin_drain();
    CHECK(server.wait_until_ended(1s));
}
