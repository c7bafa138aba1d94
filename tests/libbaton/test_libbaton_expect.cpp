// SPDX-License-Identifier: MIT
// A program's own Expect handler: called once, before the body arrives, with one final reply when it refuses the body.
#include "running_server.hpp"

#include <doctest/doctest.h>

using namespace test;

namespace {

/// Wants bodies only on /echo and /count, and says so in each of the ways there are.
void add_expect_handler(baton::Server& it) {
    it.Post("/count", [](const auto&, auto& response, const httplib::ContentReader& read) {
        std::size_t count = 0;
        (void)read([&](const char*, std::size_t size) { return (count += size, true); });
        response.set_content(std::to_string(count), "text/plain");
    });
    it.Post("/expect", [](const auto& request, auto& response) {
        response.set_content(request.get_header_value("Expect") + response.get_header_value("X-Asked"), "text/plain");
    });
    it.set_expect_100_continue_handler([](const auto& request, auto& response) {
        response.set_header("X-Asked", request.get_header_value("X-Number"));
        if (request.path == "/number") return std::stoi(request.get_header_value("X-Number"));
        if (request.path == "/throw") throw std::runtime_error{"not today"};
        if (request.path == "/text") {
            response.status = 401;
            response.set_content("who are you?\n", "text/plain");
            return 417;
        }
        return 100;
    });
}

std::string expecting(const std::string& path, std::size_t length, const std::string& fields = "") {
    return "POST " + path + " HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\n" + fields +
           "Content-Length: " + std::to_string(length) + "\r\n\r\n";
}

} // namespace

TEST_CASE("a body that the Expect handler does not want gets one final reply, and is not the next request") {
    const RunningServer server{add_expect_handler};
    for (const auto& [path, fields, status] : {std::tuple{"/number", "X-Number: 417\r\n", 417},
                                               {"/number", "X-Number: 401\r\n", 401},
                                               {"/number", "X-Number: 403\r\n", 403},
                                               {"/number", "X-Number: 0\r\n", 500},
                                               {"/number", "X-Number: -1\r\n", 500},
                                               {"/text", "", 401},
                                               {"/throw", "", 500}})
        for (const std::size_t length : {std::size_t{40}, std::size_t{200'000}}) {
            auto client = server.connect();
            client.send(expecting(path, length, fields));
            const auto reply = client.read_reply();
            REQUIRE_MESSAGE(reply, path << " " << fields);
            CHECK(reply->status == status);
            CHECK(reply->all("Connection") == std::vector<std::string>{"close"});
            CHECK(reply->body == (status == 401 && *fields == '\0' ? "who are you?\n" : reply->body));
            client.send(get_request("/hello") + get_request("/hello"));
            CHECK(client.wait_for_end() == Ending::closed);
            CHECK(client.received().empty());
        }
}

TEST_CASE("the Expect handler is asked whether or not the body came along, and a body it wants is read") {
    const RunningServer server{add_expect_handler};
    auto client = server.connect();
    for (const std::string path : {"/echo", "/count"})
        for (const std::size_t length : {std::size_t{40}, std::size_t{200'000}}) {
            const std::string body(length, 'x');
            const auto expected = path == "/echo" ? body : std::to_string(length);
            client.send(expecting(path, length));
            CHECK(client.read_reply()->status == 100);
            client.send(body);
            CHECK(client.read_reply()->body == expected);
            client.send(expecting(path, length) + body);
            auto reply = client.read_reply();
            if (reply->status == 100) reply = client.read_reply(); // a large body's end was not there yet
            CHECK(reply->body == expected);
        }
    client.send(expecting("/expect", 3, "X-Number: 7\r\n") + "abc");
    const auto reply = client.read_reply();
    CHECK(reply->body == "100-continue7");
    CHECK(reply->all("X-Asked") == std::vector<std::string>{"7"});
    client.send(expecting("/number", 3, "X-Number: 403\r\n") + "abc" + get_request("/hello"));
    CHECK(client.read_reply()->status == 403);
    CHECK(client.read_reply()->body == "hello\n"); // the body was there: nothing is out of step
    client.send("GET /number HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nX-Number: 401\r\n\r\n");
    CHECK(client.read_reply()->status == 401);
}

TEST_CASE("heads that expect 100 and send no body hold no worker") {
    auto options = quick_options();
    options.max_workers = 2;
    const RunningServer server{add_expect_handler, options};
    std::vector<Client> waiting;
    for (int i = 0; i < 60; ++i) {
        waiting.push_back(server.connect());
        waiting.back().send(expecting(i % 2 == 0 ? "/echo" : "/count", i % 3 == 0 ? 200'000 : 40));
    }
    for (int i = 0; i < 10; ++i)
        CHECK(server.connect().get("/hello")->status == 200);
    for (auto& client : waiting)
        CHECK(client.read_reply()->status == 100);
}

TEST_CASE("a request that expects 100 gets its whole reply on every path, and so does the one behind it") {
    const auto with_error_handler = [](baton::Server& it) {
        add_expect_handler(it);
        it.set_error_handler([](const auto& request, auto& response) {
            response.set_content("no: " + request.get_header_value("Expect"), "text/plain");
        });
        it.Get("/long",
               [](const auto&, auto& response) { response.set_content(std::string(5000, 'x'), "text/plain"); });
    };
    const RunningServer server{with_error_handler};
    struct Case {
        std::string line;
        const char* fields;
        int status;
        std::size_t body_bytes;
    };
    for (const auto& [line, fields, status, body_bytes] :
         {Case{"GET /long", "Range: bytes=0-9\r\n", 206, 10}, Case{"GET /nowhere", "", 404, 16},
          Case{"POST /nowhere", "Content-Length: 3\r\n", 404, 16},
          Case{"HEAD /long", "Accept-Encoding: gzip\r\n", 200, 0}, Case{"GET /number", "X-Number: 401\r\n", 401, 16}}) {
        CAPTURE(line);
        const std::string request = line + " HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\n" + fields + "\r\n";
        const bool has_body = line.front() == 'P';
        auto client = server.connect();
        for (int i = 0; i < 3; ++i)
            client.send(request + (has_body ? "abc" : "") + get_request("/hello"));
        for (int i = 0; i < 3; ++i) {
            const auto reply = client.read_reply(line.front() == 'H' ? Body::none : Body::expected);
            CHECK(reply->status == status);
            CHECK(reply->body.size() == body_bytes);
            CHECK(client.read_reply()->body == "hello\n");
        }
    }
}
