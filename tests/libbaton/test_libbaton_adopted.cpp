// SPDX-License-Identifier: MIT
// What a program sets through an httplib::Server& applies on every path, and its code always sees a complete Request.
#include "program.hpp"
#include "running_server.hpp"

#include "libbaton/work/hooks.hpp"

#include <doctest/doctest.h>

#include <map>
#include <vector>

using namespace test;
using httplib::Request;
using httplib::Response;
using Outcome = httplib::Server::HandlerResponse;

namespace {

void say(Response& response, const std::string& text) {
    response.set_content(text, "text/plain");
}

thread_local std::string user; ///< as a program has it that knows its threads

/// A route for each way through the engine; all but the 404 have one capture.
void add_ways(httplib::Server& server) {
    server.Get("/(plain)", [](const Request&, Response& response) { say(response, "plain"); });
    server.Get("/(forbidden)", [](const Request&, Response& response) { response.status = 403; });
    server.Get("/(throws)", [](const Request&, Response&) { throw std::runtime_error{"broken"}; });
    server.Get("/(chunks)", [](const Request&, Response& response) {
        response.set_chunked_content_provider("text/plain", [](std::size_t, httplib::DataSink& sink) {
            (void)sink.write("abc", 3);
            sink.done();
            return true;
        });
    });
    server.Post("/(form)", [](const Request&, Response& response) { say(response, "form"); });
    server.Post("/(read)", [](const Request&, Response& response, const httplib::ContentReader& read) {
        (void)read([](const char*, std::size_t) { return true; });
        say(response, "read");
    });
}

std::vector<std::string> requests_of_every_way() {
    std::vector<std::string> requests{get_request("/nowhere")};
    for (const auto* target : {"/plain", "/forbidden", "/throws", "/chunks"}) {
        requests.push_back(get_request(target));
        requests.push_back(get_request(target, "Accept-Encoding: gzip\r\n"));
        requests.push_back(get_request(target, "Range: bytes=1-2\r\n"));
    }
    for (const auto* target : {"/form", "/read"})
        requests.push_back("POST " + std::string{target} +
                           " HTTP/1.1\r\nHost: t\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                           "Content-Length: 3\r\n\r\na=1");
    return requests;
}

} // namespace

TEST_CASE("what is set while the server runs, and holds only from the next listen() on, is noticed") {
    baton::Server server;
    server.set_default_headers({{"A", "1"}});
    baton::engine::install_hooks(server);
    baton::engine::HookWatch watch{server};
    CHECK_FALSE(watch.sees_change(server));
    const auto hook = [](const auto&, auto&) {};
    for (const auto& set : std::initializer_list<std::function<void()>>{
             [&] { server.set_error_handler(hook); },
             [&] { server.set_logger([](const auto&, const auto&) {}); },
             [&] { server.set_post_routing_handler(hook); },
             [&] {
                 server.set_default_headers({{"A", "2"}});
             },
             [&] { server.set_default_headers({}); },
             [&] { server.set_keep_alive_max_count(7); },
             [&] { server.set_keep_alive_timeout(7); },
             [&] { server.set_read_timeout(7, 1); },
             [&] { server.set_write_timeout(7); },
         }) {
        set();
        CHECK(watch.sees_change(server));
        CHECK_FALSE(watch.sees_change(server));
    }
}

TEST_CASE("hooks that were set through an httplib::Server hold") {
    std::atomic<int> logged{0};
    const RunningServer server{[&](baton::Server& it) {
        add_ways(it);
        httplib::Server& base =
            it.set_payload_max_length(1000).set_pre_routing_handler([](const Request& request, Response& response) {
                if (request.has_header("Token")) return Outcome::Unhandled;
                response.status = 401;
                return Outcome::Handled;
            });
        base.set_post_routing_handler([](const Request&, Response& response) { response.set_header("X-Post", "yes"); });
        base.set_default_headers({{"X-Default", "yes"}});
        base.set_error_handler([](const Request&, Response& response) { say(response, "sorry"); });
        base.set_exception_handler([](const Request&, Response& response, const std::exception_ptr&) {
            response.status = 500;
            say(response, "caught");
        });
        base.set_logger([&](const Request&, const Response&) { ++logged; });
    }};
    auto client = server.connect();
    CHECK(client.get("/plain")->status == 401);
    for (const auto* target : {"/plain", "/forbidden", "/throws", "/chunks", "/nowhere"}) {
        const auto reply = client.get(target, "Token: x\r\n");
        CHECK(reply->field("X-Post") == "yes");
        CHECK(reply->field("X-Default") == "yes");
        if (reply->status >= 400) CHECK(reply->body == "sorry");
    }
    CHECK(logged == 6);
}

TEST_CASE("hooks hold in a second run, and those that were set between the two") {
    baton::Server server;
    std::atomic<int> calls{0};
    server.set_pre_routing_handler([&](const Request&, Response&) {
        ++calls;
        return Outcome::Unhandled;
    });
    add_ways(server);
    for (int round = 1; round <= 3; ++round) {
        const int port = server.bind_to_any_port("127.0.0.1");
        std::thread thread{[&] { CHECK(server.listen_after_bind()); }};
        CHECK(Client{static_cast<std::uint16_t>(port)}.get("/plain")->body == (round == 3 ? "other" : "plain"));
        server.stop();
        thread.join();
        CHECK(calls == std::min(round, 2));
        if (round == 2)
            server.set_pre_routing_handler([&](const Request&, Response& response) {
                say(response, "other");
                return Outcome::Handled;
            });
    }
}

TEST_CASE("what a route is called with is the match that httplib would have made") {
    const RunningServer server{[](baton::Server& it) {
        it.Get(R"(/v1/items/(\d+):cancel)", [](const Request&, Response& response) { say(response, "canceled"); });
        it.Get(R"(/v1/items/(\d+))",
               [](const Request& request, Response& response) { say(response, request.matches[1].str()); });
        it.Get(R"(/host:(\w+)/x)",
               [](const Request& request, Response& response) { say(response, request.matches[1].str()); });
        it.Get("/n/[[:digit:]]",
               [](const Request& request, Response& response) { say(response, request.matches[0].str()); });
        it.Get("/(?:v1|v2)/y", [](const Request&, Response& response) { say(response, "either"); });
        it.Get("/exact", [](const Request& request, Response& response) { say(response, request.matches[0].str()); });
    }};
    auto client = server.connect();
    CHECK(client.get("/v1/items/123")->body == "123");
    CHECK(client.get("/v1/items/123:cancel")->body == "canceled");
    CHECK(client.get("/host:abc/x")->body == "abc");
    CHECK(client.get("/n/7")->body == "/n/7");
    CHECK(client.get("/n/x")->status == 404);
    CHECK(client.get("/v2/y")->body == "either");
    CHECK(client.get("/exact")->body == "/exact");
}

TEST_CASE("a content reader goes before a handler, whichever was registered first") {
    const RunningServer server{[](baton::Server& it) {
        it.Post("/x", [](const Request&, Response& response) { say(response, "handler"); });
        it.Post("/x", [](const Request&, Response& response, const httplib::ContentReader& read) {
            (void)read([](const char*, std::size_t) { return true; });
            say(response, "reader");
        });
    }};
    auto client = server.connect();
    client.send("POST /x HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nab");
    CHECK(client.read_reply()->body == "reader");
}

TEST_CASE("every hook and the logger meet a whole Request and Response, whichever way they went") {
    std::mutex mutex;
    std::map<std::string, int> faults;
    const auto look = [&](const std::string& hook, const Request& request, bool routed) {
        const std::lock_guard lock{mutex};
        const auto note = [&](bool fine, const std::string& what) { faults[hook + ": " + what] += fine ? 0 : 1; };
        note(request.target == request.path && request.version == "HTTP/1.1", "target");
        note(request.remote_addr == "127.0.0.1" && request.remote_port > 0, "remote end");
        note(request.local_addr == "127.0.0.1" && request.local_port > 0, "local end");
        note(request.has_header("Host"), "fields");
        const bool has_match = request.matches.size() == 2 && "/" + request.matches[1].str() == request.path;
        if (routed && request.path != "/nowhere") note(has_match, "match of " + request.path);
        if (!routed) note(request.matches.empty(), "no match before routing");
        if (request.method == "POST" && routed && request.path == "/form")
            note(request.get_param_value("a") == "1", "form");
    };
    const RunningServer server{[&](baton::Server& it) {
        add_ways(it);
        it.set_pre_routing_handler([&](const Request& request, Response&) {
            look("pre-routing", request, false);
            return Outcome::Unhandled;
        });
        it.set_post_routing_handler([&](const Request& request, Response& response) {
            look("post-routing", request, true);
            const std::lock_guard lock{mutex};
            const bool framed = response.has_header("Content-Length") || response.has_header("Transfer-Encoding");
            faults["post-routing: framing of " + request.path] += framed ? 0 : 1;
        });
        it.set_error_handler([&](const Request& request, Response&) { look("error", request, true); });
        it.set_exception_handler([&](const Request& request, Response& response, const std::exception_ptr&) {
            look("exception", request, true);
            response.status = 500;
        });
        it.set_logger([&](const Request& request, const Response& response) {
            look("logger", request, true);
            const std::lock_guard lock{mutex};
            faults["logger: status"] += response.status >= 200 && response.version == "HTTP/1.1" ? 0 : 1;
            faults["logger: length"] +=
                response.has_header("Content-Length") || response.has_header("Transfer-Encoding") ? 0 : 1;
        });
    }};
    auto client = server.connect();
    for (const auto& request : requests_of_every_way()) {
        client.send(request);
        CAPTURE(request);
        CHECK(client.read_reply());
    }
    for (const auto& [fault, count] : faults) {
        CAPTURE(fault);
        CHECK(count == 0);
    }
}

TEST_CASE("a handler's own framing and Connection fields do not reach the client twice") {
    const RunningServer server{[](baton::Server& it) {
        it.set_error_handler([](const Request&, Response&) {});
        for (const auto* path : {"/own", "/own-error"})
            it.Get(path, [](const Request& request, Response& response) {
                response.set_header("Connection", "keep-alive");
                response.set_header("Content-Length", "99");
                response.set_header("Transfer-Encoding", "chunked");
                if (request.path == "/own-error") response.status = 404;
                say(response, std::string(200, 'x'));
            });
    }};
    auto client = server.connect();
    for (const auto* target : {"/own", "/own-error"})
        for (const auto* fields : {"", "Accept-Encoding: gzip\r\n", "Range: bytes=0-1\r\n"}) {
            const auto reply = client.get(target, fields);
            CAPTURE(target);
            CAPTURE(fields);
            CHECK(reply->all("Content-Length").size() == 1);
            CHECK(reply->all("Transfer-Encoding").empty());
            CHECK(reply->all("Connection").empty());
        }
    CHECK(client.get("/hello")->status == 200);
}

TEST_CASE("a stream that its client leaves is logged, once") {
    std::atomic<int> logged{0};
    const RunningServer server{[&](baton::Server& it) {
        it.Get("/endless", [](const Request&, Response& response) {
            response.set_chunked_content_provider("text/plain", [](std::size_t, httplib::DataSink& sink) {
                std::this_thread::sleep_for(1ms);
                return sink.write("tick\n", 5);
            });
        });
        it.Get("/canceled", [](const Request&, Response& response) {
            response.set_chunked_content_provider("text/plain", [](std::size_t, httplib::DataSink&) { return false; });
        });
        it.set_logger([&](const Request&, const Response&) { ++logged; });
    }};
    for (const auto* target : {"/endless", "/canceled"}) {
        auto client = server.connect();
        client.send(get_request(target));
        CHECK_FALSE(client.stays_silent(1s));
    }
    for (int i = 0; i < 500 && logged < 2; ++i)
        std::this_thread::sleep_for(10ms);
    CHECK(server.connect().get("/hello")->status == 200);
    CHECK(logged == 3);
}

TEST_CASE("raw bytes and nameless parameters in a target are httplib's") {
    const RunningServer server{[](baton::Server& it) {
        it.Get("/p", [](const Request& request, Response& response) {
            std::string text;
            for (const auto& [name, value] : request.params)
                text += name + "=" + value + ";";
            say(response, text);
        });
    }};
    auto client = server.connect();
    CHECK(client.get("/p?q=\xc3\xbc")->body == "q=\xc3\xbc;");
    httplib::Params expected;
    httplib::detail::parse_query_text("=v&a=1&a=1&b=%2B+c&d&e=f=g", expected);
    std::string text;
    for (const auto& [name, value] : expected)
        text += name + "=" + value + ";";
    CHECK(client.get("/p?=v&a=1&a=1&b=%2B+c&d&e=f=g")->body == text);
    CHECK(client.get("/\xff")->status == 404);
}

TEST_CASE("what the pre-routing hook does to the request stands, however its body comes") {
    const RunningServer server{[](baton::Server& it) {
        it.set_pre_routing_handler([](const Request& constant_request, Response&) {
            auto& request = const_cast<Request&>(constant_request); // httplib's own is none, and programs do this
            request.headers.erase("X-Role");
            request.set_header("X-Role", "guest");
            return Outcome::Unhandled;
        });
        it.Post("/whole",
                [](const Request& request, Response& response) { say(response, request.get_header_value("X-Role")); });
        it.Post("/form",
                [](const Request& request, Response& response) { say(response, request.get_header_value("X-Role")); });
        it.Post("/read", [](const Request& request, Response& response, const httplib::ContentReader& read) {
            (void)read([](const char*, std::size_t) { return true; });
            say(response, request.get_header_value("X-Role"));
        });
    }};
    for (const std::string path : {"/whole", "/read", "/form"})
        for (const std::string expect : {"", "Expect: 100-continue\r\n"})
            for (const std::size_t size : {std::size_t{5}, std::size_t{300'000}}) {
                CAPTURE(path);
                CAPTURE(expect);
                CAPTURE(size);
                auto client = server.connect();
                client.send("POST " + path + " HTTP/1.1\r\nHost: t\r\nX-Role: admin\r\n" + expect +
                            (path == "/form" ? "Content-Type: application/x-www-form-urlencoded\r\n" : "") +
                            "Content-Length: " + std::to_string(size) + "\r\n\r\n");
                if (!expect.empty()) CHECK(client.read_reply(Body::none)->status == 100);
                client.send(std::string(size, 'a'));
                const auto reply = client.read_reply();
                if (path == "/form" && size > 8192)
                    CHECK(reply->status == 413); // CPPHTTPLIB_FORM_URL_ENCODED_PAYLOAD_MAX_LENGTH
                else
                    CHECK(reply->body == "guest");
            }
}

TEST_CASE("the pre-routing hook may send a request elsewhere") {
    const RunningServer server{[](baton::Server& it) {
        it.set_pre_routing_handler([](const Request& constant_request, Response&) {
            auto& request = const_cast<Request&>(constant_request);
            if (request.path == "/old") request.path = "/new";
            if (request.path == "/older") request.path = "/item/7";
            if (request.path == "/gone") request.path = "/nowhere";
            return Outcome::Unhandled;
        });
        it.Get("/old", [](const Request&, Response& response) { say(response, "old"); });
        it.Get("/gone", [](const Request&, Response& response) { say(response, "gone"); });
        it.Get("/new", [](const Request&, Response& response) { say(response, "new"); });
        it.Get("/item/(\\d+)", [](const Request& request, Response& response) { say(response, request.matches[1]); });
    }};
    auto client = server.connect();
    CHECK(client.get("/old")->body == "new");
    CHECK(client.get("/older")->body == "7");
    CHECK(client.get("/gone")->status == 404);
}

TEST_CASE("hook and handler of one request are called by one thread, with nothing of another's between them") {
    const RunningServer server{[](baton::Server& it) {
        it.set_pre_routing_handler([](const Request& request, Response&) {
            user = request.get_header_value("X-User");
            return Outcome::Unhandled;
        });
        it.Post("/store", [](const Request&, Response& response) { say(response, user); });
    }};
    std::vector<Client> uploads;
    for (int i = 0; i < 3; ++i) {
        auto& client = uploads.emplace_back(server.port());
        client.send("POST /store HTTP/1.1\r\nHost: t\r\nX-User: alice\r\nContent-Length: 200000\r\n\r\n" +
                    std::string(100'000, 'a'));
    }
    CHECK(uploads.front().stays_silent(50ms));
    for (int i = 0; i < 20; ++i)
        CHECK(server.connect().get("/hello", "X-User: mallory\r\n")->status == 200);
    for (auto& client : uploads) {
        client.send(std::string(100'000, 'a'));
        CHECK(client.read_reply()->body == "alice");
    }
}

TEST_CASE("routes that are added while it runs are found, and move no other") {
    RunningServer server{[](baton::Server& it) {
        for (const std::string path : {"/r0", "/r1", "/r2"})
            it.Get(path, [path](const Request&, Response& response) { say(response, path); });
    }};
    auto client = server.connect();
    CHECK(client.get("/r0")->body == "/r0");
    for (int i = 0; i < 500; ++i)
        server.server().Get("/late" + std::to_string(i),
                            [](const Request&, Response& response) { say(response, "late"); });
    for (const std::string path : {"/r0", "/r1", "/r2"})
        CHECK(client.get(path)->body == path);
    CHECK(client.get("/late499")->body == "late");
}
