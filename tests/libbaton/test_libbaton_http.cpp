// SPDX-License-Identifier: MIT
// HTTP/1.1 on the wire: framing, persistence, what is refused and how. docs/HTTP.md lists the requirements.
#include "running_server.hpp"

#include <doctest/doctest.h>

using namespace test;

namespace {

/// The status of the reply to `bytes`, after which the connection must end without a reset; 0: no reply.
int refused_with(const RunningServer& server, std::string_view bytes) {
    auto client = server.connect();
    client.send(bytes);
    const auto reply = client.read_reply();
    if (!reply) return 0;
    CHECK(reply->all("Connection") == std::vector<std::string>{"close"});
    CHECK(client.wait_for_end() == Ending::closed);
    return reply->status;
}

} // namespace

TEST_CASE("framing errors are answered by 400 and the connection ends") {
    const RunningServer server;
    const std::string get = "GET /hello HTTP/1.1\r\nHost: test\r\n";
    const std::string post = "POST /echo HTTP/1.1\r\nHost: test\r\n";
    CHECK(refused_with(server, "GET /hello HTTP/1.1\nHost: test\n\n") == 400);
    CHECK(refused_with(server, "GET /hello\r\n\r\n") == 400);
    CHECK(refused_with(server, "GET  /hello HTTP/1.1\r\nHost: test\r\n\r\n") == 400);
    CHECK(refused_with(server, "GET /hello HTTP/1.1\r\n\r\n") == 400);
    CHECK(refused_with(server, get + "Host: other\r\n\r\n") == 400);
    CHECK(refused_with(server, get + "X : 1\r\n\r\n") == 400);
    CHECK(refused_with(server, get + "X: 1\r\n folded\r\n\r\n") == 400);
    CHECK(refused_with(server, get + "X: a\rb\r\n\r\n") == 400);
    CHECK(refused_with(server, get + std::string{"X: a\0b\r\n\r\n", 11}) == 400);
    CHECK(refused_with(server, post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc") == 400);
    CHECK(refused_with(server, post + "Content-Length: +3\r\n\r\nabc") == 400);
    CHECK(refused_with(server, post + "Content-Length: 3, 3\r\n\r\nabc") == 400);
    CHECK(refused_with(server, post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == 400);
    CHECK(refused_with(server, post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n") == 400);
    CHECK(refused_with(server, post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n") == 501);
    CHECK(refused_with(server, post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n") == 400);
    CHECK(refused_with(server, post + "Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n") == 400);
    CHECK(refused_with(server, post + "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n") == 400);
    CHECK(refused_with(server, "GET /hello HTTP/2.0\r\nHost: test\r\n\r\n") == 505);
    CHECK(refused_with(server, "BREW /hello HTTP/1.1\r\nHost: test\r\n\r\n") == 501);
    CHECK(refused_with(server, "GET hello HTTP/1.1\r\nHost: test\r\n\r\n") == 400);
    CHECK(refused_with(server, "\x16\x03\x01\x02\x00\x01") == 400);
}

TEST_CASE("a head that is too large is refused, however it is too large") {
    const RunningServer server;
    CHECK(refused_with(server, "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: test\r\n\r\n") == 414);
    CHECK(refused_with(server, get_request("/hello", "X: " + std::string(20'000, 'a') + "\r\n")) == 431);
    std::string many;
    for (int i = 0; i < 200; ++i)
        many += "X: 1\r\n";
    CHECK(refused_with(server, get_request("/hello", many)) == 431);
}

TEST_CASE("an error reply reaches a client that is still sending") {
    auto options = quick_options();
    options.limits.max_body_bytes = 1'000'000;
    const RunningServer server{{}, options};
    auto client = server.connect();
    client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 4000000\r\n\r\n");
    client.send(std::string(2'000'000, 'x'));
    const auto reply = client.read_reply();
    REQUIRE(reply);
    CHECK(reply->status == 413);
}

TEST_CASE("pipelined requests are answered in order") {
    const RunningServer server;
    auto client = server.connect();
    client.send(get_request("/hello") + "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc" +
                get_request("/nowhere") + get_request("/hello"));
    CHECK(client.read_reply()->body == "hello\n");
    CHECK(client.read_reply()->body == "abc");
    CHECK(client.read_reply()->status == 404);
    CHECK(client.read_reply()->body == "hello\n");
}

TEST_CASE("a head may come byte by byte") {
    const RunningServer server;
    auto client = server.connect();
    for (const char c : get_request("/hello")) {
        client.send({&c, 1});
        std::this_thread::sleep_for(1ms);
    }
    CHECK(client.read_reply()->status == 200);
}

TEST_CASE("bodies come whole, by length and by chunks, small and large, with extensions and trailers") {
    const RunningServer server;
    auto client = server.connect();
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{5000}, std::size_t{70'000}, std::size_t{3'000'000}}) {
        const std::string body(size, 'b');
        client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" + body);
        REQUIRE(client.read_reply()->body == body);
        client.send("POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: Chunked\r\n\r\n");
        for (std::size_t sent = 0; sent < size; sent += std::min<std::size_t>(size - sent, 1000)) {
            const auto piece = body.substr(sent, 1000);
            char head[32];
            (void)std::snprintf(head, sizeof head, "%zX;a=\"b\"\r\n", piece.size());
            client.send(head + piece + "\r\n");
        }
        client.send("0\r\nTrailer: x\r\n\r\n");
        REQUIRE(client.read_reply()->body == body);
    }
}

TEST_CASE("100 (Continue) comes when it is asked for, and only then") {
    const RunningServer server;
    auto client = server.connect();
    for (const std::size_t size : {std::size_t{4}, std::size_t{100'000}}) {
        client.send("POST /echo HTTP/1.1\r\nHost: test\r\nExpect: 100-Continue\r\nContent-Length: " +
                    std::to_string(size) + "\r\n\r\n");
        CHECK(client.read_reply()->status == 100);
        client.send(std::string(size, 'x'));
        CHECK(client.read_reply()->body.size() == size);
    }
    CHECK(refused_with(server, get_request("/hello", "Expect: something\r\n")) == 417);
}

TEST_CASE("a 1.0 client gets no chunks, and its connection ends unless it asked otherwise") {
    const RunningServer server{[](baton::Server& it) {
        it.Get("/stream", [](const auto&, auto& response) {
            response.set_chunked_content_provider("text/plain", [](std::size_t, httplib::DataSink& sink) {
                sink.write("streamed", 8);
                sink.done();
                return true;
            });
        });
    }};
    auto client = server.connect();
    client.send("GET /stream HTTP/1.0\r\n\r\n");
    const auto reply = client.read_reply();
    REQUIRE(reply);
    CHECK(reply->all("Transfer-Encoding").empty());
    CHECK(reply->body.substr(0, 8) == "streamed");
    auto keeps = server.connect();
    keeps.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(keeps.read_reply()->field("Connection") == "keep-alive");
    CHECK(keeps.get("/hello")->status == 200);
}

TEST_CASE("HEAD has the head of GET and no body") {
    const RunningServer server;
    auto client = server.connect();
    client.send("HEAD /hello HTTP/1.1\r\nHost: test\r\n\r\n");
    const auto reply = client.read_reply(Body::none);
    REQUIRE(reply);
    CHECK(reply->field("Content-Length") == "6");
    CHECK(client.get("/hello")->body == "hello\n");
}

TEST_CASE("absolute-form is served, and its host goes before the Host field") {
    const RunningServer server{[](baton::Server& it) {
        it.Get("/host", [](const auto& request, auto& response) {
            response.set_content(request.get_header_value("Host") + "?" + request.get_param_value("a"), "text/plain");
        });
    }};
    auto client = server.connect();
    CHECK(client.get("http://shop.test:80/host?a=b%20c+d")->body == "shop.test:80?b c d");
}

TEST_CASE("an exception in a handler is a 500 that tells the client nothing") {
    const RunningServer server{[](baton::Server& it) {
        it.Get("/throw", [](const auto&, auto&) { throw std::runtime_error{"the secret"}; });
        it.Get("/throw-late", [](const auto&, auto& response) {
            response.set_chunked_content_provider("text/plain", [](std::size_t, httplib::DataSink& sink) -> bool {
                sink.write("part", 4);
                throw std::runtime_error{"the secret"};
            });
        });
    }};
    auto client = server.connect();
    const auto reply = client.get("/throw");
    REQUIRE(reply);
    CHECK(reply->status == 500);
    CHECK(reply->body.find("secret") == std::string::npos);
    CHECK(reply->all("EXCEPTION_WHAT").empty());
    CHECK(client.get("/hello")->status == 200);
    CHECK_FALSE(client.get("/throw-late")); // the missing last chunk tells that the reply is not whole
}

TEST_CASE("a client cannot pretend another address") {
    const RunningServer server{[](baton::Server& it) {
        it.Get("/who", [](const auto& request, auto& response) {
            response.set_content(request.remote_addr + " " +
                                     std::to_string(request.get_header_value_count("REMOTE_ADDR")),
                                 "text/plain");
        });
    }};
    CHECK(server.connect().get("/who", "REMOTE_ADDR: 6.6.6.6\r\n")->body == "127.0.0.1 1");
}

TEST_CASE("empty lines behind a request are not the next one: a drain says close, and nothing answers them") {
    auto options = quick_options();
    options.timeouts.head = 200ms;
    options.timeouts.idle = 400ms;
    for (const std::string lines : {"\r\n", "\r\n\r\n\r\n", "\r"}) {
        RunningServer server{{}, options};
        auto idle = server.connect();
        CHECK(idle.get("/hello")->status == 200);
        idle.send(lines);
        CHECK(idle.wait_for_end() == Ending::closed);
        CHECK(idle.received().empty()); // no 408

        auto leaving = server.connect();
        leaving.send(get_request("/gated") + lines);
        REQUIRE(server.gate.wait_for(1));
        server.begin_drain();
        server.gate.open();
        CHECK(leaving.read_reply()->all("Connection") == std::vector<std::string>{"close"});
        CHECK(leaving.wait_for_end() == Ending::closed);
        CHECK(leaving.received().empty());
        CHECK(server.wait_until_ended(3s));
    }
}
