// SPDX-License-Identifier: MIT
// Routes, hooks and replies as in cpp-httplib, whatever path a request takes inside.
#include "program.hpp"
#include "running_server.hpp"

#include <doctest/doctest.h>

using namespace test;
using httplib::Request;
using httplib::Response;
using Outcome = httplib::Server::HandlerResponse;

namespace {

void say(Response& response, const std::string& text) {
    response.set_content(text, "text/plain");
}

} // namespace

TEST_CASE("a route registered first counts, plain or not") {
    const RunningServer server{[](baton::Server& it) {
        it.Get("/a.*", [](const Request&, Response& response) { say(response, "pattern"); });
        it.Get("/abc", [](const Request&, Response& response) { say(response, "hidden"); });
        it.Get("/b/c", [](const Request&, Response& response) { say(response, "plain"); });
        it.Get("/b/.*", [](const Request& request, Response& response) { say(response, request.path); });
    }};
    auto client = server.connect();
    CHECK(client.get("/abc")->body == "pattern");
    CHECK(client.get("/b/c")->body == "plain");
    CHECK(client.get("/b/%64")->body == "/b/d");
    CHECK(client.get("/b/c?x=1")->body == "plain");
    CHECK(client.get("/%62/c")->body == "plain");
}

TEST_CASE("a route registered through httplib::Server works") {
    const RunningServer server{[](baton::Server& it) {
        httplib::Server& base = it;
        base.Get("/base", [](const Request&, Response& response) { say(response, "base"); });
    }};
    CHECK(server.connect().get("/base")->body == "base");
}

TEST_CASE("each method finds its own route") {
    const RunningServer server{[](baton::Server& it) {
        const auto tell = [](const Request& request, Response& response) {
            say(response, request.method + " " + request.body);
        };
        it.Put("/x", tell).Patch("/x", tell).Delete("/x", tell).Options("/x", tell).Post("/x", tell);
    }};
    auto client = server.connect();
    for (const std::string method : {"PUT", "PATCH", "DELETE", "POST"}) {
        client.send(method + " /x HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nab");
        CHECK(client.read_reply()->body == method + " ab");
    }
    client.send("OPTIONS /x HTTP/1.1\r\nHost: t\r\n\r\n");
    CHECK(client.read_reply()->body == "OPTIONS ");
    CHECK(client.get("/x")->status == 404);
}

TEST_CASE("hooks are called on every way") {
    std::atomic<int> logged{0};
    const RunningServer server{[&](baton::Server& it) {
        it.Get("/p.ttern", [](const Request&, Response& response) { say(response, "x"); });
        it.Get("/forbidden", [](const Request&, Response& response) { response.status = 403; });
        it.set_default_headers({{"X-Default", "yes"}});
        it.set_post_routing_handler([](const Request&, Response& response) { response.set_header("X-Post", "yes"); });
        it.set_error_handler(
            [](const Request&, Response& response) { say(response, "sorry " + std::to_string(response.status)); });
        it.set_logger([&](const Request&, const Response&) { ++logged; });
    }};
    auto client = server.connect();
    for (const auto* target : {"/hello", "/pattern", "/nowhere", "/forbidden"}) {
        const auto reply = client.get(target);
        REQUIRE(reply);
        CHECK(reply->all("X-Default") == std::vector<std::string>{"yes"});
        CHECK(reply->all("X-Post") == std::vector<std::string>{"yes"});
        CHECK(reply->all("Date").size() == 1);
        CHECK(reply->all("Content-Length").size() == 1);
    }
    CHECK(client.get("/nowhere")->body == "sorry 404");
    CHECK(client.get("/forbidden")->body == "sorry 403");
    CHECK(logged == 6);
}

TEST_CASE("a pre-routing handler goes before plain routes") {
    std::atomic<int> calls{0};
    const RunningServer server{[&](baton::Server& it) {
        it.set_pre_routing_handler([&](const Request& request, Response& response) {
            ++calls;
            if (request.path != "/hello") return Outcome::Unhandled;
            say(response, "before");
            return Outcome::Handled;
        });
    }};
    auto client = server.connect();
    CHECK(client.get("/hello")->body == "before");
    CHECK(client.get("/hello", "Accept-Encoding: gzip\r\n")->field("Content-Encoding") == "gzip");
    CHECK(client.get("/nowhere")->status == 404);
    client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc");
    CHECK(client.read_reply()->body == "abc");
    CHECK(calls == 4); // once for each, whichever way it goes
}

TEST_CASE("a handler's own Connection: close, Content-Length and 204 come out right") {
    const RunningServer server{[](baton::Server& it) {
        it.Get("/close", [](const Request&, Response& response) { response.set_header("Connection", "close"); });
        it.Get("/close.*", [](const Request&, Response& response) { response.set_header("Connection", "close"); });
        it.Get("/empty", [](const Request&, Response& response) { response.status = 204; });
        it.Get("/length", [](const Request&, Response& response) {
            response.set_header("Content-Length", "99");
            say(response, "four");
        });
    }};
    for (const auto* target : {"/close", "/close2"}) {
        auto client = server.connect();
        CHECK(client.get(target)->all("Connection") == std::vector<std::string>{"close"});
        CHECK(client.wait_for_end() == Ending::closed);
    }
    auto client = server.connect();
    const auto empty = client.get("/empty");
    CHECK(empty->status == 204);
    CHECK(empty->all("Content-Length").empty());
    CHECK(client.get("/length")->all("Content-Length") == std::vector<std::string>{"4"});
    CHECK(client.get("/hello")->status == 200);
}

TEST_CASE("a status has one reason phrase on every path") {
    const RunningServer server{[](baton::Server& it) {
        it.Get("/(\\d+)", [](const auto& request, auto& response) {
            response.status = std::stoi(request.matches[1]);
            response.set_content("text", "text/plain");
        });
    }};
    for (const auto& [status, phrase] : {std::pair{"200", "OK"},
                                         {"299", "Unknown"},
                                         {"413", "Content Too Large"},
                                         {"418", "I'm a teapot"},
                                         {"422", "Unprocessable Content"},
                                         {"599", "Unknown"}})
        for (const std::string coding : {"", "Accept-Encoding: gzip\r\n"}) {
            auto client = server.connect();
            client.send(get_request("/" + std::string{status}, coding + "Connection: close\r\n"));
            CHECK(client.wait_for_end() == Ending::closed);
            CHECK(client.received().substr(0, client.received().find('\r')) ==
                  "HTTP/1.1 " + std::string{status} + " " + phrase);
        }
}

TEST_CASE("compressible replies are compressed when the client takes that") {
    const RunningServer server;
    auto client = server.connect();
    const auto reply = client.get("/hello", "Accept-Encoding: gzip\r\n");
    CHECK(reply->field("Content-Encoding") == "gzip");
    CHECK(reply->body != "hello\n");
    CHECK(client.get("/hello", "Accept-Encoding: identity\r\n")->body == "hello\n");
}

TEST_CASE("ranges are clamped, refused, or ignored when they look like abuse") {
    const TemporaryDirectory files;
    files.write("file.txt", "0123456789");
    const auto routes = [&](baton::Server& it) {
        it.Get("/body", [](const Request&, Response& response) { say(response, "0123456789"); });
        it.Get("/provided", [](const Request&, Response& response) {
            response.set_content_provider(
                10, "text/plain", [](std::size_t at, std::size_t size, httplib::DataSink& sink) {
                    return sink.write(std::string{"0123456789"}.substr(at, size).data(), size);
                });
        });
        CHECK(it.set_mount_point("/files", files.path().string()));
    };
    const RunningServer server{routes};
    auto client = server.connect();
    for (const auto* target : {"/body", "/provided", "/files/file.txt"}) {
        const auto part = client.get(target, "Range: bytes=2-4\r\n");
        CHECK(part->status == 206);
        CHECK(part->body == "234");
        CHECK(part->field("Content-Range") == "bytes 2-4/10");
        CHECK(client.get(target, "Range: bytes=-3\r\n")->body == "789");
        CHECK(client.get(target, "Range: bytes=-30\r\n")->body == "0123456789");
        const auto clamped = client.get(target, "Range: bytes=8-100\r\n");
        CHECK(clamped->body == "89");
        CHECK(clamped->field("Content-Range") == "bytes 8-9/10");
        const auto beyond = client.get(target, "Range: bytes=10-\r\n");
        CHECK(beyond->status == 416);
        CHECK(beyond->field("Content-Range") == "bytes */10");
        const std::string huge = "92233720368547758079223372036854775806";
        CHECK(client.get(target, "Range: bytes=" + huge + "-" + huge + "\r\n")->status == 416);
        CHECK(client.get(target, "Range: bytes=8-" + huge + "\r\n")->body == "89");
        CHECK(client.get(target, "Range: bytes=-" + huge + "\r\n")->body == "0123456789");
        for (const auto* odd : {"bytes=5-2", "lines=1-2", "bytes=a-b", "bytes=0-0,0-0", "bytes=0-,0-,0-",
                                "bytes=", "bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18"}) {
            const auto whole = client.get(target, std::string{"Range: "} + odd + "\r\n");
            CHECK(whole->status == 200);
            CHECK(whole->body == "0123456789");
        }
    }
    CHECK(client.get("/body", "Range: bytes=0-1,4-5\r\n")->status == 206);
    CHECK(client.get("/body", "Range: bytes=0-1\r\nRange: bytes=0-1\r\n")->status == 200);
    client.send("HEAD /body HTTP/1.1\r\nHost: t\r\nRange: bytes=0-1\r\n\r\n");
    CHECK(client.read_reply(Body::none)->status == 200);
}

TEST_CASE("If-Range: a part only of what the client has a part of already") {
    const RunningServer server{[](baton::Server& it) {
        it.Get("/tagged", [](const Request&, Response& response) {
            response.set_header("ETag", R"("one")");
            response.set_header("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT");
            say(response, "0123456789");
        });
    }};
    auto client = server.connect();
    const auto status_if = [&](const std::string& condition) {
        return client.get("/tagged", "Range: bytes=2-4\r\nIf-Range: " + condition + "\r\n")->status;
    };
    CHECK(status_if(R"("one")") == 206);
    CHECK(status_if("Sun, 06 Nov 1994 08:49:37 GMT") == 206);
    CHECK(status_if(R"("two")") == 200);
    CHECK(status_if(R"(W/"one")") == 200);
    CHECK(status_if("Mon, 07 Nov 1994 08:49:37 GMT") == 200);
}
