// SPDX-License-Identifier: MIT
// Messages that two parsers could read in two ways (each was used to hide a request from one of them), and what a
// server must not do after the end of a message. docs/HTTP.md lists the requirements.
#include "running_server.hpp"

#include <doctest/doctest.h>

using namespace test;

namespace {

const std::string k_post = "POST /echo HTTP/1.1\r\nHost: t\r\n";
const std::string k_hidden = "GET /hello HTTP/1.1\r\nHost: hidden\r\n\r\n";

/// The one status that `bytes` are answered with, after which the connection ends; 0: no reply, -1: more than one.
int only_status(const RunningServer& server, const std::string& bytes) {
    auto client = server.connect();
    client.send(bytes);
    client.finish_sending();
    const auto reply = client.read_reply();
    const auto ending = client.wait_for_end();
    CHECK(ending == Ending::closed);
    return !reply ? 0 : client.received().empty() ? reply->status : -1;
}

} // namespace

TEST_CASE("a Transfer-Encoding in disguise is refused, and what follows is not a request") {
    const RunningServer server;
    for (const std::string field :
         {"Transfer-Encoding: xchunked", "Transfer-Encoding: chunked-x", "Transfer-Encoding: identity",
          "Transfer-Encoding:", "Transfer-Encoding: chunked;q=1", "Transfer-Encoding: \"chunked\"",
          "Transfer-Encoding : chunked", "Transfer-Encoding\t: chunked", " Transfer-Encoding: chunked",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
          "Transfer-Encoding: \x0b"
          "chunked",
          "Transfer-Encoding: chunked\r\nContent-Length: 5", "X: y\rTransfer-Encoding: chunked",
          "X: y\nTransfer-Encoding: chunked", "Transfer-Encoding:\r\n chunked", "Transfer_Encoding(x): chunked"})
        CHECK_MESSAGE(only_status(server, k_post + field + "\r\n\r\n0\r\n\r\n" + k_hidden) == 400, field);
    for (const std::string codings : {"gzip, chunked", "chunked, chunked"})
        CHECK(only_status(server, k_post + "Transfer-Encoding: " + codings + "\r\n\r\n0\r\n\r\n" + k_hidden) == 501);
    for (const std::string name :
         {"TRANSFER-ENCODING:chunked", "Transfer-Encoding:\t chunked \t", "Transfer-Encoding: , chunked"}) {
        auto client = server.connect();
        client.send(k_post + name + "\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + k_hidden);
        CHECK(client.read_reply()->body == "abc");
        CHECK(client.read_reply()->body == "hello\n");
    }
}

TEST_CASE("a body's framing is told to every handler as it was judged, not as it was written") {
    const RunningServer server{[](baton::Server& it) {
        it.Post("/fields", [](const auto& request, auto& response) {
            response.set_content(request.get_header_value("Transfer-Encoding") +
                                     request.get_header_value("Content-Length") + " " + request.body,
                                 "text/plain");
        });
        it.Post("/reader", [](const auto& request, auto& response, const httplib::ContentReader& read) {
            std::string text;
            (void)read([&](const char* data, std::size_t size) { return (text.append(data, size), true); });
            response.set_content(request.get_header_value("Transfer-Encoding") +
                                     request.get_header_value("Content-Length") + " " + text,
                                 "text/plain");
        });
    }};
    const auto answer = [&](const std::string& path, const std::string& fields, const std::string& body) {
        auto client = server.connect();
        client.send("POST " + path + " HTTP/1.1\r\nHost: t\r\n" + fields + "\r\n\r\n" + body + k_hidden);
        const auto reply = client.read_reply()->body;
        CHECK(client.read_reply()->body == "hello\n");
        return reply;
    };
    for (const std::string path : {"/fields", "/reader"}) {
        for (const std::string value : {",chunked", "chunked,", ", ,chunked ,", "CHUNKED", "\tchunked"})
            CHECK_MESSAGE(answer(path, "Transfer-Encoding: " + value, "3\r\nabc\r\n0\r\n\r\n") == "chunked abc", value);
        CHECK(answer(path, "Content-Length: 003", "abc") == "3 abc");
        CHECK(answer(path, "Content-Length: 000", "") == "0 ");
    }
}

TEST_CASE("a Content-Length that is not digits, or is there twice, is refused") {
    const RunningServer server;
    for (const std::string value :
         {"", "-1", "+3", "0x3", "3.0", "3 3", "3,3", "3;", "\"3\"", "1e1", "\xd9\xa3", "3\x0b"})
        CHECK_MESSAGE(only_status(server, k_post + "Content-Length: " + value + "\r\n\r\nabc" + k_hidden) == 400,
                      value);
    CHECK(only_status(server, k_post + "Content-Length: 3\r\ncontent-length: 4\r\n\r\nabcd" + k_hidden) == 400);
    CHECK(only_status(server, k_post + "Content-Length: 18446744073709551619\r\n\r\nabc" + k_hidden) == 413);
    CHECK(only_status(server, k_post + "Content-Length: 9223372036854775808\r\n\r\nabc" + k_hidden) == 413);
    auto client = server.connect();
    client.send(k_post + "Content-Length:\t003 \r\n\r\nabc" + k_hidden);
    CHECK(client.read_reply()->body == "abc");
    CHECK(client.read_reply()->body == "hello\n");
}

TEST_CASE("chunks are hex digits, CRLF, as many bytes, CRLF; all else ends the connection") {
    const RunningServer server;
    const auto head = k_post + "Transfer-Encoding: chunked\r\n\r\n";
    for (const std::string chunks : {"0x3\r\nabc\r\n0\r\n\r\n",
                                     "+3\r\nabc\r\n0\r\n\r\n",
                                     "-3\r\nabc\r\n0\r\n\r\n",
                                     " 3\r\nabc\r\n0\r\n\r\n",
                                     "3 \r\nabc\r\n0\r\n\r\n",
                                     "\r\nabc\r\n0\r\n\r\n",
                                     ";x\r\nabc\r\n0\r\n\r\n",
                                     "3\nabc\n0\n\n",
                                     "3\rabc\r0\r\r",
                                     "3\r\nabcd\r\n0\r\n\r\n",
                                     "3\r\nabc\n0\r\n\r\n",
                                     "3\r\nabc0\r\n\r\n",
                                     "3;x\ny\r\nabc\r\n0\r\n\r\n",
                                     "3;\r\nabc\r\n0\r\n\r\n",
                                     "3;;\r\nabc\r\n0\r\n\r\n",
                                     "3;a=\r\nabc\r\n0\r\n\r\n",
                                     "3;a=\"b\r\nabc\r\n0\r\n\r\n",
                                     "3;=b\r\nabc\r\n0\r\n\r\n",
                                     "3;a b\r\nabc\r\n0\r\n\r\n",
                                     "3;a \r\nabc\r\n0\r\n\r\n",
                                     "3;a=\"b\"c\r\nabc\r\n0\r\n\r\n",
                                     "3;a\x01\r\nabc\r\n0\r\n\r\n",
                                     "3\r\nabc\r\n0\r\nno colon\r\n\r\n",
                                     "3\r\nabc\r\n0\r\nname : x\r\n\r\n",
                                     "3\r\nabc\r\n0\r\n: x\r\n\r\n",
                                     "3\r\nabc\r\n0\r\nname\r\n\r\n",
                                     "FFFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n",
                                     "10000000000000003\r\nabc\r\n0\r\n\r\n",
                                     "3\r\nabc\r\n0\r\n folded\r\n\r\n",
                                     "3\r\nabc\r\n0\r\nno colon\x01\r\n\r\n",
                                     "3\r\nabc\r\n0\r\nA: b\n\r\n"})
        CHECK_MESSAGE(only_status(server, head + chunks + k_hidden) == 400, chunks);
    CHECK(only_status(server, head + "3;" + std::string(5000, 'x') + "\r\nabc\r\n0\r\n\r\n") == 400);
    CHECK(only_status(server, head + "0\r\n" + std::string(5000, 'x') + ": y\r\n\r\n") == 400);
}

TEST_CASE("chunk extensions and trailers that are well formed are read past") {
    const RunningServer server;
    for (const std::string chunks :
         {"3;a\r\nabc\r\n0;b\r\n\r\n", "3;a=b\r\nabc\r\n0\r\n\r\n", "3 ; a = b ;c=\"d e\\\"f\";g\r\nabc\r\n0\r\n\r\n",
          "3;a=\"\"\r\nabc\r\n0\r\n\r\n", "3\r\nabc\r\n0\r\nA:\r\nB: c d\r\n\r\n", "03\r\nabc\r\n00\r\n\r\n"}) {
        auto client = server.connect();
        client.send(k_post + "Transfer-Encoding: chunked\r\n\r\n" + chunks + k_hidden);
        const auto reply = client.read_reply();
        CHECK_MESSAGE(reply->body == "abc", chunks);
        CHECK(client.read_reply()->body == "hello\n");
    }
}

TEST_CASE("a malformed body is refused before its handler runs, also of a method that has none") {
    std::atomic<int> calls{0};
    const RunningServer server{[&](baton::Server& it) {
        const auto count = [&](const auto&, auto&) { ++calls; };
        it.Get("/count", count);
        it.Post("/count", count);
        it.Options("/count", count);
    }};
    for (const std::string method : {"GET", "POST", "OPTIONS"})
        CHECK(only_status(server, method + " /count HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" +
                                      k_hidden) == 400);
    CHECK(calls == 0);
    auto client = server.connect();
    client.send("BREW /count HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    CHECK(client.read_reply()->status == 501); // and no 100 before it
}

TEST_CASE("trailers are not fields of the request, nor of the next one") {
    const RunningServer server{[](baton::Server& it) {
        it.Post("/fields", [](const auto& request, auto& response) {
            response.set_content(request.get_header_value("X-Trailer") + request.get_header_value("Content-Length") +
                                     request.body,
                                 "text/plain");
        });
    }};
    auto client = server.connect();
    client.send("POST /fields HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n0\r\nX-Trailer: "
                "x\r\nContent-Length: 9\r\n\r\n" +
                k_hidden);
    CHECK(client.read_reply()->body == "b");
    CHECK(client.read_reply()->body == "hello\n");
}

TEST_CASE("request lines and Host fields that parsers disagree about are refused") {
    const RunningServer server;
    for (const std::string line :
         {"GET /hello HTTP/1.1 ", "GET\t/hello HTTP/1.1", "GET /hello  HTTP/1.1", " GET /hello HTTP/1.1",
          "GET /hello http/1.1", "GET /hello HTTP/1.10", "GET /hello HTTP/1", "GET /hello HTTP/01.1",
          "GET /he llo HTTP/1.1", "GET /h\rllo HTTP/1.1", "GET /h\x7f HTTP/1.1", "GET HTTP/1.1", "/hello",
          "GET /hello\x01 HTTP/1.1", "G@T /hello HTTP/1.1"})
        CHECK_MESSAGE(only_status(server, line + "\r\nHost: t\r\n\r\n" + k_hidden) == 400, line);
    for (const std::string method : {"get", "TRACE", "CONNECT", "PRI"})
        CHECK(only_status(server, method + " /hello HTTP/1.1\r\nHost: t\r\n\r\n" + k_hidden) == 501);
    for (const std::string host :
         {"a b", "a/b",    "user@t",  "t\"",   "a\\b",    "t?",   "t#",  "a:b", "a:1:2", "[::1",  "::1",
          "[]",  "[::1]x", "[::1]:x", "[a b]", "a:65536", "a:-1", ":80", "a%4", "a%zz",  "[g::1]"})
        CHECK_MESSAGE(only_status(server, "GET /hello HTTP/1.1\r\nHost: " + host + "\r\n\r\n" + k_hidden) == 400, host);
    CHECK(only_status(server, "GET /hello HTTP/1.1\r\n Host: t\r\n\r\n" + k_hidden) == 400);
    CHECK(only_status(server, "GET /hello HTTP/1.1\r\nHost: t\r\nHost: t\r\n\r\n" + k_hidden) == 400);
    for (const std::string host :
         {"", "a", "a:", "a:80", "a.b-c_d~:65535", "127.0.0.1:8080", "[::1]", "[::1]:80", "a%20b"}) {
        auto client = server.connect();
        client.send("GET /hello HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
        CHECK_MESSAGE(client.read_reply()->status == 200, host);
    }
    CHECK(server.connect().get("https://shop.test/hello")->status == 200);
    CHECK(server.connect().get("http://a:b/hello")->status == 400);
    CHECK(server.connect().get("/hello")->status == 200);
}

TEST_CASE("nothing is answered behind a request that says close") {
    const RunningServer server;
    CHECK(only_status(server, get_request("/hello", "Connection: keep-alive, Close\r\n") + k_hidden) == 200);
    CHECK(only_status(server, "GET /hello HTTP/1.0\r\n\r\n" + k_hidden) == 200);
}

TEST_CASE("a 1.0 client's Expect is ignored, and it needs no Host") {
    const RunningServer server;
    auto client = server.connect();
    client.send("POST /echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    CHECK(client.stays_silent(100ms));
    client.send("abc");
    CHECK(client.read_reply()->body == "abc");
}
