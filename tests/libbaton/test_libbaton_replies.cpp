// SPDX-License-Identifier: MIT
// The end of a reply, on each path that it can take: its client sees where it ends, and whether it is complete.
#include "program.hpp"
#include "running_server.hpp"

#include <doctest/doctest.h>

using namespace test;
using httplib::DataSink;
using httplib::Request;
using httplib::Response;

namespace {

int number(const Request& request, const char* name) {
    const auto text = request.get_param_value(name);
    return text.empty() ? 0 : std::stoi(text);
}

bool give_piece(DataSink& sink) {
    return sink.write("piece", 5);
}

/// What the query's `kind` says, with its `status`.
void answer(const Request& request, Response& response) {
    const auto kind = request.get_param_value("kind");
    const auto once = [](std::size_t, DataSink& sink) {
        if (give_piece(sink)) sink.done();
        return true;
    };
    response.status = number(request, "status");
    if (kind == "body") response.set_content("a body that no client expects", "text/plain");
    if (kind == "length")
        response.set_content_provider(5, "text/plain", [](auto, auto, DataSink& sink) { return give_piece(sink); });
    if (kind == "chunks") response.set_chunked_content_provider("text/plain", once);
    if (kind == "unknown") response.set_content_provider("text/plain", once);
    if (kind == "done-early")
        response.set_content_provider(50'000, "text/plain", [](auto, auto, DataSink& sink) {
            if (give_piece(sink) && sink.done) sink.done();
            return sink.done != nullptr;
        });
    if (kind == "too-much") // of five, and what is too much looks like a reply
        response.set_content_provider(5, "text/plain", [](auto, auto, DataSink& sink) {
            return give_piece(sink) && sink.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 38);
        });
    if (kind.substr(0, 4) == "ends") { // after one piece, as the query says
        auto provider = [throws = request.has_param("throws"), given = false](DataSink& sink) mutable {
            if (!std::exchange(given, true)) return give_piece(sink);
            if (throws) throw std::runtime_error{"no more"};
            return false;
        };
        if (kind == "ends-length")
            response.set_content_provider(50'000, "text/plain",
                                          [provider](auto, auto, DataSink& sink) mutable { return provider(sink); });
        if (kind == "ends-chunks")
            response.set_chunked_content_provider("text/plain",
                                                  [provider](auto, DataSink& sink) mutable { return provider(sink); });
        if (kind == "ends-unknown")
            response.set_content_provider("text/plain",
                                          [provider](auto, DataSink& sink) mutable { return provider(sink); });
    }
    const auto thrower = [](auto&&...) -> bool { throw std::runtime_error{"not even one"}; };
    if (kind == "throws-length") response.set_content_provider(50'000, "text/plain", thrower);
    if (kind == "throws-chunks") response.set_chunked_content_provider("text/plain", thrower);
    if (kind == "throws-unknown")
        response.set_content_provider("text/plain", httplib::ContentProviderWithoutLength{thrower});
    if (kind == "fields") {
        response.set_header("Content-Length", "17");
        response.set_header("Transfer-Encoding", "chunked");
    }
}

/// One request for `target` on each path: found by hash, by a pattern, through httplib for its coding, its form, its
/// content reader, or because it may be a file.
std::vector<std::string> on_each_path(const std::string& query) {
    const std::string form = "Content-Type: multipart/form-data; boundary=b\r\n";
    const std::string body = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b--\r\n";
    const auto post = [&](const std::string& path, const std::string& fields) {
        return "POST " + path + query + " HTTP/1.1\r\nHost: t\r\n" + fields +
               "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    };
    return {get_request("/plain" + query),
            get_request("/pattern7" + query),
            get_request("/plain" + query, "Accept-Encoding: gzip\r\n"),
            get_request("/pattern7" + query, "Accept-Encoding: br\r\n"),
            post("/plain", form),
            post("/plain", ""),
            post("/reader", "")};
}

void add_routes(baton::Server& it) {
    it.Get("/plain", answer);
    it.Get("/pattern\\d", answer);
    it.Post("/plain", answer);
    it.Post("/reader", [](const Request& request, Response& response, const httplib::ContentReader& read) {
        (void)read([](const char*, std::size_t) { return true; });
        answer(request, response);
    });
}

/// Without and with a mount point, which sends GET through httplib.
std::vector<RunningServer::Routes> both_ways(const TemporaryDirectory& directory) {
    return {add_routes, [&directory](baton::Server& it) {
                it.set_mount_point("/", directory.path().string());
                add_routes(it);
            }};
}

} // namespace

TEST_CASE("a 204 and a 304 end with their heads on every path, whatever their handler made") {
    const TemporaryDirectory directory;
    for (const auto& routes : both_ways(directory)) {
        const RunningServer server{routes};
        for (const std::string status : {"204", "304"})
            for (const std::string kind : {"none", "body", "length", "chunks", "unknown", "fields"})
                for (const auto& request : on_each_path("?kind=" + kind + "&status=" + status)) {
                    auto client = server.connect();
                    client.send(request + get_request("/hello"));
                    const auto reply = client.read_reply();
                    CHECK(std::to_string(reply->status) == status);
                    CHECK(reply->all("Content-Length").size() + reply->all("Transfer-Encoding").size() == 0);
                    const auto next = client.read_reply();
                    REQUIRE_MESSAGE(next, request);
                    CHECK(next->body == "hello\n");
                }
    }
}

TEST_CASE("a reply that cannot be finished is seen to be unfinished on every path, and none is read as its rest") {
    const TemporaryDirectory directory;
    for (const auto& routes : both_ways(directory)) {
        const RunningServer server{routes};
        for (const std::string kind : {"done-early", "too-much", "ends-length", "ends-chunks", "ends-unknown"})
            for (const std::string throws : {"", "&throws"})
                for (const auto& request : on_each_path("?status=200&kind=" + kind + throws)) {
                    auto client = server.connect();
                    client.send(request + get_request("/hello"));
                    const bool by_end = kind == "ends-unknown";
                    const auto reply = by_end ? MaybeReply{} : client.read_reply();
                    CHECK(reply.has_value() == (kind == "too-much"));
                    const auto ending = client.wait_for_end();
                    CHECK_MESSAGE(ending == (by_end ? Ending::reset : ending), request);
                    CHECK(ending != Ending::still_open);
                    CHECK(client.received().find("HTTP/1.1", 1) == std::string::npos);
                }
        for (const auto* kind : {"ends-chunks", "ends-unknown"}) {
            auto old = server.connect();
            old.send("GET /plain?status=200&kind=" + std::string{kind} + " HTTP/1.0\r\n\r\n");
            CHECK(old.wait_for_end() == Ending::reset);
        }
    }
}

TEST_CASE("a reply that ends with its connection and is cut ends with a reset") {
    const TemporaryDirectory directory;
    for (const auto& routes : both_ways(directory)) {
        auto options = quick_options();
        options.timeouts.drain = 300ms;
        Gate gate;
        RunningServer server{[&](baton::Server& it) {
                                 routes(it);
                                 it.Get("/endless", [&](const auto&, auto& response) {
                                     response.set_content_provider("text/plain", [&](std::size_t, DataSink& sink) {
                                         gate.pass();
                                         std::this_thread::sleep_for(1ms);
                                         return give_piece(sink);
                                     });
                                 });
                             },
                             options};
        auto client = server.connect();
        client.send(get_request("/endless"));
        gate.open();
        REQUIRE(gate.wait_for(3));
        server.begin_drain();
        CHECK(client.wait_for_end() == Ending::reset);
        CHECK(server.wait_until_ended());
    }
}

TEST_CASE("a body set after a provider is the reply on every path") {
    const TemporaryDirectory directory;
    for (const auto& routes : both_ways(directory)) {
        const RunningServer server{[&](baton::Server& it) {
            routes(it);
            it.set_error_handler([](const auto&, auto& response) { response.set_content("sorry", "text/plain"); });
        }};
        for (const std::string kind : {"length", "chunks", "unknown", "fields"})
            for (const auto& request : on_each_path("?status=503&kind=" + kind)) {
                auto client = server.connect();
                client.send(request + get_request("/hello"));
                const auto reply = client.read_reply();
                REQUIRE_MESSAGE(reply, request);
                CHECK(reply->all("Content-Length").size() + reply->all("Transfer-Encoding").size() == 1);
                CHECK((reply->body == "sorry" || reply->field("Content-Encoding") != ""));
                CHECK(client.read_reply()->body == "hello\n");
            }
    }
}

TEST_CASE("a status that ends no request is a 500 on every path") {
    const TemporaryDirectory directory;
    for (const auto& routes : both_ways(directory)) {
        const RunningServer server{routes};
        for (const std::string status : {"100", "101", "103", "0", "-7", "1000"})
            for (const auto& request : on_each_path("?kind=body&status=" + status)) {
                auto client = server.connect();
                client.send(request + get_request("/hello"));
                CHECK_MESSAGE(client.read_reply()->status == 500, request);
                CHECK(client.read_reply()->body == "hello\n");
            }
    }
}

TEST_CASE("a provider that throws before its first byte is a 500 on every path") {
    const TemporaryDirectory directory;
    for (const auto& routes : both_ways(directory)) {
        const RunningServer server{routes};
        for (const std::string kind : {"throws-length", "throws-chunks", "throws-unknown"})
            for (const auto& request : on_each_path("?status=200&kind=" + kind)) {
                auto client = server.connect();
                client.send(request);
                const auto reply = client.read_reply();
                REQUIRE_MESSAGE(reply, request);
                CHECK(reply->status == 500);
                CHECK(reply->body == "internal error\n");
                CHECK(client.wait_for_end() == Ending::closed);
            }
    }
}

TEST_CASE("a logger that throws whatever it likes costs no reply") {
    const TemporaryDirectory directory;
    for (const auto& routes : both_ways(directory)) {
        const RunningServer server{[&](baton::Server& it) {
            routes(it);
            it.set_logger([](const auto&, const auto&) { throw 7; });
        }};
        for (const std::string kind : {"body", "length", "chunks", "unknown"})
            for (const auto& request : on_each_path("?status=200&kind=" + kind)) {
                auto client = server.connect();
                client.send(request);
                CHECK_MESSAGE(client.read_reply()->status == 200, request);
            }
        CHECK(server.connect().get("/hello")->status == 200);
    }
}

TEST_CASE("the engine's own replies go through the error handler, the default fields and the logger") {
    std::atomic<int> logged{0};
    auto options = quick_options();
    options.timeouts.head = 200ms;
    options.limits.max_body_bytes = 1000;
    const RunningServer server{[&](baton::Server& it) {
                                   it.set_default_headers({{"X-Default", "yes"}});
                                   it.set_error_handler([](const auto& request, auto& response) {
                                       response.set_content(request.method + " " + std::to_string(response.status),
                                                            "text/x");
                                   });
                                   it.set_logger([&](const auto&, const auto& response) { logged += response.status; });
                               },
                               options};
    for (const auto& [request, body] : {std::pair{"GET /hello HTTP/1.1\r\n\r\n", "GET 400"},
                                        {"BREW / HTTP/1.1\r\nHost: t\r\n\r\n", "BREW 501"},
                                        {"GET / HTTP/3.0\r\n\r\n", "GET 505"},
                                        {"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1001\r\n\r\n", "POST 413"},
                                        {"GET /hello HTTP/1.1\r\nHost: t\r\n", "GET 408"}}) {
        logged = 0;
        auto client = server.connect();
        client.send(request);
        const auto reply = client.read_reply();
        REQUIRE_MESSAGE(reply, request);
        CHECK(reply->body == body);
        CHECK(reply->field("X-Default") == "yes");
        CHECK(reply->field("Content-Type") == "text/x");
        CHECK(reply->all("Connection") == std::vector<std::string>{"close"});
        CHECK(client.wait_for_end() == Ending::closed);
        CHECK(logged == reply->status);
    }
}

TEST_CASE("an exception leaves its body to an error handler that looks for an empty one") {
    const RunningServer server{[](baton::Server& it) {
        it.Get("/throw", [](const auto&, auto&) { throw std::runtime_error{"secret"}; });
        it.set_error_handler([](const auto&, auto& response) {
            if (response.body.empty()) response.set_content("the program's page", "text/plain");
        });
    }};
    CHECK(server.connect().get("/throw")->body == "the program's page");
    CHECK(server.connect().get("/throw", "Accept-Encoding: gzip;q=0\r\n")->body == "the program's page");
}

TEST_CASE("a coding that the client refuses, or does not name, is not used on any path") {
    const TemporaryDirectory directory;
    for (const auto& routes : both_ways(directory)) {
        const RunningServer server{routes};
        for (const std::string kind : {"body", "chunks"})
            for (const std::string accepted : {"br;q=0", "gzip; q=0.0, br;q=0.000", "xbr", "identity, gzip;Q=0"})
                for (const auto* path : {"/plain", "/pattern7"}) {
                    const auto reply = server.connect().get(path + ("?status=200&kind=" + kind),
                                                            "Accept-Encoding: " + accepted + "\r\n");
                    CHECK_MESSAGE(reply->field("Content-Encoding").empty(), accepted);
                }
        const auto gzip =
            server.connect().get("/plain?status=200&kind=body", "Accept-Encoding: br;q=0, gzip;q=0.5\r\n");
        CHECK(gzip->field("Content-Encoding") == "gzip");
        auto client = server.connect();
        client.send("HEAD /plain?status=200&kind=body HTTP/1.1\r\nHost: t\r\n\r\n");
        CHECK(client.read_reply(Body::none)->field("Accept-Ranges") == "bytes");
    }
}
